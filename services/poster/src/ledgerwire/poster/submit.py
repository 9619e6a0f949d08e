"""Post: eligible now, composed, committed, sent once, each element judged on its own (protocol steps 1 and 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from ledgerwire.accounting.port import Composed, Ledger, Prepared, Verdict, VerdictStatus
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.crashpoints import reach
from ledgerwire.common.errors import Ambiguous, LeaseLost, LedgerwireError, Stopped, Transient, Waiting
from ledgerwire.common.ids import SubmissionId, idempotency_key
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.poster import points, repository
from ledgerwire.poster.contacts import resolve_contact
from ledgerwire.poster.domain.posting import PostingEvent, PostingState, advance
from ledgerwire.poster.ports import Psa
from ledgerwire.poster.record_group import RecordGroup
from ledgerwire.poster.records import Case, StoredPosting, ToPost

_EVENTS = {
    VerdictStatus.POSTED: PostingEvent.CONFIRMED,
    VerdictStatus.DRAFT: PostingEvent.LEFT_DRAFT,
    VerdictStatus.MISMATCHED: PostingEvent.DIFFERS,
    VerdictStatus.REFUSED: PostingEvent.REFUSED,
    VerdictStatus.NUMBER_TAKEN: PostingEvent.OUTCOME_LOST,
}


async def post(group: RecordGroup, ledger: Ledger, psa: Psa, cases: Sequence[Case]) -> None:
    """Send what these cases still owe the ledger. Cases that stop, wait or changed are settled here; the rest go on to the batch."""
    standing = await psa.unposted([case.decided.invoice_id for case in cases])
    targets: list[ToPost] = []
    for case in cases:
        if case.decided.invoice_id not in standing:
            await group.settle(case, "remap")
            continue
        targets += await _targets(group, ledger, case)
    for targets_of_call in _calls(ledger, targets):
        await _submit(group, ledger, targets_of_call)


async def _targets(group: RecordGroup, ledger: Ledger, case: Case) -> list[ToPost]:
    """The documents of one record that are not in the ledger as wanted; empty when the record was settled instead."""
    wanted: list[ToPost] = []
    try:
        for ordinal, document in enumerate(case.decided.documents):
            posting = case.posting_for(ordinal)
            if posting is not None and posting.carries(document) and posting.state is not PostingState.QUEUED:
                continue
            contact_id = await resolve_contact(group, ledger, document.contact)
            ledger_id = await _updatable(ledger, posting, contact_id, case) if posting is not None else None
            target = ToPost(case, ordinal, document, contact_id, ledger_id)
            ledger.compose(document.kind, [_prepared(target)])
            wanted.append(target)
    except Stopped as stopped:
        await group.settle(case, "stopped", stopped.findings)
        return []
    except Ambiguous as error:
        # A contact may have been made: it is looked for only when the ledger must have finished with the call.
        async with group.unit() as unit:
            await group.again(unit, case.item, code=error.code, after=_settled_after(ledger))
        return []
    except LeaseLost:
        raise
    except Exception as error:  # noqa: BLE001 - one record's fault, even one of ours, is not the group's
        await group.delay([case], error)
        return []
    return wanted


async def _updatable(ledger: Ledger, posting: StoredPosting, contact_id: str, case: Case) -> str | None:
    """The id by which a later revision updates its document; None when that document is gone and a new one is due.

    Stopped where money hangs on it or it belongs to another customer (M8).
    """
    number, ledger_id = posting.number, posting.ledger_id
    if ledger_id is None:
        return None
    for found in await ledger.find_documents(posting.kind, [number]):
        if found.ledger_id != ledger_id or not found.live:
            continue
        if found.paid != 0:
            raise Stopped(
                [Finding("DOCUMENT_PAID", {"number": number, "ledger": ledger.name, "paid": f"{found.paid:.2f}"})]
            )
        if found.contact_id != contact_id:
            customer = case.decided.documents[0].contact.company_name
            raise Stopped([Finding("DOCUMENT_CONTACT_CHANGED", {"number": number, "company": customer})])
        return ledger_id
    return None


def _prepared(target: ToPost) -> Prepared:
    return Prepared(target.document, target.contact_id, target.ledger_id)


@dataclass(frozen=True, slots=True)
class _Call:
    composed: Composed
    targets: tuple[ToPost, ...]


def _calls(ledger: Ledger, targets: Sequence[ToPost]) -> Iterator[_Call]:
    """Group new documents of one kind up to the provider's size; an update, or a number met twice, goes alone."""
    alone = [item for item in targets if item.ledger_id is not None]
    created = [item for item in targets if item.ledger_id is None]
    first = {(item.document.kind, item.document.number): item for item in reversed(created)}
    alone += [item for item in created if first[item.document.kind, item.document.number] is not item]
    for target in alone:
        yield _Call(ledger.compose(target.document.kind, [_prepared(target)]), (target,))
    for kind in DocumentKind:
        fresh = [item for item in created if item.document.kind is kind and item not in alone]
        size = ledger.limits.group_size.get(kind, 1)
        for start in range(0, len(fresh), size):
            yield from _fitting(ledger, kind, fresh[start : start + size])


