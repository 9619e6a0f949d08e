"""One look after another: what changes nothing, what waits, what a person holds."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text

from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.contracts.record_closed_v1 import RecordClosedV1
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.errors import Stopped, Waiting
from ledgerwire.common.record_type import RecordType
from ledgerwire.mapper import deciding, session
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.records import map_any
from ledgerwire.mapper.person import RecordNotHeldError, RecordSettledError, RecordUnknownError
from ledgerwire.mapper.records import decode_any
from ledgerwire.mapper.settling import closed_record

from .conftest import Office, clean, revisions

CLEAN = 39005


@pytest.mark.requirement("B25", "M1")
async def test_ringing_again_makes_neither_a_revision_nor_a_message(office: Office):
    invoice_id = await clean(office)
    for found_by in ("callback", "sweep", "callback"):
        await office.map(invoice_id, found_by=found_by)
    assert (await revisions(office, invoice_id), await office.messages(invoice_id)) == (1, 1)


@pytest.mark.requirement("A117", "M8")
async def test_a_record_that_is_routed_to_another_company_gets_a_revision_for_that_one(office: Office):
    invoice_id, company = await clean(office), uuid4()
    first = await office.record(invoice_id)
    office.change(routes=tuple(replace(route, ledger_connection_id=company) for route in office.account.routes))
    await office.map(invoice_id, found_by="retry")
    after = await office.record(invoice_id)
    assert (after.revision, after.ledger_connection_id, await office.messages(invoice_id)) == (2, company, 2)
    query = "SELECT ledger_connection_id FROM mapper.revision WHERE record_id = :id AND revision = "
    there = [await office.value(query + number, id=office.record_id(invoice_id)) for number in ("1", "2")]
    assert there == [first.ledger_connection_id, company]
    assert first.ledger_connection_id != company


@pytest.mark.requirement("D4")
async def test_the_stored_input_gives_the_stored_documents_byte_for_byte(office: Office):
    invoice_id = await clean(office)
    stored = await office.value(
        "SELECT input FROM mapper.revision WHERE record_id = :id", id=office.record_id(invoice_id)
    )
    documents = await office.value(
        "SELECT documents FROM mapper.revision WHERE record_id = :id", id=office.record_id(invoice_id)
    )
    assert canonical_bytes(map_any(decode_any(stored, RecordType.INVOICE)).documents) == documents


@pytest.mark.requirement("M7")
async def test_poster_sees_the_latest_revision_with_what_a_re_export_must_show(office: Office):
    invoice_id = await clean(office)
    [transaction] = await office.client.export_invoices([invoice_id])
    poster = open_database(office.settings, "poster")
    async with poster.account(office.account_id) as unit:
        row = (await unit.execute(text("SELECT * FROM mapper.revisions_for_poster"))).one()
    await poster.close()
    assert (row.record_state, row.outcome, row.revision) == ("mapped", "mapped", 1)
    assert tuple(row.processed_record_ids) == transaction.processed_record_ids
    assert {int(key): Decimal(value) for key, value in row.gl_lines.items()} == {
        line.id: line.total for line in transaction.details
    }
    assert row.gl_total == transaction.total


@pytest.mark.requirement("M8")
async def test_a_reopened_record_waits_and_its_close_makes_a_new_revision(office: Office):
    invoice_id = await clean(office)
    office.reload(invoice_id)
    await office.map(invoice_id)
    record = await office.record(invoice_id)
    assert (record.state, [item.code for item in record.findings]) == (RecordState.OPEN, ["INVOICE_OPEN"])
    office.close(invoice_id)
    await office.map(invoice_id)
    assert (await office.record(invoice_id)).revision == 2
    assert await office.messages(invoice_id) == 2


@pytest.mark.requirement("M1")
async def test_old_batched_invoices_make_nothing_however_often_they_are_edited(office: Office):
    invoice_id = await clean(office)
    record = await office.record(invoice_id)
    await office.client.create_batch(
        "INV-by-hand", (await office.client.export_invoices([invoice_id]))[0].processed_record_ids
    )
    other = office.sandbox.world.scenario.plan[-1].invoice_id
    office.close(other)
    await office.client.create_batch(
        "INV-other", (await office.client.export_invoices([other]))[0].processed_record_ids
    )
    for _ in range(3):
        await office.map(invoice_id, other)
    assert (await office.record(invoice_id)).state is record.state, "its batch is poster's to prove"
    unknown = await office.record(other)
    assert (unknown.state, unknown.findings[0].code) == (RecordState.SKIPPED, "ALREADY_BATCHED")
    assert unknown.findings[0].params["batch"] == "INV-other"
    assert (await revisions(office, other), await office.messages(other)) == (0, 0)


async def test_a_vanished_invoice_is_recorded_and_blocks_nobody(office: Office):
    invoice_id = next(iter(office.sandbox.world.connectwise.state.tables["invoices"]))
    await office.map(invoice_id)
    del office.sandbox.world.connectwise.state.tables["invoices"][invoice_id]
    await office.map(invoice_id, 999_999)
    for each in (invoice_id, 999_999):
        record = await office.record(each)
        assert (record.state, record.findings[0].code) == (RecordState.SUPERSEDED, "INVOICE_VANISHED")


@pytest.mark.requirement("M19")
async def test_the_go_live_gate_holds_everything_and_lets_it_out_once(office: Office):
    office.change(live=False, go_live_from=None)
    plan = [each for each in office.sandbox.world.scenario.plan if each.expected_first == "posted" and not each.codes]
    early, late = plan[0], plan[-1]
    office.close(early.invoice_id, late.invoice_id)
    await office.map(early.invoice_id, late.invoice_id)
    for each in (early, late):
        record = await office.record(each.invoice_id)
        assert (record.state, await office.codes(each.invoice_id)) == (RecordState.HELD, ["ACCOUNT_ON_HOLD"])
        assert await office.messages(each.invoice_id) == 0
    parked = "SELECT count(*) FROM mapper.work WHERE due_at > now() + interval '50 minutes'"
    assert await office.value(f"{parked} AND last_code = 'ACCOUNT_ON_HOLD'") == 2, "nobody looks at them meanwhile"
    office.change(live=True, go_live_from=late.day)
    await office.desk.wake_held(office.account_id)
    await office.idle()
    assert (await office.record(late.invoice_id)).state is RecordState.MAPPED
    assert (await office.record(early.invoice_id)).state is RecordState.SKIPPED
    assert await office.codes(early.invoice_id) == ["BEFORE_GO_LIVE"]
    assert (await office.messages(early.invoice_id), await office.messages(late.invoice_id)) == (0, 1)


@pytest.mark.requirement("M19")
async def test_a_gate_that_opens_while_a_record_is_being_held_lets_it_out_too(office: Office, monkeypatch):
    planned = next(each for each in office.sandbox.world.scenario.plan if each.expected_first == "posted")
    office.change(live=False, go_live_from=None)
    office.close(planned.invoice_id)
    park = session.LookSession.park

    async def opened_meanwhile(self):
        monkeypatch.undo()
        office.change(live=True, go_live_from=planned.day)  # and what was found held is woken before this one is parked
        await park(self)

    monkeypatch.setattr(session.LookSession, "park", opened_meanwhile)
    await office.map(planned.invoice_id)
    assert (await office.record(planned.invoice_id)).state is RecordState.MAPPED


@pytest.mark.requirement("M19")
async def test_a_record_that_nobody_wakes_once_the_gate_is_open_is_let_out_within_a_day(office: Office):
    planned = next(each for each in office.sandbox.world.scenario.plan if each.expected_first == "posted")
    office.change(live=False, go_live_from=None)
    office.close(planned.invoice_id)
    await office.map(planned.invoice_id)
    await a_day_later(office)
    assert (await office.record(planned.invoice_id)).state is RecordState.HELD
    office.change(live=True, go_live_from=planned.day)  # and who opened it was killed before what is held was woken
    await a_day_later(office)
    assert (await office.record(planned.invoice_id)).state is RecordState.MAPPED


async def a_day_later(office: Office) -> None:
    async with office.database.account(office.account_id) as unit:
        await unit.execute(text("UPDATE mapper.work SET due_at = due_at - interval '1 day'"))
    office.worker.wake.set()
    await office.idle()


@pytest.mark.requirement("A114")
async def test_a_held_record_is_left_alone_until_it_is_released(office: Office):
    invoice_id = await clean(office)
    number = (await office.record(invoice_id)).number
    with pytest.raises(RecordNotHeldError, match=f"{number} is not held"):
        await office.desk.release(office.account_id, number)
    await office.desk.hold(office.account_id, number, "asked the customer")
    await office.map(invoice_id)
    record = await office.record(invoice_id)
    assert (record.state, record.hold_reason) == (RecordState.HELD, "asked the customer")
    assert (await office.desk.rows(office.account_id))[0].problems[0].what == f"{number} is held: asked the customer."
    [released] = await office.desk.release(office.account_id, number)
    [row] = await office.desk.rows(office.account_id)
    assert (released.findings, row.status, row.problems) == ((), "received", ()), "it is not held any more"
    await office.idle()
    assert (await office.record(invoice_id)).state is RecordState.MAPPED
    assert await office.messages(invoice_id) == 2, "poster is told that it may go on"


async def test_a_skipped_record_stays_skipped_until_a_person_retries_it(office: Office):
    invoice_id = await clean(office)
    number = (await office.record(invoice_id)).number
    await office.desk.skip(office.account_id, number, "posted by hand")
    await office.map(invoice_id)
    assert (await office.record(invoice_id)).state is RecordState.SKIPPED
    await office.desk.retry(office.account_id, number=number)
    assert (await office.record(invoice_id)).findings == (), "it is not skipped any more"
    await office.idle()
    assert (await office.record(invoice_id)).state is RecordState.MAPPED


async def test_what_is_batched_can_be_neither_held_nor_retried(office: Office):
    invoice_id = await clean(office)
    number = (await office.record(invoice_id)).number
    await office.settle(invoice_id, "batched")
    for attempt in (
        office.desk.hold(office.account_id, number, "late"),
        office.desk.retry(office.account_id, number=number),
    ):
        with pytest.raises(RecordSettledError):
            await attempt
    with pytest.raises(RecordUnknownError):
        await office.desk.show(office.account_id, "INV-none")


async def test_a_closed_connection_leaves_the_record_waiting_and_a_decided_one_decided(office: Office):
    decided = await clean(office)
    office.refuses = Waiting("keys refused", code="CONNECTWISE_UNAUTHORISED", after=timedelta(minutes=5))
    await office.map(decided, CLEAN)
    assert (await office.record(CLEAN)).state is RecordState.WAITING
    assert (await office.record(decided)).state is RecordState.MAPPED
    office.refuses = None
    office.close(CLEAN)
    await office.map(CLEAN)
    assert (await office.record(CLEAN)).state is not RecordState.WAITING


@pytest.mark.requirement("A130", "M25")
async def test_a_disconnected_ledger_keeps_records_waiting_and_tells_the_money(office: Office, monkeypatch):
    planned = office.sandbox.world.scenario.plan[0]

    async def revoked(self, *, fresh=False):
        raise Waiting("revoked", code="TOKEN_REVOKED", after=timedelta(minutes=5))

    monkeypatch.setattr(type(office.ledger), "reference_data", revoked)
    office.close(planned.invoice_id)
    await office.map(planned.invoice_id)
    record = await office.record(planned.invoice_id)
    assert (record.state, record.number) == (RecordState.WAITING, planned.number)
    [group] = (await office.desk.summary(office.account_id)).waiting
    assert group.what.startswith("Xero is disconnected. 1 invoices (")
    monkeypatch.undo()
    await office.map(planned.invoice_id)
    assert (await office.record(planned.invoice_id)).state is not RecordState.WAITING


async def test_a_message_about_no_invoice_is_a_dead_letter_and_blocks_nobody(office: Office):
    data = RecordClosedV1(
        record_id=uuid4(),
        connection_id=office.connection_id,
        record_type="invoice",
        source_id="a/b",
        found_by="callback",
    )
    async with office.database.account(office.account_id) as unit:
        await office.worker.store.ring(unit, closed_record(office._envelope(data, 1), data))
    await clean(office)
    assert await office.value("SELECT cause FROM mapper.dead_letter") == "POISON"


async def test_a_call_that_is_refused_stops_only_the_record_it_is_about(office: Office, monkeypatch):
    good, bad = (each.invoice_id for each in office.sandbox.world.scenario.plan[:2])
    office.close(good, bad)
    real = type(office.client).export_invoices

    async def refusing(self, ids, **more):
        if bad in ids:
            raise Stopped([Finding("INVOICE_UNREADABLE", {"number": "INV-1043", "field": "number"})])
        return await real(self, ids, **more)

    monkeypatch.setattr(type(office.client), "export_invoices", refusing)
    await office.map(good, bad)
    assert (await office.record(bad)).state is RecordState.STOPPED
    assert await office.codes(bad) == ["INVOICE_UNREADABLE"]
    assert (await office.record(good)).state is not RecordState.RECEIVED


async def test_an_unreadable_invoice_stops_with_the_field_named(office: Office):
    invoice_id = office.sandbox.world.scenario.plan[0].invoice_id
    office.close(invoice_id)
    row = office.sandbox.world.connectwise.state.tables["invoices"][invoice_id]
    row.pop("date")
    await office.map(invoice_id)
    record = await office.record(invoice_id)
    assert (record.state, record.findings[0].params["field"]) == (RecordState.STOPPED, "date")


async def test_a_fault_of_ours_on_one_record_buries_it_and_lets_the_others_through(office: Office, monkeypatch):
    good, bad = (each.invoice_id for each in office.sandbox.world.scenario.plan[:2])
    office.close(good, bad)
    number = office.sandbox.world.scenario.plan[1].number

    def faulty(source):
        if source.invoice.number == number:
            raise ZeroDivisionError
        return map_any(source)

    monkeypatch.setattr(deciding, "map_any", faulty)
    await office.ring(good, bad)
    await office.idle()
    assert (await office.record(good)).state is not RecordState.RECEIVED
    assert await office.value("SELECT count(*) FROM mapper.work WHERE last_code IS NOT NULL") == 1


@pytest.mark.requirement("M2")
async def test_joined_segments_are_read_from_the_frozen_entries(office: Office):
    office.sandbox.world.connectwise.state.switches.export_joins_segments = True
    invoice_id = await clean(office)
    [made] = await office.documents(invoice_id)
    expected = next(each for each in office.sandbox.world.scenario.expected if each.invoice_id == invoice_id)
    assert [line.account_code for line in made.lines] == [line.account for line in expected.lines]


@pytest.mark.requirement("D4")
async def test_a_record_is_explained_in_words(office: Office):
    invoice_id = await clean(office)
    [shown] = await office.desk.show(office.account_id, (await office.record(invoice_id)).number)
    said = shown.words
    assert any(
        text.startswith("Account ") and " because " in text and "in the chart of accounts" in text for text in said
    )
    assert any(text.startswith("Contact for ") for text in said)
    assert not any("?" in text for text in said)


async def test_another_accounts_records_are_not_there(office: Office):
    await clean(office)
    async with office.database.account(uuid4()) as unit:
        assert (await unit.execute(text("SELECT count(*) FROM mapper.record"))).scalar_one() == 0


async def test_an_account_without_a_route_or_mapping_stops_its_records_with_words(office: Office):
    invoice_id = office.sandbox.world.scenario.plan[0].invoice_id
    office.close(invoice_id)
    office.change(mapping=None)
    await office.map(invoice_id)
    assert await office.codes(invoice_id) == ["MAPPING_MISSING"]
    office.change(routes=tuple(replace(route, location_ids=frozenset({4711})) for route in office.account.routes))
    await office.map(invoice_id)
    assert await office.codes(invoice_id) == ["LOCATION_UNROUTED"]
