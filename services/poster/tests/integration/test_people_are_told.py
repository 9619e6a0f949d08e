"""Nothing ends in silence: what waits, what died, what a person did meanwhile, and what was left behind is told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.e2e.processes import eventually

from ledgerwire.accounting.xero.ledger import XeroLedger
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Stopped
from ledgerwire.poster import mark
from ledgerwire.poster.connectwise_psa import ConnectWisePsa

INVOICE, OTHER = 39001, 39003


def puts(desk: Any) -> int:
    return len(desk.world.journal("xero", "PUT", "/Invoices"))


def batched_by_hand_meanwhile(desk: Any, monkeypatch: pytest.MonkeyPatch, *, raised_by: int = 0) -> None:
    """Between posting and batching somebody batches the invoice in ConnectWise, `raised_by` more or as it was posted."""

    async def by_hand(self: ConnectWisePsa, record_type: Any, numbers: Any) -> list[Any]:
        if not desk.world.batches():
            rows = await desk.world.rows("SELECT processed_record_ids FROM mapper.revision")
            await self._client.create_batch("BY-HAND", list(rows[0]["processed_record_ids"]))
            desk.world.invoice(INVOICE)["total"] += raised_by
        return []

    monkeypatch.setattr(ConnectWisePsa, "reexport", by_hand)


@pytest.mark.requirement("M1", "M7")
async def test_a_record_that_a_person_batched_after_the_posting_is_told_as_batched_once_its_batch_was_read(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = desk.world
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    batched_by_hand_meanwhile(desk, monkeypatch)
    await world.serve("poster")
    await desk.until_told(INVOICE, "remap")
    assert not await world.rows("SELECT 1 FROM poster.batch WHERE state = 'batched'"), "its lines may be others"
    await desk.follow_batch(INVOICE, desk.document(INVOICE), revision=2)
    await desk.until_told(INVOICE, "batched", "ALREADY_BATCHED")
    assert puts(desk) == 1


@pytest.mark.requirement("M7", "M8")
async def test_a_record_that_a_person_changed_and_batched_after_the_posting_is_looked_at_again_and_not_told_as_batched(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = desk.world
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    batched_by_hand_meanwhile(desk, monkeypatch, raised_by=20)
    await world.serve("poster")
    await desk.until_told(INVOICE, "stopped", "RECORD_REBATCHED")
    assert not await world.rows("SELECT 1 FROM poster.batch WHERE state = 'batched'")


@pytest.mark.requirement("M7")
async def test_a_batch_that_connectwise_makes_while_we_ask_for_it_is_not_told_as_half_made(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call's answer is lost, the first read does not show the mark yet, and then the batch is there."""
    world, usual, reads = desk.world, ConnectWisePsa.marks, list[int]()

    async def late(self: ConnectWisePsa, record_type: Any, batches: Any) -> Any:
        marks = await usual(self, record_type, batches)
        batched = [mark for mark in marks if mark.batch_name is not None]
        reads.append(len(batched))
        first = bool(batched) and sum(map(bool, reads)) == 1
        return [replace(mark, batch_id=None, batch_name=None) for mark in marks] if first else marks

    monkeypatch.setattr(ConnectWisePsa, "marks", late)
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await world.serve("poster")
    await desk.until_told(INVOICE, "batched")
    assert await desk.told(INVOICE) == [("batched", [])]
    assert sum(map(bool, reads)) == 2


