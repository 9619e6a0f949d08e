"""What every adapter promises of every kind of document: made once, found, read back line by line, changed, voided."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.accounting.port import ItemSpec, Prepared, Verdict, VerdictStatus
from ledgerwire.common.errors import Ambiguous, Stopped
from ledgerwire.common.ledger.document import DocumentKind, DocumentLine

KINDS = list(DocumentKind)
WITH_CONTACT = [kind for kind in KINDS if kind is not DocumentKind.JOURNAL]
INVOICE, CREDIT = DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE
BILL, JOURNAL = DocumentKind.BILL, DocumentKind.JOURNAL
KEY = "a" * 64


async def send(world: Any, item: Prepared, key: str = KEY) -> Verdict:
    [verdict] = await world.ledger.send(world.ledger.compose(item.document.kind, [item]), key)
    assert isinstance(verdict, Verdict)
    return verdict


async def posted(world: Any, kind: DocumentKind, number: str = "INV-1", *lines: DocumentLine, key: str = KEY) -> str:
    verdict = await send(world, world.prepared(kind, number, *lines), key)
    assert (verdict.status, verdict.findings) == (VerdictStatus.POSTED, ())
    return str(verdict.ledger_id)


async def refused_as(world: Any, item: Prepared) -> list[str]:
    """The codes with which a document is refused, be it alone or with its whole call."""
    try:
        verdict = await send(world, item, key="f" * 64)
    except Stopped as stopped:
        return [finding.code for finding in stopped.findings]
    assert verdict.status is VerdictStatus.REFUSED
    return [finding.code for finding in verdict.findings]


async def live(world: Any, kind: DocumentKind, number: str) -> list[Any]:
    return [found for found in await world.ledger.find_documents(kind, [number]) if found.live]


def several_lines(world: Any, kind: DocumentKind) -> tuple[DocumentLine, ...]:
    """A line of its own text with tracking, one of many pieces, and one that takes something off again."""
    tracked = {"tracking": (world.names.tracking,), "description": "Servers, March"}
    if kind is JOURNAL:
        cost, stock = world.names.cost, world.names.stock
        return (
            world.journal_line("70.00", cost, **tracked),
            world.journal_line("30.00", cost, description="Drop-shipped"),
            world.journal_line("-100.00", stock, description="From stock"),
        )
    line = world.line if kind in {INVOICE, CREDIT} else world.cost_line
    return (
        line("100.00", "10.00", **tracked),
        line("36.75", "3.68", quantity=Decimal("1.5"), unit_amount=Decimal("24.5"), description="Labour"),
        line("-16.75", "-1.68", description="Rebate"),
    )


@pytest.mark.parametrize("kind", KINDS)
async def test_a_document_is_posted_and_found_as_it_was_meant(world: Any, kind: DocumentKind) -> None:
    item = world.prepared(kind, "INV-1")
    verdict = await send(world, item)
    asked = item.document
    assert (verdict.status, verdict.total, verdict.findings) == (VerdictStatus.POSTED, asked.total, ())
    [found] = await world.ledger.find_documents(kind, ["INV-1"])
    assert (found.ledger_id, found.kind, found.number) == (verdict.ledger_id, kind, "INV-1")
    assert (found.net, found.tax, found.total, found.paid) == (asked.net, asked.tax, asked.total, 0)
    assert (found.contact_id, found.document_date) == (item.contact_id, asked.document_date)
    assert (found.currency, found.currency_rate) == (asked.currency, None)
    assert (found.line_count, found.live, found.draft) == (len(asked.lines), True, False)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_document_is_read_back_line_by_line(world: Any, kind: DocumentKind) -> None:
    item = world.prepared(kind, "INV-1", *several_lines(world, kind))
    verdict = await send(world, item)
    read = await world.ledger.read_document(kind, verdict.ledger_id)
    asked = item.document
    assert (read.found.total, read.found.number) == (asked.total, "INV-1")
    shown = [(row.description, row.net, row.account_code, row.tracking) for row in read.lines]
    assert shown == [(line.description, line.net, line.account_code, line.tracking) for line in asked.lines]
    if kind is not JOURNAL:
        assert read.due_date in {asked.due_date, None}
        assert sum(row.tax for row in read.lines) == asked.tax
        assert [row.tax_type for row in read.lines] == [line.tax_type for line in asked.lines]
        assert [row.quantity * row.unit_amount for row in read.lines] == [line.net for line in asked.lines]
    [found] = await world.ledger.find_documents(kind, ["INV-1"])
    assert read.found == found


@pytest.mark.parametrize("kind", KINDS)
async def test_a_document_nobody_made_is_read_as_nothing(world: Any, kind: DocumentKind) -> None:
    assert await world.ledger.read_document(kind, world.unknown_id) is None


@pytest.mark.parametrize("kind", KINDS)
async def test_a_lost_answer_is_ambiguous_and_the_look_up_finds_the_document(world: Any, kind: DocumentKind) -> None:
    world.lose_next_answer()
    with pytest.raises(Ambiguous):
        await send(world, world.prepared(kind, "INV-1"))
    [found] = await world.ledger.find_documents(kind, ["INV-1"])
    assert (found.live, found.contact_id, found.total) == (True, world.contact_of(kind), found.net + found.tax)
    assert world.live_count("INV-1") == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_the_same_key_and_bytes_give_the_same_document_within_the_window(world: Any, kind: DocumentKind) -> None:
    composed = world.ledger.compose(kind, [world.prepared(kind, "INV-1")])
    first = await world.ledger.send(composed, KEY)
    world.elapse(world.ledger.limits.resend_window - timedelta(seconds=1))
    assert await world.ledger.send(composed, KEY) == first
    assert world.live_count("INV-1") == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_number_that_begins_with_another_is_not_that_other(world: Any, kind: DocumentKind) -> None:
    await posted(world, kind, "INV-10")
    assert await live(world, kind, "INV-1") == []


@pytest.mark.requirement("M16")
async def test_two_suppliers_may_use_the_same_number(world: Any) -> None:
    assert BILL not in world.ledger.limits.unique_number
    first = await posted(world, BILL, "4711")
    other = replace(world.prepared(BILL, "4711"), contact_id=world.contact_of(BILL, "other"))
    second = await send(world, other, key="b" * 64)
    assert second.status is VerdictStatus.POSTED
    found = {item.ledger_id: item.contact_id for item in await live(world, BILL, "4711")}
    assert found == {first: world.contact_of(BILL), second.ledger_id: world.contact_of(BILL, "other")}


@pytest.mark.parametrize("kind", KINDS)
async def test_an_update_by_id_changes_that_document_and_makes_none(world: Any, kind: DocumentKind) -> None:
    ledger_id = await posted(world, kind)
    item = world.prepared(kind, "INV-1", *several_lines(world, kind), ledger_id=ledger_id)
    verdict = await send(world, item, key="b" * 64)
    assert (verdict.status, verdict.ledger_id, verdict.findings) == (VerdictStatus.POSTED, ledger_id, ())
    [found] = await live(world, kind, "INV-1")
    assert (found.ledger_id, found.total, found.line_count) == (ledger_id, item.document.total, 3)
    read = await world.ledger.read_document(kind, ledger_id)
    assert [row.net for row in read.lines] == [line.net for line in item.document.lines]


@pytest.mark.requirement("M8")
@pytest.mark.parametrize("kind", KINDS)
async def test_a_document_is_voided_once(world: Any, kind: DocumentKind) -> None:
    ledger_id = await posted(world, kind)
    await world.ledger.void(kind, ledger_id, "b" * 64)
    assert world.live_count("INV-1") == 0
    assert await live(world, kind, "INV-1") == []
    read = await world.ledger.read_document(kind, ledger_id)
    assert read is None or not read.found.live
    await world.ledger.void(kind, ledger_id, "c" * 64)
    again = await send(world, world.prepared(kind, "INV-1"), key="d" * 64)
    assert again.status is VerdictStatus.POSTED
    assert [found.ledger_id for found in await live(world, kind, "INV-1")] == [again.ledger_id]


@pytest.mark.requirement("M8", "F1: DOCUMENT_PAID")
async def test_a_document_with_money_on_it_is_neither_voided_nor_changed(world: Any) -> None:
    ledger_id = await posted(world, INVOICE)
    await world.pay({ledger_id: "60.00"})
    with pytest.raises(Stopped) as stopped:
        await world.ledger.void(INVOICE, ledger_id, "b" * 64)
    assert stopped.value.code == "DOCUMENT_PAID"
    changed = world.prepared(INVOICE, "INV-1", world.line("50.00", "5.00"), ledger_id=ledger_id)
    assert await refused_as(world, changed) == ["DOCUMENT_PAID"]
    [found] = await live(world, INVOICE, "INV-1")
    assert (found.paid, found.total) == (60, 110)


@pytest.mark.requirement("D14", "M25")
@pytest.mark.parametrize("kind", KINDS)
async def test_a_locked_period_refuses_new_and_old_documents_by_name(world: Any, kind: DocumentKind) -> None:
    verdict = await send(world, world.prepared(kind, "INV-1", document_date=world.locked_day))
    assert (verdict.status, verdict.findings[0].code) == (VerdictStatus.REFUSED, "PERIOD_LOCKED")
    assert world.live_count("INV-1") == 0
    ledger_id = await posted(world, kind, "INV-2", key="b" * 64)
    world.lock(date(2026, 3, 31))
    with pytest.raises(Stopped) as stopped:
        await world.ledger.void(kind, ledger_id, "c" * 64)
    assert stopped.value.code == "PERIOD_LOCKED"
    assert world.live_count("INV-2") == 1


@pytest.mark.requirement("D14", "M8")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("day", [date(2026, 3, 17), date(2026, 4, 1)])
async def test_a_document_of_a_locked_period_is_not_changed_nor_moved_out(
    world: Any, kind: DocumentKind, day: date
) -> None:
    ledger_id = await posted(world, kind)
    world.lock(date(2026, 3, 31))
    changed = world.prepared(kind, "INV-1", *several_lines(world, kind), ledger_id=ledger_id, document_date=day)
    assert set(await refused_as(world, changed)) == {"PERIOD_LOCKED"}
    [found] = await live(world, kind, "INV-1")
    assert (found.line_count, found.document_date) == (len(world.lines(kind)), date(2026, 3, 17))


@pytest.mark.requirement("M15")
@pytest.mark.parametrize("kind", WITH_CONTACT)
async def test_a_rate_from_a_table_is_used_and_shown(world: Any, kind: DocumentKind) -> None:
    item = world.prepared(kind, "INV-1", currency=world.foreign, currency_rate=Decimal("1.6"))
    item = replace(item, contact_id=world.contact_of(kind, "foreign"))
    assert (await send(world, item)).status is VerdictStatus.POSTED
    [found] = await live(world, kind, "INV-1")
    assert (found.currency, found.total, found.currency_rate) == (world.foreign, item.document.total, Decimal("1.6"))


@pytest.mark.requirement("M15")
async def test_without_a_rate_the_ledgers_own_is_used_and_shown(world: Any) -> None:
    item = replace(
        world.prepared(INVOICE, "INV-1", currency=world.foreign), contact_id=world.contact_of(INVOICE, "foreign")
    )
    assert (await send(world, item)).status is VerdictStatus.POSTED
    [found] = await live(world, INVOICE, "INV-1")
    assert found.currency_rate is not None
    assert found.currency_rate > 0
    kept = replace(item.document, lines=(world.line(), world.line()), currency_rate=found.currency_rate)
    kept = replace(kept, net=kept.net * 2, tax=kept.tax * 2, total=kept.total * 2)
    assert (await send(world, replace(item, document=kept, ledger_id=found.ledger_id), key="b" * 64)).findings == ()
    [revised] = await live(world, INVOICE, "INV-1")
    assert (revised.total, revised.currency_rate) == (kept.total, found.currency_rate)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_documents_of_a_period_are_listed_with_their_numbers(world: Any, kind: DocumentKind) -> None:
    for number, day in (("A-1", 28), ("A-2", 29), ("A-3", 30), ("A-4", 31)):
        item = world.prepared(kind, number, document_date=date(2026, 3, day))
        assert (await send(world, item, key=number)).status is VerdictStatus.POSTED
    listed = await world.ledger.documents_dated(kind, date(2026, 3, 29), date(2026, 3, 30))
    assert sorted((found.number, found.total) for found in listed if found.live) == [
        (number, world.document(number, kind=kind).total) for number in ("A-2", "A-3")
    ]


@pytest.mark.requirement("M10")
async def test_an_item_is_created_once_and_can_be_sold(world: Any) -> None:
    spec = ItemSpec("MS-BACKUP", "Managed backup", world.names.sales)
    await world.ledger.create_item(spec, KEY)
    await world.ledger.create_item(spec, "b" * 64)
    reference = await world.ledger.reference_data()
    [item] = [item for item in reference.items if item.code == "MS-BACKUP"]
    assert (item.name, item.tracked, item.active) == ("Managed backup", False, True)
    assert item.revenue_account == world.names.sales
    await posted(world, INVOICE, "INV-1", world.line(item_code="MS-BACKUP"), key="c" * 64)
    [found] = await live(world, INVOICE, "INV-1")
    read = await world.ledger.read_document(INVOICE, found.ledger_id)
    assert [row.item_code for row in read.lines] == ["MS-BACKUP"]
