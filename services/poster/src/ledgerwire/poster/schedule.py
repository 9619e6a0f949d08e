"""The rows of recurring work: one of each kind for each ledger connection, made when they are missing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import LedgerwireError, Transient, Waiting
from ledgerwire.common.events import first_of
from ledgerwire.common.work.model import Doorbell, Priority
from ledgerwire.common.work.store import WorkStore
from ledgerwire.poster import repository
from ledgerwire.tenants.plan import CONNECTWISE
from ledgerwire.tenants.read import all_connections

SCHEDULED = "SCHEDULED"
LOOK_EVERY = timedelta(seconds=5)
FIRST_AFTER = timedelta(minutes=5)
"""There is nothing to look at on a connection that was not known a moment ago."""
_FAILED_PAUSE = timedelta(minutes=1)

_log = structlog.get_logger(__name__)


def pause_after(error: LedgerwireError) -> timedelta:
    """How long recurring work rests after an error: what the error advises, else a minute. It is never given up."""
    if isinstance(error, Waiting) and error.after is not None:
        return error.after
    if isinstance(error, Transient) and error.retry_after is not None:
        return max(error.retry_after, _FAILED_PAUSE)
    return _FAILED_PAUSE


class Scheduler:
    """Sees to it that every ledger connection has its recurring rows; the work engine's leases keep one worker on each."""

    def __init__(self, database: Database, store: WorkStore, wake: asyncio.Event, kinds: Sequence[str]) -> None:
        self._database = database
        self._store = store
        self._wake = wake
        self._kinds = tuple(kinds)

    async def run(self, stop: asyncio.Event) -> None:
        """Look for new connections until `stop`."""
        while not stop.is_set():
            try:
                await self.fill()
            except (SQLAlchemyError, OSError) as error:
                _log.warning("schedule.failed", error=type(error).__name__)
            await first_of(stop, timeout=LOOK_EVERY.total_seconds())

    async def fill(self) -> int:
        """Make the rows that are missing; how many there were."""
        async with self._database.system() as unit:
            have = await repository.scheduled_keys(unit, self._kinds)
            missing = [
                Doorbell(
                    account_id=entry.account_id,
                    connection_id=entry.connection_id,
                    work_key=kind,
                    kind=kind,
                    priority=Priority.BULK,
                    correlation_id=str(uuid4()),
                    found_by="schedule",
                    due_after=FIRST_AFTER,
                )
                for entry in await all_connections(unit)
                for kind in self._kinds
                if entry.connection_id is not None
                and entry.kind != CONNECTWISE
                and (entry.connection_id, kind) not in have
            ]
            await self._store.ring(unit, missing)
            if missing:
                unit.after_commit(self._wake.set)
        return len(missing)