async def test_a_refusal_of_one_read_stops_records_with_the_reason_and_buries_none(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = desk.world
    await world.close(INVOICE, OTHER)
    await desk.decide((INVOICE, desk.document(INVOICE)), (OTHER, desk.document(OTHER)))
    usual = ConnectWisePsa.unposted

    async def picky(self: ConnectWisePsa, record_type: Any, source_ids: Any) -> frozenset[str]:
        if str(INVOICE) in source_ids:
            raise Stopped([Finding("CONNECTWISE_REFUSED", {"what": "the list", "said": "no"})])
        return await usual(self, record_type, source_ids)

    monkeypatch.setattr(ConnectWisePsa, "unposted", picky)
    await world.serve("poster")
    await world.batched(OTHER)
    await desk.until_told(INVOICE, "stopped", "CONNECTWISE_REFUSED")
    assert not await world.rows("SELECT 1 FROM poster.dead_letter")


@pytest.mark.requirement("B38")
async def test_a_fault_of_ours_ends_as_a_dead_letter_and_a_stopped_record(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = desk.world
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await world.rows("UPDATE poster.work SET attempts = 50")

    def broken(case: Any) -> str:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(mark, "identifier", broken)
    await world.serve("poster")
    await desk.until_told(INVOICE, "stopped", "INTERNAL_FAULT")
    assert [row["cause"] for row in await world.rows("SELECT cause FROM poster.dead_letter")]


@pytest.mark.requirement("A130", "M25")
async def test_who_waits_for_a_connection_is_told_once(desk: Any) -> None:
    world = desk.world
    world.arm("revoked_token")
    world.ledger.identity.revoke_all()
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await world.serve("poster")
    await desk.until_told(INVOICE, "waiting", "TOKEN_REVOKED")
    lease = "SELECT fence, holder FROM tenants.lease WHERE service = 'poster' AND connection_id = $1"
    [before] = await world.rows(lease, world.ledger_connection)
    await desk.ring(INVOICE)

    async def looked_again() -> bool:
        [now] = await world.rows(lease, world.ledger_connection)
        return now["fence"] > before["fence"] and now["holder"] is None

    await eventually(looked_again, "poster looks again")
    assert (await desk.told(INVOICE)).count(("waiting", ["TOKEN_REVOKED"])) == 1


@pytest.mark.requirement("A129")
async def test_a_number_that_a_voided_document_keeps_stops_instead_of_trying_for_ever(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = desk.world
    await world.close(INVOICE)
    desk.put(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))

    async def voided(self: Any, kind: Any, numbers: Any) -> list[Any]:
        """The ledger keeps the number of a document it does not show as live."""
        return [replace(one, live=False) for one in await usual(self, kind, numbers)]

    usual = XeroLedger.find_documents
    monkeypatch.setattr(XeroLedger, "find_documents", voided)
    await world.serve("poster")
    await desk.until_told(INVOICE, "stopped", "DUPLICATE_NUMBER")
    assert puts(desk) == 1


@pytest.mark.requirement("M8")
async def test_a_revision_without_effect_is_not_batched_while_the_earlier_document_stands(desk: Any) -> None:
    world = desk.world
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await world.rows("UPDATE mapper.revision SET gl_total = gl_total + 1")
    await world.serve("poster")
    await desk.until_told(INVOICE, "remap")
    await world.rows("UPDATE mapper.revision SET documents = '[]', outcome = 'no_effect', gl_total = gl_total - 1")
    await desk.ring(INVOICE)
    await desk.until_told(INVOICE, "stopped", "DOCUMENT_LEFT_BEHIND")
    assert world.batch_name(INVOICE) is None
    [document] = world.documents(world.number(INVOICE))
    world.ledger.amend("invoices", document["InvoiceID"], {"Status": "VOIDED"})
    await desk.ring(INVOICE)
    await desk.until_told(INVOICE, "batched")


@pytest.mark.requirement("M8", "D2")
async def test_an_update_whose_answer_was_lost_is_sent_again_although_the_totals_agree(desk: Any) -> None:
    world = desk.world
    await world.close(INVOICE)
    first = desk.document(INVOICE)
    await desk.decide((INVOICE, first))
    await world.rows("UPDATE mapper.revision SET gl_total = gl_total + 1")
    await world.serve("poster")
    await desk.until_told(INVOICE, "remap")
    await world.rows("DELETE FROM mapper.revision")
    moved = replace(first, lines=tuple(replace(line, account_code="205") for line in first.lines))
    world.arm("500_before", method="POST", path_regex=r"/Invoices")
    await desk.decide((INVOICE, moved), revision=2)
    await world.batched(INVOICE)
    [document] = world.documents(world.number(INVOICE))
    assert {line["AccountCode"] for line in document["LineItems"]} == {"205"}


@pytest.mark.requirement("M11")
async def test_a_document_with_other_figures_goes_on_once_a_person_has_voided_it(desk: Any) -> None:
    world = desk.world
    world.arm("wrong_total")
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await world.serve("poster")
    await desk.until_told(INVOICE, "stopped", "LEDGER_TOTAL_DIFFERS")
    await desk.ring(INVOICE)
    [document] = world.documents(world.number(INVOICE))
    world.ledger.amend("invoices", document["InvoiceID"], {"Status": "VOIDED"})
    await desk.ring(INVOICE)
    await world.batched(INVOICE)
    bodies = [json.loads(call.request_body) for call in world.journal("xero", "PUT", "/Invoices")]
    assert len(bodies) == 2
