"""One document for several records: who brings it to the ledger, and whether all it stands for still are as decided (M17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from ledgerwire.accounting.port import Ledger
from ledgerwire.common.errors import Waiting
from ledgerwire.common.record_type import RecordType
from ledgerwire.poster import repository
from ledgerwire.poster.domain.batch import BatchState
from ledgerwire.poster.domain.posting import PostingState, under_way
from ledgerwire.poster.ports import Psa
from ledgerwire.poster.record_group import RecordGroup
from ledgerwire.poster.records import Case, StoredPosting
from ledgerwire.poster.removal import gone_in
from ledgerwire.poster.standing import read_standing

IN_ANOTHER = "EXPENSE_IN_ANOTHER_DOCUMENT"
LOOK_AGAIN = timedelta(minutes=1)
"""What holds an expense up is mostly changed by a person."""

DECIDED_AFTER = timedelta(seconds=5)
"""How long the others of a document rest while mapper decides it anew; whoever is rung for meanwhile comes at once."""


def carries(case: Case) -> bool:
    """A batched record whose document is to change: another record of it made it another (M17), or a person wants it anew.

    An invoice without a group shows itself whether it still is in a batch; nothing else does.
    """
    shows = case.decided.group_id is None and case.decided.record_type is RecordType.INVOICE
    return not shows and case.batch is not None and case.batch.state is BatchState.BATCHED


async def complete(
    group: RecordGroup, ledger: Ledger, psa: Psa, record_type: RecordType, cases: Sequence[Case]
) -> list[Case]:
    """The cases whose documents may be sent: what they newly stand for is on the unposted list, all of it (M1).

    Where a record has left the list before the document with it was sent, or has a batch and a person accepted that its share is
    out of the ledger, mapper decides the others anew. None of their records has a share in another document.
    """
    if record_type is not RecordType.EXPENSE:
        return list(cases)
    cases = await _without_another(group, ledger, cases)
    shared = [case.decided.group_id for case in cases if case.decided.group_id is not None]
    if not shared:
        return list(cases)
    async with group.unit() as unit:
        to_come = await repository.members_to_come(unit, shared)
        staying_out = await repository.with_accepted_gone(unit, shared)
    wanted = sorted({source_id for ids in to_come.values() for source_id in ids})
    listed = await psa.unposted(record_type, wanted) if wanted else frozenset()
    ready: list[Case] = []
    for case in cases:
        missing = set(to_come.get(case.decided.group_id, ()) if case.decided.group_id else ()) - listed
        if missing or case.decided.group_id in staying_out:
            await _decided_anew(group, case)
        else:
            ready.append(case)
    return ready


async def free_to_batch(
    group: RecordGroup, ledger: Ledger, record_type: RecordType, cases: Sequence[Case]
) -> list[Case]:
    """The cases that no document but their own has a share of: one batched over it would have money in the ledger for nothing (M8).

    What left a document may need none now, so that nothing but its batch is left to be made.
    """
    if record_type is not RecordType.EXPENSE or not cases:
        return list(cases)
    owners = {case.decided.record_id: case.decided.owner_id for case in cases}
    async with group.unit() as unit:
        others = await repository.in_documents_of_others(unit, owners)
    gone: dict[UUID, bool] = {}
    for case in cases:
        await _wait_for(group, ledger, case, others.get(case.decided.record_id, ()), gone)
    return [case for case in cases if case.decided.record_id not in others]


async def _without_another(group: RecordGroup, ledger: Ledger, cases: Sequence[Case]) -> list[Case]:
    """Those of whose records no other document has a share: what left one is sent once the ledger has that one without it (M8)."""
    async with group.unit() as unit:
        others = await repository.in_other_documents(unit, {case.decided.owner_id for case in cases})
    free = [case for case in cases if case.decided.owner_id not in others]
    changing, gone = {case.decided.owner_id for case in free}, dict[UUID, bool]()
    for case in cases:
        there = others.get(case.decided.owner_id, [])
        if any(posting.record_id in changing for posting in there):
            continue  # it is brought up to date now; the next round sees what came of that
        await _wait_for(group, ledger, case, there, gone)
    return free


async def _wait_for(
    group: RecordGroup, ledger: Ledger, case: Case, others: Sequence[StoredPosting], gone: dict[UUID, bool]
) -> None:
    """The case waits for those of these documents that the ledger still has; where it has none, the next round goes on.

    `gone`: what was seen of documents just now: many may have left one, and each is looked at once.
    """
    for posting in others:
        if posting.posting_id not in gone:
            gone[posting.posting_id] = await _is_gone(group, ledger, case, posting)
    if standing := [posting.number for posting in others if not gone[posting.posting_id]]:
        named = {"report": ", ".join(standing)}
        error = Waiting("its share is in another document", code=IN_ANOTHER, after=LOOK_AGAIN, detail=named)
        await group.delay([case], error)


async def _is_gone(group: RecordGroup, ledger: Ledger, case: Case, posting: StoredPosting) -> bool:
    """Whether a person has taken another document out of the ledger: of those that it stood for, nobody else may ever look.

    Where it stands for one with a batch, who left it is out of it, and the drift watch tells of the rest (D11).
    """
    elsewhere = posting.connection_id != group.connection_id
    if under_way(posting.state) or elsewhere or await read_standing(ledger, posting) is not None:
        return False
    async with group.unit() as unit:
        if await repository.stands_for_batched(unit, posting.posting_id):
            await repository.forget_left(unit, posting.posting_id)
        elif posting.state is PostingState.RELEASED:
            await repository.forget_document(unit, posting.posting_id)
        else:
            await gone_in(unit, case, posting)
    return True


async def _decided_anew(group: RecordGroup, case: Case) -> None:
    """One of the records asks mapper for all of them, and the others come again: one that has left the list is not rung for.

    One with a proved batch is not given back, it comes again like the others.
    """
    async with group.unit() as unit:
        await group.again(unit, case.item, code="DECIDED_ANEW", after=DECIDED_AFTER)
        if case.batch is not None and case.batch.state is BatchState.BATCHED:
            await group.report(unit, case, "refresh")
        else:
            await group.settle(case, "remap", in_unit=unit)
