"""A power cut while a correction is carried out, or an item made: after a restart it was done once, and money agrees."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.test_reopened import change, unbatch
from tests.e2e.vendors import CLOSED
from tests.e2e.world import World, open_world

from ledgerwire.common.crashpoints import POINTS
from ledgerwire.common.settings import Settings
from ledgerwire.poster import points
from ledgerwire.sandbox.connectwise.batches import is_complete
from ledgerwire.sandbox.connectwise.interface_records import RecordKey

INVOICE, ITEM = 39001, "M365-BP"
"""An invoice, and the item of one of its lines."""
VOIDING = (points.VOID_COMMITTED, points.VOIDED)
MAKING_AN_ITEM = (points.BEFORE_ITEM, points.ITEM_CREATED)

pytestmark = [pytest.mark.e2e, pytest.mark.requirement("R6")]


def live_and_voided(world: World) -> list[str]:
    number = world.number(INVOICE)
    return sorted(row["Status"] for row in world.ledger.collections["invoices"] if row["InvoiceNumber"] == number)


def moved(document: Mapping[str, Any]) -> dict[Any, tuple[Decimal, Decimal]]:
    """By how much a document moves each account and item, under its tax and tracking: net and tax, unsigned."""
    sums: dict[Any, tuple[Decimal, Decimal]] = {}
    for line in document["LineItems"]:
        options = frozenset((one["Name"], one["Option"]) for one in line.get("Tracking") or ())
        key = line["AccountCode"], line.get("ItemCode"), line["TaxType"], options
        net, tax = sums.get(key, (Decimal(0), Decimal(0)))
        sums[key] = net + line["LineAmount"], tax + line["TaxAmount"]
    return sums


def batched_once(world: World, *, calls: int) -> None:
    """The invoice is whole in the only batch there is; ConnectWise was told so often to make one."""
    assert world.batches() == [world.batch_name(INVOICE)]
    assert is_complete(world.psa.state, RecordKey("invoice", INVOICE))
    assert len(world.journal("connectwise", "POST", "/finance/accounting/batches")) == calls


async def chosen(world: World, choice: str) -> None:
    async with world.desk() as desk:
        await desk.choose(world.account_id, world.number(INVOICE), choice, "clerk", "a correction")


def test_every_step_of_a_correction_is_cut_here() -> None:
    declared = {point for point in POINTS if point.startswith("revision.")}
    assert declared == {points.REVERSAL_COMMITTED, *VOIDING, *MAKING_AN_ITEM}


@pytest.mark.parametrize("point", VOIDING)
async def test_a_document_voided_and_made_again_is_so_once(
    settings: Settings, tmp_path: Path, broker_url: str, point: str
) -> None:
    async with open_world(settings, tmp_path, services=("ingest", "mapper"), broker=broker_url) as world:
        victim = await world.spawned("poster", crash_at=point)
        world.arm("wrong_total", method="PUT", path_regex=r"/Invoices$", params={"by": "0.01"})
        await world.close(INVOICE)
        await world.stopped(INVOICE, "LEDGER_TOTAL_DIFFERS")
        await chosen(world, "VOID_AND_RECREATE")
        await victim.dies()
        world.spawn("poster")
        await world.settled(INVOICE)
        await world.quiet()
        await world.nothing_is_left()
        world.books_are_clean()
        assert live_and_voided(world) == ["AUTHORISED", "VOIDED"]
        [document] = world.documents(world.number(INVOICE))
        assert document["Total"] == world.expected(INVOICE).total
        assert len(world.journal("xero", "PUT", "/Invoices")) == 2
        voiding = [one for one in world.writes() if "/Invoices" in one.path and b'"VOIDED"' in one.request_body]
        assert len(voiding) == 1
        batched_once(world, calls=1)


async def test_a_credit_is_made_once(settings: Settings, tmp_path: Path, broker_url: str) -> None:
    async with open_world(settings, tmp_path, services=("ingest", "mapper"), broker=broker_url) as world:
        victim = await world.spawned("poster", crash_at=points.REVERSAL_COMMITTED)
        await world.close(INVOICE)
        await world.settled(INVOICE)
        number = world.number(INVOICE)
        [row] = world.documents(number)
        paid = {**row, "Status": "PAID", "AmountPaid": row["Total"], "AmountDue": Decimal(0)}
        world.ledger.collections["invoices"].put(paid)
        await unbatch(world)
        change(world)
        world.set_status(INVOICE, CLOSED)
        await world.stopped(INVOICE, "DOCUMENT_PAID")
        await chosen(world, "CREDIT_AND_NEW")
        await victim.dies()
        world.spawn("poster")
        await world.told(INVOICE, "batched", "DOCUMENT_CREDITED")
        await world.quiet()
        await world.nothing_is_left()
        assert world.documents(number) == [paid]
        [credit], [new] = world.documents(f"{number}-CR"), world.documents(f"{number}-2")
        assert (credit["Total"], new["Total"]) == (row["Total"], world.invoice(INVOICE)["total"])
        assert len(world.documents()) == 3
        assert {one["Contact"]["ContactID"] for one in (credit, new)} == {row["Contact"]["ContactID"]}
        assert moved(credit) == moved(row)
        assert moved(new).keys() == moved(row).keys()
        for document in (credit, new):
            nets, taxes = zip(*moved(document).values(), strict=True)
            assert (sum(nets), sum(taxes)) == (document["SubTotal"], document["TotalTax"])
        changed = world.invoice(INVOICE)
        assert (new["SubTotal"], new["TotalTax"]) == (changed["subtotal"], changed["salesTax"])
        assert len(world.journal("xero", "PUT", "/CreditNotes")) == 1
        assert len(world.journal("xero", "PUT", "/Invoices")) == 2
        batched_once(world, calls=2)


@pytest.mark.parametrize("point", MAKING_AN_ITEM)
async def test_an_item_is_made_once(settings: Settings, tmp_path: Path, broker_url: str, point: str) -> None:
    made: Mapping[str, Any] = {"mapping": {"sales_items": {"on_unknown": "create"}}}
    async with open_world(settings, tmp_path, services=("ingest", "mapper"), broker=broker_url, account=made) as world:
        items = world.ledger.collections["items"]
        items.restore(str(next(row for row in items if row["Code"] == ITEM)["ItemID"]).lower(), None)
        victim = await world.spawned("poster", crash_at=point)
        await world.close(INVOICE)
        await victim.dies()
        world.spawn("poster")
        await world.settled(INVOICE)
        await world.quiet()
        await world.nothing_is_left()
        world.books_are_clean()
        assert [row["Code"] for row in items].count(ITEM) == 1
        assert len(world.journal("xero", "PUT", "/Invoices")) == 1
        batched_once(world, calls=1)
