"""Files of distributors: what is refused, with which reason, and what goes on."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ledgerwire.common.catalogue import entries
from ledgerwire.common.seats import (
    ChargeKind,
    Completeness,
    Frequency,
    Motion,
    RowProblem,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from ledgerwire.distributors.exports import LAYOUTS, ExportSource
from ledgerwire.distributors.port import Period, read_source
from ledgerwire.distributors.push import Push

NOW = datetime(2026, 4, 8, 6, tzinfo=UTC)
ALL = Period(date(2026, 1, 1), date(2026, 12, 31))
PAX8 = (
    "id,invoiceId,companyId,companyName,subscriptionId,sku,productName,type,term,quantity,cost,costTotal,price,subTotal,"
    "currencyCode,startPeriod,endPeriod"
)
GOOD = "i-1,inv,c-1,Harbour,s-1,MST-1,Basic,subscription,Monthly,10,5.25,52.50,7.00,70.00,USD,2026-03-01,2026-03-31"
ION = "subscriptionId,customerId,customerName,subscriptionSkuId,seats,cost,currency,subscriptionBillingCycle,subscriptionStartDate,subscriptionStatus"


def source(folder: Path, text: str | bytes, layout: str = "pax8-invoice-items") -> ExportSource:
    (folder / "file.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return ExportSource("Pax8", folder, LAYOUTS[layout])


def sentence(problem: RowProblem) -> str:
    [entry] = [item for item in entries() if item.code == problem.code]
    return entry.render(dict(problem.params))


async def test_a_row_keeps_cost_and_sell_apart(tmp_path: Path) -> None:
    reading = await read_source(source(tmp_path, f"{PAX8}\n{GOOD}\n"), ALL, NOW)
    [line] = reading.charges
    assert (line.unit_price, line.subtotal, line.unit_sell, line.sell_subtotal) == tuple(
        Decimal(text) for text in ("5.25", "52.50", "7.00", "70.00")
    )
    [held] = reading.subscriptions
    assert (held.quantity, held.unit_cost, held.unit_sell, held.motion) == (Decimal(10), Decimal("5.25"), Decimal("7.00"), Motion.SEAT_MONTHLY,
    )  # fmt: skip


@pytest.mark.requirement("F1")
@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ((",10,", ",2.5,"), "quantity 2.5 is not a whole number of seats"),
        (("USD", "ZZZ"), "currency 'ZZZ' is not known"),
        (("52.50", "52.5x"), "subtotal '52.5x' is not a number"),
        (("2026-03-01", "March"), "charge_start 'March' is not a date"),
        (("2026-03-31", "2026-02-01"), "charge_end is before charge_start 2026-03-01"),
        (("s-1", "1.23457E+15"), "subscription_id '1.23457E+15' was damaged by a spreadsheet"),
        (("MST-1", ""), "sku is empty"),
        (("Monthly", "Fortnightly"), "frequency 'Fortnightly' is not known"),
        (("Harbour", "Harbour,extra"), "it has another number of cells than the heading"),
    ],
)
async def test_a_bad_row_is_left_out_with_its_reason_and_the_rest_goes_on(
    tmp_path: Path, changed: tuple[str, str], reason: str
) -> None:
    bad = GOOD.replace("i-1", "i-2").replace(*changed)
    reading = await read_source(source(tmp_path, f"{PAX8}\n{GOOD}\n{bad}\n"), ALL, NOW)
    assert len(reading.charges) == 1
    [problem] = reading.problems
    assert (problem.code, problem.customer_id) == ("BS_SOURCE_ROW_REFUSED", "c-1")
    assert sentence(problem).startswith(f"Row 3 of file.csv of Pax8 was left out: {reason}.")
    # Whose row it was is known: only that customer's absences are unknown.
    assert reading.completeness is Completeness.COMPLETE


async def test_a_bad_row_of_nobody_leaves_the_reading_incomplete(tmp_path: Path) -> None:
    reading = await read_source(source(tmp_path, f"{PAX8}\n{GOOD.replace('c-1', '')}\n"), ALL, NOW)
    assert [problem.customer_id for problem in reading.problems] == [""]
    assert reading.completeness is Completeness.PARTIAL


@pytest.mark.requirement("F1")
@pytest.mark.requirement("F1: BS_SOURCE_FILE_REFUSED")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (PAX8.replace("costTotal", "Total Cost") + "\n" + GOOD, "no column costTotal"),
        (f"{PAX8},sku\n{GOOD},x", "the column sku is there twice"),
        (f"{PAX8}\n{GOOD}".replace("Harbour", "Café").encode("latin-1"), "it is not utf-8 (byte 165)"),
        ("", "no column companyId, costTotal, currencyCode, endPeriod, quantity, startPeriod, term, type, vendorSkuId"),
    ],
)
async def test_a_file_unlike_its_layout_is_refused_whole(tmp_path: Path, text: str | bytes, reason: str) -> None:
    reading = await read_source(source(tmp_path, text), ALL, NOW)
    [problem] = reading.problems
    assert problem.code == "BS_SOURCE_FILE_REFUSED"
    assert sentence(problem) == f"The file 'file.csv' of Pax8 was not taken in: {reason}."
    assert (reading.charges, reading.completeness) == ((), Completeness.PARTIAL)


async def test_an_empty_folder_ends_nothing(tmp_path: Path) -> None:
    reading = await read_source(ExportSource("Pax8", tmp_path, LAYOUTS["pax8-invoice-items"]), ALL, NOW)
    assert [problem.code for problem in reading.problems] == ["BS_SOURCE_FILE_REFUSED"]
    assert reading.completeness is Completeness.PARTIAL


async def test_a_file_that_lies_there_twice_counts_once(tmp_path: Path) -> None:
    (tmp_path / "again.csv").write_text(f"{PAX8}\n{GOOD}\n")
    reading = await read_source(source(tmp_path, f"{PAX8}\n{GOOD}\n"), ALL, NOW)
    assert len(reading.charges) == 1


async def test_a_proration_with_a_negative_amount_takes_seats_back(tmp_path: Path) -> None:
    back = GOOD.replace("i-1", "i-2").replace("subscription,", "prorate,").replace(",10,5.25,52.50", ",-2,5.25,-5.25")
    back = back.replace("2026-03-01", "2026-03-16")
    reading = await read_source(source(tmp_path, f"{PAX8}\n{GOOD}\n{back}\n"), ALL, NOW)
    assert [line.kind for line in reading.charges] == [ChargeKind.CYCLE, ChargeKind.REMOVE_QUANTITY]
    assert [(line.quantity, line.subtotal) for line in reading.charges][1] == (Decimal(2), Decimal("-5.25"))
    assert [held.quantity for held in reading.subscriptions] == [8]


async def test_a_report_of_subscriptions_is_read_as_it_stands(tmp_path: Path) -> None:
    rows = "S-9,C-7,Quiet Legal,OFFER-1,4,11.20,AUD,Annual,2026-02-01,Suspended"
    reading = await read_source(source(tmp_path, f"{ION}\n{rows}\n", "streamone-ion"), ALL, NOW)
    [held] = reading.subscriptions
    assert (held.id, held.customer_id, held.quantity, held.unit_cost) == ("s-9", "c-7", Decimal(4), Decimal("11.20"))
    assert (held.frequency, held.status) == (Frequency.ANNUAL, SubscriptionStatus.SUSPENDED)
    assert reading.charges == ()


def test_the_post_of_the_guide_is_a_right_one() -> None:
    guide = Path(__file__).parents[4] / "docs" / "guide" / "seats-push.md"
    [body] = re.findall(r'^(\{"customers".*?\]\})\n```', guide.read_text(), re.DOTALL | re.MULTILINE)
    push = Push.decoded(body.encode())
    assert (push.customers[0].name, push.charges[0].subtotal) == ("Harbour Dental", Decimal("17.42"))


NAMED = PAX8.replace("id,", "", 1)
"""The same layout without an id of each line: a line is known by its text alone."""
LINE = GOOD.replace("i-1,", "", 1)


def folder_of(folder: Path, **files: str) -> ExportSource:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    return ExportSource("pax8", folder, LAYOUTS["pax8-invoice-items"])


@pytest.mark.requirement("M20", "F1: BS_INVOICE_IN_TWO_FILES")
async def test_an_invoice_exported_again_with_another_column_is_counted_once(tmp_path: Path) -> None:
    files = folder_of(tmp_path, first=f"{NAMED}\n{LINE}\n", second=f"{NAMED},note\n{LINE},x\n")
    read = await files.charges(ALL)
    assert ([line.subtotal for line in read.rows], read.problems) == ([Decimal("52.50")], ())
    assert [each.quantity for each in await held(files)] == [10]


@pytest.mark.requirement("M20", "F1: BS_INVOICE_IN_TWO_FILES")
async def test_an_invoice_with_other_lines_in_a_second_file_holds_its_customer_and_names_both_files(
    tmp_path: Path,
) -> None:
    other = LINE.replace("10,5.25,52.50", "12,5.25,63.00")
    read = await folder_of(tmp_path, first=f"{NAMED}\n{LINE}\n", second=f"{NAMED}\n{other}\n").charges(ALL)
    [problem] = read.problems
    assert (problem.code, problem.customer_id) == ("BS_INVOICE_IN_TWO_FILES", "c-1")
    assert "Invoice inv of pax8 has other lines for customer c-1 in 'first.csv' than in 'second.csv'" in sentence(
        problem
    )
    assert [line.subtotal for line in read.rows] == [Decimal("52.50")]


@pytest.mark.requirement("M20")
async def test_an_invoice_in_parts_and_lines_with_ids_of_their_own_count_as_they_stand(tmp_path: Path) -> None:
    """Two subscriptions of one invoice in two files; and two lines of one subscription that the vendor tells apart."""
    part = LINE.replace("s-1", "s-2")
    files = folder_of(tmp_path, first=f"{NAMED}\n{LINE}\n", second=f"{NAMED}\n{part}\n")
    assert len((await files.charges(ALL)).rows) == 2
    more = folder_of(tmp_path, first=f"{PAX8}\n{GOOD}\n", second=f"{PAX8}\n{GOOD.replace('i-1', 'i-2')}\n")
    found = await more.charges(ALL)
    assert (len(found.rows), found.problems) == (2, ())


async def held(files: ExportSource) -> tuple[SubscriptionSnapshot, ...]:
    [customer] = (await files.customers()).rows
    return (await files.subscriptions(customer)).rows
