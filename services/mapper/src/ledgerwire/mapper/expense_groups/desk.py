"""What a word or a look at one expense means for those that share its document, or wait for it (M17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from ledgerwire.common.db.session import Unit
from ledgerwire.common.record_type import RecordType
from ledgerwire.mapper import repository
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.expense_groups import repository as groups_repository
from ledgerwire.mapper.expense_groups.model import GroupChange
from ledgerwire.mapper.expense_groups.waiting import INCOMPLETE
from ledgerwire.mapper.looking import Look
from ledgerwire.mapper.records import StoredRecord


async def affected(unit: Unit, records: Sequence[StoredRecord]) -> list[StoredRecord]:
    """Who is to be looked at because a person put these aside: one of each document's others, and who waited for them."""
    ids = [record.record_id for record in records]
    found = {each.record_id: each for each in await groups_repository.neighbours(unit, ids)}
    found |= {each.record_id: each for each in await _waiting_for(unit, records)}
    return [each for each in found.values() if each.hold_reason is None and each.record_id not in ids]


async def released(unit: Unit, records: Sequence[StoredRecord]) -> list[StoredRecord]:
    """Who waited for these, which poster has batched or given back: nobody is asked where none of them is in a document.

    Of these, too, one of each document that still has an expense which a person skipped: now it can be taken out.
    """
    expenses = [record for record in records if record.record_type == RecordType.EXPENSE]
    shared = await groups_repository.grouped(unit, [record.record_id for record in expenses]) if expenses else ()
    own = [record for record in expenses if record.record_id in shared]
    ids = {record.record_id for record in own}
    if not own:
        return []
    left_behind = await groups_repository.beside_skipped(unit, sorted(ids))
    waiting = [each for each in await _waiting_for(unit, own) if each.record_id not in ids]
    return [*waiting, *(each for each in own if each.record_id in left_behind)]


async def freed(
    unit: Unit,
    known: Mapping[UUID, StoredRecord],
    looks: Sequence[Look],
    shared: Mapping[UUID, GroupChange],
) -> list[StoredRecord]:
    """Who waited for what these looks found to be another than `known`, or for a document that goes with one of them.

    Not who was decided with them. A look that finds things as they were frees nobody, and neither does what stops where it was:
    two that wait for each other would be looked at without end.
    """
    ids = {look.record.record_id for look in looks}
    named = [
        look.record
        for look in looks
        if look.record.record_type == RecordType.EXPENSE and _may_free(known.get(look.record.record_id), look.record)
    ]
    told = [shared[look.record.record_id] for look in looks if look.announce and look.record.record_id in shared]
    members = {record for change in told for record, _ in change.members}
    if members:
        named += (await repository.records(unit, sorted(members))).values()
    return [each for each in await _waiting_for(unit, named) if each.record_id not in ids] if named else []


def _may_free(before: StoredRecord | None, now: StoredRecord) -> bool:
    """Whether an expense may have kept others back that it does not any more: it stops no longer, or not on that report."""
    if before is None or before.particulars.get("report") != now.particulars.get("report"):
        return True
    return now.state is not RecordState.STOPPED and now.state is not before.state


async def _waiting_for(unit: Unit, records: Sequence[StoredRecord]) -> list[StoredRecord]:
    """The expenses that stopped because their report cannot go without these."""
    if not records:
        return []
    numbers = {record.number or f"EXP-{record.source_id}" for record in records}
    connections = {record.connection_id for record in records}
    return await groups_repository.blocked_by(unit, INCOMPLETE, connections, numbers)
