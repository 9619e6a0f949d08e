"""One call to the ledger: sent once under a submission that is committed, each element judged on its own (protocol step 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ledgerwire.accounting.port import Composed, Ledger, Verdict, VerdictStatus
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.crashpoints import reach
from ledgerwire.common.db.session import Unit
from ledgerwire.common.errors import Ambiguous, LeaseLost, LedgerwireError, Stopped, Transient, Waiting
from ledgerwire.common.work.destination import is_passing
from ledgerwire.poster import points, repository
from ledgerwire.poster.domain.posting import PostingEvent, PostingState, advance
from ledgerwire.poster.record_group import RecordGroup
from ledgerwire.poster.to_post import Moved, ToPost

_EVENTS = {
    VerdictStatus.POSTED: PostingEvent.CONFIRMED,
    VerdictStatus.DRAFT: PostingEvent.LEFT_DRAFT,
    VerdictStatus.MISMATCHED: PostingEvent.DIFFERS,
    VerdictStatus.REFUSED: PostingEvent.REFUSED,
    VerdictStatus.NUMBER_TAKEN: PostingEvent.OUTCOME_LOST,
}
COMMITTED_TOGETHER = 25
"""Verdicts of one call that are committed in one transaction."""
STALE = "STALE_OBJECT"
"""The ledger's copy changed between our reading and our writing: read again, write again."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call and the documents it carries, in order."""

    composed: Composed
    targets: tuple[ToPost, ...]


def settled_after(ledger: Ledger) -> timedelta:
    """From a call's first byte to the moment at which its outcome can be seen."""
    return ledger.limits.request_timeout + ledger.limits.settle_delay


async def send(
    group: RecordGroup, ledger: Ledger, call: Call, submission: UUID, key: str, *, again_until: datetime | None = None
) -> None:
    """Send a committed call and commit what came of it; raises LeaseLost before the first byte if the lease is not ours.

    `again_until`: it was sent before and that outcome is open; the moment at which the provider forgets its key.
    """
    reach(points.SUBMISSION_COMMITTED)
    await group.ensure_lease(ledger.limits.request_timeout)
    try:
        verdicts = await ledger.send(call.composed, key)
    except Ambiguous as error:
        await _lost(group, ledger, call, submission, error)
        return
    except (Waiting, Transient) as error:
        await _not_sent(group, call, submission, error, again=again_until is not None)
        return
    except Stopped as stopped:
        verdicts = [
            Verdict(item.document.number, VerdictStatus.REFUSED, findings=stopped.findings) for item in call.targets
        ]
    reach(points.ANSWER_RECEIVED)
    if again_until is not None and any(one.status is VerdictStatus.REFUSED for one in verdicts):
        await _refused_again(group, call, submission, verdicts, again_until)
        return
    await _judge(group, call, submission, verdicts)


async def _lost(group: RecordGroup, ledger: Ledger, call: Call, submission: UUID, error: Ambiguous) -> None:
    """The outcome is unknown: every document of the call waits for the look-up, none is sent again before."""
    wait = settled_after(ledger)
    async with group.unit() as unit:
        await _leave_open(unit, call, submission, wait)
        for target in call.targets:
            await repository.add_timeline(unit, target.case.decided, "outcome_unknown", reason=str(error)[:200])
            await group.again(unit, target.case.item, code=error.code, after=wait)
    reach(points.OUTCOME_UNKNOWN)


async def _leave_open(unit: Unit, call: Call, submission: UUID, wait: timedelta) -> None:
    await repository.mark_unknown(unit, submission, wait)
    unknown = [Moved(item.posting_id, PostingState.UNKNOWN, findings=item.warnings) for item in call.targets]
    await repository.set_postings(unit, unknown)


async def _not_sent(group: RecordGroup, call: Call, submission: UUID, error: LedgerwireError, *, again: bool) -> None:
    """Nothing was processed. Of a second try that says nothing about the first, whose outcome stays open."""
    async with group.unit() as unit:
        if again:
            await _leave_open(unit, call, submission, timedelta(0))
        else:
            await repository.settle_submission(unit, submission, "not_processed")
            state = advance(PostingState.POSTING, PostingEvent.REFUSED)
            moved = [Moved(item.posting_id, state, findings=item.warnings) for item in call.targets]
            await repository.set_postings(unit, moved)
        for target in call.targets:
            await group.delay_in(unit, target.case, error)


