"""The vendors' worked figures, from what the distributor posts to what ConnectWise invoices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.common.seats import ChargeKind, ChargeLine, Frequency

from .conftest import ANNUAL_SKU, SKU, annual, codes, day, sold, subscription
from .story import live, rows

MONTH = [
    ("5 Mar", ChargeKind.NEW, [(10, "120.00")]),
    ("7 Mar", ChargeKind.ADD_QUANTITY, [(10, "-112.25"), (15, "168.38")]),
    ("10 Mar", ChargeKind.ADD_QUANTITY, [(15, "-150.96"), (25, "251.61")]),
    ("12 Mar", ChargeKind.REMOVE_QUANTITY, [(25, "-232.25"), (23, "213.67")]),
    ("14 Mar", ChargeKind.REMOVE_QUANTITY, [(23, "-195.87"), (20, "170.32")]),
    ("25 Mar", ChargeKind.ADD_QUANTITY, [(20, "-85.16"), (30, "127.74")]),
]


def lines():
    """The month of changes as it is charged: 12.00 a seat, a cycle of 5 March to 4 April."""
    return tuple(
        ChargeLine(f"{at}/{place}", "G1", "acme", "sub-1", SKU, "Business Premium", kind, Decimal(seats), Decimal(subtotal),
                   "AUD", day(at), day("4 Apr"), Frequency.MONTHLY, unit_price=Decimal("12.00"), reference_id=at)
        for at, kind, pairs in MONTH
        for place, (seats, subtotal) in enumerate(pairs)
    )  # fmt: skip


async def invoiced(world, agreement) -> Decimal:
    """The subtotal of the next invoice."""
    before = set(world.state.tables["invoices"])
    await world.invoice(agreement)
    [made] = set(world.state.tables["invoices"]) - before
    return world.state.tables["invoices"][made]["subtotal"]


@pytest.mark.requirement("M20", "A205")
async def test_one_seat_of_22_from_15_march_is_34_06_on_the_april_invoice(world):
    await world.sync(sold(subscription(quantity="1", start=day("15 Mar"))))
    assert await invoiced(world, world.monthly) == Decimal("34.06")


@pytest.mark.requirement("M20", "D10", "B33")
async def test_the_month_of_changes_that_nets_275_23_is_billed_by_the_calendar_at_228_77_and_275_23_comes_to_the_same_days(
    world,
):
    await world.configure(price={"basis": "fixed", "value": "12.00"})
    world.agreement(world.monthly)["nextInvoiceDate"] = "2026-03-01T00:00:00Z"
    assert sum(line.subtotal for line in lines()) == Decimal("275.23")
    await world.sync(sold(subscription(quantity="30", start=day("5 Mar"), unit_cost=Decimal("12.00")), charges=lines()))
    assert live(world) == sorted(
        rows(
            ("Seats", "M365-NCE", "10", "2026-03-05", "2026-03-06"),
            ("Seats", "M365-NCE", "15", "2026-03-07", "2026-03-09"),
            ("Seats", "M365-NCE", "25", "2026-03-10", "2026-03-11"),
            ("Seats", "M365-NCE", "23", "2026-03-12", "2026-03-13"),
            ("Seats", "M365-NCE", "20", "2026-03-14", "2026-03-24"),
            ("Seats", "M365-NCE", "30", "2026-03-25", ""),
        )
    )
    assert await invoiced(world, world.monthly) == Decimal("228.77")
    assert (await world.plan()).steps == ()
    report = await world.desk.reconcile(world.account_id, day("1 Mar"), day("31 Mar"))
    assert report.clean


@pytest.mark.requirement("M21", "M22", "A206")
async def test_two_seats_added_to_a_prepaid_year_are_one_row_of_120_63(world):
    await world.configure(since="2021-01-01", price={"basis": "fixed", "value": "120.96"})
    term = {"term_start": date(2021, 6, 18), "term_end": date(2022, 6, 17)}

    def charged(key, kind, seats, subtotal, first):
        return ChargeLine(key, "G1", "acme", "year-1", ANNUAL_SKU, "Premium, one year", kind, Decimal(seats), Decimal(subtotal),
                          "AUD", first, term["term_end"], Frequency.ANNUAL, unit_price=Decimal("120.96"),
                          reference_id=str(first), **term)  # fmt: skip

    bought = charged("1", ChargeKind.NEW, 10, "1209.60", date(2021, 6, 18))
    taken = charged("2", ChargeKind.ADD_QUANTITY, 10, "-603.13", date(2021, 12, 18))
    added = charged("3", ChargeKind.ADD_QUANTITY, 12, "723.76", date(2021, 12, 18))
    world.agreement(world.annual)["startDate"] = "2021-01-01T00:00:00Z"
    year = annual(quantity="12", start=date(2021, 6, 18), **term)
    await world.sync(sold(year, charges=(bought, taken, added)))
    shown = sorted((row["quantity"], Decimal(row["unitPrice"]), Decimal(row["unitCost"])) for row in world.rows)
    assert shown == [(1, Decimal("120.63"), Decimal("120.63")), (10, Decimal("120.96"), Decimal("120.96"))]
    assert await invoiced(world, world.annual) == Decimal("1330.23")
    assert (await world.plan()).steps == ()


@pytest.mark.requirement("A176", "D10", "M24")
async def test_seats_that_a_person_marks_as_included_are_told_and_written_back_before_they_cost_352_00(world):
    await world.sync(sold(subscription()))
    [row] = world.rows
    await world.edit(row, lessIncluded=4)
    asked = await world.plan()
    assert (codes(asked.all_findings), asked.steps) == (["BS_EDITED_BY_HAND"], ())
    assert "it is 10 less 4 included at 22.00" in asked.all_findings[0].message
    await world.policies(edits="overwrite")
    await world.sync()
    assert await invoiced(world, world.monthly) == Decimal("880.00"), "10 x 22.00 from January to April, not 528.00"
