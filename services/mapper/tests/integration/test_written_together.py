"""Records and reports share a transaction, and none of them shares another's fate."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ledgerwire.common.work.model import Doorbell, Priority
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.ledger_reading import Ledgers
from ledgerwire.mapper.settling import SETTLE

from .conftest import IN_TIME, Office, revisions


def posted(office: Office, count: int) -> list[int]:
    """Invoices in which nothing is wrong."""
    plan = office.sandbox.world.scenario.plan
    return [each.invoice_id for each in plan if each.expected_first == "posted" and not each.codes][:count]


def report(office: Office, name: str, invoice_id: int, outcome: str) -> Doorbell:
    return Doorbell(
        account_id=office.account_id,
        connection_id=office.connection_id,
        work_key=f"{SETTLE}:{name}",
        kind=SETTLE,
        priority=Priority.URGENT,
        correlation_id=f"c-{invoice_id}",
        found_by="poster",
        payload={
            "record_id": str(office.record_id(invoice_id)),
            "outcome": outcome,
            "revision": 1,
            "findings": [],
            "at": datetime.now(UTC).isoformat(),
        },
    )


@pytest.mark.requirement("A114")
async def test_a_record_that_a_person_holds_meanwhile_stays_held_and_its_neighbours_are_written(
    office: Office, monkeypatch
):
    held, *others = ids = posted(office, 3)
    office.close(*ids)
    await office.map(*ids)
    office.reload(*ids)
    await office.map(*ids)
    office.close(*ids)
    number = (await office.record(held)).number
    read = Ledgers.read

    async def held_meanwhile(self, *subjects, **options):
        monkeypatch.undo()
        await office.desk.hold(office.account_id, number, "asked the customer")
        await read(self, *subjects, **options)

    monkeypatch.setattr(Ledgers, "read", held_meanwhile)
    await office.map(*ids)
    record = await office.record(held)
    assert (record.state, record.hold_reason) == (RecordState.HELD, "asked the customer")
    assert [await revisions(office, each) for each in ids] == [1, 2, 2]
    assert [(await office.record(each)).state for each in others] == [RecordState.MAPPED] * 2


async def test_a_report_that_cannot_be_read_leaves_those_that_came_with_it_alone(office: Office):
    first, second = ids = posted(office, 2)
    office.close(*ids)
    await office.map(*ids)
    bad = report(office, "bad", first, "batched")
    bells = [
        report(office, "a", first, "batched"),
        replace(bad, payload={**bad.payload, "revision": "none"}),
        report(office, "c", second, "batched"),
    ]
    async with office.database.account(office.account_id) as unit:
        await office.worker.store.ring(unit, bells)
    office.worker.wake.set()
    async with asyncio.timeout(IN_TIME):
        while await office.value(  # noqa: ASYNC110
            "SELECT count(*) FROM mapper.work WHERE kind = :kind AND last_code IS NULL", kind=SETTLE
        ):
            await asyncio.sleep(0.02)
    assert [(await office.record(each)).settled_outcome for each in ids] == ["batched", "batched"]
    assert await office.value("SELECT work_key FROM mapper.work WHERE kind = :kind", kind=SETTLE) == f"{SETTLE}:bad"


async def test_reports_on_one_record_that_come_together_are_all_in_its_timeline(office: Office):
    [invoice_id] = ids = posted(office, 1)
    office.close(*ids)
    await office.map(*ids)
    bells = [report(office, "a", invoice_id, "waiting"), report(office, "b", invoice_id, "batched")]
    async with office.database.account(office.account_id) as unit:
        await office.worker.store.ring(unit, bells)
    office.worker.wake.set()
    await office.idle()
    record = await office.record(invoice_id)
    assert record.settled_outcome == "batched"
    [shown] = await office.desk.show(office.account_id, record.number)
    assert [entry.step for entry in shown.timeline] == ["mapped", "waiting", "batched"]
