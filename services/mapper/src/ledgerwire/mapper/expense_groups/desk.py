"""What a person's word on one expense means for those that share its document (M17)."""

from __future__ import annotations

from collections.abc import Sequence

from ledgerwire.common.db.session import Unit
from ledgerwire.common.record_type import RecordType
from ledgerwire.mapper import repository
from ledgerwire.mapper.expense_groups import repository as groups_repository
from ledgerwire.mapper.expense_groups.waiting import INCOMPLETE
from ledgerwire.mapper.records import StoredRecord


async def sharing(unit: Unit, records: Sequence[StoredRecord]) -> list[StoredRecord]:
    """The others whose document these share and that have no batch yet, locked."""
    mates = await groups_repository.mates(unit, [record.record_id for record in records])
    return await repository.lock_all(unit, [mate.record_id for mate in mates]) if mates else []


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


async def _waiting_for(unit: Unit, records: Sequence[StoredRecord]) -> list[StoredRecord]:
    """The expenses that stopped because their report cannot go without these."""
    numbers, found = {record.number for record in records}, []
    for each in await groups_repository.stopped_with(unit, INCOMPLETE):
        told = [item.params.get("blocking", "") for item in each.findings if item.code == INCOMPLETE]
        if any(number in numbers for names in told for number in names.split(", ")):
            found.append(each)
    return found
