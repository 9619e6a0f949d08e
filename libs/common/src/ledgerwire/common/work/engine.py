"""The worker: claims due work connection by connection and hands it to handlers, one lease per connection."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from time import monotonic
from uuid import UUID, uuid4

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ledgerwire.common.crashpoints import declare, reach
from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import LeaseLost, LedgerwireError, Poison
from ledgerwire.common.events import first_of
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.telemetry import GROUP_SECONDS
from ledgerwire.common.work.group import LeasedGroup, OnDead
from ledgerwire.common.work.lease import Lease, LeaseTerms, take
from ledgerwire.common.work.model import Handler, Priority, WorkItem
from ledgerwire.common.work.store import Candidate, WorkStore
from ledgerwire.common.work.urgency import serving

_log = structlog.get_logger(__name__)

GROUP_LIMIT = 50
GROUP_BYTES = 3_000_000
_COOLING_SECONDS = 2.0
WOKEN_AT_ONCE = 500
"""Rows that are woken after each group once a connection works again: more than a group, less than a storm."""

CLAIMED = declare("work.claimed", "a lease is taken and its work claimed, nothing of it is begun")
HANDLED = declare("work.handled", "a group is handled and settled, its lease is not given back")


class UnsettledError(LedgerwireError):
    """A handler returned without settling an item: a fault of ours, retried few times, then dead."""

    code = "WORK_UNSETTLED"


class Worker:
    """Serves the work table of one service.

    Args:
        handlers: by `kind`; work of a kind nobody handles is dead-lettered.
        concurrency: connections served at once by this process.
        limit: most items per group.
        terms: of the lease; `grace` must be the longest request timeout of the handlers.
        on_dead: told in the transaction that buries an item.
    """

    def __init__(
        self,
        database: Database,
        schema: ServiceSchema,
        handlers: Mapping[str, Handler],
        *,
        concurrency: int = 4,
        limit: int = GROUP_LIMIT,
        max_bytes: int = GROUP_BYTES,
        terms: LeaseTerms | None = None,
        poll: timedelta = timedelta(milliseconds=500),
        on_dead: OnDead | None = None,
    ) -> None:
        self.wake = asyncio.Event()
        """Set by whoever rings a doorbell in this process (after the commit); polling finds the rest."""
        self.store = WorkStore(schema)
        self._database = database
        self._schema = schema
        self._handlers = dict(handlers)
        self._concurrency = concurrency
        self._limit = limit
        self._max_bytes = max_bytes
        self._terms = terms or LeaseTerms()
        self._poll = poll.total_seconds()
        self._on_dead = on_dead
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._in_hand: set[UUID] = set()
        self._cooling: dict[UUID, float] = {}
        self._left: list[tuple[float, Lease]] = []
        self._troubled: dict[tuple[UUID, str], set[str]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`; then claim no more, finish the groups in hand and return."""
        async with asyncio.TaskGroup() as groups:
            while not stop.is_set():
                self.wake.clear()
                if not await self._start_groups(groups):
                    await first_of(self.wake, stop, timeout=self._poll)

    async def _start_groups(self, groups: asyncio.TaskGroup) -> bool:
        """Serve the connections that have due work; whether there may be more of them than were asked for."""
        free = self._concurrency - len(self._in_hand)
        if free <= 0:
            return False
        started = 0
        try:
            await self._give_back()
            candidates = await self._candidates(free)
            for candidate in candidates:
                if await self._start(groups, candidate):
                    started += 1
        except (SQLAlchemyError, OSError) as error:
            _log.warning("work.claim_failed", service=self._schema.name, error=repr(error)[:300])
            return False
        return started > 0 and len(candidates) == free

    async def _candidates(self, free: int) -> list[Candidate]:
        now = monotonic()
        self._cooling = {key: until for key, until in self._cooling.items() if until > now}
        besides = (*self._in_hand, *self._cooling)
        async with self._database.single() as unit:
            return await self.store.candidates(unit, grace=self._terms.grace, limit=free, besides=besides)

    async def _give_back(self) -> None:
        """Leases of groups that failed: when a database is back, its work waits for no lease to run out."""
        while self._left and self._left[0][0] <= monotonic():
            await self._left[0][1].release()
            del self._left[0]

    async def _start(self, groups: asyncio.TaskGroup, candidate: Candidate) -> bool:
        """One statement each: in one transaction for several connections two workers would wait for each other's leases."""
        async with self._database.single() as unit:
            lease = await take(
                self._database,
                unit,
                self._schema.name,
                candidate.account_id,
                candidate.connection_id,
                self._holder,
                self._terms,
            )
        if lease is None:
            return False
        items = await self._claim(lease)
        reach(CLAIMED)
        self._in_hand.add(candidate.connection_id)
        groups.create_task(self._serve(lease, items))
        return True

    async def _claim(self, lease: Lease) -> tuple[WorkItem, ...]:
        """What is due under a lease that was taken just now; it is given back where the rows cannot be read."""
        try:
            async with self._database.single() as unit:
                return await self.store.claim(unit, lease.connection_id, limit=self._limit, max_bytes=self._max_bytes)
        except (SQLAlchemyError, OSError):
            with suppress(SQLAlchemyError, OSError):
                await lease.release()
            raise

    async def _serve(self, lease: Lease, items: tuple[WorkItem, ...]) -> None:
        """Handle what was claimed.

        A request may still be under way where this ends early: cancelled, it leaves the lease to run out; failed, it gives it
        back once no request can be.
        """
        try:
            async with lease.kept():
                for kind in dict.fromkeys(item.kind for item in items):
                    await self._handle(lease, kind, tuple(item for item in items if item.kind == kind))
            reach(HANDLED)
            await lease.release()
        except LeaseLost:
            _log.warning("work.lease_lost", service=self._schema.name, connection=str(lease.connection_id))
        except Exception:  # noqa: BLE001 - logged with its traceback; the rows are as they were
            # neither handled nor settled: do not run hot on it
            _log.exception("work.group_failed", service=self._schema.name, connection=str(lease.connection_id))
            cool = monotonic() + max(_COOLING_SECONDS, lease.quiet_in.total_seconds())
            self._cooling[lease.connection_id] = cool + 2 * self._poll  # another process goes first
            self._left = sorted([*self._left, (cool, lease)], key=lambda left: left[0])
        finally:
            self._in_hand.discard(lease.connection_id)
            self.wake.set()

    async def _handle(self, lease: Lease, kind: str, items: tuple[WorkItem, ...]) -> None:
        group = LeasedGroup(self._database, self._schema, self.store, lease, items, self._on_dead)
        began = monotonic()
        with serving(bulk=all(item.priority is not Priority.URGENT for item in items)):
            failure = await self._call(kind, group)
        GROUP_SECONDS.labels(self._schema.name, kind).observe(monotonic() - began)
        for item in group.unsettled:
            async with group.unit() as unit:
                await group.fail(unit, item, failure or UnsettledError(f"{kind} left {item.work_key} unsettled"))
        await self._after_trouble(group)

    async def _after_trouble(self, group: LeasedGroup) -> None:
        """Once a connection works again, nobody sleeps on for what kept it from working: a pause may last a quarter of an hour.

        It does when a group is finished after one of which nothing was. A record with trouble of its own is woken once.
        """
        place = (group.connection_id, group.items[0].kind)
        if not group.finished:
            if group.failed:
                self._troubled.setdefault(place, set()).update(group.failed)
            return
        codes = self._troubled.get(place)
        if codes is None:
            return
        try:
            async with self._database.system() as unit:
                woken = await self.store.wake(unit, *place, codes, limit=WOKEN_AT_ONCE)
        except (SQLAlchemyError, OSError) as error:
            _log.warning("work.not_woken", service=self._schema.name, error=repr(error)[:300])
            return
        if woken < WOKEN_AT_ONCE:
            self._troubled.pop(place, None)

    async def _call(self, kind: str, group: LeasedGroup) -> Exception | None:
        handler = self._handlers.get(kind)
        if handler is None:
            return Poison(f"no handler for work of kind {kind!r}", code="UNKNOWN_WORK_KIND")
        try:
            await handler(group)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - its class decides the destination
            return error
        return None
