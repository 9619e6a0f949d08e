"""What a person chose for a document that cannot simply be written: accept, credit and make new, adopt (M8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from ledgerwire.accounting.port import FoundDocument, Ledger, Prepared, ReadDocument, ReadLine
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.crashpoints import reach
from ledgerwire.common.db.session import Unit
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import ContactDecision, DocumentLine, LedgerDocument
from ledgerwire.poster import points, repository
from ledgerwire.poster.domain.match import Match, judge
from ledgerwire.poster.domain.posting import PostingEvent, PostingState, advance
from ledgerwire.poster.domain.reversal import open_day, reversal, with_tax
from ledgerwire.poster.drift.domain.comparison import Drift
from ledgerwire.poster.drift.repository import drift_told
from ledgerwire.poster.expense_groups import carries
from ledgerwire.poster.look_up import differs
from ledgerwire.poster.record_group import RecordGroup
from ledgerwire.poster.records import Case, StoredPosting
from ledgerwire.poster.removal import gone
from ledgerwire.poster.standing import meant, read_standing, there
from ledgerwire.poster.to_post import ToPost, reversal_posting_id


async def accept(group: RecordGroup, ledger: Ledger, cases: Sequence[Case]) -> None:
    """Take what the ledger has for what the record wants; a document it no longer asks for is left where it is."""
    for case in cases:
        for posting in case.concerned:
            read = await read_standing(ledger, posting)
            async with group.unit() as unit:
                seen_gone = read is None and carries(case) and await drift_told(unit, posting.posting_id) == Drift.GONE
            if read is None and not seen_gone:
                await gone(group, case, posting)
                continue
            async with group.unit() as unit:
                if not await repository.still_decided(unit, [case]):
                    continue
                if read is None:
                    await _stays_gone(unit, case, posting)
                else:
                    await _accepted(unit, group, case, posting, read.found.total)


async def _accepted(unit: Unit, group: RecordGroup, case: Case, posting: StoredPosting, total: Decimal | None) -> None:
    document = case.asks_for(posting)
    findings = [Finding("DOCUMENT_ACCEPTED", {"number": posting.number, "ledger": group.ledger_name})]
    if document is None:
        state = advance(posting.state, PostingEvent.RELEASED)
    else:
        state = advance(posting.state, PostingEvent.ACCEPTED)
        kept = replace(document, number=posting.number)
        wanted_hash = case.decided.wanted[posting.ordinal].document_hash
        target = _target(case, posting, kept, wanted_hash)
        await repository.put_posting(unit, group.connection_id, target, state)
        if total == document.total and posting.has_as_wanted(wanted_hash):
            # Else it may still have their shares in it: one that was never sent may have others' of the same total.
            await repository.forget_leaving(unit, posting.posting_id)
    await repository.set_posting(unit, posting.posting_id, state, findings=findings, choices=case.choices)
    await repository.add_timeline(unit, case.decided, "accepted", number=posting.number, ledger_id=posting.ledger_id)


async def _stays_gone(unit: Unit, case: Case, posting: StoredPosting) -> None:
    """A batched record's document is out of the ledger, and a person wants that so: it is ours no more, and not made again."""
    state = advance(posting.state, PostingEvent.RELEASED)
    await repository.set_posting(unit, posting.posting_id, state, choices=case.choices)
    await repository.forget_document(unit, posting.posting_id)
    await repository.add_timeline(
        unit, case.decided, "document_gone", number=posting.number, ledger_id=posting.ledger_id
    )


async def take_back(group: RecordGroup, ledger: Ledger, cases: Sequence[Case]) -> None:
    """Commit the credit (or counter-entry) that takes a document back, from what the ledger shows of it; posted next."""
    reference = await ledger.reference_data()
    number_length = reference.rules.number_length
    for case in cases:
        for posting in case.concerned:
            read = await read_standing(ledger, posting)
            if read is None:
                await gone(group, case, posting)
                continue
            document = case.asks_for(posting)
            on = document.document_date if document else read.found.document_date
            credit = reversal(
                _as_read(posting, read), open_day(on, reference.lock_date), posting.edition, number_length
            )
            try:
                ledger.compose(credit.kind, [Prepared(credit, read.found.contact_id, None)])
            except Stopped as stopped:
                await group.settle(case, "stopped", stopped.findings)
                break
            async with group.unit() as unit:
                if await repository.still_decided(unit, [case]):
                    await repository.keep_rate(unit, posting, read.found.currency_rate)
                    await _committed(unit, group, case, posting, credit, read.found.contact_id)
            reach(points.REVERSAL_COMMITTED)


