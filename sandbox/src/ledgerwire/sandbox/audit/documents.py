"""What the ledger holds, gathered from every answer that showed a document; one document is one GUID."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.audit.exchanges import Exchange, calendar_date, money

Row = Mapping[str, Any]
_ZERO_GUID = "00000000-0000-0000-0000-000000000000"
_LIVE = frozenset({"AUTHORISED", "PAID", "POSTED"})
_REMOVED = frozenset({"VOIDED", "DELETED"})

# list in the answer, id field, number field, kind by Type
_KINDS = (
    ("Invoices", "InvoiceID", "InvoiceNumber"),
    ("CreditNotes", "CreditNoteID", "CreditNoteNumber"),
    ("ManualJournals", "ManualJournalID", "Narration"),
)
_SALES = {"ACCREC": "invoice", "ACCRECCREDIT": "credit_note"}


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A line as the ledger shows it; `tracking` is sorted by category."""

    account: str
    item: str | None
    tracking: tuple[tuple[str, str], ...]
    net: Decimal
    tax: Decimal
    tax_type: str


@dataclass(frozen=True, slots=True)
class Document:
    """A ledger document in its last known form. `live_since` is the exchange that first showed it approved."""

    guid: str
    kind: str
    number: str
    status: str
    contact: str
    date: dt.date | None
    due_date: dt.date | None
    currency: str
    lines: tuple[DocumentLine, ...]
    net: Decimal
    tax: Decimal
    total: Decimal
    live_since: int | None

    @property
    def sign(self) -> int:
        return -1 if self.kind == "credit_note" else 1


@dataclass(slots=True)
class _Seen:
    kind: str
    number: str
    row: dict[str, Any]
    live_since: int | None = None


@dataclass(slots=True)
class Ledger:
    """All documents that still count, and names of contacts by id."""

    documents: list[Document] = field(default_factory=list)
    _by_number: dict[str, list[Document]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for document in self.documents:
            self._by_number.setdefault(document.number, []).append(document)

    def numbered(self, number: str) -> list[Document]:
        return self._by_number.get(number, [])


def read_ledger(exchanges: Iterable[Exchange]) -> Ledger:
    """Documents that are neither voided nor deleted at the journal's end."""
    seen: dict[str, _Seen] = {}
    contacts: dict[str, str] = {}
    for exchange in exchanges:
        if exchange.system != "xero" or not exchange.ok or not isinstance(exchange.response, dict):
            continue
        for contact in _rows(exchange.response, "Contacts"):
            contacts[str(contact.get("ContactID"))] = str(contact.get("Name", ""))
        for guid, kind, number, row in _shown(exchange.response):
            _remember(seen, guid, _Seen(kind, number, dict(row)), exchange)
    return Ledger(
        [_document(guid, each, contacts) for guid, each in seen.items() if each.row.get("Status") not in _REMOVED]
    )


def _rows(response: Row, name: str) -> list[Row]:
    rows = response.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _shown(response: Row) -> Iterator[tuple[str, str, str, Row]]:
    for name, id_field, number_field in _KINDS:
        for row in _rows(response, name):
            guid = str(row.get(id_field) or _ZERO_GUID)
            if guid == _ZERO_GUID or row.get("ValidationErrors"):
                continue
            kind = _SALES.get(str(row.get("Type")), "other") if name != "ManualJournals" else "other"
            yield guid, kind, str(row.get(number_field, "")), row


def _remember(seen: dict[str, _Seen], guid: str, new: _Seen, exchange: Exchange) -> None:
    old = seen.get(guid)
    new.live_since = old.live_since if old else None
    if old and exchange.leaves_out_lines and not new.row.get("LineItems"):
        new.row["LineItems"] = old.row.get("LineItems", [])
    if new.live_since is None and new.row.get("Status") in _LIVE:
        new.live_since = exchange.seq
    seen[guid] = new


def _document(guid: str, seen: _Seen, contacts: Mapping[str, str]) -> Document:
    row = seen.row
    contact = row.get("Contact") or {}
    return Document(
        guid=guid,
        kind=seen.kind,
        number=seen.number,
        status=str(row.get("Status")),
        contact=str(contact.get("Name") or contacts.get(str(contact.get("ContactID")), "")),
        date=calendar_date(row, "Date"),
        due_date=calendar_date(row, "DueDate"),
        currency=str(row.get("CurrencyCode", "")),
        lines=tuple(_line(line) for line in row.get("LineItems") or []),
        net=money(row.get("SubTotal")),
        tax=money(row.get("TotalTax")),
        total=money(row.get("Total")),
        live_since=seen.live_since,
    )


def _line(row: Row) -> DocumentLine:
    tracking = [(str(entry.get("Name")), str(entry.get("Option"))) for entry in row.get("Tracking") or []]
    return DocumentLine(
        account=str(row.get("AccountCode", "")),
        item=str(row["ItemCode"]) if row.get("ItemCode") else None,
        tracking=tuple(sorted(tracking)),
        net=money(row.get("LineAmount")),
        tax=money(row.get("TaxAmount")),
        tax_type=str(row.get("TaxType", "")),
    )
