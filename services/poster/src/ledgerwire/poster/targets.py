"""What one record owes the ledger next: its documents, each with its contact, items and number, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from ledgerwire.accounting.port import Ledger, Prepared
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Ambiguous, LeaseLost, LedgerwireError, Stopped, Transient, Waiting
from ledgerwire.common.ledger.document import LedgerDocument
from ledgerwire.poster import repository
from ledgerwire.poster.contacts import resolve_contact
from ledgerwire.poster.domain.match import Match, judge
from ledgerwire.poster.domain.posting import PostingEvent, PostingState, advance
from ledgerwire.poster.domain.reversal import edition_number, redated
from ledgerwire.poster.items import make_items
from ledgerwire.poster.ports import Psa
from ledgerwire.poster.record_group import PATIENCE, RecordGroup
from ledgerwire.poster.records import Case, StoredPosting
from ledgerwire.poster.removal import gone, take_out
from ledgerwire.poster.send import settled_after
from ledgerwire.poster.standing import ensure_batch_open, ensure_changeable, meant, read_standing, there
from ledgerwire.poster.to_post import ToPost, new_posting_id


def prepared(target: ToPost) -> Prepared:
    """A target as an adapter composes it."""
    return Prepared(target.document, target.contact_id, target.ledger_id)


async def next_target(group: RecordGroup, ledger: Ledger, psa: Psa, case: Case) -> ToPost | None:
    """The next document of a record to be sent: one after the other (M5). None when the record was settled or moved instead.

    All that are still to come are composed first, so that a record which cannot be posted whole is not begun.
    """
    try:
        targets = _reversals(case, (await ledger.reference_data()).lock_date) or await _own(group, ledger, case)
        for target in targets:
            ledger.compose(target.document.kind, [prepared(target)])
        return await _changeable(group, ledger, psa, targets[0]) if targets else None
    except Stopped as stopped:
        await group.settle(case, "stopped", stopped.findings)
    except Ambiguous as error:
        # A contact or an item may have been made: it is looked for only when the ledger must have finished with the call.
        async with group.unit() as unit:
            await group.again(unit, case.item, code=error.code, after=settled_after(ledger))
    except LeaseLost:
        raise
    except Exception as error:  # noqa: BLE001 - one record's fault, even one of ours, is not the group's
        await group.delay([case], error)
    return None


def _reversals(case: Case, lock: date | None) -> list[ToPost]:
    """What takes an earlier document back goes before what replaces it; a period closed meanwhile moves it on."""
    return [
        ToPost(
            case=case,
            posting_id=item.posting_id,
            ordinal=item.ordinal,
            edition=item.edition,
            document=redated(item.document, lock),
            wanted_hash=item.document_hash,
            contact_id=item.contact_id or "",
            reverses=item.reverses,
            before=item,
        )
        for item in case.concerned
        if item.reverses is not None
    ]


async def _own(group: RecordGroup, ledger: Ledger, case: Case) -> list[ToPost]:
    targets: list[ToPost] = []
    for ordinal, (document, wanted) in enumerate(zip(case.decided.documents, case.decided.wanted, strict=True)):
        posting = case.posting_for(ordinal)
        if posting is not None and posting.has_as_wanted(wanted.document_hash):
            continue
        contact_id = await resolve_contact(group, ledger, document.contact)
        await make_items(group, ledger, document.new_items)
        targets.append(await _target(ledger, case, ordinal, posting, document, wanted.document_hash, contact_id))
    return targets


async def _target(
    ledger: Ledger,
    case: Case,
    ordinal: int,
    posting: StoredPosting | None,
    document: LedgerDocument,
    wanted_hash: str,
    contact_id: str,
) -> ToPost:
    edition = posting.edition if posting is not None else case.next_edition(ordinal)
    number_length = (await ledger.reference_data()).rules.number_length
    rate = document.currency_rate or case.rate_before(ordinal, document.currency)
    number = edition_number(document.number, edition, number_length)
    return ToPost(
        case=case,
        posting_id=posting.posting_id if posting else new_posting_id(case, ordinal, document.kind, edition),
        ordinal=ordinal,
        edition=edition,
        document=replace(document, number=number, currency_rate=rate),
        wanted_hash=wanted_hash,
        contact_id=contact_id,
        ledger_id=posting.ledger_id if posting else None,
        before=posting,
    )


async def _changeable(group: RecordGroup, ledger: Ledger, psa: Psa, target: ToPost) -> ToPost | None:
    """A target that updates a document, if that may be changed; None when the document went away first (M8).

    One that was voided in the ledger is made anew. Another customer's is voided, and made again for the one billed now.
    Raises Stopped where money hangs on it, its period is closed, or the batch of the earlier round is.
    """
    case, posting = target.case, target.before
    if posting is None or target.ledger_id is None:
        return target
    read = await read_standing(ledger, posting)
    if read is None:
        await gone(group, case, posting)
        return None
    await ensure_changeable(ledger, posting, read.found, target.document.document_date)
    await ensure_batch_open(ledger, psa, case)
    if read.found.contact_id != target.contact_id:
        billed = target.document.contact.company_name if target.document.contact else ""
        told = {"number": posting.number, "ledger": ledger.name, "company": billed}
        await take_out(group, ledger, case, posting, [Finding("DOCUMENT_CONTACT_CHANGED", told)])
        return None
    rate = target.document.currency_rate or read.found.currency_rate  # a revision keeps the rate that was used (M15)
    return replace(target, document=replace(target.document, currency_rate=rate))


async def not_there_yet(
    group: RecordGroup, ledger: Ledger, targets: Sequence[ToPost], *, look_for_all: bool = False
) -> list[ToPost]:
    """Look before post, for kinds whose number the ledger does not keep unique: what is there already is adopted or stops (M16).

    With `look_for_all` for every kind. Returns what is not there; what may be another record's document on its way waits.
    """
    unique = frozenset() if look_for_all else ledger.limits.unique_number
    absent = [item for item in targets if item.ledger_id or item.document.kind in unique]
    fresh = await _not_behind(group, ledger, [item for item in targets if item not in absent])
    for kind in sorted({item.document.kind for item in fresh}):
        some = [item for item in fresh if item.document.kind is kind]
        found = await ledger.find_documents(kind, sorted({item.document.number for item in some}))
        for target in some:
            same_number = [item for item in found if item.number == target.document.number]
            result = judge(meant(target), there(same_number), we_sent_it=False, unique=False)
            if result.match is Match.ABSENT:
                absent.append(target)
            else:
                await _adopt(group, target, result.match, result.ledger_id)
    return absent


async def _not_behind(group: RecordGroup, ledger: Ledger, targets: Sequence[ToPost]) -> list[ToPost]:
    """Those whose number is not on its way for another record too.

    While the outcome of that call is open, the ledger shows its document or not yet, and either would be taken wrongly: for
    this record's own, or for a number that is free.
    """
    if not targets:
        return []
    async with group.unit() as unit:
        behind = await repository.behind_another(unit, group.connection_id, targets)
        for target in targets:
            if target.posting_id in behind:
                await group.delay_in(unit, target.case, _later(target, settled_after(ledger)))
    return [target for target in targets if target.posting_id not in behind]


def _later(target: ToPost, after: timedelta) -> LedgerwireError:
    """Why it comes later: people are told of one that does again and again, and it is never given up for that alone."""
    if target.case.item.attempts < PATIENCE:
        return Transient("another record's call for its number is open", code=Ambiguous.code, retry_after=after)
    named = {"document": target.document.number}
    return Waiting(
        "another record's call for its number stays open", code="NUMBER_ON_ITS_WAY", after=after, detail=named
    )


async def _adopt(group: RecordGroup, target: ToPost, match: Match, ledger_id: str | None) -> None:
    events = {Match.SAME: PostingEvent.FOUND_SAME, Match.SAME_DRAFT: PostingEvent.FOUND_DRAFT}
    async with group.unit() as unit:
        case = target.case
        if not await repository.still_to_send(unit, [case]):
            return
        await repository.put_posting(unit, group.connection_id, target, PostingState.QUEUED)
        taken = ledger_id is None or await repository.is_claimed(
            unit, group.connection_id, target.posting_id, ledger_id
        )
        if match in events and not taken:
            state = advance(PostingState.QUEUED, events[match])
            await repository.set_posting(
                unit, target.posting_id, state, ledger_id=ledger_id, ledger_total=target.document.total
            )
            await repository.add_timeline(
                unit, case.decided, "adopted", number=target.document.number, ledger_id=ledger_id
            )
            return
        named = {"number": target.document.number, "ledger": group.ledger_name}
        await group.settle(case, "stopped", [Finding("DUPLICATE_NUMBER", named)], in_unit=unit)
