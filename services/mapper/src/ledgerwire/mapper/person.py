"""What a person does with records: hold, release, skip, retry, show, list. The command line and admin call these."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from uuid import UUID, uuid4

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.errors import LedgerwireError
from ledgerwire.common.work.model import Doorbell, Priority
from ledgerwire.common.work.store import WorkStore
from ledgerwire.mapper import repository, status
from ledgerwire.mapper.domain.record import RecordEvent, RecordState, advance
from ledgerwire.mapper.domain.trace import Trace
from ledgerwire.mapper.handlers import MAP, work_key
from ledgerwire.mapper.records import Shown, StoredRecord, decode_documents
from ledgerwire.mapper.status import ClerkRow, Summary

RETRY = "retry"
_URGENT_UP_TO = 20
"""A person waits for a few records; a whole cause is bulk."""


class RecordUnknownError(LedgerwireError):
    """The account has no record of that number."""

    code = "RECORD_UNKNOWN"


class RecordSettledError(LedgerwireError):
    """The record is in the ledger and batched: nothing can be held, skipped or tried again."""

    code = "RECORD_SETTLED"


class RecordDesk:
    """The use cases over one service's records. `close` frees what `bootstrap.open_desk` opened."""

    def __init__(self, database: Database, store: WorkStore, close: Callable[[], Awaitable[None]]) -> None:
        self._database = database
        self._store = store
        self.close = close

    async def hold(self, account_id: UUID, number: str, reason: str) -> tuple[StoredRecord, ...]:
        """Keep a record back until it is released; poster leaves it alone from then on."""
        return await self._put_aside(account_id, number, RecordEvent.HELD, "HELD", reason)

    async def skip(self, account_id: UUID, number: str, reason: str) -> tuple[StoredRecord, ...]:
        """Do nothing with a record until somebody retries it."""
        return await self._put_aside(account_id, number, RecordEvent.SKIPPED, "SKIPPED", reason)

    async def release(self, account_id: UUID, number: str) -> tuple[StoredRecord, ...]:
        """Let a held record go on."""
        async with self._database.account(account_id) as unit:
            held = [item for item in await self._numbered(unit, number) if item.state is RecordState.HELD]
            return await self._wake(unit, held, "released")

    async def retry(
        self, account_id: UUID, *, number: str | None = None, cause: str | None = None, dry_run: bool = False
    ) -> tuple[StoredRecord, ...]:
        """Look again at one record (whatever keeps it), or at all stopped ones of a cause (a code or a cause key).

        Returns what is (or with `dry_run` would be) looked at. Raises RecordUnknownError, RecordSettledError.
        """
        if (number is None) == (cause is None):
            raise ValueError("retry one number, or one cause")
        async with self._database.account(account_id) as unit:
            if number is not None:
                chosen = _unsettled(await self._numbered(unit, number))
            else:
                chosen = [item for item in await _stopped(unit) if _has_cause(item, cause or "")]
            return tuple(chosen) if dry_run else await self._wake(unit, chosen, RETRY)

    async def wake_held(self, account_id: UUID) -> tuple[StoredRecord, ...]:
        """Look at what waited for go-live; without it they are found within half a minute."""
        async with self._database.account(account_id) as unit:
            held = await repository.find(unit, states=[RecordState.HELD])
            return await self._wake(unit, [item for item in held if item.hold_reason is None], "go_live")

    async def show(self, account_id: UUID, number: str) -> tuple[Shown, ...]:
        """Everything about the record(s) of a number: findings, documents, the trace in words, the way it went."""
        async with self._database.account(account_id) as unit:
            return tuple([await _shown(unit, record) for record in await self._numbered(unit, number)])

    async def rows(self, account_id: UUID, states: Iterable[RecordState] | None = None) -> tuple[ClerkRow, ...]:
        """Records in the clerk's columns, by date and number; all of them unless states are named."""
        async with self._database.account(account_id) as unit:
            return tuple(map(status.clerk_row, await repository.find(unit, states=states)))

    async def summary(self, account_id: UUID) -> Summary:
        """Counts and money by status; stops and warnings by cause."""
        async with self._database.account(account_id) as unit:
            return status.summarise(await repository.find(unit))

    async def _numbered(self, unit: Unit, number: str) -> list[StoredRecord]:
        found = await repository.find(unit, number=number)
        if not found:
            raise RecordUnknownError(f"there is no record {number}")
        locked = [await repository.locked(unit, record.record_id) for record in found]
        return [record for record in locked if record is not None]

    async def _put_aside(
        self, account_id: UUID, number: str, event: RecordEvent, code: str, reason: str
    ) -> tuple[StoredRecord, ...]:
        async with self._database.account(account_id) as unit:
            changed = []
            for record in _unsettled(await self._numbered(unit, number)):
                params = {"number": number, "customer": record.customer or "", "reason": reason}
                put = replace(
                    record, state=advance(record.state, event), hold_reason=reason, findings=(Finding(code, params),)
                )
                await repository.put_record(unit, put)
                await repository.add_timeline(unit, put, event.value, reason=reason, by="person")
                changed.append(put)
            return tuple(changed)

    async def _wake(self, unit: Unit, records: Iterable[StoredRecord], step: str) -> tuple[StoredRecord, ...]:
        woken = []
        for record in records:
            put = replace(record, state=advance(record.state, RecordEvent.WOKEN), hold_reason=None)
            await repository.put_record(unit, put)
            await repository.add_timeline(unit, put, step, by="person")
            woken.append(put)
        priority = Priority.URGENT if len(woken) <= _URGENT_UP_TO else Priority.BULK
        await self._store.ring(unit, [_doorbell(record, priority) for record in woken])
        return tuple(woken)


def _doorbell(record: StoredRecord, priority: Priority) -> Doorbell:
    return Doorbell(
        account_id=record.account_id,
        connection_id=record.connection_id,
        work_key=work_key(record.record_id),
        kind=MAP,
        priority=priority,
        correlation_id=record.correlation_id,
        causation_id=f"person:{uuid4()}",
        found_by=RETRY,
        payload={"record_id": str(record.record_id), "source_id": record.source_id},
    )


def _unsettled(records: Iterable[StoredRecord]) -> list[StoredRecord]:
    rest = [record for record in records if not record.batched]
    if not rest:
        raise RecordSettledError("the record is in the ledger and batched; undo the batch in ConnectWise first")
    return rest


async def _stopped(unit: Unit) -> list[StoredRecord]:
    found = await repository.find(unit, states=[RecordState.STOPPED])
    found += await repository.find(unit, outcome=status.STOPPED)
    each = {record.record_id: record for record in found if status.status_of(record) == status.STOPPED}
    locked = [await repository.locked(unit, record_id) for record_id in each]
    return [record for record in locked if record is not None]


def _has_cause(record: StoredRecord, cause: str) -> bool:
    return any(cause in {item.code, item.cause_key} for item in status.findings_of(record) if item.stops)


async def _shown(unit: Unit, record: StoredRecord) -> Shown:
    explained = await repository.explained(unit, record)
    documents, trace = (decode_documents(explained[0]), explained[1]) if explained else ((), Trace())
    return Shown(record, documents, trace, tuple(await repository.timeline(unit, record)))
