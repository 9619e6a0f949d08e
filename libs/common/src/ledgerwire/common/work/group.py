"""The group a worker hands to a handler: claimed rows under their lease, and the ways to settle each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial

import structlog

from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.deadletters.model import WORK_QUEUE, DeadLetter
from ledgerwire.common.deadletters.store import write
from ledgerwire.common.errors import LeaseLost, LedgerwireError
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.telemetry import WORK_SETTLED
from ledgerwire.common.work.destination import Dead, Destination, Later, Parked, decide, describe
from ledgerwire.common.work.lease import Lease
from ledgerwire.common.work.model import WorkItem
from ledgerwire.common.work.store import WorkStore

_log = structlog.get_logger(__name__)

OnDead = Callable[[Unit, WorkItem, Dead], Awaitable[None]]
"""Called in the transaction that buries an item, so that the service can mark its record."""


class LeasedGroup:
    """Implements `Group` of the work model on one service's tables."""

    def __init__(
        self,
        database: Database,
        schema: ServiceSchema,
        store: WorkStore,
        lease: Lease,
        items: tuple[WorkItem, ...],
        on_dead: OnDead | None = None,
    ) -> None:
        self.account_id = items[0].account_id
        self.connection_id = items[0].connection_id
        self.items = items
        self._database = database
        self._schema = schema
        self._store = store
        self._lease = lease
        self._on_dead = on_dead
        self._open = {item.work_key: item for item in items}
        self.finished = 0
        """Items that are done with, for good or until a doorbell rings."""
        self.failed: set[str] = set()
        """Codes of the passing trouble that items were put off for."""
        self._traces = {item.correlation_id: item.traceparent for item in items if item.traceparent}

    @property
    def fence(self) -> int:
        return self._lease.fence

    @property
    def unsettled(self) -> tuple[WorkItem, ...]:
        """Items that no committed unit has settled."""
        return tuple(self._open.values())

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[Unit]:
        async with self._database.account(self.account_id) as unit:
            await self._lease.check(unit)
            unit.traces = self._traces
            yield unit

    async def ensure_lease(self, outlasts: timedelta) -> None:
        await self._lease.ensure(outlasts)

    async def done(self, unit: Unit, item: WorkItem) -> None:
        unit.gather(self._done, item)

    async def _done(self, unit: Unit, items: list[WorkItem]) -> None:
        rung = await self._store.done(unit, *items)
        for item in items:
            self._settled(unit, item, "rung_again" if item.work_key in rung else "done")

    async def again(
        self, unit: Unit, item: WorkItem, *, code: str, after: timedelta | None = None, until: datetime | None = None
    ) -> None:
        await self._store.later(unit, item, code=code, after=after, until=until)
        self._settled(unit, item, "parked" if after is None and until is None else "later", code)

    async def fail(self, unit: Unit, item: WorkItem, error: Exception) -> None:
        if isinstance(error, LeaseLost):
            raise error  # not ours to settle: whoever holds the lease now has the item too
        await self._send(unit, item, decide(error, item.attempts), error)

    async def _send(self, unit: Unit, item: WorkItem, destination: Destination, error: Exception) -> None:
        match destination:
            case Later(code=code, after=after, until=until, counts=counts):
                await self._store.later(unit, item, code=code, after=after, until=until, counted=counts)
                self._settled(unit, item, "retry" if counts else "later", code)
                if code == LedgerwireError.code:
                    # a fault of ours: whoever looks into it must not have to wait for the dead letter
                    _log.error(
                        "work.fault",
                        service=self._schema.name,
                        key=item.work_key,
                        kind=item.kind,
                        correlation_id=item.correlation_id,
                        error=describe(error),
                    )
            case Parked(code=code):
                await self._store.later(unit, item, code=code)
                self._settled(unit, item, "parked", code)
            case Dead(cause=cause):
                await write(unit, self._schema, [_letter(item, destination, error)])
                if self._on_dead is not None:
                    await self._on_dead(unit, item, destination)
                await self._store.done(unit, item)
                self._settled(unit, item, "dead", cause)

    def _settled(self, unit: Unit, item: WorkItem, destination: str, code: str | None = None) -> None:
        unit.after_commit(partial(self._close, item, destination, code))

    def _close(self, item: WorkItem, destination: str, code: str | None) -> None:
        self._open.pop(item.work_key, None)
        if destination == "done":
            self.finished += 1
        elif destination == "retry" and code is not None:
            self.failed.add(code)
        WORK_SETTLED.labels(self._schema.name, item.kind, destination).inc()
        _log.info(
            "work.settled",
            service=self._schema.name,
            account=str(item.account_id),
            connection=str(item.connection_id),
            key=item.work_key,
            kind=item.kind,
            destination=destination,
            code=code,
            attempts=item.attempts,
            found_by=item.found_by,
            correlation_id=item.correlation_id,
            fence=self.fence,
        )


def _letter(item: WorkItem, destination: Dead, error: Exception) -> DeadLetter:
    detail = error.detail if isinstance(error, LedgerwireError) else {}
    version = detail.get("mapping_version")
    return DeadLetter(
        queue=WORK_QUEUE,
        cause=destination.cause,
        detail=destination.detail,
        payload=canonical_bytes(asdict(item)),
        account_id=item.account_id,
        type=item.kind,
        subject=str(item.payload.get("record_id", item.work_key)),
        attempts=item.attempts + 1,
        mapping_version=version if isinstance(version, int) else None,
        correlation_id=item.correlation_id,
    )
