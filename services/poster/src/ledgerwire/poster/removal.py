"""Take a document out of the ledger by its id: committed before the call, safe to ask again, looked at first (M8)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import uuid4

from ledgerwire.accounting.port import Ledger
from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.crashpoints import reach
from ledgerwire.common.db.session import Unit
from ledgerwire.common.errors import Ambiguous, Stopped, Transient, Waiting
from ledgerwire.common.ids import SubmissionId, idempotency_key
from ledgerwire.poster import points, repository
from ledgerwire.poster.domain.batch import BatchEvent, BatchState
from ledgerwire.poster.domain.batch import advance as advance_batch
from ledgerwire.poster.domain.posting import PostingEvent, PostingState, advance
from ledgerwire.poster.record_group import RecordGroup
from ledgerwire.poster.records import Case, StoredPosting
from ledgerwire.poster.send import settled_after
from ledgerwire.poster.standing import ensure_changeable, read_standing


async def take_out_chosen(group: RecordGroup, ledger: Ledger, cases: Sequence[Case]) -> None:
    """The documents that a person wants voided, or whose voiding has begun; what is to replace them is posted next."""
    for case in cases:
        for posting in case.concerned:
            if not await take_out(group, ledger, case, posting):
                break


async def take_out(
    group: RecordGroup, ledger: Ledger, case: Case, posting: StoredPosting, findings: Sequence[Finding] = ()
) -> bool:
    """Void one document; False when the record was settled or delayed instead. `findings` are told once it is settled."""
    findings = findings or posting.warnings
    if await _answer_pending(group, case, posting):
        return False
    read = await read_standing(ledger, posting)
    if read is None:
        # a number stays with the document that somebody else voided, too: what replaces it takes another
        ours = posting.state in {PostingState.VOIDING, PostingState.DRIFTED}
        await gone(group, case, posting, findings, voided=ours)
        return True
    try:
        await ensure_changeable(ledger, posting, read.found)
    except Stopped as stopped:
        await _refused(group, case, posting, stopped)
        return False
    return await _void(group, ledger, case, posting, findings, read.found.currency_rate)


async def _answer_pending(group: RecordGroup, case: Case, posting: StoredPosting) -> bool:
    """Whether an earlier call may still be at work: nobody looks before it must have finished."""
    if posting.look_after is None:
        return False
    async with group.unit() as unit:
        if posting.look_after <= await repository.database_now(unit):
            await repository.close_looked_up(unit, posting.posting_id)
            return False
        await group.again(unit, case.item, code="OUTCOME_UNKNOWN", until=posting.look_after)
    return True


async def _void(
    group: RecordGroup,
    ledger: Ledger,
    case: Case,
    posting: StoredPosting,
    findings: Sequence[Finding],
    rate: Decimal | None,
) -> bool:
    submission = SubmissionId(uuid4())
    key = idempotency_key(str(group.connection_id), submission)
    if not await _commit(group, ledger, case, posting, findings, rate, submission, key):
        return False
    reach(points.VOID_COMMITTED)
    await group.ensure_lease(ledger.limits.request_timeout)
    try:
        await ledger.void(posting.kind, str(posting.ledger_id), key)
    except Ambiguous as error:
        wait = settled_after(ledger)
        async with group.unit() as unit:
            await repository.mark_unknown(unit, submission, wait)
            await group.again(unit, case.item, code=error.code, after=wait)
        return False
    except (Waiting, Transient) as error:
        async with group.unit() as unit:
            await repository.settle_submission(unit, submission, "not_processed")
            await group.delay_in(unit, case, error)
        return False
    except Stopped as stopped:
        await _refused(group, case, posting, stopped, sent=True)
        return False
    reach(points.VOIDED)
    await gone(group, case, posting, findings, voided=True)
    return True


async def _commit(
    group: RecordGroup,
    ledger: Ledger,
    case: Case,
    posting: StoredPosting,
    findings: Sequence[Finding],
    rate: Decimal | None,
    submission: SubmissionId,
    key: str,
) -> bool:
    """Commit the call and the choice it carries out, if the record still is as it was read."""
    body = canonical_bytes({"kind": str(posting.kind), "ledger_id": posting.ledger_id})
    async with group.unit() as unit:
        begun = posting.state is PostingState.VOIDING
        if not begun and not await repository.still_decided(unit, [case]):
            return False
        await repository.set_posting(
            unit,
            posting.posting_id,
            advance(posting.state, PostingEvent.VOID_SENT),
            findings=findings,
            choices=case.choices,
        )
        await repository.keep_rate(unit, posting, rate)
        if case.batch is not None and case.batch.state is BatchState.DELETED and not case.only_to_void:
            await repository.set_batch(unit, case.decided, advance_batch(case.batch.state, BatchEvent.WANTED_AGAIN))
        await repository.open_submission(
            unit,
            submission_id=submission,
            connection_id=group.connection_id,
            kind="void",
            method="POST",
            path=f"{posting.kind}/{posting.ledger_id}",
            key=key,
            body=body,
            fence=group.fence,
            look_after=settled_after(ledger),
            postings=[posting.posting_id],
        )
        await repository.add_timeline(unit, case.decided, "voiding", number=posting.number)
    return True


async def _refused(
    group: RecordGroup, case: Case, posting: StoredPosting, stopped: Stopped, *, sent: bool = False
) -> None:
    async with group.unit() as unit:
        if sent or posting.state is PostingState.VOIDING:
            state = advance(PostingState.VOIDING, PostingEvent.VOID_REFUSED)
            await repository.set_posting(unit, posting.posting_id, state, findings=stopped.findings)
            await repository.close_looked_up(unit, posting.posting_id)
        await group.settle(case, "stopped", stopped.findings, in_unit=unit)


async def gone(
    group: RecordGroup,
    case: Case,
    posting: StoredPosting,
    findings: Sequence[Finding] = (),
    *,
    voided: bool = False,
) -> None:
    """The ledger does not hold the document any more; `voided` when that is our own doing."""
    async with group.unit() as unit:
        await gone_in(unit, case, posting, findings, voided=voided)


async def gone_in(
    unit: Unit, case: Case, posting: StoredPosting, findings: Sequence[Finding] = (), *, voided: bool = False
) -> None:
    """The same in a transaction that does more."""
    state = posting.state if not voided else PostingState.VOIDING
    await repository.set_posting(unit, posting.posting_id, advance(state, PostingEvent.GONE), findings=findings)
    await repository.forget_document(unit, posting.posting_id, voided=posting.ledger_id if voided else None)
    await repository.close_looked_up(unit, posting.posting_id)
    await repository.add_timeline(
        unit,
        case.decided,
        "voided" if voided else "document_gone",
        number=posting.number,
        ledger_id=posting.ledger_id,
    )
