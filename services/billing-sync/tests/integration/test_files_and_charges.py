"""Files of a folder and sources that show charges alone: planned, applied and compared like any other source."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped]

from ledgerwire.common.seats import ChargeKind, ChargeLine, Frequency, SourceCustomer
from ledgerwire.distributors.push import Push

from .conftest import ACME, SKU, SOURCE, World, codes, day, subscription

HEADING = ["Kunde", "Abo", "Artikel", "Art", "Menge", "Preis", "Betrag", "Von", "Bis"]
MAPPING = {
    "rows": "charge",
    "columns": {
        "customer_id": "Kunde",
        "subscription_id": "Abo",
        "sku": "Artikel",
        "kind": "Art",
        "quantity": "Menge",
        "unit_price": "Preis",
        "subtotal": "Betrag",
        "charge_start": "Von",
        "charge_end": "Bis",
    },
    "delimiter": ";",
    "encoding": "cp1252",
    "decimal_mark": ",",
    "dates": ["%d.%m.%Y"],
    "kinds": {"Neukauf": "new", "Monat": "cycleCharge"},
    "frequency_by_default": "monthly",
    "currency": "AUD",
}
JANUARY = ["acme", "sub-1", SKU, "Neukauf", "10", "18,00", "180,00", "01.01.2026", "31.01.2026"]
MARCH = ["acme", "sub-1", SKU, "Monat", "12", "18,00", "216,00", "01.03.2026", "31.03.2026"]


def write_csv(folder: Path, name: str, *rows: list[str], encoding: str = "cp1252") -> None:
    with (folder / name).open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=";").writerows([HEADING, *rows])


def write_xlsx(folder: Path, name: str, *rows: list[Any]) -> None:
    book = Workbook()
    for row in ([*HEADING], *rows):
        book.active.append(row)
    book.save(folder / name)


async def declare(world: World, folder: Path, **mapping: Any) -> None:
    section = {"name": "files", "kind": "files", "folder": str(folder), "mapping": MAPPING | mapping}
    links = [{"source": "files", "customer": name, "company": ACME} for name in ("acme", "élan")]
    await world.configure(sources=[section], customers=links)


def seats(world: World) -> list[tuple[Decimal, str, str]]:
    """Rows that bill something: seats, first and last day."""
    found = [(Decimal(row["quantity"]), str(row["effectiveDate"])[:10], str(row.get("cancelledDate") or "")[:10])
             for row in world.rows]  # fmt: skip
    return sorted(row for row in found if row[0])


@pytest.mark.requirement("B33", "D10")
async def test_csv_and_xlsx_of_a_declared_layout_are_planned_applied_and_compared(world: World, tmp_path: Path):
    write_csv(tmp_path, "2026-01.csv", JANUARY)
    write_xlsx(tmp_path, "2026-03.xlsx", [*MARCH[:4], 12, 18.0, 216.0, date(2026, 3, 1), date(2026, 3, 31)])
    await declare(world, tmp_path)
    plan, done = await world.sync()
    assert (codes(plan.all_findings), done.refused) == ([], 0)
    assert seats(world) == [(Decimal(10), "2026-01-01", "2026-02-28"), (Decimal(12), "2026-03-01", "")]
    assert (await world.plan()).steps == ()
    report = await world.desk.reconcile(world.account_id, day("1 Apr"), day("30 Apr"))
    assert [(row.bought.quantity, row.on_agreement.quantity) for row in report.rows] == [(Decimal(12), Decimal(12))]
    assert report.two_way == ""  # the posting key sees invoices


@pytest.mark.requirement("F1")
async def test_what_cannot_be_read_of_a_file_leaves_its_customer_as_it_is(world: World, tmp_path: Path):
    write_csv(tmp_path, "2026-01.csv", JANUARY)
    await declare(world, tmp_path)
    await world.sync()
    before = [dict(row) for row in world.rows]
    await world.product("ELAN:0001", "ELAN")
    other = ["élan", "sub-9", "ELAN:0001", *JANUARY[3:]]
    write_csv(tmp_path, "2026-03.csv", [*MARCH[:6], "21x,00", *MARCH[7:]], other)
    plan, _ = await world.sync()
    assert "BS_SOURCE_ROW_REFUSED" in codes(plan.all_findings)
    assert {stored.step.line for stored in plan.steps} == {"sub-9"}
    assert [row for row in world.rows if row["id"] == before[0]["id"]] == before

    # a file in another encoding might be anybody's: nobody's seats are touched until it is put right
    write_csv(tmp_path, "2026-03.csv", [*MARCH[:4], "14", *MARCH[5:]], other, encoding="utf-16")
    plan, _ = await world.sync()
    assert "BS_SOURCE_FILE_REFUSED" in codes(plan.all_findings)
    assert plan.steps == ()
    write_csv(tmp_path, "2026-03.csv", MARCH, other)
    plan, _ = await world.sync()
    assert {stored.step.line for stored in plan.steps} == {"sub-1"}


def charge(key: str, first: date, seats_now: int, kind: ChargeKind = ChargeKind.CYCLE, **changes: Any) -> ChargeLine:
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    values: dict[str, Any] = {
        "key": key, "invoice": f"G{first:%m}", "customer_id": "acme", "subscription_id": "", "sku": SKU, "name": "Premium",
        "kind": kind, "quantity": Decimal(seats_now), "subtotal": Decimal(18 * seats_now), "currency": "AUD",
        "charge_start": first, "charge_end": last, "frequency": Frequency.MONTHLY, "unit_price": Decimal("18.00"),
    }  # fmt: skip
    return ChargeLine(**values | changes)


@pytest.mark.requirement("B33")
async def test_a_source_that_shows_charges_alone_is_planned_by_them(world: World):
    posted = Push(charges=(charge("1", day("1 Jan"), 10), charge("2", day("1 Feb"), 10), charge("3", day("1 Mar"), 10)))
    plan, done = await world.sync(posted)
    assert (done.written, codes(plan.all_findings)) == (1, [])
    assert seats(world) == [(Decimal(10), "2026-01-01", "")]
    [step] = plan.steps
    assert step.step.line == f"acme/{SKU}".lower()
    assert (await world.plan()).steps == ()


@pytest.mark.requirement("M24")
async def test_charges_that_stopped_while_others_of_the_customer_go_on_end_the_row(world: World):
    await world.product("OTHER:0001", "OTHER")
    other = {"sku": "OTHER:0001", "name": "Other"}
    first = Push(charges=(charge("1", day("1 Jan"), 10), charge("2", day("1 Jan"), 4, **other)))
    await world.sync(first)
    world.move(day("20 Apr"))
    later = Push(charges=tuple(charge(f"o{month}", date(2026, month, 1), 4, **other) for month in (2, 3, 4)))
    plan, _ = await world.sync(later)
    ended = [stored.step for stored in plan.steps if stored.step.line == f"acme/{SKU}".lower()]
    assert ended
    assert all(step.after.ends == day("31 Jan") or step.after.void for step in ended if step.kind.value == "end")


async def test_a_one_off_charge_of_no_subscription_is_a_row_of_its_own_once(world: World):
    await world.configure(price={"basis": "markup", "value": "25"})
    await world.product("SETUP:0001", "SETUP")
    once = charge("fee-1", day("10 Mar"), 1, ChargeKind.FEE, sku="SETUP:0001", name="Set-up", subtotal=Decimal("80.00"),
                  frequency=Frequency.ONE_TIME)  # fmt: skip
    plan, _ = await world.sync(Push(charges=(once,)))
    assert [stored.step.after.unit_price for stored in plan.steps] == [Decimal("100.00")]
    assert len([row for row in world.rows if Decimal(row["quantity"])]) == 1
    assert (await world.plan()).steps == ()


async def test_a_customer_that_was_charged_and_never_named_is_one_that_nobody_linked(world: World):
    stranger = charge("1", day("1 Mar"), 3, customer_id="stranger")
    plan, _ = await world.sync(Push(charges=(stranger,)))
    [said] = [finding for finding in plan.all_findings if finding.code == "BS_CUSTOMER_MAPPING_NOT_FOUND"]
    assert "stranger" in said.message
    assert plan.steps == ()


async def test_a_subscription_that_is_shown_keeps_what_it_says_beside_its_charges(world: World):
    posted = Push((SourceCustomer("acme", "Acme"),), (), (subscription(quantity="12", changed_on=day("1 Mar")),),
                  (charge("1", day("1 Jan"), 10, ChargeKind.NEW, subscription_id="sub-1"),))  # fmt: skip
    plan, _ = await world.sync(posted)
    assert {stored.step.line for stored in plan.steps} == {"sub-1"}
    assert SOURCE in {source["name"] for source in world.content["seats"]["sources"]}
