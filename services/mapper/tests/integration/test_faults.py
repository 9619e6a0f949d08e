"""What fails, and whom it concerns: one record, one ledger company, or everything; and nothing that is accepted is lost to sight."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Poison, Stopped, Transient
from ledgerwire.mapper import deciding
from ledgerwire.mapper.domain.document import map_record
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.ports import Route

from .conftest import Office, clean


def planned(office: Office, count: int) -> list[int]:
    plan = office.sandbox.world.scenario.plan
    ids = [each.invoice_id for each in plan if each.expected_first == "posted" and not each.codes][:count]
    office.close(*ids)
    return ids


def dying(monkeypatch, number: str) -> None:
    """Mapping this number fails at once for good."""

    def faulty(source):
        if source.invoice.number == number:
            raise Poison("unthinkable", code="UNTHINKABLE")
        return map_record(source)

    monkeypatch.setattr(deciding, "map_any", faulty)


@pytest.mark.requirement("B38")
async def test_a_record_that_dies_on_its_first_look_is_shown_and_can_be_retried(office: Office, monkeypatch):
    good, bad = planned(office, 2)
    dying(monkeypatch, office.sandbox.world.connectwise.state.tables["invoices"][bad]["invoiceNumber"])
    await office.map(good, bad)
    assert (await office.record(good)).state is RecordState.MAPPED
    assert (await office.record(bad)).state is RecordState.DEAD
    [group] = (await office.desk.summary(office.account_id)).stopped
    assert (group.code, group.count) == ("INTERNAL_FAULT", 1)
    assert "UNTHINKABLE" in group.what
    monkeypatch.undo()
    await office.desk.retry(office.account_id, number=str(bad))
    await office.idle()
    assert (await office.record(bad)).state is RecordState.MAPPED


@pytest.mark.requirement("B38")
async def test_a_decided_record_whose_next_look_dies_is_shown_too(office: Office, monkeypatch):
    invoice_id = await clean(office)
    number = (await office.record(invoice_id)).number
    await office.settle(invoice_id, "batched")
    dying(monkeypatch, number)
    await office.map(invoice_id)
    assert (await office.desk.rows(office.account_id))[0].status == "dead"
    monkeypatch.undo()
    await office.desk.retry(office.account_id, cause="INTERNAL_FAULT")
    await office.idle()
    assert (await office.desk.rows(office.account_id))[0].status == "posted"
    assert await office.messages(invoice_id) == 1, "what is batched is not handed over again"


@pytest.mark.requirement("B38")
async def test_a_close_that_is_announced_again_wakes_a_dead_record(office: Office, monkeypatch):
    [bad] = planned(office, 1)
    dying(monkeypatch, office.sandbox.world.connectwise.state.tables["invoices"][bad]["invoiceNumber"])
    await office.map(bad)
    monkeypatch.undo()
    await office.map(bad, found_by="sweep")
    assert (await office.record(bad)).state is RecordState.MAPPED


async def test_what_a_ledger_company_refuses_stops_only_the_records_that_go_there(office: Office, monkeypatch):
    refusing, other = planned(office, 2)
    [route] = office.account.routes
    location = 4711
    elsewhere = Route(UUID(int=7), "Xero NZ", route.connectwise_connection_id, frozenset({location}))
    office.change(routes=(route, elsewhere))
    invoice = office.sandbox.world.connectwise.state.tables["invoices"][refusing]
    invoice["locationId"] = location

    class Refusing:
        async def reference_data(self, *, fresh: bool = False):
            raise Stopped([Finding("LEDGER_CALL_REFUSED", {"ledger": "Xero NZ"})])

    office.other_ledgers[elsewhere.ledger_connection_id] = Refusing()
    await office.map(refusing, other)
    record = await office.record(refusing)
    assert (record.state, record.number) == (RecordState.STOPPED, invoice["invoiceNumber"])
    assert await office.codes(refusing) == ["LEDGER_CALL_REFUSED"]
    assert (await office.record(other)).state is RecordState.MAPPED


@pytest.mark.requirement("A130", "M25")
async def test_a_ledger_that_answers_with_server_errors_leaves_accepted_closes_in_sight(office: Office, monkeypatch):
    first, second = planned(office, 2)

    async def down(self, *, fresh=False):
        raise Transient("HTTP 503")

    monkeypatch.setattr(type(office.ledger), "reference_data", down)
    await office.map(first, second)
    records = [await office.record(each) for each in (first, second)]
    assert {record.state for record in records} == {RecordState.WAITING}
    [group] = (await office.desk.summary(office.account_id)).waiting
    assert (group.code, group.count, group.totals) == (
        "TRANSIENT",
        2,
        {"AUD": sum((record.total for record in records), Decimal(0))},
    )
    assert group.what == "Xero answers late or with a fault; records wait and are tried again."
    monkeypatch.undo()
    await office.map(first, second)
    assert (await office.desk.summary(office.account_id)).waiting == ()


@pytest.mark.requirement("A054", "M25")
async def test_a_connectwise_that_is_down_leaves_a_row_at_the_first_failure(office: Office):
    [invoice_id] = planned(office, 1)
    office.refuses = Transient("HTTP 502", code="CONNECTWISE_FAILED", retry_after=timedelta(minutes=5))
    await office.map(invoice_id)
    record = await office.record(invoice_id)
    assert (record.state, [item.code for item in record.findings]) == (RecordState.WAITING, ["CONNECTWISE_FAILED"])


@pytest.mark.requirement("B25")
async def test_gl_entry_ids_that_are_no_numbers_stop_that_record_alone(office: Office, monkeypatch):
    good, bad = planned(office, 2)
    number = office.sandbox.world.connectwise.state.tables["invoices"][bad]["invoiceNumber"]
    real = type(office.client).export_invoices

    async def garbled(self, ids, **more):
        rows = await real(self, ids, **more)
        return [
            msgspec.structs.replace(row, gl_entry_ids_text="101, n/a") if row.document_number == number else row
            for row in rows
        ]

    monkeypatch.setattr(type(office.client), "export_invoices", garbled)
    office.sandbox.world.connectwise.state.switches.export_joins_segments = True
    await office.map(good, bad)
    assert await office.codes(bad) == ["INVOICE_UNREADABLE"]
    assert (await office.record(good)).state is RecordState.MAPPED


@pytest.mark.requirement("B25")
async def test_an_invoice_that_cannot_be_decoded_leaves_the_others_alone(office: Office):
    ids = planned(office, 4)
    bad = ids[1]
    office.sandbox.world.connectwise.state.tables["invoices"][bad]["total"] = {"not": "a number"}
    await office.map(*ids)
    states = [(await office.record(each)).state for each in ids]
    assert states == [RecordState.MAPPED, RecordState.WAITING, RecordState.MAPPED, RecordState.MAPPED]
    assert await office.codes(bad) == ["CONNECTWISE_ANSWER_UNREADABLE"]


async def test_a_row_that_cannot_be_written_leaves_the_others_alone(office: Office):
    good, bad = planned(office, 2)
    invoice = office.sandbox.world.connectwise.state.tables["invoices"][bad]
    invoice["reference"] = "\x00"
    company = dict(invoice.get("billToCompany") or invoice["company"])
    invoice["billToCompany"] = company | {"name": "Acme\x00"}
    await office.ring(good, bad)
    await office.idle()
    assert (await office.record(good)).state is RecordState.MAPPED
    assert await office.value("SELECT count(*) FROM mapper.work WHERE last_code IS NOT NULL") == 1
