"""What a look at expenses that share documents leaves beside their records: the groups, and who carries a changed document."""

from __future__ import annotations

from uuid import UUID

from ledgerwire.common.db.session import Unit
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.work.model import WorkItem
from ledgerwire.mapper import repository
from ledgerwire.mapper.announcing import announcement
from ledgerwire.mapper.expense_groups import repository as groups_repository
from ledgerwire.mapper.expense_groups.deciding import Together, told_again
from ledgerwire.mapper.looking import DECIDED


async def store_together(unit: Unit, connection_id: UUID, outbox: Outbox, together: Together, item: WorkItem) -> None:
    """Write the groups. A document that became another while none of its records goes is carried by one that is batched."""
    await groups_repository.put(unit, connection_id, together.changes, together.leaving)
    for ids in together.carriers:
        records = await repository.lock_all(unit, ids)
        carrier = next((one for one in records if one.batched and one.state in DECIDED), None)
        if carrier is not None:
            told = told_again(carrier)
            await repository.put_record(unit, told)
            await repository.add_timeline(unit, told, "document_changed", revision=told.revision)
            await outbox.append(unit, announcement(told, item))