async def _refused_again(
    group: RecordGroup, call: Call, submission: UUID, verdicts: Sequence[Verdict], until: datetime
) -> None:
    """The second try was refused, but the first may land yet: nobody is told before absence counts.

    What refuses it refuses the new call that follows then, which is when it stops.
    """
    async with group.unit() as unit:
        await _leave_open(unit, call, submission, timedelta(0))
        for target, verdict in zip(call.targets, verdicts, strict=True):
            reason = "; ".join(item.message for item in verdict.findings)[:200]
            await repository.add_timeline(unit, target.case.decided, "outcome_unknown", reason=reason)
            await group.again(unit, target.case.item, code=Ambiguous.code, until=until)


async def _judge(group: RecordGroup, call: Call, submission: UUID, verdicts: Sequence[Verdict]) -> None:
    """Verdicts are committed some at a time, the submission closes with the last of them."""
    judged = list(zip(call.targets, verdicts, strict=True))
    for start in range(0, len(judged), COMMITTED_TOGETHER):
        some = judged[start : start + COMMITTED_TOGETHER]
        await _commit(group, submission, some, last=start + len(some) == len(judged))
        reach(points.VERDICT_COMMITTED)
    reach(points.SUBMISSION_SETTLED)


async def _commit(
    group: RecordGroup, submission: UUID, judged: Sequence[tuple[ToPost, Verdict]], *, last: bool
) -> None:
    """All of them in one transaction; where the database takes one of them ill, each in its own, so that it stops no other."""
    try:
        await _commit_together(group, submission, judged, last=last)
    except LeaseLost:
        raise
    except Exception as error:
        if len(judged) == 1 or is_passing(error):
            raise
        for one in judged:
            await _commit_together(group, submission, [one], last=last and one is judged[-1])


async def _commit_together(
    group: RecordGroup, submission: UUID, judged: Sequence[tuple[ToPost, Verdict]], *, last: bool
) -> None:
    moved = [_moved(target, verdict) for target, verdict in judged]
    async with group.unit() as unit:
        await repository.set_postings(unit, moved)
        told = {target.posting_id: str(verdict.status) for target, verdict in judged}
        await repository.record_verdicts(unit, submission, told)
        for target, verdict in judged:
            await _follow(unit, group, target, verdict)
        if last:
            await repository.settle_submission(unit, submission, "judged")
    for (target, _), item in zip(judged, moved, strict=True):
        group.carry(target.posted(group.connection_id, item))


def _moved(target: ToPost, verdict: Verdict) -> Moved:
    earlier = [item for item in target.warnings if item not in verdict.findings]
    return Moved(
        target.posting_id,
        advance(PostingState.POSTING, _EVENTS[verdict.status]),
        ledger_id=verdict.ledger_id,
        ledger_total=verdict.total,
        findings=[*earlier, *verdict.findings],
    )


async def _follow(unit: Unit, group: RecordGroup, target: ToPost, verdict: Verdict) -> None:
    """What a verdict means for the record: its timeline, and its end or delay where the document is not there as wanted."""
    refused = verdict.status in {VerdictStatus.REFUSED, VerdictStatus.MISMATCHED}
    await repository.add_timeline(
        unit,
        target.case.decided,
        str(verdict.status),
        number=target.document.number,
        ledger_id=verdict.ledger_id,
        codes=[item.code for item in verdict.findings],
    )
    if refused and _is_stale(verdict.findings):
        await group.delay_in(unit, target.case, Transient(verdict.findings[0].message, code=STALE))
    elif refused:
        await group.settle(target.case, "stopped", verdict.findings, in_unit=unit)
    elif verdict.status is VerdictStatus.DRAFT:
        await group.report(unit, target.case, "draft", verdict.findings)


def _is_stale(findings: Sequence[Finding]) -> bool:
    return any(item.code == STALE for item in findings)
