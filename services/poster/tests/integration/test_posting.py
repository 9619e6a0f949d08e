"""The posting protocol on a real database against the simulated ledger."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.e2e.processes import eventually

from ledgerwire.common.testing.run import await_now
from ledgerwire.poster import points, repository, send
from ledgerwire.poster.record_group import RecordGroup
from ledgerwire.poster.records import Case

INVOICE, OTHER, NEW_CUSTOMER, TO_COPY = 39001, 39003, 39040, 39003


def sent(desk: Any, path: str = "/Invoices") -> list[list[dict[str, Any]]]:
    """The elements of each call that could create something."""
    calls = desk.world.journal("xero", "PUT", path)
    return [json.loads(call.request_body)[path.strip("/")] for call in calls]


@pytest.mark.requirement("A112")
async def test_new_documents_go_fifty_a_call_and_each_record_gets_its_own_batch(desk: Any) -> None:
    world = desk.world
    ids = world.copies(TO_COPY, 53, batched=False)
    await world.close(*ids)
    await world.serve("poster")
    async with world.held_back("poster"):
        await desk.decide(*[(one, desk.document(one, like=TO_COPY)) for one in ids])
    await world.batched(*ids, seconds=40)
    assert sorted(len(call) for call in sent(desk)) == [3, 50]
    assert len(world.documents()) == len(set(world.batches())) == 53


async def test_what_is_carried_on_after_a_call_is_what_its_rows_show(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, compared = desk.world, []
    read_or_carried = RecordGroup.cases

    async def checked(group: RecordGroup) -> list[Case]:
        carried = dict(group._carried)
        cases = await read_or_carried(group)
        if carried and cases:
            async with group.unit() as unit:
                compared.append((cases, await repository.load_cases(unit, group.open_items())))
        return cases

    monkeypatch.setattr(RecordGroup, "cases", checked)
    ids = world.copies(TO_COPY, 3, batched=False)
    await world.close(*ids)
    await world.serve("poster")
    await desk.decide(*[(one, desk.document(one, like=TO_COPY)) for one in ids])
    await world.batched(*ids)
    assert compared
    assert all(carried == read for carried, read in compared)


async def test_one_new_customer_on_two_documents_is_one_contact(desk: Any) -> None:
    world = desk.world
    [twin] = world.copies(NEW_CUSTOMER, 1, batched=False)
    await world.close(NEW_CUSTOMER, twin)
    await desk.decide((NEW_CUSTOMER, desk.document(NEW_CUSTOMER)), (twin, desk.document(twin, like=NEW_CUSTOMER)))
    await world.serve("poster")
    await world.batched(NEW_CUSTOMER, twin)
    assert [len(call) for call in sent(desk, "/Contacts")] == [1]
    links = await world.rows("SELECT state, contact_id, created_by_us FROM poster.contact_link")
    name = world.expected(NEW_CUSTOMER).contact
    assert [tuple(row) for row in links] == [("linked", desk.contact_id(name), True)]


@pytest.mark.parametrize("fault", ["timeout_after_commit", "500_after", "500_before"])
async def test_a_contact_whose_creation_was_lost_is_found_by_its_external_number(desk: Any, fault: str) -> None:
    world = desk.world
    world.arm(fault, method="PUT", path_regex=r"/Contacts$")
    await world.close(NEW_CUSTOMER)
    await desk.decide((NEW_CUSTOMER, desk.document(NEW_CUSTOMER)))
    await world.serve("poster")
    await world.batched(NEW_CUSTOMER)
    name = world.expected(NEW_CUSTOMER).contact
    assert len(world.ledger.contacts.by_key(name)) == 1
    assert not await world.rows("SELECT 1 FROM poster.submission WHERE state <> 'settled'")


@pytest.mark.requirement("D2", "D9")
async def test_a_second_document_of_a_new_customer_waits_until_a_lost_creation_must_be_over(desk: Any) -> None:
    world = desk.world
    [twin] = world.copies(NEW_CUSTOMER, 1, batched=False)
    await world.close(NEW_CUSTOMER, twin)
    world.arm("500_before", method="PUT", path_regex=r"/Contacts$")
    await world.serve("poster")
    async with world.held_back("poster"):
        await desk.decide((NEW_CUSTOMER, desk.document(NEW_CUSTOMER)), (twin, desk.document(twin, like=NEW_CUSTOMER)))
    await world.batched(NEW_CUSTOMER, twin)
    lost, made = await world.rows(
        "SELECT created_at, look_after FROM poster.submission WHERE kind = 'contact' ORDER BY created_at"
    )
    assert made["created_at"] >= lost["look_after"]


@pytest.mark.requirement("A129")
async def test_a_number_taken_by_the_very_same_document_is_adopted(desk: Any) -> None:
    world = desk.world
    await world.close(INVOICE)
    there = desk.put(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await world.serve("poster")
    await world.batched(INVOICE)
    assert [(row["state"], row["ledger_id"]) for row in await desk.posting_states()] == [("posted", there["InvoiceID"])]
    assert len(world.documents(world.number(INVOICE))) == 1


async def test_a_number_taken_by_somebody_elses_document_stops_that_record_alone(desk: Any) -> None:
    world = desk.world
    await world.close(INVOICE, OTHER)
    desk.put(INVOICE, Total=1, SubTotal=1, TotalTax=0)
    await desk.decide((INVOICE, desk.document(INVOICE)), (OTHER, desk.document(OTHER)))
    await world.serve("poster")
    await world.batched(OTHER)
    await desk.until_told(INVOICE, "stopped", "DUPLICATE_NUMBER")
    assert world.batch_name(INVOICE) is None


async def test_two_documents_under_our_number_stop_the_record(desk: Any) -> None:
    world = desk.world
    await world.close(INVOICE)
    for guid in ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"):
        desk.put(INVOICE, InvoiceID=guid)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await world.serve("poster")
    await desk.until_told(INVOICE, "stopped", "OUTCOME_AMBIGUOUS")
    assert world.batch_name(INVOICE) is None


@pytest.mark.requirement("M7")
async def test_gl_entries_that_changed_since_the_mapping_make_no_batch_but_a_new_look(desk: Any) -> None:
    world = desk.world
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await world.rows("UPDATE mapper.revision SET gl_total = gl_total + 1")
    await world.serve("poster")
    await desk.until_told(INVOICE, "remap")
    assert world.batch_name(INVOICE) is None


@pytest.mark.requirement("M1")
async def test_a_record_that_left_the_unposted_list_is_not_sent(desk: Any) -> None:
    world = desk.world
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    world.psa.state.unposted_rows.pop(INVOICE)
    await world.serve("poster")
    await desk.until_told(INVOICE, "remap")
    assert not sent(desk)


async def test_a_worker_that_lost_its_lease_before_the_first_byte_sends_nothing(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = desk.world
    lost: list[int] = []

    def reach(point: str) -> None:
        """Right after the submission was committed, another worker takes over."""
        if point == points.SUBMISSION_COMMITTED and not lost:
            rows = await_now(
                world.rows("UPDATE tenants.lease SET fence = fence + 1, holder = 'other' WHERE service = 'poster'"
                           " AND connection_id = $1 RETURNING fence", world.ledger_connection)
            )  # fmt: skip
            lost.append(rows[0]["fence"])

    monkeypatch.setattr(send, "reach", reach)
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await world.serve("poster")
    await world.batched(INVOICE)
    assert lost
    assert len(sent(desk)) == 1, "the late worker sent it too"
    fences = await world.rows("SELECT fence, outcome FROM poster.submission ORDER BY fence")
    assert [row["outcome"] for row in fences] == ["looked_up", "judged"]
    assert fences[0]["fence"] < lost[0] < fences[1]["fence"]


@pytest.mark.requirement("A130")
async def test_a_consent_revoked_after_the_mapping_waits_for_a_new_one(desk: Any) -> None:
    world = desk.world
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    world.ledger.identity.revoke_all()
    await world.serve("poster")

    async def waits() -> bool:
        return [
            row["last_code"] for row in await world.rows("SELECT last_code FROM poster.work WHERE kind = 'post'")
        ] == ["TOKEN_REVOKED"]

    await eventually(waits, "poster waits for a consent")
    assert not sent(desk)
    await world.consent_again()
    await world.rows("UPDATE poster.work SET due_at = now() WHERE due_at < 'infinity'")
    await world.batched(INVOICE)
    assert len(sent(desk)) == 1


async def test_a_record_that_went_to_another_company_stops_until_a_person_decides(desk: Any) -> None:
    """The routing was changed after it was posted: nothing is posted a second time."""
    world = desk.world
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await world.serve("poster")
    await desk.until_told(INVOICE, "batched")
    await desk.settled_work()
    await world.rows("UPDATE poster.posting SET connection_id = gen_random_uuid()")
    await world.rows("DELETE FROM poster.batch")
    await desk.ring(INVOICE)
    await desk.until_told(INVOICE, "stopped", "DOCUMENT_IN_OTHER_COMPANY")
    assert len(sent(desk)) == 1
