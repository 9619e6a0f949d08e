"""Trying records out: one that brings a fault of ours up again does not hide the others."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from ledgerwire.cli import trial
from ledgerwire.cli.previewing import RecordPreview
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Waiting
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.trace import Trace
from ledgerwire.mapper.preview import Preview
from ledgerwire.mapper.records import StoredRecord

ACCOUNT = UUID(int=9)
PASSING, STOPPING, FAULTY, DONE = (UUID(int=n) for n in range(1, 5))
_STOP = Finding("CONTACT_BILLING_MISSING", {"number": "INV-2", "customer": "Acme", "ledger": "Xero"})


def previewed(record_id: UUID) -> RecordPreview:
    state, findings = {
        PASSING: (RecordState.MAPPED, ()),
        STOPPING: (RecordState.STOPPED, (_STOP,)),
        DONE: (RecordState.SKIPPED, ()),
    }[record_id]
    record = StoredRecord(
        ACCOUNT, record_id, UUID(int=0), "7", "c", state=state, number="INV-7", total=Decimal("10.00"), currency="AUD"
    )
    return RecordPreview(Preview(record, state.value, (), findings, Trace(), None), "Sydney", ())


@pytest.fixture(autouse=True)
def _previews(monkeypatch: pytest.MonkeyPatch) -> None:
    async def previews(settings, account_id, numbers, *, record_ids):
        if FAULTY in record_ids:
            raise ZeroDivisionError
        return [previewed(one) for one in record_ids]

    monkeypatch.setattr(trial, "previews", previews)


@pytest.mark.requirement("D5")
async def test_each_record_is_told_apart_and_counted() -> None:
    found = await trial.trials(None, ACCOUNT, [PASSING, FAULTY, STOPPING, DONE])
    assert [(one.record_id, one.would) for one in found] == [
        (PASSING, trial.PASS),
        (FAULTY, trial.FAULT),
        (STOPPING, trial.STOP),
        (DONE, trial.NOTHING),
    ]
    assert trial.value_of(found) == {"would_pass": 1, "would_stop": 1, "nothing_to_do": 1, "would_fail": 1}
    assert trial.sentence(found) == (
        "1 record would now pass (10.00 AUD); 1 would stop (CONTACT_BILLING_MISSING 1); 1 need nothing any more;"
        " 1 would fail again by a fault of ours."
    )


async def test_nothing_to_try_asks_nobody() -> None:
    assert await trial.trials(None, ACCOUNT, []) == []


async def test_a_closed_connection_is_said_and_not_counted_as_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    async def closed(*_args, **_others):
        raise Waiting("disconnected", code="TOKEN_REVOKED")

    monkeypatch.setattr(trial, "previews", closed)
    with pytest.raises(Waiting):
        await trial.trials(None, ACCOUNT, [PASSING, STOPPING])
