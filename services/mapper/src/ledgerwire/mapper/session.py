"""One group in hand: read for all of it, decide each record, commit some together, each with what it sends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import structlog

from ledgerwire.common.crashpoints import reach
from ledgerwire.common.db.session import Unit
from ledgerwire.common.errors import LeaseLost, LedgerwireError, Poison, Stopped, Transient, Waiting
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.record_type import RecordType
from ledgerwire.common.work.model import Group, WorkItem
from ledgerwire.mapper import looking, points, repository
from ledgerwire.mapper.announcing import announcement, note
from ledgerwire.mapper.deciding import Decider
from ledgerwire.mapper.domain.record import RecordEvent, RecordState
from ledgerwire.mapper.expense_groups import desk as expense_groups
from ledgerwire.mapper.expense_groups import repository as groups_repository
from ledgerwire.mapper.expense_groups.deciding import Together
from ledgerwire.mapper.expense_groups.turn import ExpenseTurn, read_with_mates
from ledgerwire.mapper.expense_groups.writing import store_together
from ledgerwire.mapper.ledger_reading import Ledgers
from ledgerwire.mapper.looking import Look
from ledgerwire.mapper.ports import Account, Clients
from ledgerwire.mapper.products import ProductSubject
from ledgerwire.mapper.reads import SetupCache
from ledgerwire.mapper.records import (
    KnownBill,
    StoredRecord,
    StoredRevision,
    first_seen,
    is_possible,
    key_of,
    record_id_of,
)
from ledgerwire.mapper.subjects import Subjects

_log = structlog.get_logger(__name__)

FRESH = frozenset({"retry", "refresh"})
"""Who rings for a record because something was just put right: caches are not trusted then."""

UNDECIDED = frozenset({RecordState.RECEIVED, RecordState.OPEN, RecordState.WAITING})
"""States from which a record is shown as waiting; what was decided stays decided while a connection is closed."""

UNREADABLE = "CONNECTWISE_ANSWER_UNREADABLE"
PERIOD_PATIENCE = timedelta(hours=1)
"""How long a record that a closed period alone holds is left before it is seen whether the period is open (D14)."""
GATE_PATIENCE = timedelta(days=1)
"""How long a record sleeps that waits for go-live: who opens the gate may be killed before all that is held was woken."""

WRITTEN_AT_ONCE = 25
"""Records that share a transaction: each commit waits for the disk, and each statement is a round trip."""

Wake = Callable[[Unit, Sequence[StoredRecord], WorkItem], Awaitable[None]]
"""Asks for another look at records because of an item."""

_PATIENCE = 3
"""Unreadable answers in a row, from the first record on, after which it is ConnectWise that cannot be read, not a record."""


class LookSession:
    """One group in hand."""

    def __init__(
        self,
        group: Group,
        account: Account,
        clients: Clients,
        outbox: Outbox,
        known: dict[UUID, StoredRecord],
        latest: dict[UUID, StoredRevision],
        wake: Wake,
    ) -> None:
        self._group = group
        self._account = account
        self._clients = clients
        self._outbox = outbox
        self._known = known
        self._latest = latest
        self._wake = wake
        self._open = {item.work_key: item for item in group.items}
        self._ledgers = Ledgers(group, account, clients)
        self._subjects = Subjects()
        self._parked: list[WorkItem] = []
        self._sent: dict[UUID, Collection[UUID]] = {}

    def _record(self, item: WorkItem) -> StoredRecord:
        known = self._known.get(record_id_of(item))
        return replace(known, correlation_id=item.correlation_id) if known is not None else first_seen(item)

    async def leave_alone(self) -> list[WorkItem]:
        """Settle what a person holds or skipped, and what waits for go-live; return the rest."""
        rest: list[WorkItem] = []
        for item in self._group.items:
            record = self._known.get(record_id_of(item))
            if not is_possible(key_of(item)):
                kind, source_id = key_of(item)
                async with self._group.unit() as unit:
                    await self._group.fail(unit, item, Poison(f"{source_id!r} is no id of an {kind.value}"))
                self._open.pop(item.work_key)
            elif record is not None and record.hold_reason is not None:
                async with self._group.unit() as unit:
                    await self._group.done(unit, item)
                self._open.pop(item.work_key)
            elif record is not None and self._gated(record, item):
                self._park_later(item)
            else:
                rest.append(item)
        return rest

    def _gated(self, record: StoredRecord, item: WorkItem) -> bool:
        """Decided already and only waiting for go-live, when it is looked at in full anyway."""
        return record.state is RecordState.HELD and not self._account.live and item.found_by not in FRESH

    async def look(self, items: Sequence[WorkItem], cache: SetupCache) -> None:
        """Read for all items at once; where the call is refused or its answer unreadable, one by one, to find whose fault it is."""
        try:
            decider = await self._read(items, cache)
        except Stopped as error:
            if len(items) > 1:
                await self._one_by_one(items, cache)
            else:
                await self._write(items[0], self._stopped(items[0], error))
            return
        except Transient as error:
            if len(items) == 1 or error.code != UNREADABLE:
                raise
            await self._one_by_one(items, cache)
            return
        together = await self._together(items, decider)
        await self._write_together(together, items)  # first: it may be due to one that is none of them
        alone = [item for item in items if not together.has(record_id_of(item))]
        for first in range(0, len(alone), WRITTEN_AT_ONCE):
            await self._several(alone[first : first + WRITTEN_AT_ONCE], decider)

    async def _together(self, items: Sequence[WorkItem], decider: Decider) -> Together:
        """The expenses of these, with the others on their reports, that share documents (M17)."""
        rung = {record_id_of(item): self._record(item) for item in items if key_of(item)[0] is RecordType.EXPENSE}
        turn = ExpenseTurn(self._group, self._account, decider, self._known, self._latest)
        return await turn.decide(rung, self._subjects)

    async def _read(self, items: Sequence[WorkItem], cache: SetupCache) -> Decider:
        fresh = any(item.found_by in FRESH for item in items)
        client = await self._clients.psa(self._group.account_id, self._group.connection_id)
        followed = looking.followed(map(self._record, items), self._latest)
        followed |= {key_of(item) for item in items if item.found_by == looking.RELINK}
        keys = [key_of(item) for item in items]
        self._subjects = await read_with_mates(
            self._group, self._account, client, cache, keys, fresh=fresh, followed=followed
        )
        await self._ledgers.read(self._subjects, fresh=fresh)
        bills = await self._bills(self._subjects)
        return Decider(self._account, self._ledgers, self._latest, bills, await self._read_posted())

    async def _read_posted(self) -> frozenset[UUID]:
        """The records in hand with a document of their own in the ledger, or in one that they have left (M17); or maybe."""
        self._sent = {key: () for key, record in self._known.items() if looking.handed_over(record)}
        if not self._sent:
            return frozenset()
        expenses = [key for key in self._sent if self._known[key].record_type == RecordType.EXPENSE]
        async with self._group.unit() as unit:
            left = await groups_repository.left_in_documents(unit, expenses) if expenses else frozenset()
            self._sent |= await groups_repository.sent(unit, list(self._sent))
        return left | {record for record, there in self._sent.items() if there}

    async def _bills(self, subjects: Subjects) -> list[KnownBill]:
        """What earlier receipts of the vendor invoices in hand are called."""
        invoices = {subject.vendor_invoice for subject in subjects if isinstance(subject, ProductSubject)} - {""}
        if not invoices:
            return []
        async with self._group.unit() as unit:
            return await repository.bills_of(unit, self._group.connection_id, sorted(invoices))

    async def _one_by_one(self, items: Sequence[WorkItem], cache: SetupCache) -> None:
        """Each alone, so that only those it is about suffer from a refusal or an unreadable answer."""
        unreadable_only = 0
        for item in items:
            self._subjects = Subjects()
            try:
                await self.look([item], cache)
            except Transient as error:
                if error.code != UNREADABLE:
                    raise
                unreadable_only += 1
                if unreadable_only == _PATIENCE:
                    raise
                await self._fail(item, error)
            else:
                unreadable_only = -len(items)

    async def _several(self, items: Sequence[WorkItem], decider: Decider) -> None:
        """Decide some records and write them together; a fault of ours on one must not hold up the others."""
        looks: list[tuple[WorkItem, Look]] = []
        for item in items:
            await asyncio.sleep(0)  # deciding takes the processor: others get their turn in between
            try:
                looks.append((item, self._decided(item, decider)))
            except Exception as error:  # noqa: BLE001 - its class decides the destination of this item alone
                await self._fail(item, error)
        if not looks:
            return
        try:
            await self._write_all(looks, {item.work_key: look for item, look in looks})
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - each is written alone then, to find whose fault it is
            if len(looks) == 1:
                await self._fail(looks[0][0], error)
                return
            _log.warning("records.written_one_by_one", count=len(looks), error=repr(error)[:300])
            for item, look in looks:
                await self._alone(item, look)

    def _decided(self, item: WorkItem, decider: Decider) -> Look:
        try:
            return decider.decide(self._record(item), self._subjects.get(key_of(item)))
        except Stopped as error:
            return self._stopped(item, error)

    async def _alone(self, item: WorkItem, look: Look) -> None:
        try:
            await self._write(item, look)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            await self._fail(item, error)

    async def _fail(self, item: WorkItem, error: Exception) -> None:
        """Settle one item by the class of its error; one that waits for a service is shown to wait."""
        if isinstance(error, Waiting | Transient):
            await self._show_waiting(item, error)
        async with self._group.unit() as unit:
            await self._group.fail(unit, item, error)
        self._open.pop(item.work_key, None)

    async def _write(self, item: WorkItem, look: Look) -> None:
        """Everything one look changes, in one transaction with the message it sends and the work row it settles."""
        await self._write_all([(item, look)], {item.work_key: look})

    async def _write_together(self, together: Together, items: Sequence[WorkItem]) -> None:
        """What expenses that share documents become, all in one transaction; an expense that failed comes again by itself."""
        own = [item for item in items if together.has(record_id_of(item))]
        rung = {record_id_of(item): item for item in own}
        for record, error in together.failed.items():
            if record in rung:
                await self._fail(rung[record], error)
        if not (together.looks or together.changes or together.leaving):
            return
        looks = sorted(together.looks.items())
        first = next(item for item in items if key_of(item)[0] is RecordType.EXPENSE)
        mine = {item.work_key: together.looks[record] for record, item in rung.items() if record in together.looks}
        try:
            await self._write_all([(rung.get(record, first), look) for record, look in looks], mine, (together, first))
        except LeaseLost:
            raise
        except Exception as error:
            if not own:
                raise
            for item in own:  # its class decides the destination of these; the others are written
                if item.work_key in self._open:
                    await self._fail(item, error)

    async def _write_all(
        self,
        looks: Sequence[tuple[WorkItem, Look]],
        settles: Mapping[str, Look],
        together: tuple[Together, WorkItem] | None = None,
    ) -> None:
        """Write looks in one transaction; `settles` are those that end a work row, by its key.

        What a person or poster changed between reading and deciding is looked at again, as it is true now; and so are all of
        those that share documents.
        """
        items = [self._open[key] for key in settles if key in self._open]
        reach(points.DECIDED)
        async with self._group.unit() as unit:
            ids = [look.record.record_id for _, look in looks]
            sent = together[0].sent if together else {one: self._sent[one] for one in ids if one in self._sent}
            staying = {one for one in together[0].staying if one in self._known} if together else set()
            overtaken = await self._overtaken(unit, {*ids, *staying}, sent)
            if overtaken and together is not None:
                overtaken.update(ids)
            written = [(item, look) for item, look in looks if look.record.record_id not in overtaken]
            await self._put(unit, written)
            if together is not None and not overtaken:
                await store_together(unit, self._group.connection_id, self._outbox, *together)
            shared = together[0].shared if together else {}
            freed = await expense_groups.freed(unit, self._known, [look for _, look in written], shared)
            if freed:
                await self._wake(unit, freed, written[0][0])
            for item in items:
                if settles[item.work_key].record.record_id in overtaken:
                    await self._group.again(unit, item, code="RECORD_CHANGED", after=timedelta(0))
                else:
                    await self._settle(unit, item, settles[item.work_key])
        reach(points.WRITTEN)
        for item in items:
            self._open.pop(item.work_key, None)
            look = settles[item.work_key]
            if look.record.record_id not in overtaken and self._is_gated(look):
                self._park_later(item)

    async def _overtaken(self, unit: Unit, ids: Collection[UUID], sent: Mapping[UUID, Collection[UUID]]) -> set[UUID]:
        """Lock the rows of these records, and what was `sent`; those that are another than what was read."""
        now = {record.record_id: record for record in await repository.lock_all(unit, sorted(ids))}
        changed = {record for record in ids if now.get(record) != self._known.get(record)}
        if sent:
            there = await groups_repository.sent_in_turn(unit, sent)
            changed |= {owner for owner, before in sent.items() if there.get(owner, set()) != set(before)}
        return changed

    async def _put(self, unit: Unit, looks: Sequence[tuple[WorkItem, Look]]) -> None:
        await repository.put_records(unit, [look.record for _, look in looks])
        revised = [(look.record, look.revision) for _, look in looks if look.revision is not None]
        await repository.add_revisions(unit, revised)
        await note(unit, [look for _, look in looks if self._is_news(look)])
        told = [announcement(look.record, item) for item, look in looks if look.announce]
        if told:
            await self._outbox.append(unit, *told)

    def _is_news(self, look: Look) -> bool:
        before = self._known.get(look.record.record_id)
        moved = before is None or before.state is not look.record.state
        return moved or look.revision is not None or look.announce

    async def _settle(self, unit: Unit, item: WorkItem, look: Look) -> None:
        if looking.waits_for_period(look.record):
            await self._group.again(unit, item, code=looking.PERIOD_LOCKED, after=PERIOD_PATIENCE)
        elif not self._is_gated(look):
            await self._group.done(unit, item)

    def _is_gated(self, look: Look) -> bool:
        return look.record.state is RecordState.HELD and not self._account.live

    def _park_later(self, item: WorkItem) -> None:
        self._open.pop(item.work_key, None)
        self._parked.append(item)

    async def park(self) -> None:
        """Let what waits for go-live sleep until it is woken, or it is time to see whether the gate is open.

        The gate is read again after the records were written as held: who opens it wakes what he finds held, so a record
        is either found by him, or he has opened it by now and it is looked at at once.
        """
        if not self._parked:
            return
        live = (await self._clients.account(self._group.account_id)).live
        async with self._group.unit() as unit:
            for item in self._parked:
                await self._group.again(
                    unit, item, code="ACCOUNT_ON_HOLD", after=timedelta(0) if live else GATE_PATIENCE
                )
        self._parked.clear()

    def _stopped(self, item: WorkItem, error: Stopped) -> Look:
        return looking.found(self._seen(item), RecordEvent.STOPPED, *error.findings)

    async def wait(self, error: Waiting | Transient) -> None:
        """Show what a service keeps from being looked at as waiting; the work rows are settled by the error's class."""
        for item in tuple(self._open.values()):
            await self._show_waiting(item, error)

    async def _show_waiting(self, item: WorkItem, error: Waiting | Transient) -> None:
        """Give an undecided record a row that says what it waits for, and how much money waits with it."""
        record = self._seen(item)
        if record.state not in UNDECIDED:
            return
        look = looking.waiting(record, error, self._service(error))
        try:
            async with self._group.unit() as unit:
                if await repository.changed_since(unit, record.record_id, self._known.get(record.record_id)):
                    return
                await repository.put_record(unit, look.record)
                if record.state is not RecordState.WAITING:
                    await repository.add_timeline(unit, look.record, look.step, code=error.code)
        except LeaseLost:
            raise
        except Exception:  # noqa: BLE001 - the row is for people; the work itself is settled without it
            _log.exception("record.not_shown_waiting", record=str(record.record_id), code=error.code)

    def _service(self, error: LedgerwireError) -> str:
        """Who does not answer: a ledger company whose fault was kept, else ConnectWise, which is read first."""
        faulty = [key for key, fault in self._ledgers.faults.items() if fault is error]
        return self._ledgers.name_of(faulty[0]) if faulty else "ConnectWise"

    def _seen(self, item: WorkItem) -> StoredRecord:
        """The record with what was read of it before the connection closed, if anything was."""
        record, subject = self._record(item), self._subjects.get(key_of(item))
        return subject.described(record) if subject is not None else record
