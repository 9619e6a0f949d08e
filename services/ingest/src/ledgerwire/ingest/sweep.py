"""Finds closed records that no callback announced, by reading ConnectWise's unposted lists from end to end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import structlog

from ledgerwire.common.clock import Clock
from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.contracts.record_closed_v1 import RecordClosedV1
from ledgerwire.common.crashpoints import declare, reach
from ledgerwire.common.db.session import Unit
from ledgerwire.common.errors import LeaseLost, LedgerwireError
from ledgerwire.common.ids import AccountId, ConnectionId, message_id, record_id
from ledgerwire.common.mq.outbox import Outbox, new_message
from ledgerwire.common.record_type import RecordType
from ledgerwire.common.telemetry import MISSED_CALLBACKS
from ledgerwire.common.work.model import Group, WorkItem
from ledgerwire.connectwise import ConnectWise
from ledgerwire.connectwise.models import UnpostedExpense, UnpostedInvoice, UnpostedProcurement
from ledgerwire.ingest import repository
from ledgerwire.ingest.repository import KnownRecord, SweepCounts
from ledgerwire.ingest.tenancy import SyncTerms, Tenancy, Tenant, UnknownConnectionError
from ledgerwire.tenants.schedule import SCHEDULED, pause_after

WORK_KIND = "sweep"
IN_FLIGHT = timedelta(minutes=10)
"""A record whose callback came this recently is on its way; mapper may just not have looked yet."""
CLOCKS_APART = timedelta(hours=1)
"""A close this far in the future says that the clocks differ, not that the close is young."""
KEEP_RECEIPTS = timedelta(days=90)
_UNSETTLED = frozenset({"received", "open", "waiting"})
"""States in which mapper has not decided about the row it saw: saying it once more costs one look."""

UnpostedRow = UnpostedInvoice | UnpostedProcurement | UnpostedExpense

PAGE_ANNOUNCED = declare("ingest.page_announced", "a page of an unposted list is announced, the sweep goes on")
SWEPT = declare("ingest.swept", "a sweep and its messages are committed, its lease is not given back")

_log = structlog.get_logger(__name__)


async def unposted_pages(psa: ConnectWise, record_type: RecordType) -> AsyncIterator[Sequence[UnpostedRow]]:
    """ConnectWise's unposted list of one type of record, page by page."""
    if record_type is RecordType.INVOICE:
        async for invoices in psa.unposted_pages():
            yield invoices
    elif record_type is RecordType.PROCUREMENT:
        async for products in psa.unposted_procurement_pages():
            yield products
    else:
        async for expenses in psa.unposted_expense_pages():
            yield expenses


