"""What is in the ledger now: under our numbers, or under an id with all its lines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from decimal import Context, Decimal

from ledgerwire.accounting.port import FoundDocument, ReadDocument, ReadLine
from ledgerwire.accounting.wire import Json, UnreadableError, optional_amount, rows, text
from ledgerwire.accounting.xero.client import XeroClient
from ledgerwire.accounting.xero.endpoints import DRAFTS, ENDPOINTS, GONE, Endpoint
from ledgerwire.accounting.xero.errors import listed, unreadable
from ledgerwire.accounting.xero.journals import debits
from ledgerwire.accounting.xero.paging import pages, priced
from ledgerwire.accounting.xero.query import any_of, begins_with_any_of, chunks, refuse_characters
from ledgerwire.accounting.xero.wire import amount, calendar_date, guid
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import DocumentKind, Tracking
from ledgerwire.common.money import ZERO

_RATE_DIGITS = Context(prec=15)


async def find_documents(
    client: XeroClient, kind: DocumentKind, numbers: Sequence[str], base_currency: str = ""
) -> tuple[FoundDocument, ...]:
    """Every document of this kind with one of these numbers, voided and deleted ones included, of every contact.

    `base_currency` is a journal's, which Xero does not show.

    Raises:
        Waiting, Transient: as any read.
        Stopped: a number that cannot be asked for.
    """
    found: dict[str, FoundDocument] = {}
    async for row, number in _numbered(client, kind, numbers):
        document = _read(kind, row, number, base_currency)
        found[document.ledger_id] = document
    return tuple(found.values())


async def read_documents(
    client: XeroClient, kind: DocumentKind, numbers: Sequence[str], base_currency: str = ""
) -> tuple[ReadDocument, ...]:
    """The same documents with their lines, which a paged list shows too. Raises as `find_documents`."""
    read: dict[str, ReadDocument] = {}
    async for row, _ in _numbered(client, kind, numbers):
        document = _read_whole(kind, row, base_currency)
        read[document.found.ledger_id] = document
    return tuple(read.values())


async def read_document(
    client: XeroClient, kind: DocumentKind, ledger_id: str, base_currency: str = ""
) -> ReadDocument | None:
    """The document of this id with its lines; None where there is none of this kind. Raises Waiting or Transient."""
    row = await current(client, ENDPOINTS[kind], ledger_id)
    return None if row is None else _read_whole(kind, row, base_currency)


async def current(client: XeroClient, endpoint: Endpoint, ledger_id: str) -> Json | None:
    """The row of this id as Xero shows it now; None where there is none of this kind. Raises Waiting or Transient."""
    body = await client.read_one(f"/{endpoint.collection}/{ledger_id}", priced(endpoint.collection))
    found = [] if body is None else listed(body, endpoint.collection)
    return found[0] if found and endpoint.holds(found[0]) else None


def found_document(kind: DocumentKind, row: Json, number: str, base_currency: str = "") -> FoundDocument:
    """A row of the list as a found document. Raises UnreadableError when it lacks what it always has."""
    endpoint = ENDPOINTS[kind]
    status = text(row, "Status") or ""
    contact = row.get("Contact")
    dated = calendar_date(row, "Date")
    ledger_id = guid(row, endpoint.id_field)
    contact_id = "" if endpoint.journal else guid(contact, "ContactID") if isinstance(contact, dict) else None
    if ledger_id is None or contact_id is None or dated is None or not status:
        raise UnreadableError(f"id, contact, date or status of {number} is missing")
    net, tax, total = (debits(row), ZERO, debits(row)) if endpoint.journal else _totals(row)
    return FoundDocument(
        ledger_id=ledger_id,
        kind=kind,
        number=number,
        contact_id=contact_id,
        document_date=dated,
        currency=text(row, "CurrencyCode") or base_currency,
        net=net,
        tax=tax,
        total=total,
        line_count=len(rows(row, endpoint.lines_field)),
        live=status not in GONE,
        draft=status in DRAFTS,
        paid=_settled(row, status, total),
        currency_rate=_rate(row),
    )


def _totals(row: Json) -> tuple[Decimal, Decimal, Decimal]:
    return amount(row, "SubTotal"), amount(row, "TotalTax"), amount(row, "Total")


def _settled(row: Json, status: str, total: Decimal) -> Decimal:
    """Payments, refunds and applied credits. What is left open on a voided document says nothing about money."""
    if status in GONE:
        return ZERO
    left = optional_amount(row, "RemainingCredit")
    if left is not None:
        return total - left
    return (optional_amount(row, "AmountPaid") or ZERO) + (optional_amount(row, "AmountCredited") or ZERO)


def _rate(row: Json) -> Decimal | None:
    """Base currency for one of the document's; Xero shows the reciprocal, which is 1 in base currency."""
    shown = optional_amount(row, "CurrencyRate")
    return None if not shown or shown == 1 else _RATE_DIGITS.divide(Decimal(1), shown)


