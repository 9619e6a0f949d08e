"""One call to the ledger: sent once under a submission that is committed, each element judged on its own (protocol step 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from ledgerwire.accounting.port import Composed, Ledger, Verdict, VerdictStatus
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.crashpoints import reach
from ledgerwire.common.errors import Ambiguous, LedgerwireError, Stopped, Transient, Waiting
from ledgerwire.poster import points, repository
from ledgerwire.poster.domain.posting import PostingEvent, PostingState, advance
from ledgerwire.poster.record_group import RecordGroup
from ledgerwire.poster.records import ToPost

_EVENTS = {
    VerdictStatus.POSTED: PostingEvent.CONFIRMED,
    VerdictStatus.DRAFT: PostingEvent.LEFT_DRAFT,
    VerdictStatus.MISMATCHED: PostingEvent.DIFFERS,
    VerdictStatus.REFUSED: PostingEvent.REFUSED,
    VerdictStatus.NUMBER_TAKEN: PostingEvent.OUTCOME_LOST,
}
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


async def send(group: RecordGroup, ledger: Ledger, call: Call, submission: UUID, key: str) -> None:
    """Send a committed call and commit what came of it; raises LeaseLost before the first byte if the lease is not ours."""
    reach(points.SUBMISSION_COMMITTED)
    await group.ensure_lease(ledger.limits.request_timeout)
    try:
        verdicts = await ledger.send(call.composed, key)
    except Ambiguous as error:
        await _lost(group, ledger, call, submission, error)
        return
    except (Waiting, Transient) as error:
        await _not_sent(group, call, submission, error)
        return
    except Stopped as stopped:
        verdicts = [
            Verdict(item.document.number, VerdictStatus.REFUSED, findings=stopped.findings) for item in call.targets
        ]
    reach(points.ANSWER_RECEIVED)
    await _judge(group, call, submission, verdicts)


async def _lost(group: RecordGroup, ledger: Ledger, call: Call, submission: UUID, error: Ambiguous) -> None:
    """The outcome is unknown: every document of the call waits for the look-up, none is sent again before."""
    wait = settled_after(ledger)
    async with group.unit() as unit:
        await repository.mark_unknown(unit, submission, wait)
        for target in call.targets:
            await repository.set_posting(unit, target.posting_id, PostingState.UNKNOWN, findings=target.warnings)
            await repository.add_timeline(unit, target.case.decided, "outcome_unknown", reason=str(error)[:200])
            await group.again(unit, target.case.item, code=error.code, after=wait)
    reach(points.OUTCOME_UNKNOWN)


async def _not_sent(group: RecordGroup, call: Call, submission: UUID, error: LedgerwireError) -> None:
    async with group.unit() as unit:
        await repository.settle_submission(unit, submission, "not_processed")
        for target in call.targets:
            state = advance(PostingState.POSTING, PostingEvent.REFUSED)
            await repository.set_posting(unit, target.posting_id, state, findings=target.warnings)
            await group.delay_in(unit, target.case, error)


async def _judge(group: RecordGroup, call: Call, submission: UUID, verdicts: Sequence[Verdict]) -> None:
    """Each record's verdict commits on its own; the submission closes after the last."""
    for target, verdict in zip(call.targets, verdicts, strict=True):
        await _one(group, target, submission, verdict)
        reach(points.VERDICT_COMMITTED)
    async with group.unit() as unit:
        await repository.settle_submission(unit, submission, "judged")
    reach(points.SUBMISSION_SETTLED)


async def _one(group: RecordGroup, target: ToPost, submission: UUID, verdict: Verdict) -> None:
    refused = verdict.status in {VerdictStatus.REFUSED, VerdictStatus.MISMATCHED}
    async with group.unit() as unit:
        await repository.set_posting(
            unit,
            target.posting_id,
            advance(PostingState.POSTING, _EVENTS[verdict.status]),
            ledger_id=verdict.ledger_id,
            ledger_total=verdict.total,
            findings=[*(item for item in target.warnings if item not in verdict.findings), *verdict.findings],
        )
        await repository.record_verdict(unit, submission, target.posting_id, str(verdict.status))
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
