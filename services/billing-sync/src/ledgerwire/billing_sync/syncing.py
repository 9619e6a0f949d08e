"""The daily look at seats and the one that is asked for: one row of work for each connection, under its lease.

Where the account wants it, a look also writes what it planned: only while its set-up check has passed every phase.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

from ledgerwire.billing_sync.desk import SeatsDesk
from ledgerwire.billing_sync.repository import runs
from ledgerwire.billing_sync.setup import Open
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.contracts.seats_sync_requested_v1 import SeatsSyncRequestedV1
from ledgerwire.common.errors import LeaseLost, LedgerwireError, Waiting
from ledgerwire.common.work.model import Doorbell, Group, Priority, WorkItem
from ledgerwire.tenants.schedule import SCHEDULED, pause_after

SYNC = "seats"
LOOK_EVERY = timedelta(seconds=30)
WITHOUT_SEATS = timedelta(minutes=10)
"""An account that keeps no seats is looked at again after this long: its file may have changed."""
_FAILED_PAUSE = timedelta(minutes=5)
INCOMPLETE_PAUSE = timedelta(hours=1)
"""A source that stopped halfway, an agreement that could not be read, and a set-up check that stands open, are looked at again
after this long, not the next day."""
_NOT_WHOLE = frozenset({"BS_SOURCE_INCOMPLETE", "BS_AGREEMENT_UNREAD"})
TELL_EVERY = 2.0
SET_UP_OPEN = "BS_SET_UP_OPEN"
"""What a look ends with that would have written, and did not because a check of the set-up stands open."""


def sync_requested(envelope: Envelope, data: SeatsSyncRequestedV1) -> list[Doorbell]:
    """What seats.sync_requested.v1 asks for: the connection's recurring row, due now."""
    return [
        Doorbell(
            account_id=envelope.accountid,
            connection_id=data.connection_id,
            work_key=SYNC,
            kind=SYNC,
            priority=Priority.BULK,
            correlation_id=envelope.correlationid,
            found_by=data.requested_by,
        )
    ]


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
        told = _Told(group, run_id)
        try:
            async with told.kept():
                whole = await self._sync(group, told, automatic=account.seats.apply == "automatic")
            pause = pause if whole else min(pause, INCOMPLETE_PAUSE)
        except LeaseLost:
            raise
        except LedgerwireError as error:
            pause, failed = pause_after(error, _FAILED_PAUSE), error.code
        async with group.unit() as unit:
            await runs.end(unit, run_id, failed)
        return pause, failed or SCHEDULED

    async def _sync(self, group: Group, told: _Told, *, automatic: bool) -> bool:
        """Plan, and apply where nobody has to approve; whether every source and agreement was read whole.

        Raises:
            Waiting: BS_SET_UP_OPEN, there is something to write and a check that comes before writing stands open.
        """
        plan, readings = await self._desk.plan_and_readings(group.account_id, progress=told)
        told.said |= {"steps": len(plan.steps), "findings": len(plan.all_findings)}
        await told.write(plan.plan_id)
        shut: tuple[Open, ...] = ()
        if automatic and plan.steps:
            told("set-up check", 0, 1)
            found = await self._desk.check(group.account_id, readings=readings)
            shut = () if found.may_run else found.standing_open
            if found.may_run:
                done = await self._desk.apply(group.account_id, plan.plan_id, progress=told)
                told.said |= {"written": done.written, "refused": done.refused}
        told.said.pop("stage", None)
        told.said |= {"open": [_shown(each) for each in shut]} if shut else {}
        await told.write()
        if shut:
            raise Waiting(Finding(SET_UP_OPEN, _shown(shut[0])).message, code=SET_UP_OPEN, after=INCOMPLETE_PAUSE)
        return all(finding.code not in _NOT_WHOLE for finding in plan.all_findings)


def _shown(each: Open) -> dict[str, str]:
    return {"phase": each.phase, "check": each.item, "code": each.finding.code, "message": each.finding.message}


class _Told:
    """How far a run is, written down every few seconds while it goes on: what it told last, never each step of it."""

    def __init__(self, group: Group, run_id: UUID) -> None:
        self._group = group
        self._run_id = run_id
        self._written: dict[str, object] = {}
        self._writing = asyncio.Lock()
        self.said: dict[str, object] = {}

    def __call__(self, stage: str, done: int, wanted: int) -> None:
        self.said["stage"] = f"{stage}: {done} of {wanted}"

    async def write(self, plan_id: UUID | None = None) -> None:
        """Write down what was said last: one after the other, so that nothing older is written over it."""
        async with self._writing:
            self._written = dict(self.said)
            async with self._group.unit() as unit:
                await runs.progress(unit, self._run_id, self._written, plan_id)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Write down what is said while the block runs."""
        writing = asyncio.create_task(self._go_on())
        try:
            yield
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(TELL_EVERY)
            if self.said != self._written:
                await self.write()
