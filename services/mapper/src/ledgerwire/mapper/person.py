"""What a person does with records: hold, release, skip, retry, show, list. The command line and admin call these."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.catalogue.revisions import Choice
from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.errors import LedgerwireError
from ledgerwire.common.ids import AccountId, ConnectionId, record_id
from ledgerwire.common.work.model import Doorbell, Priority
from ledgerwire.common.work.store import WorkStore
from ledgerwire.mapper import repository, status
from ledgerwire.mapper.choices import is_offered, offered
from ledgerwire.mapper.domain.record import RecordEvent, RecordState, advance
from ledgerwire.mapper.domain.trace import Trace
from ledgerwire.mapper.expense_groups import desk as expense_groups
from ledgerwire.mapper.expense_groups import repository as groups_repository
from ledgerwire.mapper.handlers import MAP, work_key
from ledgerwire.mapper.looking import DECIDED, RELINK
from ledgerwire.mapper.records import Shown, StoredRecord, decode_documents, payload_of
from ledgerwire.mapper.status import ClerkRow, Summary

RETRY = "retry"
_URGENT_UP_TO = 20
"""A person waits for a few records; a whole cause is bulk."""
AT_A_TIME = 500
"""Records woken in one transaction."""
_HELD = (RecordState.HELD.value,)
POSTERS = frozenset(choice.value for choice in Choice)
"""Choices about a document, not about the mapping of a record."""


class RecordUnknownError(LedgerwireError):
    """The account has no record of that number."""

    code = "RECORD_UNKNOWN"


class RecordSettledError(LedgerwireError):
    """The record is in the ledger and batched: nothing can be held, skipped or tried again."""

    code = "RECORD_SETTLED"


class RecordNotHeldError(LedgerwireError):
    """Nobody holds a record of that number: there is nothing to release."""

    code = "RECORD_NOT_HELD"


class ChoiceNotOfferedError(LedgerwireError):
    """The choice does not answer what stops the record; the message names those that do."""

    code = "CHOICE_NOT_OFFERED"


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
        """Let a held record go on. Raises RecordUnknownError, RecordNotHeldError."""
        async with self._database.account(account_id) as unit:
            held = [item for item in await self._numbered(unit, number) if item.state is RecordState.HELD]
            if not held:
                raise RecordNotHeldError(f"{number} is not held")
            return await self._wake(unit, held, "released")

    async def retry(
        self, account_id: UUID, *, number: str | None = None, cause: str | None = None, dry_run: bool = False
    ) -> tuple[StoredRecord, ...]:
        """Look again at one record (whatever keeps it), or at all stopped ones of a cause (a code or a cause key).

        With one are those that share its document and that poster stopped (M17). Returns what is (or with `dry_run` would be)
        looked at. Raises RecordUnknownError, RecordSettledError.
        """
        if (number is None) == (cause is None):
            raise ValueError("retry one number, or one cause")
        async with self._database.account(account_id) as unit:
            if number is not None:
                numbered, mates = await self._with_sharers(unit, number)
                chosen = _unsettled(numbered)
                chosen += [mate for mate in mates if mate.settled_outcome == "stopped" and mate.hold_reason is None]
                return tuple(chosen) if dry_run else await self._wake(unit, chosen, RETRY)
            ids = await repository.to_wake(unit, status.STUCK, cause=cause)
        return await self._wake_all(account_id, ids, RETRY, status.STUCK, dry_run=dry_run)

    async def choose(
        self, account_id: UUID, number: str, choice: str, by: str, reason: str
    ) -> tuple[StoredRecord, ...]:
        """Answer what stops the record(s) of a number, and look at them again.

        A choice of the mapping holds as long as the record stays what it is in ConnectWise, one of poster's for the revision
        it was made about; what stops a document that stands for several records is answered for all of them (M17).
        Raises RecordUnknownError, RecordSettledError, ChoiceNotOfferedError.
        """
        async with self._database.account(account_id) as unit:
            numbered, mates = await self._with_sharers(unit, number)
            found = _unsettled(numbered)
            chosen = [record for record in found if is_offered(record, choice)]
            if not chosen:
                known = ", ".join(dict.fromkeys(item for record in found for item in offered(record)))
                raise ChoiceNotOfferedError(
                    f"{choice} does not answer what stops {number}; what does: {known or 'nothing'}"
                )
            if choice in POSTERS:
                chosen += [record for record in mates if is_offered(record, choice)]
            kept = [replace(record, choices=(*record.choices, choice)) for record in chosen]
            for record in kept:
                await repository.put_record(unit, record)
                await repository.add_timeline(unit, record, "chosen", choice=choice, by=by, reason=reason)
            return await self._wake(unit, kept, RETRY)

    async def relink(self, account_id: UUID, connection_id: UUID, invoices: Sequence[str]) -> None:
        """Look at invoices that are posted and batched and that our rows do not know to be: they are of a time before (R22).

        Each is mapped from the batch it is in; poster finds its document under its number, takes it over, and proves the batch.
        `invoices` are their ids in ConnectWise, of that connection.
        """
        ids = {record_id(AccountId(account_id), ConnectionId(connection_id), "invoice", one): one for one in invoices}
        for start in range(0, len(ids), AT_A_TIME):
            some = list(ids)[start : start + AT_A_TIME]
            async with self._database.account(account_id) as unit:
                known = await repository.records(unit, some)
                rows = [
                    known.get(one) or StoredRecord(account_id, one, connection_id, ids[one], f"relink-{uuid4()}")
                    for one in some
                ]
                bells = [replace(_doorbell(record, Priority.BULK), found_by=RELINK) for record in rows]
                await self._store.ring(unit, bells)

    async def wake_held(self, account_id: UUID) -> tuple[StoredRecord, ...]:
        """Look at what waited for go-live. Who opens the gate calls this: the records sleep until then, or for a day."""
        async with self._database.account(account_id) as unit:
            ids = await repository.to_wake(unit, _HELD, held=False)
        return await self._wake_all(account_id, ids, "go_live", _HELD)

    async def show(self, account_id: UUID, number: str) -> tuple[Shown, ...]:
        """Everything about the record(s) of a number: findings, documents, the trace in words, the way it went."""
        async with self._database.account(account_id) as unit:
            return tuple([await _shown(unit, record) for record in await self._numbered(unit, number)])

    async def rows(self, account_id: UUID, statuses: Iterable[str] | None = None) -> tuple[ClerkRow, ...]:
        """Records in the clerk's columns, by date and number; all of them unless it is said where they stand."""
        async with self._database.account(account_id) as unit:
            return tuple(map(status.clerk_row, await repository.find(unit, statuses=statuses)))

    async def by_ids(self, account_id: UUID, record_ids: Sequence[UUID]) -> dict[UUID, StoredRecord]:
        """These records as they stand; an unknown one is left out."""
        async with self._database.account(account_id) as unit:
            return await repository.records(unit, record_ids)

    async def summary(self, account_id: UUID) -> Summary:
        """Counts and money by status; what stops, warns or keeps waiting by cause. The database adds up."""
        async with self._database.account(account_id) as unit:
            return status.summed(await repository.standings(unit), await repository.causes(unit))

    async def _numbered(self, unit: Unit, number: str) -> list[StoredRecord]:
        return await repository.lock_all(unit, await self._ids(unit, number))

    async def _with_sharers(self, unit: Unit, number: str) -> tuple[list[StoredRecord], list[StoredRecord]]:
        """The record(s) of a number, and the others whose documents they share and that have no batch; locked in one order."""
        ids = await self._ids(unit, number)
        mates = await groups_repository.mates(unit, ids)
        locked = await repository.lock_all(unit, [*ids, *(mate.record_id for mate in mates)])
        return [one for one in locked if one.record_id in ids], [one for one in locked if one.record_id not in ids]

    async def _ids(self, unit: Unit, number: str) -> list[UUID]:
        found = await repository.find(unit, number=number)
        if not found:
            raise RecordUnknownError(f"there is no record {number}")
        return [record.record_id for record in found]

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
            await self._store.ring(
                unit, [_doorbell(each, Priority.URGENT) for each in await expense_groups.affected(unit, changed)]
            )
            return tuple(changed)

    async def _wake_all(
        self, account_id: UUID, ids: Sequence[UUID], step: str, statuses: Sequence[str], *, dry_run: bool = False
    ) -> tuple[StoredRecord, ...]:
        """Wake many records, some at a time: no transaction holds more rows than that. What moved on meanwhile is left out."""
        woken: list[StoredRecord] = []
        priority = Priority.URGENT if len(ids) <= _URGENT_UP_TO else Priority.BULK
        for start in range(0, len(ids), AT_A_TIME):
            async with self._database.account(account_id) as unit:
                locked = await repository.lock_all(unit, ids[start : start + AT_A_TIME])
                chosen = [item for item in locked if item.hold_reason is None and status.status_of(item) in statuses]
                woken += chosen if dry_run else await self._wake(unit, chosen, step, priority)
        return tuple(sorted(woken, key=lambda item: (item.record_date or date.max, item.number or "", item.record_id)))

    async def _wake(
        self, unit: Unit, records: Iterable[StoredRecord], step: str, priority: Priority = Priority.URGENT
    ) -> tuple[StoredRecord, ...]:
        woken = tuple(
            replace(
                record,
                state=advance(record.state, RecordEvent.WOKEN),
                hold_reason=None,
                findings=record.findings if record.hold_reason is None else (),
            )
            for record in records
        )
        await repository.put_woken(unit, woken, step)
        await self._store.ring(unit, [_doorbell(record, priority) for record in woken])
        return woken


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
        payload=payload_of(record),
    )


def _unsettled(records: Iterable[StoredRecord]) -> list[StoredRecord]:
    rest = [record for record in records if not (record.batched and record.state in DECIDED)]
    if not rest:
        raise RecordSettledError("the record is in the ledger and batched; undo the batch in ConnectWise first")
    return rest


async def _shown(unit: Unit, record: StoredRecord) -> Shown:
    explained = await repository.explained(unit, record)
    documents, trace = (decode_documents(explained[0]), explained[1]) if explained else ((), Trace())
    shared = await groups_repository.shown(unit, record.record_id)
    if shared is not None:
        documents, trace = shared.documents, Trace((*shared.trace.decisions, *trace.decisions))
    return Shown(record, documents, trace, tuple(await repository.timeline(unit, record)))
