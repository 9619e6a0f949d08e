"""Look before post: settle every open outcome by our own number (protocol step 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from ledgerwire.accounting.port import FoundDocument, Ledger
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.crashpoints import reach
from ledgerwire.common.db.session import Unit
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.poster import points, repository
from ledgerwire.poster.domain.match import LookUp, Match, judge
from ledgerwire.poster.domain.posting import PostingEvent, PostingState, advance, in_flight
from ledgerwire.poster.record_group import RecordGroup
from ledgerwire.poster.records import Case, StoredPosting
from ledgerwire.poster.removal import gone
from ledgerwire.poster.resend import sent_again
from ledgerwire.poster.standing import meant, read_standing, there

DRAFT_RECHECK = timedelta(minutes=15)

_EVENTS = {
    Match.SAME: PostingEvent.FOUND_SAME,
    Match.SAME_DRAFT: PostingEvent.FOUND_DRAFT,
    Match.OURS_DIFFERS: PostingEvent.FOUND_OTHER,
    Match.ABSENT: PostingEvent.FOUND_NONE,
}


async def look_up(group: RecordGroup, ledger: Ledger, cases: Sequence[Case]) -> None:
    """Resolve the open postings of these cases whose waiting time is over; the rest are looked at when it is."""
    async with group.unit() as unit:
        now = await repository.database_now(unit)
        ready: list[tuple[Case, StoredPosting]] = []
        for case in cases:
            begun = [
                item for item in case.postings if in_flight(item.state) and item.connection_id == group.connection_id
            ]
            waits = [item.look_after for item in begun if item.look_after]
            if waits and max(waits) > now:
                await group.again(unit, case.item, code="OUTCOME_UNKNOWN", until=max(waits))
            else:
                ready += [(case, item) for item in begun]
    found = await _find(ledger, [posting for _, posting in ready])
    for case, posting in ready:
        await _resolve(group, ledger, case, posting, found[posting.posting_id])


async def recheck_posted(group: RecordGroup, ledger: Ledger, cases: Sequence[Case]) -> None:
    """Documents that have waited for their batch: what a person took out of the ledger since is posted anew."""
    posted = [(case, item) for case in cases for item in case.concerned]
    found = await _find(ledger, [posting for _, posting in posted])
    there = {
        posting.posting_id
        for _, posting in posted
        if any(item.live and item.ledger_id == posting.ledger_id for item in found[posting.posting_id])
    }
    async with group.unit() as unit:
        await repository.touch_postings(unit, there)
    for case, posting in posted:
        if posting.posting_id not in there:
            await gone(group, case, posting)


async def recheck_drafts(group: RecordGroup, ledger: Ledger, cases: Sequence[Case]) -> None:
    """Documents the ledger left in draft: batched once approved (M7). What is approved now goes on to the batch at once."""
    drafts = [(case, item) for case in cases for item in case.concerned]
    found = await _find(ledger, [posting for _, posting in drafts])
    for case, posting in drafts:
        result = await _resolve(group, ledger, case, posting, found[posting.posting_id])
        if result.match is Match.SAME_DRAFT:
            async with group.unit() as unit:
                await group.again(unit, case.item, code="APPROVAL_REFUSED", after=DRAFT_RECHECK)


async def _find(ledger: Ledger, postings: Sequence[StoredPosting]) -> dict[UUID, list[FoundDocument]]:
    """What has each posting's number, in few calls, and its own document where that stands under another number.

    A person may have given it one, or the update that gives it ours has not arrived: it is no reason to make another.
    """
    numbers: defaultdict[DocumentKind, set[str]] = defaultdict(set)
    for posting in postings:
        numbers[posting.kind].add(posting.number)
    numbered: defaultdict[tuple[DocumentKind, str], list[FoundDocument]] = defaultdict(list)
    for kind, wanted in numbers.items():
        for document in await ledger.find_documents(kind, sorted(wanted)):
            numbered[kind, document.number].append(document)
    found: dict[UUID, list[FoundDocument]] = {}
    for posting in postings:
        there = numbered[posting.kind, posting.number]
        if posting.ledger_id not in {None, *(item.ledger_id for item in there)}:
            own = await read_standing(ledger, posting)
            there = [*there, own.found] if own is not None else there
        found[posting.posting_id] = there
    return found


async def recheck_mismatched(group: RecordGroup, ledger: Ledger, cases: Sequence[Case]) -> None:
    """Documents that showed other figures: put right or voided by a person since, or still stopped."""
    differing = [(case, item) for case in cases for item in case.concerned]
    found = await _find(ledger, [posting for _, posting in differing])
    for case, posting in differing:
        result = await _resolve(group, ledger, case, posting, found[posting.posting_id])
        if result.match is Match.OURS_DIFFERS:
            await group.settle(case, "stopped", [differs(posting, result.total, group.ledger_name)])


async def clear_leftovers(group: RecordGroup, ledger: Ledger, cases: Sequence[Case]) -> None:
    """Documents that the latest revision does not ask for: gone on when a person has voided them, else stopped (M8)."""
    for case in cases:
        standing: list[Finding] = []
        for posting in case.concerned:
            if await read_standing(ledger, posting) is None:
                await gone(group, case, posting)
            else:
                standing.append(_left_behind(posting, group.ledger_name))
        if standing:
            await group.settle(case, "stopped", standing)


def _left_behind(posting: StoredPosting, ledger: str) -> Finding:
    named = {"number": posting.number, "ledger": ledger, "kind": str(posting.kind).replace("_", " ")}
    journal = posting.kind is DocumentKind.JOURNAL
    return Finding("INVENTORY_JOURNAL_EXISTS" if journal else "DOCUMENT_LEFT_BEHIND", named)


async def _resolve(
    group: RecordGroup, ledger: Ledger, case: Case, posting: StoredPosting, found: Sequence[FoundDocument]
) -> LookUp:
    others = [item for item in found if not _renumbered(posting, item)]
    if _number_taken(posting) and len(others) < len(found):
        return await _refused(group, case, posting, others)  # the update that was to give ours this number
    result = judge(
        meant(posting),
        there(found),
        we_sent_it=posting.look_after is not None,
        known_id=posting.ledger_id,
        unique=posting.kind in ledger.limits.unique_number,
    )
    resend = posting.ledger_id is not None and in_flight(posting.state) and result.ledger_id == posting.ledger_id
    if resend:
        # An update whose answer was lost may or may not have arrived, and figures alone cannot tell (an account or a due
        # date may be what changed): sent again by id with every line, it ends the same either way.
        result = LookUp(Match.ABSENT)
    if result.match is Match.ABSENT and not resend and await sent_again(group, ledger, case, posting):
        return result
    if result.match is Match.ABSENT and _number_taken(posting) and not resend:
        return await _refused(group, case, posting, found)
    if result.match in {Match.SEVERAL, Match.FOREIGN}:
        async with group.unit() as unit:
            await _stop_in(unit, group, case, posting, result)
        return result
    return await _settle(group, case, posting, result, forget=result.match is Match.ABSENT and not resend)


def _number_taken(posting: StoredPosting) -> bool:
    """The ledger refused the number: the outcome of the call is known, whose the number is is not."""
    return posting.state is PostingState.UNKNOWN and posting.look_after is None


def _renumbered(posting: StoredPosting, item: FoundDocument) -> bool:
    """The posting's own document, under another number."""
    return item.ledger_id == posting.ledger_id and item.number != posting.number


