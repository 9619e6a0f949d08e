"""What happens between two reads: a person, another record, ConnectWise or the ledger was faster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledgerwire.accounting.port import Verdict, VerdictStatus
from ledgerwire.accounting.xero.ledger import XeroLedger
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import LeaseLost
from ledgerwire.common.ledger.document import ContactDecision, ContactRole
from ledgerwire.common.record_type import RecordType
from ledgerwire.common.testing.run import await_now
from ledgerwire.poster import points, send, submit
from ledgerwire.poster.connectwise_psa import ConnectWisePsa
from ledgerwire.sandbox.connectwise.batches import batch_invoices

from .test_documents import bill, calls, journal

INVOICE, OTHER = 39001, 39003


@pytest.mark.requirement("B25", "A129")
async def test_two_records_under_one_number_never_share_a_document(desk: Any) -> None:
    world = desk.world
    [twin] = world.copies(INVOICE, 1, batched=False)
    await world.close(INVOICE, twin)
    number = world.number(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await world.serve("poster")
    await world.batched(INVOICE)
    await desk.decide((twin, desk.document(twin, like=INVOICE, number=number)))
    await desk.until_told(twin, "stopped", "DUPLICATE_NUMBER")
    assert len(world.documents(number)) == 1
    assert world.batch_name(twin) is None


async def two_bills_of_one_number(desk: Any) -> tuple[int, int]:
    """Two receipts with the supplier's same number, and the same figures, come together into one group."""
    world = desk.world
    first, second = world.copies(OTHER, 2, batched=False)
    await world.close(first, second)
    await world.serve("poster")
    async with world.held_back("poster"):
        await desk.decide((first, bill("VI-1")), (second, bill("VI-1")))
    return first, second


async def one_is_batched_and_the_other_told(desk: Any, *records: int) -> None:
    world = desk.world

    async def ended() -> bool:
        ends = [(await desk.told(one))[-1:] for one in records]
        return sorted(map(str, ends)) == sorted(map(str, ([("batched", [])], [("stopped", ["DUPLICATE_NUMBER"])])))

    await world._explained(ended, "one batched, the other told", 20)
    assert [row["InvoiceNumber"] for row in world.documents("VI-1")] == ["VI-1"]
    [owner] = [row["record_id"] for row in await world.rows("SELECT * FROM poster.posting WHERE ledger_id IS NOT NULL")]
    [batched] = [one for one in records if world.batch_name(one) is not None]
    assert owner == world.record_id(batched), "whose bill it is, that one is batched"


@pytest.mark.requirement("M16", "A129")
async def test_two_bills_of_one_number_in_one_group_are_one_document_and_a_question(desk: Any) -> None:
    await one_is_batched_and_the_other_told(desk, *await two_bills_of_one_number(desk))
    assert len(calls(desk, "/Invoices")) == 1


@pytest.mark.requirement("M16", "D2")
async def test_a_bill_waits_for_what_became_of_an_earlier_one_of_its_number_and_never_takes_it_for_its_own(
    desk: Any,
) -> None:
    desk.world.arm("500_after", method="PUT", path_regex=r"/Invoices$")
    records = await two_bills_of_one_number(desk)
    await one_is_batched_and_the_other_told(desk, *records)
    assert not await desk.world.rows("SELECT 1 FROM poster.timeline WHERE step = 'adopted'")
    assert not await desk.world.rows("SELECT 1 FROM poster.submission WHERE state <> 'settled'")


@pytest.mark.requirement("M16", "M25")
async def test_a_bill_behind_an_earlier_one_of_its_number_whose_work_was_given_up_is_told_to_wait(desk: Any) -> None:
    world = desk.world
    world.arm("500_after", method="PUT", path_regex=r"/Invoices$")
    records = await two_bills_of_one_number(desk)
    lost: list[Any] = []

    async def given_up() -> bool:
        lost[:] = await world.rows(
            "DELETE FROM poster.work USING poster.posting p WHERE work_key = p.record_id::text AND p.state = 'unknown'"
            " RETURNING p.record_id"
        )
        return bool(lost)

    await world._explained(given_up, "the first call is lost", 20)
    [first] = [one for one in records if world.record_id(one) == lost[0]["record_id"]]
    [behind] = [one for one in records if one != first]
    await desk.until_told(behind, "waiting", "NUMBER_ON_ITS_WAY")
    rows = await world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'post' RETURNING attempts")
    assert [row["attempts"] for row in rows] == [3], "told once, and never given up for waiting"
    await desk.ring(first)
    await one_is_batched_and_the_other_told(desk, *records)
    assert [outcome for outcome, _ in await desk.told(behind)] == ["waiting", "stopped"]