def _whole(kind: DocumentKind, row: Json, base_currency: str) -> ReadDocument:
    endpoint = ENDPOINTS[kind]
    contact = row.get("Contact")
    inclusive = text(row, "LineAmountTypes") == "Inclusive"
    lines = rows(row, endpoint.lines_field)
    read = [_journal_line(line) if endpoint.journal else _line(line, inclusive=inclusive) for line in lines]
    return ReadDocument(
        found=found_document(kind, row, endpoint.number_of(row), base_currency),
        due_date=calendar_date(row, "DueDate"),
        reference=text(row, "Reference"),
        contact_name=(text(contact, "Name") or "") if isinstance(contact, dict) else "",
        lines=tuple(read),
    )


def _line(line: Json, *, inclusive: bool) -> ReadLine:
    tax = optional_amount(line, "TaxAmount") or ZERO
    shown = optional_amount(line, "LineAmount") or ZERO
    return ReadLine(
        description=text(line, "Description") or "",
        quantity=optional_amount(line, "Quantity") or ZERO,
        unit_amount=optional_amount(line, "UnitAmount") or ZERO,
        net=shown - tax if inclusive else shown,
        tax=tax,
        account_code=text(line, "AccountCode") or "",
        tax_type=text(line, "TaxType") or "",
        item_code=text(line, "ItemCode"),
        tracking=_tracking(line),
    )


def _journal_line(line: Json) -> ReadLine:
    net = amount(line, "LineAmount")
    return ReadLine(
        description=text(line, "Description") or "",
        quantity=Decimal(1),
        unit_amount=net,
        net=net,
        tax=ZERO,
        account_code=text(line, "AccountCode") or "",
        tax_type=text(line, "TaxType") or "",
        tracking=_tracking(line),
    )


def _tracking(line: Json) -> tuple[Tracking, ...]:
    return tuple(Tracking(text(one, "Name") or "", text(one, "Option") or "") for one in rows(line, "Tracking"))


async def _numbered(client: XeroClient, kind: DocumentKind, numbers: Sequence[str]) -> AsyncIterator[tuple[Json, str]]:
    """The rows of this kind that have one of these numbers, each with the number as it was asked for."""
    endpoint = ENDPOINTS[kind]
    asked = {number.casefold(): number for number in numbers}
    async for row in _listed(client, kind, tuple(dict.fromkeys(numbers))):
        number = endpoint.number_of(row).casefold()
        if endpoint.holds(row) and number in asked:
            yield row, asked[number]


async def _listed(client: XeroClient, kind: DocumentKind, numbers: Sequence[str]) -> AsyncIterator[Json]:
    endpoint = ENDPOINTS[kind]
    for number in numbers:
        refuse_characters("Number", number)
    if endpoint.journal:
        async for row in _journals(client, numbers):
            yield row
        return
    for params in _queries(endpoint, numbers):
        async for row in pages(client, endpoint.collection, params):
            yield row


async def _journals(client: XeroClient, numbers: Sequence[str]) -> AsyncIterator[Json]:
    """Journals whose narration begins with a number. Where Xero cannot filter by narration, all are gone through."""
    collection = ENDPOINTS[DocumentKind.JOURNAL].collection
    try:
        for chunk in chunks(numbers, overhead=len(' OR Narration.StartsWith("")') + 20):
            async for row in pages(client, collection, {"where": begins_with_any_of("Narration", chunk)}):
                yield row
    except Stopped:
        async for row in pages(client, collection, {}):
            yield row


def _queries(endpoint: Endpoint, numbers: Sequence[str]) -> Iterator[dict[str, str]]:
    if endpoint.collection == "Invoices":
        for chunk in chunks(numbers, overhead=3):
            yield {"InvoiceNumbers": ",".join(chunk)}
    else:
        # Credit notes have no list parameter for numbers.
        for chunk in chunks(numbers, overhead=len(f' OR {endpoint.number_field}==""') + 20):
            yield {"where": any_of(endpoint.number_field, chunk)}


def _read_whole(kind: DocumentKind, row: Json, base_currency: str) -> ReadDocument:
    try:
        return _whole(kind, row, base_currency)
    except UnreadableError as error:
        unreadable(str(error), write=False)


def _read(kind: DocumentKind, row: Json, number: str, base_currency: str) -> FoundDocument:
    try:
        return found_document(kind, row, number, base_currency)
    except UnreadableError as error:
        unreadable(str(error), write=False)
