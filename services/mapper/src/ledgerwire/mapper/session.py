"""One group in hand: read for all of it, decide each record, commit each alone with what it sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import structlog

from ledgerwire.common.crashpoints import reach
from ledgerwire.common.db.session import Unit
from ledgerwire.common.errors import LeaseLost, LedgerwireError, Poison, Stopped, Transient, Waiting
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.work.model import Group, WorkItem
from ledgerwire.connectwise import models as psa
from ledgerwire.mapper import looking, points, reading, repository
from ledgerwire.mapper.announcing import announcement, note
from ledgerwire.mapper.composing import Earlier, LedgerReads, Settings, compose, unreadable
from ledgerwire.mapper.domain.contacts import ContactIndex
from ledgerwire.mapper.domain.document import map_record
from ledgerwire.mapper.domain.model import Mapped
from ledgerwire.mapper.domain.record import RecordEvent, RecordState
from ledgerwire.mapper.looking import Look
from ledgerwire.mapper.ports import Account, Clients, Route
from ledgerwire.mapper.reads import GroupReads, SetupCache, read_group
from ledgerwire.mapper.records import StoredRecord, StoredRevision, first_seen, record_id_of, source_id_of
from ledgerwire.mapper.rounding_used import RoundingUsed, month_of

_log = structlog.get_logger(__name__)

FRESH = frozenset({"retry", "refresh"})
"""Who rings for a record because something was just put right: caches are not trusted then."""

UNDECIDED = frozenset({RecordState.RECEIVED, RecordState.OPEN, RecordState.WAITING})
"""States from which a record is shown as waiting; what was decided stays decided while a connection is closed."""

UNREADABLE = "CONNECTWISE_ANSWER_UNREADABLE"
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
    ) -> None:
        self._group = group
        self._account = account
        self._clients = clients
        self._outbox = outbox
        self._known = known
        self._latest = latest
        self._open = {item.work_key: item for item in group.items}
        self._ledgers: dict[UUID, LedgerReads] = {}
        self._ledger_faults: dict[UUID, LedgerwireError] = {}
        self._reads: GroupReads | None = None
        self._parked: list[WorkItem] = []

    def _record(self, item: WorkItem) -> StoredRecord:
        known = self._known.get(record_id_of(item))
        return replace(known, correlation_id=item.correlation_id) if known is not None else first_seen(item)

    async def leave_alone(self) -> list[WorkItem]:
        """Settle what a person holds or skipped, and what waits for go-live; return the rest."""
        rest: list[WorkItem] = []
        for item in self._group.items:
            record = self._known.get(record_id_of(item))
            if not str(item.payload["source_id"]).isdecimal():
                async with self._group.unit() as unit:
                    await self._group.fail(unit, item, Poison(f"{item.payload['source_id']!r} is no invoice id"))
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
            reads = await self._read(items, cache)
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
        for item in items:
            await self._one(item, reads)

    async def _read(self, items: Sequence[WorkItem], cache: SetupCache) -> GroupReads:
        fresh = any(item.found_by in FRESH for item in items)
        client = await self._clients.psa(self._group.account_id, self._group.connection_id)
        self._reads = await read_group(client, cache, [source_id_of(item) for item in items], fresh=fresh)
        await self._read_ledgers(self._reads, fresh=fresh)
        return self._reads

    async def _one_by_one(self, items: Sequence[WorkItem], cache: SetupCache) -> None:
        """Each alone, so that only those it is about suffer from a refusal or an unreadable answer."""
        unreadable_only = 0
        for item in items:
            self._reads = None
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

    async def _one(self, item: WorkItem, reads: GroupReads) -> None:
        """Decide and write one record; a fault of ours on it must not hold up the others."""
        try:
            try:
                look = self._decide(item, reads)
            except Stopped as error:
                look = self._stopped(item, error)
            await self._write(item, look)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - its class decides the destination of this item alone
            await self._fail(item, error)

    async def _fail(self, item: WorkItem, error: Exception) -> None:
        """Settle one item by the class of its error; one that waits for a service is shown to wait."""
        if isinstance(error, Waiting | Transient):
            await self._show_waiting(item, error)
        async with self._group.unit() as unit:
            await self._group.fail(unit, item, error)
        self._open.pop(item.work_key, None)

    def _decide(self, item: WorkItem, reads: GroupReads) -> Look:
        record, invoice = self._record(item), reads.invoices.get(source_id_of(item))
        if invoice is None:
            return looking.vanished(record, self._ledger_name(record.ledger_connection_id))
        record = looking.described(record, invoice, reads.unposted.get(invoice.id))
        route = self._route(invoice)
        if route is None:
            return looking.unrouted(record, invoice)
        settings = self._settings(route, invoice)
        if settings is None:
            return looking.without_mapping(record, route.ledger_name)
        fault = self._ledger_faults.get(route.ledger_connection_id)
        if fault is not None and self._to_map(invoice, reads):
            raise fault
        try:
            ledger = self._ledgers[route.ledger_connection_id]
            source = compose(reads, invoice, ledger, settings, self._earlier(record, ledger))
        except reading.UnreadableError as error:
            return looking.found(record, RecordEvent.STOPPED, unreadable(invoice, route.ledger_name, error))
        skipped = looking.before_go_live(record, source, self._account)
        if skipped is not None:
            return skipped
        result = map_record(source)
        if isinstance(result, Mapped) and settings.mapping.rounding.monthly_budget is not None:
            ledger.roundings.note(record.record_id, source.invoice.document_date, result.documents)
        return looking.decided(
            record,
            source,
            result,
            account=self._account,
            ledger_connection_id=route.ledger_connection_id,
            latest=self._latest.get(record.record_id),
        )

    def _earlier(self, record: StoredRecord, ledger: LedgerReads) -> Earlier:
        """The rate a foreign document was decided with before, and the month's roundings without this record's."""
        latest = self._latest.get(record.record_id)
        documents = latest.decided.documents if latest else ()
        kept_rate = next((document.currency_rate for document in documents if document.currency_rate is not None), None)
        dated = record.record_date
        used = ledger.roundings.without(record.record_id, dated) if dated else Decimal(0)
        return Earlier(rounding_used=used, kept_rate=kept_rate)

    def _settings(self, route: Route, invoice: psa.Invoice) -> Settings | None:
        mapping = self._account.mapping_on(invoice.date)
        return Settings(mapping.version, mapping.settings.of_company(route.company)) if mapping else None

    def _route(self, invoice: psa.Invoice) -> Route | None:
        return self._account.route(self._group.connection_id, reading.location_id(invoice))

    async def _read_ledgers(self, reads: GroupReads, *, fresh: bool) -> None:
        """Reference data, contacts and contact links of the ledger companies this group goes to; a fault of one is kept."""
        if not self._account.mappings:
            return
        wanted: dict[UUID, tuple[Route, set[str]]] = {}
        for invoice in reads.invoices.values():
            route = self._route(invoice)
            if route is not None:
                company = invoice.bill_to_company or invoice.company
                key = str(company.id) if company else ""
                currency = invoice.currency.iso_code if invoice.currency else None
                wanted.setdefault(route.ledger_connection_id, (route, set()))[1].update({key, f"{key}:{currency}"})
        for connection_id, (route, keys) in wanted.items():
            empty = reading.empty_reference(route.ledger_name)
            self._ledgers[connection_id] = LedgerReads(route.ledger_name, empty, ContactIndex(), {})
            if not any(self._to_map(invoice, reads) for invoice in reads.invoices.values()):
                continue
            try:
                self._ledgers[connection_id] = await self._read_ledger(route, keys, fresh=fresh)
            except (Stopped, Waiting, Transient) as error:
                self._ledger_faults[connection_id] = error  # of this company's records alone

    async def _read_ledger(self, route: Route, keys: set[str], *, fresh: bool) -> LedgerReads:
        connection_id = route.ledger_connection_id
        ledger = await self._clients.ledger(self._group.account_id, connection_id)
        reference = await ledger.reference_data(fresh=fresh)
        contacts = ContactIndex.of(await ledger.contacts())
        async with self._group.unit() as unit:
            links = await repository.contact_links(unit, connection_id, sorted(keys))
            roundings = await self._roundings(unit, connection_id)
        return LedgerReads(route.ledger_name, reference, contacts, links, roundings)

    async def _roundings(self, unit: Unit, connection_id: UUID) -> RoundingUsed:
        """What the months of this group hold already, where a budget limits it."""
        days = [item.date for item in self._reads.invoices.values() if item.date] if self._reads else []
        budgets = [self._account.mapping_on(day) for day in days]
        if not any(each and each.settings.rounding.monthly_budget is not None for each in budgets):
            return RoundingUsed()
        first, last = month_of(min(days)), month_of(max(days)) + timedelta(days=31)
        return RoundingUsed(await repository.rounding_used(unit, connection_id, first, last))

    @staticmethod
    def _to_map(invoice: psa.Invoice, reads: GroupReads) -> bool:
        return invoice.id in reads.unposted

    async def _write(self, item: WorkItem, look: Look) -> None:
        """Everything one look changes, in one transaction with the message it sends and the work row it settles."""
        before = self._known.get(look.record.record_id)
        reach(points.DECIDED)
        async with self._group.unit() as unit:
            if await repository.changed_since(unit, look.record.record_id, before):
                # a person or poster's report came between reading and deciding: look again at what is true now
                await self._group.again(unit, item, code="RECORD_CHANGED", after=timedelta(0))
                self._open.pop(item.work_key, None)
                return
            await repository.put_record(unit, look.record)
            if look.revision is not None:
                await repository.add_revision(unit, look.record, look.revision)
            if before is None or look.revision is not None or look.announce or before.state is not look.record.state:
                await note(unit, look)
            if look.announce:
                await self._outbox.append(unit, announcement(look.record, item))
            gated = look.record.state is RecordState.HELD and not self._account.live
            if not gated:
                await self._group.done(unit, item)
        reach(points.WRITTEN)
        self._open.pop(item.work_key, None)
        if gated:
            self._park_later(item)

    def _park_later(self, item: WorkItem) -> None:
        self._open.pop(item.work_key, None)
        self._parked.append(item)

    async def park(self) -> None:
        """Let what waits for go-live sleep until it is woken.

        The gate is read again after the records were written as held: who opens it wakes what he finds held, so a record
        is either found by him, or he has opened it by now and it is looked at at once.
        """
        if not self._parked:
            return
        live = (await self._clients.account(self._group.account_id)).live
        async with self._group.unit() as unit:
            for item in self._parked:
                await self._group.again(unit, item, code="ACCOUNT_ON_HOLD", after=timedelta(0) if live else None)
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
        faulty = [key for key, fault in self._ledger_faults.items() if fault is error]
        return self._ledger_name(faulty[0]) if faulty else "ConnectWise"

    def _seen(self, item: WorkItem) -> StoredRecord:
        """The record with what was read of it before the connection closed, if anything was."""
        record, reads = self._record(item), self._reads
        invoice = reads.invoices.get(source_id_of(item)) if reads else None
        if reads is None or invoice is None:
            return record
        return looking.described(record, invoice, reads.unposted.get(invoice.id))

    def _ledger_name(self, connection_id: UUID | None) -> str:
        routes = self._account.routes
        own = [route.ledger_name for route in routes if route.ledger_connection_id == connection_id]
        return next(iter(own or [route.ledger_name for route in routes]), "the ledger")
