"""What the ledger shows of a document now, and whether it may still be changed (M8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from ledgerwire.accounting.port import FoundDocument, Ledger, ReadDocument
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Stopped
from ledgerwire.common.record_type import RecordType
from ledgerwire.poster.domain.match import Meant, There
from ledgerwire.poster.ports import Psa
from ledgerwire.poster.records import Case, StoredPosting
from ledgerwire.poster.to_post import ToPost


async def read_standing(ledger: Ledger, posting: StoredPosting) -> ReadDocument | None:
    """The posting's document by its id, None when it has none or it was voided or deleted in the ledger."""
    if posting.ledger_id is None:
        return None
    read = await ledger.read_document(posting.kind, posting.ledger_id)
    return read if read is not None and read.found.live else None


async def ensure_changeable(
    ledger: Ledger, posting: StoredPosting, found: FoundDocument, also: date | None = None
) -> None:
    """Raise Stopped where money hangs on the document, or it is (or would come to be, `also`) dated in a closed period."""
    named = {"number": posting.number, "ledger": ledger.name}
    if found.paid != 0:
        raise Stopped([Finding("DOCUMENT_PAID", {**named, "paid": f"{found.paid:.2f}"})])
    lock = (await ledger.reference_data()).lock_date
    dated = min(found.document_date, also) if also else found.document_date
    if lock is not None and dated <= lock:
        days = {"date": _words(dated), "lock": _words(lock), "open": _words(lock + timedelta(days=1))}
        raise Stopped([Finding("PERIOD_LOCKED", {**named, **days})])


async def ensure_batch_open(ledger: Ledger, psa: Psa, case: Case) -> None:
    """Raise Stopped where a batch of the record is closed in ConnectWise: the earlier revision's, or the one it is in now."""
    decided, earlier = case.decided, case.earlier_batch.identifier if case.earlier_batch else ""
    marked = earlier or decided.record_type is RecordType.INVOICE  # only an invoice names the batch that it is in
    marks = await psa.marks(decided.record_type, {decided.source_id: earlier}) if marked else ()
    for name in dict.fromkeys(filter(None, [earlier, *(mark.batch_name for mark in marks)])):
        if await psa.batch_closed(name):
            named = {"number": decided.number, "ledger": ledger.name, "batch": name}
            raise Stopped([Finding("BATCH_CLOSED", named)])


def _words(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def meant(item: StoredPosting | ToPost) -> Meant:
    """What was sent, or would be."""
    document = item.document
    return Meant(
        contact_id=item.contact_id or "",
        document_date=document.document_date,
        currency=document.currency,
        tax=document.tax,
        total=document.total,
        line_count=len(document.lines),
    )


def there(found: Sequence[FoundDocument]) -> list[There]:
    """What the ledger has, in the terms of a comparison."""
    return [
        There(
            ledger_id=item.ledger_id,
            contact_id=item.contact_id,
            document_date=item.document_date,
            currency=item.currency,
            tax=item.tax,
            total=item.total,
            line_count=item.line_count,
            live=item.live,
            draft=item.draft,
        )
        for item in found
    ]
