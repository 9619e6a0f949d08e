"""One document for several records: who brings it to the ledger, and whether all it stands for still are as decided (M17)."""

from __future__ import annotations

from collections.abc import Sequence

from ledgerwire.common.record_type import RecordType
from ledgerwire.poster import repository
from ledgerwire.poster.domain.batch import BatchState
from ledgerwire.poster.ports import Psa
from ledgerwire.poster.record_group import RecordGroup
from ledgerwire.poster.records import Case


def carries(case: Case) -> bool:
    """A batched record whose document is to change: another record of it made it another (M17), or a person wants it anew.

    An invoice without a group shows itself whether it still is in a batch; nothing else does.
    """
    shows = case.decided.group_id is None and case.decided.record_type is RecordType.INVOICE
    return not shows and case.batch is not None and case.batch.state is BatchState.BATCHED


async def complete(group: RecordGroup, psa: Psa, record_type: RecordType, cases: Sequence[Case]) -> list[Case]:
    """The cases whose documents may be sent: what they newly stand for is on the unposted list, all of it (M1).

    Where a record has left the list before the document with it was sent, mapper decides the others anew.
    """
    shared = [case.decided.group_id for case in cases if case.decided.group_id is not None]
    if not shared:
        return list(cases)
    async with group.unit() as unit:
        to_come = await repository.members_to_come(unit, shared)
    wanted = sorted({source_id for ids in to_come.values() for source_id in ids})
    listed = await psa.unposted(record_type, wanted) if wanted else frozenset()
    ready: list[Case] = []
    for case in cases:
        if set(to_come.get(case.decided.group_id, ()) if case.decided.group_id else ()) <= listed:
            ready.append(case)
        else:
            await _decided_anew(group, case)
    return ready


async def _decided_anew(group: RecordGroup, case: Case) -> None:
    """One of the records asks mapper for all of them: whoever goes is rung for again."""
    async with group.unit() as unit:
        for mate in group.mates(case.item):
            await group.done(unit, mate.item)
        await group.settle(case, "remap", in_unit=unit)