@pytest.mark.requirement("M7")
async def test_a_record_that_still_stands_on_the_unposted_list_after_its_batch_is_not_called_batched(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, asked = ConnectWisePsa.unposted, []

    async def listed(self: ConnectWisePsa, record_type: RecordType, source_ids: Any) -> frozenset[str]:
        asked.append(record_type)
        return frozenset(source_ids) if len(asked) > 1 else await usual(self, record_type, source_ids)

    monkeypatch.setattr(ConnectWisePsa, "unposted", listed)
    await desk.world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await desk.world.serve("poster")
    await desk.until_told(INVOICE, "stopped", "BATCH_INCOMPLETE")


@pytest.mark.requirement("M7")
async def test_a_batch_that_did_not_take_its_record_is_not_made_a_second_time_while_it_stands(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, usual, asked = desk.world, ConnectWisePsa.create_batch, []

    async def beside_it(self: ConnectWisePsa, record_type: RecordType, identifier: str, ids: Any) -> None:
        asked.append(identifier)
        if len(asked) == 1:
            batch_invoices(world.psa.state, [OTHER], identifier, 152)

    monkeypatch.setattr(ConnectWisePsa, "create_batch", beside_it)
    await world.close(INVOICE, OTHER)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await world.serve("poster")
    await desk.until_told(INVOICE, "stopped", "BATCH_INCOMPLETE")
    await desk.settled_work()
    await desk.ring(INVOICE)
    await desk.settled_work()
    assert await desk.told(INVOICE) == [("stopped", ["BATCH_INCOMPLETE"])] * 2
    assert len(asked) == 1, "nobody says that ConnectWise would refuse a second one of that name"
    [batch] = world.psa.state.tables["batches"]
    await world.as_person("DELETE", f"/finance/accounting/batches/{batch}")
    monkeypatch.setattr(ConnectWisePsa, "create_batch", usual)
    await desk.ring(INVOICE)
    await desk.until_told(INVOICE, "batched")
    assert len(world.batches()) == 1


@pytest.mark.requirement("A114")
async def test_a_record_held_just_before_its_call_is_left_out_of_it_and_the_others_go(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = desk.world
    held: list[str] = []

    def reach(point: str) -> None:
        if point == points.BEFORE_SUBMISSION and not held:
            held.append(point)
            query = "UPDATE mapper.record SET state = 'held' WHERE record_id = $1"
            await_now(world.rows(query, world.record_id(INVOICE)))

    monkeypatch.setattr(submit, "reach", reach)
    await world.close(INVOICE, OTHER)
    await world.serve("poster")
    async with world.held_back("poster"):
        await desk.decide((INVOICE, desk.document(INVOICE)), (OTHER, desk.document(OTHER)))
    await world.batched(OTHER)
    await desk.settled_work()
    assert held
    assert not world.documents(world.number(INVOICE))
    assert len(calls(desk, "/Invoices")) == 1


@pytest.mark.requirement("A129", "D2")
async def test_a_bookkeepers_document_is_not_taken_for_ours_after_a_crash_between_the_verdicts_of_a_call(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its number, contact and date, another total: what the ledger answered of it is known, though the call is still open."""
    world = desk.world
    left: list[str] = []

    def reach(point: str) -> None:
        if point == points.VERDICT_COMMITTED and not left:
            rows = await_now(world.rows("SELECT s.state || ' ' || p.verdict AS at FROM poster.submission s"
                                        " JOIN poster.submission_posting p USING (submission_id) ORDER BY p.position"))  # fmt: skip
            left.extend(row["at"] or "open" for row in rows)
            raise LeaseLost("the process died")

    monkeypatch.setattr(send, "COMMITTED_TOGETHER", 1)
    monkeypatch.setattr(send, "reach", reach)
    await world.close(INVOICE, OTHER)
    there = desk.put(INVOICE, Total=1, SubTotal=1, TotalTax=0)
    await world.serve("poster")
    async with world.held_back("poster"):
        await desk.decide((INVOICE, desk.document(INVOICE)))
        await desk.decide((OTHER, desk.document(OTHER)))
    await world.batched(OTHER)
    await desk.until_told(INVOICE, "stopped", "DUPLICATE_NUMBER")
    assert left == ["open number_taken", "open"]
    ids = {row["number"]: row["ledger_id"] for row in await desk.posting_states()}
    assert (ids[world.number(INVOICE)], there["InvoiceID"] in ids.values()) == (None, False)
    assert not await world.rows("SELECT 1 FROM poster.submission WHERE state <> 'settled'")


@pytest.mark.requirement("A129")
async def test_what_was_read_before_a_call_neither_sends_nor_adopts_its_document_after_it(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a number may stand twice in the ledger, as a bill's, only our own rows keep it from that."""
    usual, again = submit._send_all, []

    async def and_again(group: Any, ledger: Any, some: Any) -> None:
        await usual(group, ledger, some)
        if not again:
            again.extend(some)
            await usual(group, ledger, some)
            await submit.not_there_yet(group, ledger, [target for call in some for target in call.targets])

    monkeypatch.setattr(submit, "_send_all", and_again)
    world = desk.world
    world.arm("500_after", method="PUT", path_regex=r"/Invoices$")
    await world.close(INVOICE)
    await desk.decide((INVOICE, bill("VI-1")))
    await world.serve("poster")
    await desk.until_told(INVOICE, "batched")
    assert again
    assert [len(calls(desk, "/Invoices")), len(world.documents("VI-1"))] == [1, 1]
    assert not await world.rows("SELECT 1 FROM poster.submission WHERE state <> 'settled'")
    assert not await world.rows("SELECT 1 FROM poster.timeline WHERE step = 'adopted'")


@pytest.mark.requirement("A114", "M5")
@pytest.mark.parametrize("state", ["held", "skipped"])
async def test_a_call_whose_record_is_taken_back_during_its_look_up_is_not_sent_again(
    desk: Any, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """Absence of a journal proves nothing, so its lost call would go again: not for a record that nobody wants any more."""
    world, usual, looks = desk.world, XeroLedger.find_documents, []

    async def find(self: XeroLedger, *asked: Any) -> Any:
        if calls(desk, "/ManualJournals"):
            looks.append(asked)
            query = "UPDATE mapper.record SET state = $2 WHERE record_id = $1"
            await world.rows(query, world.record_id(INVOICE), state)
        return await usual(self, *asked)

    monkeypatch.setattr(XeroLedger, "find_documents", find)
    world.arm("500_before", method="PUT", path_regex=r"/ManualJournals")
    await world.close(INVOICE)
    await desk.decide((INVOICE, journal("COGS-1")))
    await world.serve("poster")

    async def waits_for_the_end_of_the_window() -> bool:
        rows = await world.rows(
            "SELECT due_at > now() + interval '1 minute' AS late FROM poster.work WHERE kind = 'post'"
        )
        return bool(looks) and [row["late"] for row in rows] == [True]

    await world._explained(waits_for_the_end_of_the_window, "the key's window is waited for", 20)
    assert len(calls(desk, "/ManualJournals")) == 1
    await world.rows("UPDATE poster.submission SET created_at = created_at - interval '1 hour'")
    await desk.ring(INVOICE)
    await desk.settled_work()
    assert len(calls(desk, "/ManualJournals")) == 1
    assert not world.ledger.collections["manual_journals"]
    assert not await world.rows("SELECT 1 FROM poster.submission WHERE state <> 'settled'")


@pytest.mark.requirement("A130")
async def test_a_document_that_the_ledger_changed_meanwhile_is_read_and_written_again(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, sent = XeroLedger.send, []

    async def stale(self: XeroLedger, composed: Any, key: str) -> Any:
        sent.append(key)
        if len(sent) > 1:
            return await usual(self, composed, key)
        number = composed.expected[0].number
        told = Finding("STALE_OBJECT", {"number": number, "ledger": self.name})
        return [Verdict(number, VerdictStatus.REFUSED, findings=(told,))]

    monkeypatch.setattr(XeroLedger, "send", stale)
    await desk.world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await desk.world.serve("poster")

    async def waits() -> bool:
        rows = await desk.world.rows("SELECT last_code FROM poster.work WHERE kind = 'post'")
        return [row["last_code"] for row in rows] == ["STALE_OBJECT"]

    await desk.world._explained(waits, "tried again later", 20)
    await desk.ring(INVOICE)
    await desk.until_told(INVOICE, "batched")


@pytest.mark.requirement("D9", "A135")
async def test_a_supplier_that_is_a_customer_too_is_one_contact_and_a_name_taken_by_another_is_shown(desk: Any) -> None:
    world = desk.world
    both, taken = world.copies(OTHER, 2, batched=False)
    await world.close(INVOICE, both, taken)
    document = desk.document(INVOICE)
    customer = replace(document.contact, company_key="19")
    supplier = ContactDecision("supplier:19", customer.company_name, "create", role=ContactRole.SUPPLIER)
    stranger = replace(supplier, company_key="supplier:20")
    await desk.decide((INVOICE, replace(document, contact=customer)))
    await world.serve("poster")
    await desk.until_told(INVOICE, "batched")
    await desk.decide((both, bill("VI-1", supplier)), (taken, bill("VI-2", stranger)))
    await desk.until_told(both, "batched")
    await desk.until_told(taken, "stopped", "CONTACT_NAME_TAKEN")
    rows = await world.rows("SELECT company_key, contact_id FROM poster.contact_link WHERE state = 'linked'")
    links = {row["company_key"]: row["contact_id"] for row in rows}
    assert links == {"19": customer.candidate_id, "supplier:19": customer.candidate_id}