def _fitting(ledger: Ledger, kind: DocumentKind, targets: Sequence[ToPost]) -> Iterator[_Call]:
    composed = ledger.compose(kind, [_prepared(item) for item in targets])
    if len(composed.body) <= ledger.limits.body_bytes or len(targets) == 1:
        yield _Call(composed, tuple(targets))
        return
    half = len(targets) // 2
    yield from _fitting(ledger, kind, targets[:half])
    yield from _fitting(ledger, kind, targets[half:])


async def _submit(group: RecordGroup, ledger: Ledger, call: _Call) -> None:
    submission = SubmissionId(uuid4())
    key = idempotency_key(str(group.connection_id), submission)
    reach(points.BEFORE_SUBMISSION)
    unchanged = await _commit(group, ledger, call, submission, key)
    if len(unchanged) < len(call.targets):
        # A person held or skipped one meanwhile, or a newer revision came: nothing was committed for this call.
        for fitting in _fitting(ledger, call.composed.kind, unchanged) if unchanged else ():
            await _submit(group, ledger, fitting)
        return
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
        refused = [
            Verdict(item.document.number, VerdictStatus.REFUSED, findings=stopped.findings) for item in call.targets
        ]
        await _judge(group, call, submission, refused)
        return
    reach(points.ANSWER_RECEIVED)
    await _judge(group, call, submission, verdicts)


async def _commit(
    group: RecordGroup, ledger: Ledger, call: _Call, submission: SubmissionId, key: str
) -> tuple[ToPost, ...]:
    """Commit the call, if all its records still are as they were read; returns the targets that are."""
    async with group.unit() as unit:
        decided = await repository.still_decided(unit, [target.case for target in call.targets])
        unchanged = tuple(target for target in call.targets if target.case.decided.record_id in decided)
        if len(unchanged) < len(call.targets):
            return unchanged
        for target in call.targets:
            await repository.put_posting(
                unit,
                group.connection_id,
                target,
                _submitted(target),
                target.contact_id,
            )
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
            look_after=_settled_after(ledger),
            postings=[target.posting_id for target in call.targets],
        )
    return unchanged


def _settled_after(ledger: Ledger) -> timedelta:
    """From a call's first byte to the moment at which its outcome can be seen."""
    return ledger.limits.request_timeout + ledger.limits.settle_delay


def _submitted(target: ToPost) -> PostingState:
    posting = target.case.posting_for(target.ordinal)
    state = posting.state if posting is not None else PostingState.QUEUED
    if state is not PostingState.QUEUED:
        state = advance(state, PostingEvent.REVISED)
    return advance(state, PostingEvent.SUBMITTED)


async def _lost(group: RecordGroup, ledger: Ledger, call: _Call, submission: SubmissionId, error: Ambiguous) -> None:
    """The outcome is unknown: every document of the call waits for the look-up, none is sent again before."""
    wait = _settled_after(ledger)
    async with group.unit() as unit:
        await repository.mark_unknown(unit, submission, wait)
        for target in call.targets:
            await repository.set_posting(unit, target.posting_id, PostingState.UNKNOWN)
            await repository.add_timeline(unit, target.case.decided, "outcome_unknown", reason=str(error)[:200])
            await group.again(unit, target.case.item, code=error.code, after=wait)


async def _not_sent(group: RecordGroup, call: _Call, submission: SubmissionId, error: LedgerwireError) -> None:
    async with group.unit() as unit:
        await repository.settle_submission(unit, submission, "not_processed")
        for target in call.targets:
            await repository.set_posting(
                unit, target.posting_id, advance(PostingState.POSTING, PostingEvent.REFUSED), new_generation=True
            )
            await group.delay_in(unit, target.case, error)


async def _judge(group: RecordGroup, call: _Call, submission: SubmissionId, verdicts: Sequence[Verdict]) -> None:
    """Each record's verdict commits on its own; the submission closes after the last."""
    for target, verdict in zip(call.targets, verdicts, strict=True):
        await _one(group, target, submission, verdict)
        reach(points.VERDICT_COMMITTED)
    async with group.unit() as unit:
        await repository.settle_submission(unit, submission, "judged")


async def _one(group: RecordGroup, target: ToPost, submission: UUID, verdict: Verdict) -> None:
    refused = verdict.status in {VerdictStatus.REFUSED, VerdictStatus.MISMATCHED}
    async with group.unit() as unit:
        await repository.set_posting(
            unit,
            target.posting_id,
            advance(PostingState.POSTING, _EVENTS[verdict.status]),
            ledger_id=verdict.ledger_id,
            ledger_total=verdict.total,
            findings=verdict.findings,
            new_generation=verdict.status is VerdictStatus.REFUSED,
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
        if refused:
            await group.settle(target.case, "stopped", verdict.findings, in_unit=unit)
        elif verdict.status is VerdictStatus.DRAFT:
            await group.report(unit, target.case, "draft", verdict.findings)
