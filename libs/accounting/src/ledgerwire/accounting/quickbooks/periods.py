"""Documents by their date."""

from __future__ import annotations

from datetime import date

from ledgerwire.accounting.port import FoundDocument
from ledgerwire.accounting.quickbooks.client import QuickBooksClient
from ledgerwire.accounting.quickbooks.documents import found_document
from ledgerwire.accounting.quickbooks.errors import unreadable
from ledgerwire.accounting.quickbooks.payloads import ENDPOINTS
from ledgerwire.accounting.wire import UnreadableError, text
from ledgerwire.common.ledger.document import DocumentKind


async def documents_dated(
    client: QuickBooksClient, kind: DocumentKind, first: date, last: date, home: str
) -> tuple[FoundDocument, ...]:
    """Every document of a kind dated from `first` to `last`, voided ones included. Raises Waiting, Transient or Stopped."""
    condition = f"TxnDate >= '{first.isoformat()}' and TxnDate <= '{last.isoformat()}'"
    found: dict[str, FoundDocument] = {}
    try:
        async for row in client.select(ENDPOINTS[kind].entity, condition):
            document = found_document(kind, row, text(row, "DocNumber") or "", home)
            found[document.ledger_id] = document
    except UnreadableError as error:
        unreadable(str(error), write=False)
    return tuple(found.values())
