"""What is in the company now: found by number, or read whole by id."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from decimal import Decimal

from ledgerwire.accounting.port import FoundDocument, ReadDocument, ReadLine
from ledgerwire.accounting.quickbooks.answers import amounts, shown_lines
from ledgerwire.accounting.quickbooks.client import QuickBooksClient
from ledgerwire.accounting.quickbooks.company import CLASS, LOCATION, SALES_KINDS, Company
from ledgerwire.accounting.quickbooks.errors import unreadable
from ledgerwire.accounting.quickbooks.payloads import ENDPOINTS
from ledgerwire.accounting.quickbooks.query import any_of
from ledgerwire.accounting.quickbooks.wire import amount, calendar_date, group, needed, ref
from ledgerwire.accounting.wire import Json, UnreadableError, rows, text
from ledgerwire.common.ledger.document import DocumentKind, Tracking
from ledgerwire.common.money import ZERO, round_half_up

_VOIDED = "voided"


async def find_documents(
    client: QuickBooksClient, kind: DocumentKind, numbers: Sequence[str], home: str
) -> tuple[FoundDocument, ...]:
    """Every document of this kind with one of these numbers, voided ones included; deleted ones are gone for good.

    `home` is the currency of documents that name none. Raises Waiting, Transient or Stopped as any read.
    """
    found: dict[str, FoundDocument] = {}
    async for row, number in _numbered(client, kind, numbers):
        document = _found(kind, row, number, home)
        found[document.ledger_id] = document
    return tuple(found.values())


async def read_documents(
    client: QuickBooksClient, kind: DocumentKind, numbers: Sequence[str], company: Company
) -> tuple[ReadDocument, ...]:
    """The same documents with their lines, which a query shows too. Raises as `find_documents`."""
    read: dict[str, ReadDocument] = {}
    async for row, number in _numbered(client, kind, numbers):
        document = _whole(kind, row, number, company)
        read[document.found.ledger_id] = document
    return tuple(read.values())


async def read_document(
    client: QuickBooksClient, kind: DocumentKind, ledger_id: str, company: Company
) -> ReadDocument | None:
    """A document with its lines; None if the company does not know the id (a deleted one neither)."""
    row = await client.read_one(ENDPOINTS[kind].entity, ledger_id) if ledger_id.isdecimal() else None
    return None if row is None else _whole(kind, row, text(row, "DocNumber") or "", company)


async def _numbered(
    client: QuickBooksClient, kind: DocumentKind, numbers: Sequence[str]
) -> AsyncIterator[tuple[Json, str]]:
    """The rows of this kind that have one of these numbers, each with the number as it was asked for."""
    asked = {number.casefold(): number for number in numbers}
    for condition in any_of("DocNumber", numbers):
        async for row in client.select(ENDPOINTS[kind].entity, condition):
            number = asked.get((text(row, "DocNumber") or "").casefold())
            if number is not None:
                yield row, number


def _whole(kind: DocumentKind, row: Json, number: str, company: Company) -> ReadDocument:
    found = _found(kind, row, number, company.reference.base_currency)
    party = group(row, ENDPOINTS[kind].party) if ENDPOINTS[kind].party else {}
    return ReadDocument(
        found=found,
        due_date=calendar_date(row, "DueDate"),
        reference=text(row, "PrivateNote"),
        contact_name=text(party, "name") or "",
        lines=_read_lines(kind, row, company),
    )


def found_document(kind: DocumentKind, row: Json, number: str, home: str) -> FoundDocument:
    """A row as a found document. Raises UnreadableError when it lacks what it always has."""
    endpoint = ENDPOINTS[kind]
    whole, tax = amounts(kind, row)
    dated = calendar_date(row, "TxnDate")
    contact_id = ref(row, endpoint.party) if endpoint.party else ""
    if dated is None or contact_id is None:
        raise UnreadableError(f"date or contact of {number} is missing")
    live = not is_void(row, whole)
    open_amount = amount(row, "Balance") if row.get("Balance") is not None else whole
    return FoundDocument(
        ledger_id=needed(row, "Id"),
        kind=kind,
        number=number,
        contact_id=contact_id,
        document_date=dated,
        currency=ref(row, "CurrencyRef") or home,
        net=whole - tax,
        tax=tax,
        total=whole,
        line_count=len(shown_lines(row)),
        live=live,
        paid=whole - open_amount if live and kind is not DocumentKind.JOURNAL else ZERO,
        currency_rate=_rate(row, home),
    )


def _rate(row: Json, home: str) -> Decimal | None:
    foreign = (ref(row, "CurrencyRef") or home) != home
    return amount(row, "ExchangeRate") if foreign and row.get("ExchangeRate") is not None else None


def is_void(row: Json, whole: Decimal) -> bool:
    """Whether a transaction was voided: every amount of it is 0 and its note says so; a zero invoice alone is live."""
    noted = (text(row, "PrivateNote") or "").strip().casefold().startswith(_VOIDED)
    return noted and whole == ZERO and not any(amount(line, "Amount") for line in rows(row, "Line"))


def _found(kind: DocumentKind, row: Json, number: str, home: str) -> FoundDocument:
    try:
        return found_document(kind, row, number, home)
    except UnreadableError as error:
        unreadable(str(error), write=False)


def _read_lines(kind: DocumentKind, row: Json, company: Company) -> tuple[ReadLine, ...]:
    try:
        return tuple(_read_line(kind, row, line, company) for line in shown_lines(row))
    except UnreadableError as error:
        unreadable(str(error), write=False)


def _read_line(kind: DocumentKind, row: Json, line: Json, company: Company) -> ReadLine:
    """Tax stands on the document by rate; a line shows its own only where it was sent so."""
    detail = group(line, text(line, "DetailType") or "")
    sign = -1 if detail.get("PostingType") == "Credit" else 1
    net = sign * amount(line, "Amount")
    priced = detail.get("Qty") is not None and detail.get("UnitPrice") is not None
    item = next((one for one in company.items.values() if one.item_id == ref(detail, "ItemRef")), None)
    account, tax_type = ref(detail, "AccountRef"), _tax_type(row, detail, company)
    sold_to = item.shown.revenue_account or "" if item and kind in SALES_KINDS else ""
    return ReadLine(
        description=text(line, "Description") or "",
        quantity=amount(detail, "Qty") if priced else Decimal(1),
        unit_amount=amount(detail, "UnitPrice") if priced else net,
        net=net,
        tax=_line_tax(kind, detail, net, tax_type, company),
        account_code=company.account_code(account) if account else sold_to,
        tax_type=tax_type,
        item_code=item.shown.code if item else None,
        tracking=_tracking(row, detail),
    )


def _tax_type(row: Json, detail: Json, company: Company) -> str:
    code = ref(detail, "TaxCodeRef")
    if company.united_states and code == "TAX":
        return company.tax_type(ref(group(row, "TxnTaxDetail"), "TxnTaxCodeRef") or "")
    return company.tax_type(code)


def _line_tax(kind: DocumentKind, detail: Json, net: Decimal, tax_type: str, company: Company) -> Decimal:
    if detail.get("TaxAmount") is not None:
        return amount(detail, "TaxAmount")
    code = company.rate_of_code(tax_type)
    return round_half_up(net * code.percent(kind) / 100) if code else ZERO


def _tracking(row: Json, detail: Json) -> tuple[Tracking, ...]:
    found = []
    for category, field in ((CLASS, "ClassRef"), (LOCATION, "DepartmentRef")):
        named = group(detail, field) or group(row, field)
        if text(named, "name"):
            found.append(Tracking(category, str(named["name"])))
    return tuple(found)
