"""The daily look at seats and the one that is asked for: one row of work for each connection, under its lease."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ledgerwire.billing_sync.desk import SeatsDesk
from ledgerwire.billing_sync.repository import runs
from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.contracts.seats_sync_requested_v1 import SeatsSyncRequestedV1
from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import LedgerwireError, Transient, Waiting
from ledgerwire.common.events import first_of
from ledgerwire.common.work.model import Doorbell, Group, Priority, WorkItem
from ledgerwire.common.work.store import WorkStore
from ledgerwire.tenants.plan import CONNECTWISE
from ledgerwire.tenants.read import all_connections

SYNC = "seats"
SCHEDULED = "SCHEDULED"
LOOK_EVERY = timedelta(seconds=30)
WITHOUT_SEATS = timedelta(minutes=10)
"""An account that keeps no seats is looked at again after this long: its file may have changed."""
_FAILED_PAUSE = timedelta(minutes=5)

_log = structlog.get_logger(__name__)


def sync_requested(envelope: Envelope, data: SeatsSyncRequestedV1) -> list[Doorbell]:
    """What seats.sync_requested.v1 asks for: the connection's recurring row, due now."""
    return [_bell(envelope.accountid, data.connection_id, envelope.correlationid, data.requested_by)]


def _bell(account_id: UUID, connection_id: UUID, correlation_id: str, found_by: str) -> Doorbell:
    return Doorbell(
        account_id=account_id,
        connection_id=connection_id,
        work_key=SYNC,
        kind=SYNC,
        priority=Priority.BULK,
        correlation_id=correlation_id,
        found_by=found_by,
    )


class Schedule:
    """Sees to it that every ConnectWise connection has its recurring row."""

    def __init__(self, database: Database, store: WorkStore, wake: asyncio.Event) -> None:
        self._database = database
        self._store = store
        self._wake = wake

    async def run(self, stop: asyncio.Event) -> None:
        """Look for new connections until `stop`."""
        while not stop.is_set():
            try:
                await self.fill()
            except (SQLAlchemyError, OSError) as error:
                _log.warning("seats.schedule_failed", error=type(error).__name__)
            await first_of(stop, timeout=LOOK_EVERY.total_seconds())

    async def fill(self) -> int:
        """Make the rows that are missing; how many there were."""
        async with self._database.system() as unit:
            have = await runs.scheduled(unit, SYNC)
            missing = [
                _bell(entry.account_id, entry.connection_id, str(uuid4()), "schedule")
                for entry in await all_connections(unit)
                if entry.connection_id is not None and entry.kind == CONNECTWISE and entry.connection_id not in have
            ]
            await self._store.ring(unit, missing)
            if missing:
                unit.after_commit(self._wake.set)
        return len(missing)


class SyncSeats:
    """Handles the recurring row: plan, and apply where the account wants that by itself; then rest until the next time."""

    def __init__(self, desk: SeatsDesk) -> None:
        self._desk = desk

    async def __call__(self, group: Group) -> None:
        """Serve one connection's row. It is never given up: after an error it rests and looks again."""
        for item in group.items:
            pause, code = await self._look(group, item)
            async with group.unit() as unit:
                await group.again(unit, item, code=code, after=pause)

    async def _look(self, group: Group, item: WorkItem) -> tuple[timedelta, str]:
        account = await self._desk.account(group.account_id)
        if account.seats is None:
            return WITHOUT_SEATS, SCHEDULED
        run_id = uuid4()
        async with group.unit() as unit:
            await runs.begin(unit, group.connection_id, run_id, item.found_by)
        pause, failed = timedelta(seconds=account.seats.interval_seconds), None
        try:
            await self._sync(group, run_id, automatic=account.seats.apply == "automatic")
        except (Waiting, Transient) as error:
            pause, failed = _pause_after(error), error.code
        async with group.unit() as unit:
            await runs.end(unit, run_id, failed)
        return pause, failed or SCHEDULED

    async def _sync(self, group: Group, run_id: UUID, *, automatic: bool) -> None:
        plan = await self._desk.plan(group.account_id)
        said: dict[str, object] = {"steps": len(plan.steps), "findings": len(plan.all_findings)}
        async with group.unit() as unit:
            await runs.progress(unit, run_id, said, plan.plan_id)
        if automatic and plan.steps:
            done = await self._desk.apply(group.account_id, plan.plan_id)
            said |= {"written": done.written, "refused": done.refused}
            async with group.unit() as unit:
                await runs.progress(unit, run_id, said)


def _pause_after(error: LedgerwireError) -> timedelta:
    if isinstance(error, Waiting) and error.after is not None:
        return error.after
    if isinstance(error, Transient) and error.retry_after is not None:
        return max(error.retry_after, timedelta(minutes=1))
    return _FAILED_PAUSE
