"""The mapper's use case: look at a group of records of one ConnectWise, decide each, commit each alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from ledgerwire.common.crashpoints import reach
from ledgerwire.common.db.session import Unit
from ledgerwire.common.errors import Transient, Waiting
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.work.destination import Dead
from ledgerwire.common.work.model import Doorbell, Group, Ring, WorkItem
from ledgerwire.mapper import looking, points, repository
from ledgerwire.mapper.ports import Clients
from ledgerwire.mapper.reads import SetupCache
from ledgerwire.mapper.records import StoredRecord, first_seen, is_possible, key_of, payload_of, record_id_of
from ledgerwire.mapper.session import LookSession

MAP = "map"
_LOOK_AGAIN = timedelta(seconds=1)


def work_key(record_id: UUID) -> str:
    """The work row of a record's look."""
    return f"{MAP}:{record_id}"


def new_look(record: StoredRecord, item: WorkItem, found_by: str = "replay") -> Doorbell:
    """What asks for another look at a record because of what `item` brought."""
    return Doorbell(
        account_id=record.account_id,
        connection_id=record.connection_id,
        work_key=work_key(record.record_id),
        kind=MAP,
        priority=item.priority,
        correlation_id=item.correlation_id,
        causation_id=item.causation_id,
        found_by=found_by,
        payload=payload_of(record),
        due_after=_LOOK_AGAIN,
    )


class MapRecords:
    """Handles groups of looks of one ConnectWise connection."""

    def __init__(self, clients: Clients, outbox: Outbox, ring: Ring) -> None:
        self._clients = clients
        self._outbox = outbox
        self._ring = ring
        self._setup: dict[UUID, SetupCache] = {}

    async def __call__(self, group: Group) -> None:
        account = await self._clients.account(group.account_id)
        async with group.unit() as unit:
            ids = [record_id_of(item) for item in group.items]
            known = await repository.records(unit, ids)
            latest = await repository.latest_revisions(unit, ids)
        session = LookSession(group, account, self._clients, self._outbox, known, latest, self._wake)
        waiting = await session.leave_alone()
        cache = self._setup.setdefault(group.connection_id, SetupCache())
        try:
            if waiting:
                reach(points.KNOWN)
                await session.look(waiting, cache)
        except (Waiting, Transient) as error:
            await session.wait(error)
            raise
        finally:
            await session.park()

    async def _wake(self, unit: Unit, records: Sequence[StoredRecord], item: WorkItem) -> None:
        for record in sorted(records, key=lambda each: each.record_id):
            await self._ring(unit, new_look(record, item))


async def bury(unit: Unit, item: WorkItem, destination: Dead) -> None:
    """The worker's `on_dead`: mark the record of work that was given up, in the transaction that buries it.

    A record that died before anything was written of it gets its row from the work itself: nobody would see it otherwise.
    """
    if item.kind != MAP or not is_possible(key_of(item)):
        return
    record = await repository.locked(unit, record_id_of(item)) or first_seen(item)
    look = looking.died(record, destination.cause)
    if record.hold_reason is None:  # what a person holds is looked at anew when it is released
        await repository.put_record(unit, look.record)
    await repository.add_timeline(unit, look.record, look.step, cause=destination.cause)
