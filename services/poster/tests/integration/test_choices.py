"""What people chose is carried out once, whatever interrupts it; a batch taken apart in ConnectWise is noticed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.accounting.port import Composed, Verdict, VerdictStatus
from ledgerwire.accounting.xero.ledger import XeroLedger
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.catalogue.revisions import CHOICES
from ledgerwire.common.errors import Stopped, Transient
from ledgerwire.common.ledger.document import DocumentKind, NewItem
from ledgerwire.common.ledger.reference import ReferenceData
from ledgerwire.poster import chosen, items, points, removal, watch

from .test_documents import calls, journal
from .test_revisions import INVOICE, batched_once, live, moved, pay

OTHER = 39003
NO_TAX: dict[str, Any] = {"tax_type": "EXEMPTOUTPUT", "tax_amount": Decimal(0)}


@pytest.fixture
def cut_at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Nothing after these points happens at the first pass, as if the process had died there."""

    def arm(*wanted: str) -> None:
        left = set(wanted)

        def reach(point: str) -> None:
            if point in left:
                left.remove(point)
                raise Transient(f"cut at {point}", code="UNREACHABLE")

        for module in (chosen, items, removal):
            monkeypatch.setattr(module, "reach", reach)

    return arm


async def until_batched(desk: Any, invoice_id: int) -> None:
    """Ring until the record is batched: each cut makes it wait."""

    async def batched() -> bool:
        await desk.world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'post' AND last_code = 'UNREACHABLE'")
        return (await desk.told(invoice_id))[-1][0] == "batched"

    await desk.world._explained(batched, f"{invoice_id} batched", 20)


@pytest.mark.requirement("M8", "M11", "D2")
async def test_a_document_voided_and_made_again_is_so_once_wherever_it_was_interrupted(
    desk: Any, cut_at: Callable[..., None]
) -> None:
    world = desk.world
    cut_at(points.BEFORE_ITEM, points.ITEM_CREATED, points.VOID_COMMITTED, points.VOIDED)
    world.arm("wrong_total")
    await world.close(INVOICE)
    document = desk.document(INVOICE, new_items=(NewItem("WIDGET-260", "Widget", "260"),))
    await desk.decide((INVOICE, document))
    await world.serve("poster")

    async def stopped() -> bool:
        await world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'post' AND last_code = 'UNREACHABLE'")
        return (await desk.told(INVOICE))[-1:] == [("stopped", ["LEDGER_TOTAL_DIFFERS"])]

    await world._explained(stopped, "stopped at the other total", 20)
    await desk.choose(INVOICE, "VOID_AND_RECREATE")
    await until_batched(desk, INVOICE)
    rows = [row for row in world.ledger.collections["invoices"] if row["InvoiceNumber"] == world.number(INVOICE)]
    assert sorted(row["Status"] for row in rows) == ["AUTHORISED", "VOIDED"]
    assert len(calls(desk, "/Invoices")) == 2


@pytest.mark.requirement("M8", "D2")
async def test_a_credit_is_made_once_wherever_it_was_interrupted(desk: Any, cut_at: Callable[..., None]) -> None:
    before = await batched_once(desk)
    pay(desk, before)
    await desk.decide((INVOICE, moved(desk)), revision=2)
    await desk.until_told(INVOICE, "stopped", "DOCUMENT_PAID")
    cut_at(points.REVERSAL_COMMITTED)
    await desk.choose(INVOICE, "CREDIT_AND_NEW")
    await until_batched(desk, INVOICE)
    assert len(calls(desk, "/CreditNotes")) == 1


