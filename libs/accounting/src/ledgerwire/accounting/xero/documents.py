"""What is in the ledger now under our numbers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from decimal import Decimal

from ledgerwire.accounting.port import FoundDocument
from ledgerwire.accounting.xero.client import XeroClient
from ledgerwire.accounting.xero.errors import unreadable
from ledgerwire.accounting.xero.payloads import ENDPOINTS, Endpoint
from ledgerwire.accounting.xero.query import PAGE_SIZE, any_of, chunks, refuse_characters
from ledgerwire.accounting.xero.wire import (
    Json,
    UnreadableError,
    amount,
    calendar_date,
    guid,
    optional_amount,
    rows,
    text,
)
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.money import ZERO

_GONE = frozenset({"VOIDED", "DELETED"})
_DRAFTS = frozenset({"DRAFT", "SUBMITTED"})


async def find_documents(client: XeroClient, kind: DocumentKind, numbers: Sequence[str]) -> tuple[FoundDocument, ...]:
    """Every sales document of this kind with one of these numbers, voided and deleted ones included.

    Raises:
        Waiting, Transient: as any read.
        Stopped: a number that cannot be asked for.
    """
    endpoint = ENDPOINTS[kind]
    asked = {number.casefold(): number for number in numbers}
    found: dict[str, FoundDocument] = {}
    for params in _queries(kind, endpoint, tuple(dict.fromkeys(numbers))):
        async for row in _pages(client, endpoint, params):
            number = (text(row, endpoint.number_field) or "").casefold()
            if text(row, "Type") == endpoint.type and number in asked:
                document = _read(kind, endpoint, row, asked[number])
                found[document.ledger_id] = document
    return tuple(found.values())


def found_document(kind: DocumentKind, endpoint: Endpoint, row: Json, number: str) -> FoundDocument:
    """A row of the list as a found document. Raises UnreadableError when it lacks what it always has."""
    status = text(row, "Status") or ""
    contact = row.get("Contact")
    dated = calendar_date(row, "Date")
    ledger_id = guid(row, endpoint.id_field)
    contact_id = guid(contact, "ContactID") if isinstance(contact, dict) else None
    if ledger_id is None or contact_id is None or dated is None or not status:
        raise UnreadableError(f"id, contact, date or status of {number} is missing")
    return FoundDocument(
        ledger_id=ledger_id,
        kind=kind,
        number=number,
        contact_id=contact_id,
        document_date=dated,
        currency=text(row, "CurrencyCode") or "",
        net=amount(row, "SubTotal"),
        tax=amount(row, "TotalTax"),
        total=amount(row, "Total"),
        line_count=len(rows(row, "LineItems")),
        live=status not in _GONE,
        draft=status in _DRAFTS,
        paid=_settled(kind, row, status),
    )


def _settled(kind: DocumentKind, row: Json, status: str) -> Decimal:
    """Payments, refunds and applied credits. What is left open on a voided document says nothing about money."""
    if status in _GONE:
        return ZERO
    if kind is DocumentKind.CREDIT_NOTE:
        left = optional_amount(row, "RemainingCredit")
        return ZERO if left is None else amount(row, "Total") - left
    return (optional_amount(row, "AmountPaid") or ZERO) + (optional_amount(row, "AmountCredited") or ZERO)


def _queries(kind: DocumentKind, endpoint: Endpoint, numbers: Sequence[str]) -> Iterator[dict[str, str]]:
    for number in numbers:
        refuse_characters("Number", number)
    if kind is DocumentKind.SALES_INVOICE:
        for chunk in chunks(numbers, overhead=3):
            yield {"InvoiceNumbers": ",".join(chunk)}
    else:
        # Credit notes have no list parameter for numbers.
        for chunk in chunks(numbers, overhead=len(f' OR {endpoint.number_field}==""') + 20):
            yield {"where": any_of(endpoint.number_field, chunk)}


async def _pages(client: XeroClient, endpoint: Endpoint, params: dict[str, str]) -> AsyncIterator[Json]:
    page = 1
    while True:
        # Only a paged list has its lines with it; unit prices keep 4 decimals on reads too.
        paging = {"page": str(page), "pageSize": str(PAGE_SIZE), "unitdp": "4"}
        listed = rows(await client.read(f"/{endpoint.collection}", {**params, **paging}), endpoint.collection)
        for row in listed:
            yield row
        if len(listed) < PAGE_SIZE:
            return
        page += 1


def _read(kind: DocumentKind, endpoint: Endpoint, row: Json, number: str) -> FoundDocument:
    try:
        return found_document(kind, endpoint, row, number)
    except UnreadableError as error:
        unreadable(str(error), write=False)
