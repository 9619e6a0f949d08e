"""One group in hand: read for all of it, decide each record, commit each alone with what it sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import structlog

from ledgerwire.common.contracts.document_ready_v1 import DocumentReadyV1
from ledgerwire.common.crashpoints import reach
from ledgerwire.common.db.session import Unit
from ledgerwire.common.errors import LedgerwireError, Poison, Stopped, Waiting
from ledgerwire.common.ids import message_id
from ledgerwire.common.mq.outbox import Outbox, new_message
from ledgerwire.common.work.model import Group, Priority, WorkItem
from ledgerwire.connectwise import models as psa
from ledgerwire.mapper import looking, points, reading, repository
from ledgerwire.mapper.composing import LedgerReads, Settings, compose, unreadable
from ledgerwire.mapper.domain.contacts import ContactIndex
from ledgerwire.mapper.domain.document import map_record
from ledgerwire.mapper.domain.record import RecordEvent, RecordState
from ledgerwire.mapper.looking import Look
from ledgerwire.mapper.ports import Account, Clients, Route
from ledgerwire.mapper.reads import GroupReads, SetupCache, read_group
from ledgerwire.mapper.records import StoredRecord, StoredRevision

_log = structlog.get_logger(__name__)

SOURCE = "mapper"
FRESH = frozenset({"retry", "refresh"})
"""Who rings for a record because something was just put right: caches are not trusted then."""

UNDECIDED = frozenset({RecordState.RECEIVED, RecordState.OPEN, RecordState.WAITING})
"""States from which a record is shown as waiting; what was decided stays decided while a connection is closed."""

GATE_PAUSE = timedelta(seconds=30)
"""How often a record that waits for go-live is looked at; without a call to either system."""


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
        self._reads: GroupReads | None = None

    def _record(self, item: WorkItem) -> StoredRecord:
        record_id = record_id_of(item)
        known = self._known.get(record_id)
        if known is not None:
            return replace(known, correlation_id=item.correlation_id)
        return StoredRecord(
            account_id=item.account_id,
            record_id=record_id,
            connection_id=item.connection_id,
            source_id=str(item.payload["source_id"]),
            correlation_id=item.correlation_id,
        )

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
                async with self._group.unit() as unit:
                    await self._group.again(unit, item, code="ACCOUNT_ON_HOLD", after=GATE_PAUSE)
                self._open.pop(item.work_key)
            else:
                rest.append(item)
        return rest

    def _gated(self, record: StoredRecord, item: WorkItem) -> bool:
        """Decided already and only waiting for go-live, when it is looked at in full anyway."""
        return record.state is RecordState.HELD and not self._account.live and item.found_by not in FRESH

    async def look(self, items: Sequence[WorkItem], cache: SetupCache) -> None:
        """Read for all items at once; where ConnectWise refuses the call, one by one, to find whose fault it is."""
        fresh = any(item.found_by in FRESH for item in items)
        client = await self._clients.psa(self._group.account_id, self._group.connection_id)
        try:
            reads = await read_group(client, cache, [source_id_of(item) for item in items], fresh=fresh)
        except Stopped as error:
            if len(items) == 1:
                await self._stop(items[0], error)
                return
            for item in items:
                await self.look([item], cache)
            return
        self._reads = reads
        await self._read_ledgers(reads, fresh=fresh)
        for item in items:
            await self._one(item, reads)

    async def _one(self, item: WorkItem, reads: GroupReads) -> None:
        """Decide one record; a fault of ours on it must not hold up the others."""
        try:
            look = self._decide(item, reads)
        except Exception as error:  # noqa: BLE001 - its class decides the destination of this item alone
            async with self._group.unit() as unit:
                await self._group.fail(unit, item, error)
            self._open.pop(item.work_key, None)
            return
        await self._write(item, look)

    def _decide(self, item: WorkItem, reads: GroupReads) -> Look:
        record, invoice = self._record(item), reads.invoices.get(source_id_of(item))
        if invoice is None:
            return looking.vanished(record)
        record = looking.described(record, invoice, reads.unposted.get(invoice.id))
        route = self._route(invoice)
        if route is None:
            return looking.unrouted(record, invoice)
        settings = self._settings()
        if settings is None:
            return looking.without_mapping(record, route.ledger_name)
        try:
            source = compose(reads, invoice, self._ledgers[route.ledger_connection_id], settings)
        except reading.UnreadableError as error:
            return looking.found(record, RecordEvent.STOPPED, unreadable(invoice, route.ledger_name, error))
        skipped = looking.before_go_live(record, source, self._account)
        if skipped is not None:
            return skipped
        return looking.decided(
            record,
            source,
            map_record(source),
            account=self._account,
            ledger_connection_id=route.ledger_connection_id,
            latest=self._latest.get(record.record_id),
        )

    def _settings(self) -> Settings | None:
        mapping = self._account.mapping
        return Settings(self._account.mapping_version, mapping) if mapping else None

    def _route(self, invoice: psa.Invoice) -> Route | None:
        return self._account.route(self._group.connection_id, reading.location_id(invoice))

    async def _read_ledgers(self, reads: GroupReads, *, fresh: bool) -> None:
        """Reference data, contacts and contact links of the ledger companies this group goes to."""
        if self._account.mapping is None:
            return
        wanted: dict[UUID, tuple[Route, set[str]]] = {}
        for invoice in reads.invoices.values():
            route = self._route(invoice)
            if route is not None:
                company = invoice.bill_to_company or invoice.company
                wanted.setdefault(route.ledger_connection_id, (route, set()))[1].add(str(company.id) if company else "")
        for connection_id, (route, keys) in wanted.items():
            if not any(self._to_map(invoice, reads) for invoice in reads.invoices.values()):
                empty = reading.empty_reference(route.ledger_name)
                self._ledgers[connection_id] = LedgerReads(route.ledger_name, empty, ContactIndex(), {})
                continue
            ledger = await self._clients.ledger(self._group.account_id, connection_id)
            reference = await ledger.reference_data(fresh=fresh)
            contacts = ContactIndex.of(await ledger.contacts())
            async with self._group.unit() as unit:
                links = await repository.contact_links(unit, connection_id, sorted(keys))
            self._ledgers[connection_id] = LedgerReads(route.ledger_name, reference, contacts, links)

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
                await _note(unit, look)
            if look.announce:
                await self._announce(unit, item, look)
            await self._settle(unit, item, look)
        reach(points.WRITTEN)
        self._open.pop(item.work_key, None)

    async def _settle(self, unit: Unit, item: WorkItem, look: Look) -> None:
        if look.record.state is RecordState.HELD and not self._account.live:
            await self._group.again(unit, item, code="ACCOUNT_ON_HOLD", after=GATE_PAUSE)
        else:
            await self._group.done(unit, item)

    async def _announce(self, unit: Unit, item: WorkItem, look: Look) -> None:
        record = look.record
        if record.ledger_connection_id is None:
            raise LedgerwireError(f"record {record.record_id} has no ledger connection")
        data = DocumentReadyV1(
            record_id=record.record_id,
            ledger_connection_id=record.ledger_connection_id,
            revision=record.revision,
            urgent=item.priority is Priority.URGENT,
        )
        message = new_message(
            data,
            account_id=record.account_id,
            subject=str(record.record_id),
            correlation_id=record.correlation_id,
            source=SOURCE,
            causation_id=item.causation_id,
            message_id=message_id("document.ready", record.record_id, record.revision, record.announcements),
        )
        await self._outbox.append(unit, message)

    async def _stop(self, item: WorkItem, error: Stopped) -> None:
        await self._write(item, looking.found(self._record(item), RecordEvent.STOPPED, *error.findings))

    async def wait(self, error: Waiting) -> None:
        """Mark the records that a closed connection or a rate limit keeps; the work rows are settled by the error's class."""
        for item in self._open.values():
            record = self._seen(item)
            if record.state not in UNDECIDED:
                continue
            look = looking.waiting(record, error.code, self._ledger_name())
            async with self._group.unit() as unit:
                if await repository.changed_since(unit, record.record_id, self._known.get(record.record_id)):
                    continue
                await repository.put_record(unit, look.record)
                if record.state is not RecordState.WAITING:
                    await repository.add_timeline(unit, look.record, look.step, code=error.code)

    def _seen(self, item: WorkItem) -> StoredRecord:
        """The record with what was read of it before the connection closed, if anything was."""
        record, reads = self._record(item), self._reads
        invoice = reads.invoices.get(source_id_of(item)) if reads else None
        if reads is None or invoice is None:
            return record
        return looking.described(record, invoice, reads.unposted.get(invoice.id))

    def _ledger_name(self) -> str:
        return next((route.ledger_name for route in self._account.routes), "the ledger")


async def _note(unit: Unit, look: Look) -> None:
    record = look.record
    codes = sorted({item.code for item in record.findings})
    await repository.add_timeline(
        unit,
        record,
        look.step,
        revision=record.revision,
        codes=codes,
        announced=look.announce,
        state=record.state.value,
    )
    _log.info(
        "record.looked_at",
        account=str(record.account_id),
        record=str(record.record_id),
        number=record.number,
        step=look.step,
        state=record.state.value,
        revision=record.revision,
        codes=codes,
        announced=look.announce,
        correlation_id=record.correlation_id,
    )


def record_id_of(item: WorkItem) -> UUID:
    """The record a work row is about."""
    return UUID(str(item.payload["record_id"]))


def source_id_of(item: WorkItem) -> int:
    """Its id in ConnectWise."""
    return int(item.payload["source_id"])
