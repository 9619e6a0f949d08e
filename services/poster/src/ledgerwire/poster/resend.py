"""Send the very same call once more: for kinds whose absence proves nothing, inside the provider's window for its key."""

from __future__ import annotations

from dataclasses import replace

from ledgerwire.accounting.port import Ledger, Prepared
from ledgerwire.poster import repository
from ledgerwire.poster.record_group import RecordGroup
from ledgerwire.poster.records import Case, StoredPosting
from ledgerwire.poster.send import Call, send, settled_after
from ledgerwire.poster.to_post import ToPost


async def sent_again(group: RecordGroup, ledger: Ledger, case: Case, posting: StoredPosting) -> bool:
    """What follows from a look-up that found nothing of a document we sent.

    False: the absence counts. True: it does not yet, so the same key and bytes went again (the provider makes one document of
    both), or, for a document that the record no longer wants, the end of the window is waited for.
    """
    if posting.kind in ledger.limits.absence_is_proof or posting.look_after is None:
        return False
    async with group.unit() as unit:
        call = await repository.open_call(unit, posting.posting_id, ledger.limits.resend_window)
        if call is None or call.expired:
            return False
        # Asked again in this transaction: the record may have been held, skipped or revised during the look-up. The state of its
        # postings is not compared, for the same look-up may have moved another one; that of this one the open call shows.
        if not (_still_wanted(case, posting) and await repository.decided_in_turn(unit, [case])):
            await group.again(unit, case.item, code="OUTCOME_UNKNOWN", until=call.expires_at)
            return True
        await repository.reopen_submission(unit, call.submission_id, group.fence, settled_after(ledger))
        await repository.add_timeline(unit, case.decided, "sent_again", number=posting.number)
    composed = ledger.compose(posting.kind, [Prepared(posting.document, posting.contact_id or "", posting.ledger_id)])
    same = Call(replace(composed, body=call.body), (_target(case, posting),))
    await send(group, ledger, same, call.submission_id, call.key, again_until=call.expires_at)
    return True


def _still_wanted(case: Case, posting: StoredPosting) -> bool:
    if not (case.decided.decided and case.is_here):
        return False
    wanted = case.decided.wanted
    return posting.reverses is not None or (
        case.asks_for(posting) is not None and wanted[posting.ordinal].document_hash == posting.document_hash
    )


def _target(case: Case, posting: StoredPosting) -> ToPost:
    return ToPost(
        case=case,
        posting_id=posting.posting_id,
        ordinal=posting.ordinal,
        edition=posting.edition,
        document=posting.document,
        wanted_hash=posting.document_hash,
        contact_id=posting.contact_id or "",
        ledger_id=posting.ledger_id,
        reverses=posting.reverses,
        before=posting,
    )
