"""The daily look at seats and the one that is asked for: one row of work for each connection, under its lease."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from ledgerwire.billing_sync.desk import SeatsDesk
from ledgerwire.billing_sync.repository import runs
from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.contracts.seats_sync_requested_v1 import SeatsSyncRequestedV1
from ledgerwire.common.errors import Transient, Waiting
from ledgerwire.common.work.model import Doorbell, Group, Priority, WorkItem
from ledgerwire.tenants.schedule import SCHEDULED, pause_after

SYNC = "seats"
LOOK_EVERY = timedelta(seconds=30)
WITHOUT_SEATS = timedelta(minutes=10)
"""An account that keeps no seats is looked at again after this long: its file may have changed."""
_FAILED_PAUSE = timedelta(minutes=5)


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
        try:
            await self._sync(group, run_id, automatic=account.seats.apply == "automatic")
        except (Waiting, Transient) as error:
            pause, failed = pause_after(error, _FAILED_PAUSE), error.code
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