async def _committed(
    unit: Unit, group: RecordGroup, case: Case, posting: StoredPosting, credit: LedgerDocument, contact_id: str
) -> None:
    target = ToPost(
        case=case,
        posting_id=reversal_posting_id(case, posting, credit.kind),
        ordinal=posting.ordinal,
        edition=posting.edition,
        document=credit,
        wanted_hash="",
        contact_id=contact_id,
        reverses=posting.posting_id,
    )
    await repository.put_posting(unit, group.connection_id, target, PostingState.QUEUED)
    told = {"number": posting.number, "credit": credit.number, "ledger": group.ledger_name}
    await repository.set_posting(
        unit, target.posting_id, PostingState.QUEUED, findings=[Finding("DOCUMENT_CREDITED", told)]
    )
    await repository.add_timeline(unit, case.decided, "credited", number=posting.number, credit=credit.number)


def _as_read(posting: StoredPosting, read: ReadDocument) -> LedgerDocument:
    """The document as the ledger shows it: what we last sent may never have arrived there."""
    found, sent = read.found, posting.document.contact
    contact = (
        ContactDecision(f"ledger:{found.contact_id}", read.contact_name, "linked", found.contact_id, role=sent.role)
        if sent is not None
        else None
    )
    return LedgerDocument(
        kind=posting.kind,
        number=found.number or posting.number,
        contact=contact,
        document_date=found.document_date,
        due_date=read.due_date or found.document_date,
        currency=found.currency,
        lines=with_tax(tuple(map(_line, read.lines)), found.tax),
        net=found.net,
        tax=found.tax,
        total=found.total,
        currency_rate=found.currency_rate,
    )


def _line(line: ReadLine) -> DocumentLine:
    return DocumentLine(
        description=line.description,
        quantity=line.quantity,
        unit_amount=line.unit_amount,
        net=line.net,
        account_code=line.account_code,
        tax_type=line.tax_type,
        tax_amount=line.tax,
        item_code=line.item_code,
        tax_override=True,
        tracking=line.tracking,
    )


async def adopt(group: RecordGroup, ledger: Ledger, cases: Sequence[Case]) -> None:
    """Make the document under our number, which a person says is ours, the posting's; other figures still stop (M16).

    Another contact's document is never ours, whatever anybody says: it would be voided or changed with the record.
    """
    for case in cases:
        for posting in case.concerned:
            found, stop = await _adoptable(group, ledger, posting)
            async with group.unit() as unit:
                if not await repository.still_decided(unit, [case]):
                    continue
                if stop is not None:
                    await group.settle(case, "stopped", [stop], in_unit=unit)
                else:
                    await _adopted(unit, group, case, posting, found)


async def _adoptable(
    group: RecordGroup, ledger: Ledger, posting: StoredPosting
) -> tuple[FoundDocument | None, Finding | None]:
    """The one document that may be meant, or why there is none. Where numbers are not unique, others' do not concern us."""
    named = {"number": posting.number, "ledger": group.ledger_name}
    found = [item for item in await ledger.find_documents(posting.kind, [posting.number]) if item.live]
    own = [item for item in found if item.contact_id == (posting.contact_id or "")]
    if posting.kind not in ledger.limits.unique_number:
        found = own
    if len(found) > 1:
        return None, Finding("OUTCOME_AMBIGUOUS", {**named, "what": "documents", "count": str(len(found))})
    if found and not own:
        read = await ledger.read_document(posting.kind, found[0].ledger_id)
        contact = posting.document.contact
        whose = {"company": contact.company_name if contact else "", "found": read.contact_name if read else "another"}
        return None, Finding("NUMBER_OF_ANOTHER_CONTACT", named | whose)
    return (found[0] if found else None), None


async def _adopted(
    unit: Unit, group: RecordGroup, case: Case, posting: StoredPosting, found: FoundDocument | None
) -> None:
    if found is None or await repository.is_claimed(unit, group.connection_id, posting.posting_id, found.ledger_id):
        # Nothing there to adopt: the number is free, or belongs to another record of ours and stops again when it is used.
        await repository.set_posting(unit, posting.posting_id, posting.state, choices=case.choices)
        return
    result = judge(meant(posting), there([found]), we_sent_it=False, known_id=found.ledger_id)
    event = {Match.SAME: PostingEvent.FOUND_SAME, Match.SAME_DRAFT: PostingEvent.FOUND_DRAFT}.get(
        result.match, PostingEvent.FOUND_OTHER
    )
    await repository.set_posting(
        unit,
        posting.posting_id,
        advance(posting.state, event),
        ledger_id=found.ledger_id,
        ledger_total=found.total,
        findings=[differs(posting, found.total, group.ledger_name)] if event is PostingEvent.FOUND_OTHER else (),
        choices=case.choices,
    )
    await repository.add_timeline(unit, case.decided, "adopted", number=posting.number, ledger_id=found.ledger_id)


def _target(case: Case, posting: StoredPosting, document: LedgerDocument, wanted_hash: str) -> ToPost:
    return ToPost(
        case=case,
        posting_id=posting.posting_id,
        ordinal=posting.ordinal,
        edition=posting.edition,
        document=document,
        wanted_hash=wanted_hash,
        contact_id=posting.contact_id or "",
        ledger_id=posting.ledger_id,
        reverses=posting.reverses,
        before=posting,
    )
