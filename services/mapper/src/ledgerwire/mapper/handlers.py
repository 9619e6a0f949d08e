"""The mapper's use case: look at a group of records of one ConnectWise, decide each, commit each alone."""

from __future__ import annotations

from uuid import UUID

from ledgerwire.common.db.session import Unit
from ledgerwire.common.errors import Waiting
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.work.destination import Dead
from ledgerwire.common.work.model import Group, WorkItem
from ledgerwire.mapper import looking, repository
from ledgerwire.mapper.domain.record import RecordEvent
from ledgerwire.mapper.ports import Clients
from ledgerwire.mapper.reads import SetupCache
from ledgerwire.mapper.session import LookSession, record_id_of

MAP = "map"


def work_key(record_id: UUID) -> str:
    """The work row of a record's look."""
    return f"{MAP}:{record_id}"


class MapRecords:
    """Handles groups of looks of one ConnectWise connection."""

    def __init__(self, clients: Clients, outbox: Outbox) -> None:
        self._clients = clients
        self._outbox = outbox
        self._setup: dict[UUID, SetupCache] = {}

    async def __call__(self, group: Group) -> None:
        account = await self._clients.account(group.account_id)
        async with group.unit() as unit:
            ids = [record_id_of(item) for item in group.items]
            known = await repository.records(unit, ids)
            latest = await repository.latest_revisions(unit, ids)
        session = LookSession(group, account, self._clients, self._outbox, known, latest)
        waiting = await session.leave_alone()
        if not waiting:
            return
        cache = self._setup.setdefault(group.connection_id, SetupCache())
        try:
            await session.look(waiting, cache)
        except Waiting as error:
            await session.wait(error)
            raise


async def bury(unit: Unit, item: WorkItem, destination: Dead) -> None:
    """The worker's `on_dead`: mark the record of work that was given up, in the transaction that buries it."""
    if item.kind != MAP:
        return
    record = (await repository.records(unit, [record_id_of(item)])).get(record_id_of(item))
    if record is not None and record.state not in looking.DECIDED:
        look = looking.found(record, RecordEvent.DIED)
        await repository.put_record(unit, look.record)
        await repository.add_timeline(unit, look.record, look.step, cause=destination.cause)
