"""Post: eligible now, composed, committed, sent; several calls at once where the provider takes one document a call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from uuid import uuid4

from ledgerwire.accounting.port import Ledger
from ledgerwire.common.crashpoints import reach
from ledgerwire.common.ids import SubmissionId, idempotency_key
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.record_type import RecordType
from ledgerwire.poster import points, repository
from ledgerwire.poster.domain.posting import PostingEvent, PostingState, advance
from ledgerwire.poster.expense_groups import carries, complete
from ledgerwire.poster.mark import settle_unlisted
from ledgerwire.poster.marks import is_ours
from ledgerwire.poster.ports import Psa
from ledgerwire.poster.record_group import RecordGroup
from ledgerwire.poster.records import Case
from ledgerwire.poster.send import Call, send, settled_after
from ledgerwire.poster.targets import next_target, not_there_yet, prepared
from ledgerwire.poster.to_post import ToPost

CONCURRENT_CALLS = 6
"""Calls of one group under way at once. The adapter keeps its provider's own limit; this one bounds our transactions."""


async def post(group: RecordGroup, ledger: Ledger, psa: Psa, record_type: RecordType, cases: Sequence[Case]) -> None:
    """Send the next document of each of these records. What stops, waits or changed is settled here; the rest goes on."""
    eligible, forgotten = await _eligible(group, ledger, psa, record_type, cases)
    targets = await _targets(group, ledger, psa, eligible)
    lost = await not_there_yet(group, ledger, await _targets(group, ledger, psa, forgotten), look_for_all=True)
    await settle_unlisted(group, psa, record_type, [target.case for target in lost])
    first, *later = _waves(_calls(ledger, await not_there_yet(group, ledger, targets))) or [[]]
    await _send_all(group, ledger, first)
    for wave in later:
        # Looked for again: the wave before may have made a document of the very number.
        absent = await not_there_yet(group, ledger, [target for call in wave for target in call.targets])
        await _send_all(group, ledger, [call for call in wave if all(target in absent for target in call.targets)])


async def _targets(group: RecordGroup, ledger: Ledger, psa: Psa, cases: Sequence[Case]) -> list[ToPost]:
    found = [await next_target(group, ledger, psa, case) for case in cases]
    return [target for target in found if target is not None]


async def _eligible(
    group: RecordGroup, ledger: Ledger, psa: Psa, record_type: RecordType, cases: Sequence[Case]
) -> tuple[list[Case], list[Case]]:
    """The records that stand on the unposted list (M1), or that a person batched again after they had been posted (M8).

    None of which the document has an earlier share: mapper decides it anew. Beside them, those that bear a batch of ours which
    our rows do not know: these were set back to a time before it, so their documents are only looked for (R22).
    """
    listed = await psa.unposted(record_type, [case.decided.source_id for case in cases])
    missing = {case.decided.source_id: case.decided.number for case in cases if case.decided.source_id not in listed}
    marks = {mark.source_id: mark for mark in await psa.marks(record_type, missing)} if missing else {}
    eligible: list[Case] = []
    forgotten: list[Case] = []
    rest: list[Case] = []
    for case in cases:
        decided, mark = case.decided, marks.get(case.decided.source_id)
        by_hand = mark is not None and mark.batch_name is not None and mark.total == decided.source_total
        stands = decided.source_id in listed or (by_hand and case.was_posted)
        if carries(case) or (stands and not decided.share_is_old):
            eligible.append(case)
        elif mark is not None and is_ours(case, mark):
            forgotten.append(case)
        else:
            rest.append(case)
    await settle_unlisted(group, psa, record_type, rest)
    return await complete(group, ledger, psa, record_type, eligible), forgotten


