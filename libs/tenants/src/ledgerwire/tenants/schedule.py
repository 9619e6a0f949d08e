"""The rows of recurring work: one of each kind for every connection that a service serves, made when they are missing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import uuid4

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ledgerwire.common.catalogue import Finding, entry, is_known
from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import LeaseLost, LedgerwireError, Transient, Waiting
from ledgerwire.common.events import first_of
from ledgerwire.common.work.model import Doorbell, Group, Priority, WorkItem
from ledgerwire.common.work.store import SCHEDULED, WorkStore
from ledgerwire.tenants.read import all_connections
from ledgerwire.tenants.views import DirectoryEntry

LOOK_EVERY = timedelta(seconds=5)
_SHORTEST = timedelta(minutes=1)

__all__ = ["SCHEDULED", "Scheduler", "cause_of", "look_in_turn", "pause_after"]

_log = structlog.get_logger(__name__)


def pause_after(error: LedgerwireError, otherwise: timedelta = _SHORTEST) -> timedelta:
    """How long recurring work rests after an error: what the error advises, else `otherwise`. It is never given up."""
    if isinstance(error, Waiting) and error.after is not None:
        return error.after
    if isinstance(error, Transient) and error.retry_after is not None:
        return max(error.retry_after, _SHORTEST)
    return otherwise


def cause_of(error: LedgerwireError) -> str:
    """What a recurring row says of an error: its code, and in brackets what tells it apart where the error knows that."""
    if not is_known(error.code) or not all(error.detail.get(name) for name in entry(error.code).cause_params):
        return error.code
    finding = Finding(error.code, {name: str(error.detail[name]) for name in entry(error.code).cause_params})
    return finding.cause_key if finding.entry.cause_params else error.code


async def look_in_turn(
    group: Group, look: Callable[[Group, WorkItem], Awaitable[None]], every: Callable[[], timedelta]
) -> None:
    """Look for each recurring row of a group, and again after `every`, or after what an error advises. LeaseLost goes on up."""
    for item in group.items:
        try:
            await look(group, item)
            pause, code = every(), SCHEDULED
        except LeaseLost:
            raise
        except LedgerwireError as error:
            pause, code = pause_after(error), error.code
        async with group.unit() as unit:
            await group.again(unit, item, code=code, after=pause)


class Scheduler:
    """Sees to it that every connection has its recurring rows; the work engine's leases keep one worker on each.

    Args:
        kinds: of the rows; each is named after its kind, so there is one of a kind for a connection.
        serves: whether a connection is this service's.
        first_after: how long a connection that was not known a moment ago is left alone.
        look_every: pause between two looks for new connections.
    """

    def __init__(
        self,
        database: Database,
        store: WorkStore,
        wake: asyncio.Event,
        kinds: Sequence[str],
        serves: Callable[[DirectoryEntry], bool],
        *,
        first_after: timedelta = timedelta(0),
        look_every: timedelta = LOOK_EVERY,
    ) -> None:
        self._database = database
        self._store = store
        self._wake = wake
        self._kinds = tuple(kinds)
        self._serves = serves
        self._first_after = first_after
        self._look_every = look_every.total_seconds()

    async def run(self, stop: asyncio.Event) -> None:
        """Look for new connections until `stop`."""
        while not stop.is_set():
            try:
                await self.fill()
            except (SQLAlchemyError, OSError) as error:
                _log.warning("schedule.failed", kinds=self._kinds, error=type(error).__name__)
            await first_of(stop, timeout=self._look_every)

    async def fill(self) -> int:
        """Make the rows that are missing; how many there were."""
        async with self._database.system() as unit:
            have = await self._store.recurring(unit, self._kinds)
            missing = [
                Doorbell(
                    account_id=known.account_id,
                    connection_id=known.connection_id,
                    work_key=kind,
                    kind=kind,
                    priority=Priority.BULK,
                    correlation_id=str(uuid4()),
                    found_by="schedule",
                    due_after=self._first_after,
                )
                for known in await all_connections(unit)
                for kind in self._kinds
                if known.connection_id is not None and self._serves(known) and (known.connection_id, kind) not in have
            ]
            await self._store.plant(unit, missing)
            if missing:
                unit.after_commit(self._wake.set)
        return len(missing)
