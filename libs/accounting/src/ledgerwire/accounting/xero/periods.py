"""Documents by their date."""

from __future__ import annotations

from datetime import date

from ledgerwire.accounting.port import FoundDocument
from ledgerwire.accounting.wire import UnreadableError
from ledgerwire.accounting.xero.client import XeroClient
from ledgerwire.accounting.xero.documents import found_document
from ledgerwire.accounting.xero.endpoints import ENDPOINTS
from ledgerwire.accounting.xero.errors import unreadable
from ledgerwire.accounting.xero.paging import pages
from ledgerwire.common.ledger.document import DocumentKind


async def documents_dated(
    client: XeroClient, kind: DocumentKind, first: date, last: date, base_currency: str = ""
) -> tuple[FoundDocument, ...]:
    """Every document of a kind dated from `first` to `last`, voided and deleted ones included. Raises Waiting or Transient."""
    endpoint = ENDPOINTS[kind]
    where = f"Date>={_literal(first)} AND Date<={_literal(last)}"
    found: dict[str, FoundDocument] = {}
    try:
        async for row in pages(client, endpoint.collection, {"where": where}):
            if endpoint.holds(row):
                document = found_document(kind, row, endpoint.number_of(row), base_currency)
                found[document.ledger_id] = document
    except UnreadableError as error:
        unreadable(str(error), write=False)
    return tuple(found.values())


def _literal(day: date) -> str:
    return f"DateTime({day:%Y,%m,%d})"