def _calls(ledger: Ledger, targets: Sequence[ToPost]) -> Iterator[Call]:
    """Group new documents of one kind up to the provider's size; an update, or a number met twice, goes alone."""
    alone = [item for item in targets if item.ledger_id is not None]
    created = [item for item in targets if item.ledger_id is None]
    first = {(item.document.kind, item.document.number): item for item in reversed(created)}
    alone += [item for item in created if first[item.document.kind, item.document.number] is not item]
    for kind in DocumentKind:
        fresh = [item for item in created if item.document.kind is kind and item not in alone]
        size = ledger.limits.group_size.get(kind, 1)
        for start in range(0, len(fresh), size):
            yield from _fitting(ledger, kind, fresh[start : start + size])
    for target in alone:
        yield Call(ledger.compose(target.document.kind, [prepared(target)]), (target,))


def _fitting(ledger: Ledger, kind: DocumentKind, targets: Sequence[ToPost]) -> Iterator[Call]:
    composed = ledger.compose(kind, [prepared(item) for item in targets])
    if len(composed.body) <= ledger.limits.body_bytes or len(targets) == 1:
        yield Call(composed, tuple(targets))
        return
    half = len(targets) // 2
    yield from _fitting(ledger, kind, targets[:half])
    yield from _fitting(ledger, kind, targets[half:])


def _waves(calls: Iterator[Call]) -> list[list[Call]]:
    """Calls that may go at once: those with one number in common follow each other, in order."""
    waves: list[tuple[set[tuple[DocumentKind, str]], list[Call]]] = []
    for call in calls:
        numbers = {(item.document.kind, item.document.number) for item in call.targets}
        met = max((at for at, (taken, _) in enumerate(waves) if taken & numbers), default=-1)
        if met + 1 == len(waves):
            waves.append((set(), []))
        taken, some = waves[met + 1]
        taken.update(numbers)
        some.append(call)
    return [some for _, some in waves]


async def _send_all(group: RecordGroup, ledger: Ledger, calls: Sequence[Call]) -> None:
    gate = asyncio.Semaphore(CONCURRENT_CALLS)

    async def one(call: Call) -> None:
        async with gate:
            await _submit(group, ledger, call)

    # Every call is waited for, whatever another one met: none may go on once the lease is given back.
    ended = await asyncio.gather(*(one(call) for call in calls), return_exceptions=True)
    for result in ended:
        if isinstance(result, BaseException):
            raise result


async def _submit(group: RecordGroup, ledger: Ledger, call: Call) -> None:
    submission = SubmissionId(uuid4())
    key = idempotency_key(str(group.connection_id), submission)
    reach(points.BEFORE_SUBMISSION)
    unchanged = await _commit(group, ledger, call, submission, key)
    if len(unchanged) < len(call.targets):
        # A person held or skipped one meanwhile, a newer revision came, or another call was faster: nothing was committed for
        # this one.
        for fitting in _fitting(ledger, call.composed.kind, unchanged) if unchanged else ():
            await _submit(group, ledger, fitting)
        return
    await send(group, ledger, call, submission, key)


async def _commit(
    group: RecordGroup, ledger: Ledger, call: Call, submission: SubmissionId, key: str
) -> tuple[ToPost, ...]:
    """Commit the call, if all its records still are as they were read; returns the targets that are."""
    async with group.unit() as unit:
        decided = await repository.still_to_send(unit, [target.case for target in call.targets])
        unchanged = tuple(target for target in call.targets if target.case.decided.record_id in decided)
        if len(unchanged) < len(call.targets):
            return unchanged
        submitted = [(target, _submitted(target)) for target in call.targets]
        await repository.put_postings(unit, group.connection_id, submitted)
        for target in call.targets:
            await repository.add_timeline(
                unit, target.case.decided, "submitted", number=target.document.number, submission=str(submission)
            )
        await repository.open_submission(
            unit,
            submission_id=submission,
            connection_id=group.connection_id,
            kind=str(call.composed.kind),
            method=call.composed.method,
            path=call.composed.path,
            key=key,
            body=call.composed.body,
            fence=group.fence,
            look_after=settled_after(ledger),
            postings=[target.posting_id for target in call.targets],
        )
    return unchanged


def _submitted(target: ToPost) -> PostingState:
    state = target.before.state if target.before is not None else PostingState.QUEUED
    if state is not PostingState.QUEUED:
        state = advance(state, PostingEvent.REVISED)
    return advance(state, PostingEvent.SUBMITTED)