class SweepUnposted:
    """Handles the scheduled `sweep` row of a connection."""

    def __init__(self, tenancy: Tenancy, outbox: Outbox, clock: Clock) -> None:
        self._tenancy = tenancy
        self._outbox = outbox
        self._clock = clock

    async def __call__(self, group: Group) -> None:
        for item in group.items:
            try:
                tenant = await self._tenancy.tenant(group.account_id, group.connection_id, fresh=True)
            except UnknownConnectionError:
                async with group.unit() as unit:
                    await group.done(unit, item)
                continue
            try:
                await self._sweep(group, item, tenant)
            except LeaseLost:
                raise
            except LedgerwireError as error:
                await self._failed(group, item, tenant, error)

    async def _sweep(self, group: Group, item: WorkItem, tenant: Tenant) -> None:
        """Each list of a type that the account carries; a list that the account does not carry is not even read (A110)."""
        counts = {record_type: await self._list(group, tenant, record_type) for record_type in tenant.record_types}
        async with group.unit() as unit:
            now = self._clock.now()
            await repository.save_sweep(unit, group.connection_id, counts, tenant.terms.gate, now)
            await repository.prune_receipts(unit, now - KEEP_RECEIPTS)
            await group.again(unit, item, code=SCHEDULED, after=tenant.terms.sweep_every)
        reach(SWEPT)
        for record_type, each in counts.items():
            MISSED_CALLBACKS.inc(each.missed)
            _log.info(
                "sweep.finished",
                account=tenant.account_name,
                record_type=record_type.value,
                gate=each.gate,
                **{name: getattr(each, name) for name in repository.COUNTED},
            )

    async def _list(self, group: Group, tenant: Tenant, record_type: RecordType) -> SweepCounts:
        counts = SweepCounts(gate=tenant.terms.gate)
        async for page in unposted_pages(tenant.psa, record_type):
            async with group.unit() as unit:
                counts += await self._page(unit, tenant, record_type, page)
            reach(PAGE_ANNOUNCED)
        return counts

    async def _page(
        self, unit: Unit, tenant: Tenant, record_type: RecordType, page: Sequence[UnpostedRow]
    ) -> SweepCounts:
        rows = {row.source_id: row for row in page if row.source_id is not None}
        counts = SweepCounts(tenant.terms.gate, seen=len(rows))
        if counts.gate != "live":
            return counts
        known = await repository.known_records(unit, tenant.connection_id, record_type, list(rows))
        rings = record_type is RecordType.INVOICE  # ConnectWise calls back about invoices only
        heard = await repository.heard_since(unit, tenant.connection_id, list(rows)) if rings else {}
        now = self._clock.now()
        for source_id, row in rows.items():
            if is_known(row, known.get(source_id)):
                counts = replace(counts, known=counts.known + 1)
            elif rings and (is_too_young(row, tenant.terms, now) or is_in_flight(heard.get(source_id), now)):
                counts = replace(counts, too_young=counts.too_young + 1)
            else:
                day = now.date() if is_undecided(known.get(source_id)) else None
                if await self._announce(unit, tenant, record_type, row, day):
                    unheard = rings and was_missed(row, heard.get(source_id))
                    counts = replace(counts, announced=counts.announced + 1, missed=counts.missed + unheard)
        return counts

    async def _announce(
        self, unit: Unit, tenant: Tenant, record_type: RecordType, row: UnpostedRow, day: date | None
    ) -> bool:
        announcement = announce(tenant.account_id, tenant.connection_id, record_type, row, day)
        if not await self._outbox.append(unit, announcement):
            return False
        subject, detail = UUID(announcement.subject), {"found_by": "sweep"}
        await repository.write_step(unit, tenant.account_id, subject, "sweep", detail, announcement.correlationid)
        return True

    async def _failed(self, group: Group, item: WorkItem, tenant: Tenant, error: LedgerwireError) -> None:
        _log.warning("sweep.failed", account=tenant.account_name, code=error.code, why=str(error))
        async with group.unit() as unit:
            await repository.save_failed_sweep(
                unit, group.connection_id, tenant.terms.gate, error.code, self._clock.now()
            )
            await group.again(unit, item, code=error.code, after=pause_after(error))


def is_known(row: UnpostedRow, known: KnownRecord | None) -> bool:
    """Whether mapper has decided about exactly this row of the unposted list."""
    if known is None or is_undecided(known):
        return False
    return (known.unposted_id, known.closed_at, known.total) == (row.id, row.date_closed, row.total)


def is_undecided(known: KnownRecord | None) -> bool:
    """Whether mapper does not know the record, or has not decided about it."""
    return known is None or known.state in _UNSETTLED


def is_too_young(row: UnpostedRow, terms: SyncTerms, now: datetime) -> bool:
    """Whether the close is so recent that its callback may still be under way."""
    closed_at = row.closed_at
    if closed_at is None:
        return False
    return -CLOCKS_APART < now.astimezone(UTC) - closed_at < terms.sweep_min_age


def is_in_flight(heard: datetime | None, now: datetime) -> bool:
    """Whether a callback about the record came so recently that mapper may not have looked yet."""
    return heard is not None and timedelta(0) <= now - heard < IN_FLIGHT


def was_missed(row: UnpostedRow, heard: datetime | None) -> bool:
    """Whether no callback has been heard since the record was closed."""
    return heard is None or (row.closed_at is not None and heard < row.closed_at)


def announce(
    account_id: UUID, connection_id: UUID, record_type: RecordType, row: UnpostedRow, day: date | None
) -> Envelope:
    """The message about a row. Its id follows from the row, so that the same row is announced once.

    With a `day` it is announced once a day: what came of an earlier message may have been lost with it.
    """
    source_id = str(row.source_id)
    record = record_id(AccountId(account_id), ConnectionId(connection_id), record_type.value, source_id)
    return new_message(
        RecordClosedV1(
            record_id=record,
            connection_id=connection_id,
            record_type=record_type.value,
            source_id=source_id,
            found_by="sweep",
            urgent=False,
        ),
        account_id=account_id,
        subject=str(record),
        correlation_id=str(uuid4()),
        source="ingest",
        message_id=message_id("sweep", record, row.id, row.date_closed, row.total, *([day] if day else [])),
    )
