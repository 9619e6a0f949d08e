"""Work that is dead-lettered is told to people too: its record stops with the fault's code instead of looking busy for ever."""

from __future__ import annotations

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.db.session import Unit
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.work.destination import Dead
from ledgerwire.common.work.group import OnDead
from ledgerwire.common.work.model import WorkItem
from ledgerwire.poster import repository
from ledgerwire.poster.record_group import tell


def telling_of_the_dead(outbox: Outbox) -> OnDead:
    """What the worker calls in the transaction that buries an item."""

    async def bury(unit: Unit, item: WorkItem, dead: Dead) -> None:
        if "record_id" not in item.payload:
            return  # recurring work: no record of its own
        for case in await repository.load_cases(unit, [item]):
            finding = Finding("INTERNAL_FAULT", {"number": case.decided.number, "cause": dead.cause})
            await tell(unit, outbox, case, "stopped", [finding])

    return bury
