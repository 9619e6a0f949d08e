"""What several Xero organisations hold, from every answer that showed a document, a payment or an allocation."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.audit.exchanges import Exchange, calendar_date, money
from ledgerwire.sandbox.audit.quarter.papers import LedgerView, Money, Paper, PaperLine
from ledgerwire.sandbox.seed.quarter.expected import DocumentKind

Row = Mapping[str, Any]
_ZERO_GUID = "00000000-0000-0000-0000-000000000000"
_LIVE = frozenset({"AUTHORISED", "PAID", "POSTED"})
_REMOVED = frozenset({"VOIDED", "DELETED"})
_KINDS: dict[str, DocumentKind] = {
    "ACCREC": "sales_invoice",
    "ACCRECCREDIT": "credit_note",
    "ACCPAY": "bill",
    "ACCPAYCREDIT": "supplier_credit",
}
# list in the answer, id field, number field, lines
_LISTS = (
    ("Invoices", "InvoiceID", "InvoiceNumber", "LineItems"),
    ("CreditNotes", "CreditNoteID", "CreditNoteNumber", "LineItems"),
    ("ManualJournals", "ManualJournalID", "Narration", "JournalLines"),
)


@dataclass(slots=True)
class _Seen:
    row: dict[str, Any]
    tenant: str
    number: str
    kind: DocumentKind
    lines: str
    live_since: int | None = None


@dataclass(slots=True)
class _Reader:
    companies: Mapping[str, str]
    currencies: Mapping[str, str]
    seen: dict[str, _Seen] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    payments: dict[str, Row] = field(default_factory=dict)
    allocations: dict[str, tuple[str, Row]] = field(default_factory=dict)

    def learn(self, exchange: Exchange) -> None:
        answer = exchange.response
        for row in _rows(answer, "Contacts"):
            self.names[str(row.get("ContactID"))] = str(row.get("Name", ""))
        for name, id_field, number_field, lines in _LISTS:
            for row in _rows(answer, name):
                guid = str(row.get(id_field) or _ZERO_GUID)
                if guid != _ZERO_GUID and not row.get("ValidationErrors"):
                    self._document(exchange, guid, str(row.get(number_field) or ""), lines, dict(row))
        for row in _rows(answer, "Payments"):
            if row.get("PaymentID") and not row.get("ValidationErrors"):
                self.payments[str(row["PaymentID"])] = row
        parts = exchange.path.split("/")
        if "Allocations" in parts:
            self._allocation(exchange, parts[parts.index("Allocations") - 1], parts[-1])

    def _allocation(self, exchange: Exchange, note: str, last: str) -> None:
        for row in _rows(exchange.response, "Allocations"):
            if row.get("AllocationID") and not row.get("ValidationErrors"):
                self.allocations[str(row["AllocationID"])] = (note, row)
        if exchange.method == "DELETE":
            self.allocations.pop(last, None)

    def _document(self, exchange: Exchange, guid: str, number: str, lines: str, row: dict[str, Any]) -> None:
        old = self.seen.get(guid)
        kind: DocumentKind = "journal" if lines == "JournalLines" else _KINDS.get(str(row.get("Type")), "journal")
        new = _Seen(row, exchange.tenant, number, kind, lines, old.live_since if old else None)
        if old and exchange.leaves_out_lines and not row.get(lines):
            row[lines] = old.row.get(lines, [])
        if new.live_since is None and row.get("Status") in _LIVE:
            new.live_since = exchange.seq
        self.seen[guid] = new

    def papers(self) -> Iterator[Paper]:
        for guid, seen in self.seen.items():
            if seen.row.get("Status") not in _REMOVED:
                yield self._paper(guid, seen)

    def _paper(self, guid: str, seen: _Seen) -> Paper:
        row, contact = seen.row, seen.row.get("Contact") or {}
        lines = tuple(_line(line) for line in row.get(seen.lines) or [])
        journal = seen.kind == "journal"
        debits = sum((line.net for line in lines if line.net > 0), Decimal(0))
        return Paper(
            company=self.companies.get(seen.tenant, seen.tenant),
            id=guid,
            kind=seen.kind,
            number=seen.number,
            told=str(row.get("Reference") or ""),
            contact=str(contact.get("Name") or self.names.get(str(contact.get("ContactID")), "")),
            date=calendar_date(row, "Date"),
            due_date=calendar_date(row, "DueDate"),
            currency=str(row.get("CurrencyCode") or self.currencies.get(seen.tenant, "")),
            lines=lines,
            tax=sum((money(line.get("TaxAmount")) for line in row.get(seen.lines) or []), Decimal(0)) if journal else money(row.get("TotalTax")),
            total=debits if journal else money(row.get("Total")),
            status=str(row.get("Status")),
            live_since=seen.live_since,
        )  # fmt: skip

    def settled(self) -> dict[tuple[str, str], Money]:
        """Cash by the payments that stand, credits by the allocations that do."""
        cash: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        credits_: defaultdict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
        for row in self.payments.values():
            document = row.get("Invoice") or row.get("CreditNote") or {}
            seen = self.seen.get(str(document.get("InvoiceID") or document.get("CreditNoteID")))
            if seen is not None and row.get("Status") == "AUTHORISED":
                sign = -1 if seen.kind == "credit_note" else 1
                cash[self._key(seen)] += sign * money(row.get("Amount"))
        for note_id, row in self.allocations.values():
            invoice, note = self.seen.get(str((row.get("Invoice") or {}).get("InvoiceID"))), self.seen.get(note_id)
            if invoice is not None and note is not None and not row.get("IsDeleted"):
                applied = credits_[self._key(invoice)]
                applied[note.number] = applied.get(note.number, Decimal(0)) + money(row.get("Amount"))
        keys = {*cash, *credits_}
        return {key: Money(cash.get(key, Decimal(0)), credits_.get(key, {})) for key in keys}

    def _key(self, seen: _Seen) -> tuple[str, str]:
        return self.companies.get(seen.tenant, seen.tenant), seen.number


def _rows(answer: Any, name: str) -> list[Row]:
    rows = answer.get(name) if isinstance(answer, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _line(row: Row) -> PaperLine:
    tracking = [(str(entry.get("Name")), str(entry.get("Option"))) for entry in row.get("Tracking") or []]
    item = str(row["ItemCode"]) if row.get("ItemCode") else None
    net = money(row.get("LineAmount"))
    return PaperLine(str(row.get("AccountCode", "")), item, tuple(sorted(tracking)), net, str(row.get("TaxType", "")))


def read_xero(exchanges: Iterable[Exchange], companies: Mapping[str, str], currencies: Mapping[str, str]) -> LedgerView:
    """The view of all organisations; `companies` and `currencies` give name and base currency by tenant id."""
    reader = _Reader(companies, currencies)
    for exchange in exchanges:
        if exchange.system == "xero" and exchange.ok and isinstance(exchange.response, dict):
            reader.learn(exchange)
    return LedgerView(tuple(reader.papers()), reader.settled())