@pytest.mark.requirement("M8", "D14")
async def test_a_credit_that_waited_while_its_period_was_closed_is_dated_after_it(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await batched_once(desk)
    pay(desk, before)
    await desk.decide((INVOICE, moved(desk)), revision=2)
    await desk.until_told(INVOICE, "stopped", "DOCUMENT_PAID")
    usual, closed, day = XeroLedger.reference_data, [], desk.document(INVOICE).document_date

    async def locked(self: XeroLedger, *, fresh: bool = False) -> ReferenceData:
        return replace(await usual(self, fresh=fresh), lock_date=day if closed else None)

    def reach(point: str) -> None:
        if point == points.REVERSAL_COMMITTED and not closed:
            closed.append(point)
            raise Transient(f"cut at {point}", code="UNREACHABLE")

    monkeypatch.setattr(XeroLedger, "reference_data", locked)
    monkeypatch.setattr(chosen, "reach", reach)
    await desk.choose(INVOICE, "CREDIT_AND_NEW")
    await until_batched(desk, INVOICE)
    [credit] = json.loads(calls(desk, "/CreditNotes")[0].request_body)["CreditNotes"]
    assert credit["Date"] == (day + timedelta(days=1)).isoformat()


@pytest.mark.requirement("M8", "D3", "D14")
async def test_a_credit_that_cannot_be_posted_leaves_a_way_on_and_the_newer_choice_counts(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await batched_once(desk)
    pay(desk, before)
    await desk.decide((INVOICE, moved(desk)), revision=2)
    await desk.until_told(INVOICE, "stopped", "DOCUMENT_PAID")
    usual, composed = XeroLedger.compose, []

    def compose(self: XeroLedger, kind: DocumentKind, prepared: Any) -> Composed:
        if kind is DocumentKind.CREDIT_NOTE:
            composed.append(prepared)
            if len(composed) > 1:
                raise Stopped([Finding("LEDGER_REFUSED", {"number": "1", "ledger": "Xero", "reason": "closed"})])
        return usual(self, kind, prepared)

    monkeypatch.setattr(XeroLedger, "compose", compose)
    await desk.choose(INVOICE, "CREDIT_AND_NEW")
    await desk.until_told(INVOICE, "stopped", "LEDGER_REFUSED", "DOCUMENT_NOT_CREDITED")
    assert "ACCEPT" in CHOICES["DOCUMENT_NOT_CREDITED"]
    await desk.choose(INVOICE, "ACCEPT")
    await desk.until_told(INVOICE, "batched", "DOCUMENT_ACCEPTED")
    assert live(desk) == [dict(before) | {"Status": "PAID", "AmountPaid": before["Total"], "AmountDue": 0}]
    assert not calls(desk, "/CreditNotes")


@pytest.mark.requirement("M8", "M11")
async def test_a_credit_that_the_ledger_would_not_take_is_never_begun(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await batched_once(desk)
    pay(desk, before)
    await desk.decide((INVOICE, moved(desk)), revision=2)
    await desk.until_told(INVOICE, "stopped", "DOCUMENT_PAID")

    def compose(self: XeroLedger, kind: DocumentKind, prepared: Any) -> Composed:
        raise Stopped([Finding("LEDGER_REFUSED", {"number": "1", "ledger": "Xero", "reason": "closed"})])

    monkeypatch.setattr(XeroLedger, "compose", compose)
    await desk.choose(INVOICE, "CREDIT_AND_NEW")
    await desk.until_told(INVOICE, "stopped", "LEDGER_REFUSED", "DOCUMENT_NOT_CREDITED")
    assert len(await desk.posting_states()) == 1, "only the document itself"


@pytest.mark.requirement("M6", "M8")
async def test_a_stock_journal_of_an_earlier_round_stops_until_a_person_has_it_voided(desk: Any) -> None:
    world = desk.world
    await world.close(INVOICE)
    await desk.decide((INVOICE, (desk.document(INVOICE), journal("COGS-1"))))
    await world.serve("poster")
    await desk.until_told(INVOICE, "batched")
    [batch] = world.psa.state.tables["batches"]
    await world.as_person("DELETE", f"/finance/accounting/batches/{batch}")
    await desk.decide((INVOICE, desk.document(INVOICE)), revision=2)
    await desk.until_told(INVOICE, "stopped", "INVENTORY_JOURNAL_EXISTS")
    assert world.batch_name(INVOICE) is None
    await desk.choose(INVOICE, "VOID_AND_RECREATE")
    await desk.until_told(INVOICE, "batched")
    [row] = world.ledger.collections["manual_journals"]
    assert row["Status"] == "VOIDED"
    assert len(live(desk)) == 1


async def look_now(desk: Any) -> None:
    """The recurring look at the batches is due."""
    await desk.world.rows("UPDATE poster.work SET due_at = now() WHERE kind = $1", watch.WORK_KIND)


@pytest.mark.requirement("D11", "M8", "B23")
async def test_a_batch_taken_apart_is_noticed_and_made_again_when_a_person_accepts_the_document(desk: Any) -> None:
    world = desk.world
    before = await batched_once(desk)
    await look_now(desk)
    await desk.until_told(INVOICE, "stopped", "BATCH_DELETED_DOCUMENT_REMAINS")
    assert live(desk) == [before]
    await desk.ring(INVOICE)
    await desk.settled_work()
    assert world.batch_name(INVOICE) is None, "nobody has chosen anything"
    await desk.choose(INVOICE, "ACCEPT")
    await desk.until_told(INVOICE, "batched")
    assert world.batch_name(INVOICE) == f"INV-{world.number(INVOICE)}-{world.record_id(INVOICE).hex[:6]}"
    assert live(desk) == [before]


@pytest.mark.requirement("M8")
async def test_a_record_closed_again_as_it_was_after_its_batch_was_deleted_is_batched_again(desk: Any) -> None:
    before = await batched_once(desk)
    await desk.ring(INVOICE)
    await desk.settled_work()
    assert desk.world.batch_name(INVOICE) is not None
    assert live(desk) == [before]


@pytest.mark.requirement("M8", "M1")
async def test_a_record_batched_again_by_hand_has_its_document_updated_and_no_second_batch(desk: Any) -> None:
    world = desk.world
    before = await batched_once(desk)
    async with world.held_back("poster"):
        await desk.decide((INVOICE, moved(desk)), revision=2)
        ids = (await world.rows("SELECT processed_record_ids FROM mapper.revision LIMIT 1"))[0][0]
        await world.as_person(
            "POST", "/finance/accounting/batches", {"batchIdentifier": "BY-HAND", "processedRecordIds": list(ids)}
        )
    await desk.until_told(INVOICE, "remap")
    await desk.follow_batch(INVOICE, moved(desk), revision=3)
    await desk.until_told(INVOICE, "batched", "ALREADY_BATCHED")
    [after] = live(desk)
    assert after["InvoiceID"] == before["InvoiceID"]
    assert {line["AccountCode"] for line in after["LineItems"]} == {"260"}
    assert world.batches() == ["BY-HAND"]
    world.invoice(INVOICE)["total"] += Decimal(5)
    world.invoice(INVOICE)["glBatch"]["name"] = "BY-HAND-2"
    await look_now(desk)
    await desk.until_told(INVOICE, "stopped", "RECORD_REBATCHED")
    dearer = desk.document(INVOICE)
    extra = replace(dearer.lines[0], quantity=Decimal(1), unit_amount=Decimal(5), net=Decimal(5), **NO_TAX)
    lines, five = (*dearer.lines, extra), Decimal(5)
    dearer = replace(dearer, lines=lines, net=dearer.net + five, total=dearer.total + five)
    await desk.follow_batch(INVOICE, dearer, revision=4)
    await desk.until_told(INVOICE, "batched", "ALREADY_BATCHED")
    [last] = live(desk)
    assert (last["InvoiceID"], last["Total"]) == (before["InvoiceID"], before["Total"] + five)
    assert world.batches() == ["BY-HAND"]


@pytest.mark.requirement("M8", "D3", "D11")
@pytest.mark.parametrize(
    ("choice", "code", "left"), [("VOID", "DOCUMENT_VOIDED", 0), ("ACCEPT", "DOCUMENT_ACCEPTED", 1)]
)
async def test_a_record_deleted_in_connectwise_after_its_batch_is_noticed_and_a_person_decides_about_its_document(
    desk: Any, choice: str, code: str, left: int
) -> None:
    world = desk.world
    await world.close(OTHER)
    await desk.decide((OTHER, desk.document(OTHER)))
    await world.serve("poster")
    await desk.until_told(OTHER, "batched")
    number = world.number(OTHER)
    del world.psa.state.tables["invoices"][OTHER]
    await look_now(desk)
    await desk.until_told(OTHER, "stopped", "RECORD_DELETED_DOCUMENT_REMAINS")
    await desk.choose(OTHER, choice)
    await desk.until_told(OTHER, "batched", code)
    assert len(live(desk, number)) == left
    await desk.ring(OTHER)
    await desk.settled_work()
    assert (await desk.told(OTHER))[-1] == ("batched", [code])


@pytest.mark.requirement("M8")
async def test_what_we_voided_keeps_its_number_so_that_the_document_made_again_takes_one_of_its_own(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await batched_once(desk)
    other = desk.document(OTHER).contact
    number = desk.world.number(INVOICE)
    usual = XeroLedger.send

    async def send(self: XeroLedger, composed: Composed, key: str) -> Any:
        """A ledger that does not give the number of a voided document to another one."""
        if composed.method == "PUT" and composed.expected[0].number == number:
            return [Verdict(number, VerdictStatus.NUMBER_TAKEN)]
        return await usual(self, composed, key)

    monkeypatch.setattr(XeroLedger, "send", send)
    await desk.decide((INVOICE, desk.document(INVOICE, contact=other)), revision=2)
    await desk.until_told(INVOICE, "batched", "DOCUMENT_CONTACT_CHANGED")
    [after] = live(desk, f"{number}-2")
    assert (before["InvoiceNumber"], after["Total"]) == (number, before["Total"])