async def _refused(group: RecordGroup, case: Case, posting: StoredPosting, others: Sequence[FoundDocument]) -> LookUp:
    """The ledger refused a number that these have: a voided document keeps it, and ours takes another if all are our own."""
    result = LookUp(Match.ABSENT)
    async with group.unit() as unit:
        if others and all(item.ledger_id in posting.gone_ids for item in others):
            state = advance(posting.state, PostingEvent.FOUND_NONE)
            await repository.set_posting(unit, posting.posting_id, state, findings=posting.warnings)
            await repository.next_edition(unit, posting.posting_id)
            await repository.add_timeline(unit, case.decided, "renumbered", number=posting.number)
        else:
            await _stop_in(unit, group, case, posting, result)
    return result


async def _settle(group: RecordGroup, case: Case, posting: StoredPosting, result: LookUp, *, forget: bool) -> LookUp:
    """Commit what a look-up found, unless the document is another record's."""
    async with group.unit() as unit:
        if result.ledger_id and await repository.is_claimed(
            unit, group.connection_id, posting.posting_id, result.ledger_id
        ):
            await _stop_in(unit, group, case, posting, LookUp(Match.FOREIGN, result.ledger_id))
            return LookUp(Match.FOREIGN, result.ledger_id)
        other = [differs(posting, result.total, group.ledger_name)] if result.match is Match.OURS_DIFFERS else []
        await repository.set_posting(
            unit,
            posting.posting_id,
            advance(
                posting.state if posting.state is not PostingState.POSTING else PostingState.UNKNOWN,
                _EVENTS[result.match],
            ),
            ledger_id=result.ledger_id,
            ledger_total=result.total,
            findings=[*posting.warnings, *other],
        )
        if forget:
            await repository.forget_document(unit, posting.posting_id)
        await repository.close_looked_up(unit, posting.posting_id)
        await repository.add_timeline(
            unit, case.decided, "looked_up", number=posting.number, match=str(result.match), ledger_id=result.ledger_id
        )
        if result.match is Match.SAME_DRAFT and posting.state is not PostingState.POSTED_DRAFT:
            await group.report(unit, case, "draft", _not_approved(posting, group.ledger_name))
    reach(points.LOOKED_UP)
    return result


async def _stop_in(unit: Unit, group: RecordGroup, case: Case, posting: StoredPosting, result: LookUp) -> None:
    named = {"number": posting.number, "ledger": group.ledger_name}
    if result.match is Match.SEVERAL:
        finding = Finding("OUTCOME_AMBIGUOUS", {**named, "count": "several", "what": "documents"})
    else:
        finding = Finding("DUPLICATE_NUMBER", named)
    state = PostingState.UNKNOWN if posting.state is PostingState.POSTING else posting.state
    await repository.set_posting(unit, posting.posting_id, advance(state, PostingEvent.FOUND_NONE), findings=[finding])
    await repository.close_looked_up(unit, posting.posting_id)
    await group.settle(case, "stopped", [finding], in_unit=unit)


def _not_approved(posting: StoredPosting, ledger: str) -> Sequence[Finding]:
    if posting.document.draft:
        return ()
    return [Finding("APPROVAL_REFUSED", {"number": posting.number, "ledger": ledger, "status": "draft"})]


def differs(posting: StoredPosting, found: Decimal | None, ledger: str) -> Finding:
    """The ledger has our document with another total."""
    return Finding(
        "LEDGER_TOTAL_DIFFERS",
        {
            "number": posting.number,
            "ledger": ledger,
            "field": "total",
            "expected": f"{posting.document.total:.2f}",
            "found": f"{found:.2f}" if found is not None else "other figures",
        },
    )
