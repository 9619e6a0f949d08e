"""What people ask of many records at once: the database adds up, and no transaction holds more than it must."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product
from uuid import uuid4

import pytest
from sqlalchemy import event

from ledgerwire.common.catalogue import Finding
from ledgerwire.mapper import person, repository
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.records import StoredRecord
from ledgerwire.mapper.status import clerk_row, status_of

from .conftest import Office

STOP = Finding("CONTACT_BILLING_MISSING", {"customer": "Acme"})
OTHER = Finding("NONPRODUCT_ID_MISSING", {"kind": "Expense"})
WARNING = Finding("ROUNDING_APPLIED", {"item": "CAT6"})
GONE = Finding("TOKEN_REVOKED", {"ledger": "Xero"})


def record(office: Office, place: int, **changes) -> StoredRecord:
    made = StoredRecord(
        account_id=office.account_id, record_id=uuid4(), connection_id=office.connection_id, source_id=str(place),
        correlation_id="c", number=f"INV-{place:05}", customer="Acme", record_date=date(2026, 2, 1),
        total=Decimal(place) / 100, currency="NZD" if place % 3 == 0 else "AUD", revision=1,
    )  # fmt: skip
    return replace(made, **changes)


async def kept(office: Office, *records: StoredRecord) -> None:
    async with office.database.account(office.account_id) as unit:
        for each in records:
            await repository.put_record(unit, each)


@pytest.mark.requirement("A126", "A131", "M25")
async def test_what_the_database_adds_up_is_what_the_rows_say(office: Office):
    every = product(
        RecordState,
        (None, "batched", "stopped", "waiting", "draft", "remap"),
        (1, 2),
        ((), (WARNING,), (STOP, replace(STOP, line=1)), (GONE, OTHER)),
    )
    records = [
        record(office, place, state=state, settled_outcome=outcome, settled_revision=outcome and revision,
               findings=findings, settled_findings=(GONE, WARNING) if place % 2 else (OTHER,))
        for place, (state, outcome, revision, findings) in enumerate(every, start=1)
    ]  # fmt: skip
    records[0] = replace(records[0], number=None, total=None, currency=None)
    await kept(office, *records)
    summary = await office.desk.summary(office.account_id)
    assert summary.counts == Counter(map(status_of, records))
    for name, totals in summary.totals.items():
        sums: Counter[str] = Counter()
        for each in records:
            sums[each.currency or ""] += (each.total or Decimal(0)) if status_of(each) == name else Decimal(0)
        assert {key: value for key, value in totals.items() if value} == {k: v for k, v in sums.items() if v}
        assert {row.number for row in await office.desk.rows(office.account_id, [name])} == {
            clerk_row(each).number for each in records if status_of(each) == name
        }
    waiting = {cause for each in records for cause in clerk_row(each).waits_for}
    assert {group.cause for group in summary.waiting} == waiting
    for group in summary.waiting:
        assert set(group.numbers) == {row.number for row in map(clerk_row, records) if group.cause in row.waits_for}
    for group in summary.stopped:
        stopped = [row for row in map(clerk_row, records) if row.status in {"stopped", "dead"}]
        assert sorted(group.numbers) == sorted(
            row.number for row in stopped if group.cause in {item.cause for item in row.problems}
        )
        assert group.count == len(group.numbers)


@pytest.mark.requirement("A124")
async def test_a_whole_cause_is_woken_some_at_a_time_in_a_few_statements(office: Office, monkeypatch):
    monkeypatch.setattr(person, "AT_A_TIME", 20)
    stopped = [record(office, place, state=RecordState.STOPPED, findings=(STOP,)) for place in range(1, 51)]
    others = [record(office, place, state=RecordState.STOPPED, findings=(OTHER,)) for place in range(51, 61)]
    await kept(office, *stopped, *others)
    statements: list[str] = []
    commits: list[int] = []
    engine = office.database._account.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    event.listen(engine, "commit", lambda _: commits.append(1))
    monkeypatch.setattr(office.desk._store, "ring", _rings := _Rings())
    would = await office.desk.retry(office.account_id, cause=STOP.cause_key, dry_run=True)
    assert len(would) == 50
    assert not _rings.sizes
    statements.clear()
    commits.clear()
    woken = await office.desk.retry(office.account_id, cause="CONTACT_BILLING_MISSING")
    assert {each.record_id for each in woken} == {each.record_id for each in stopped}
    assert _rings.sizes == [20, 20, 10]
    assert len([said for said in statements if "mapper." in said]) <= 1 + 3 * 3
    assert await office.value("SELECT count(*) FROM mapper.record WHERE state = 'received'") == 50
    assert await office.value("SELECT count(*) FROM mapper.timeline WHERE step = 'retry'") == 50


class _Rings:
    def __init__(self) -> None:
        self.sizes: list[int] = []

    async def __call__(self, unit, bells) -> None:
        self.sizes.append(len(list(bells)))


async def test_a_person_who_holds_a_record_is_not_overruled_by_go_live(office: Office):
    gated = record(office, 1, state=RecordState.HELD)
    held = record(office, 2, state=RecordState.HELD, hold_reason="asked the customer")
    await kept(office, gated, held)
    assert [each.record_id for each in await office.desk.wake_held(office.account_id)] == [gated.record_id]
