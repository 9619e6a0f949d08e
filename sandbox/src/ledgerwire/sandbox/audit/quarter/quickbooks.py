"""What several QuickBooks companies hold, from every answer that showed a transaction.

A sales line names an item, not an account: the item's income account is where the sale is booked (M10), so the items of
each company, those made on the way included, say where the money went.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.audit.exchanges import Exchange, calendar_date, money
from ledgerwire.sandbox.audit.quarter.papers import LedgerView, Money, Paper, PaperLine
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.sandbox.seed.quarter.expected import DocumentKind
from ledgerwire.sandbox.seed.quarter.goods import BUSINESS_LINE, LOCATION

Row = Mapping[str, Any]
_BASE = "/v3/company/"
_KINDS: dict[str, DocumentKind] = {
    "Invoice": "sales_invoice",
    "CreditMemo": "credit_note",
    "Bill": "bill",
    "VendorCredit": "supplier_credit",
    "JournalEntry": "journal",
}
_MONEY = "Payment"
_LISTS = ("Item", "Account", "Class", "Department", "TaxCode", "Customer", "Vendor")


@dataclass(slots=True)
class _Company:
    """One company: its lists by entity and id, and its transactions in their last form."""

    name: str
    untaxed: str
    lists: dict[str, dict[str, Row]]
    documents: dict[tuple[str, str], tuple[Row, int]] = field(default_factory=dict)
    payments: dict[str, Row] = field(default_factory=dict)

    def label(self, entity: str, reference: Any, *names: str) -> str:
        """What a reference stands for: a field of the listed row, else the name that it brings along."""
        value = str((reference or {}).get("value") or "")
        row = self.lists[entity].get(value, {})
        return str(next((row[name] for name in names if row.get(name)), (reference or {}).get("name") or value))

    def learn(self, entity: str, row: Row, seq: int) -> None:
        key = str(row.get("Id"))
        gone = row.get("status") == "Deleted" or str(row.get("PrivateNote", "")).startswith("Voided")
        if entity in self.lists:
            self.lists[entity][key] = row
        elif entity == _MONEY:
            self.payments[key] = {} if gone else row
        elif entity in _KINDS and gone:
            self.documents.pop((entity, key), None)
        elif entity in _KINDS:
            since = self.documents.get((entity, key), (row, seq))[1]
            self.documents[entity, key] = (row, since)


def _company(books: Row) -> _Company:
    state = QuickBooksState()
    state.load(books)
    lists = {entity: {str(row["Id"]): row for row in state.all(entity)} for entity in _LISTS}
    untaxed = "NON" if state.is_us else ""  # a purchase there bears no tax code at all
    return _Company(str(state.company["CompanyName"]), untaxed, {entity: dict(rows) for entity, rows in lists.items()})


def _shown(answer: Row) -> Iterator[tuple[str, Row]]:
    """Every entity of an answer: single, from a query, or from a batch."""
    for item in answer.get("BatchItemResponse") or []:
        yield from _shown(item)
    for name, value in {**(answer.get("QueryResponse") or {}), **answer}.items():
        if name in {"BatchItemResponse", "QueryResponse", "Fault"}:
            continue
        for row in value if isinstance(value, list) else [value]:
            if isinstance(row, dict) and row.get("Id"):
                yield name, row


def _detail(line: Row) -> Row:
    found: Any = line.get(str(line.get("DetailType")))
    return found if isinstance(found, dict) else {}


def _lines(company: _Company, document: Row) -> Iterator[PaperLine]:
    place = document.get("DepartmentRef")
    for line in document.get("Line") or []:
        detail = _detail(line)
        if "PostingType" not in detail and not {"ItemRef", "AccountRef"} & set(detail):
            continue
        sign = -1 if detail.get("PostingType") == "Credit" else 1
        yield PaperLine(
            account=_account(company, detail),
            item=company.label("Item", detail["ItemRef"], "Sku", "Name") if "ItemRef" in detail else None,
            tracking=_tracking(company, detail.get("ClassRef"), detail.get("DepartmentRef") or place),
            net=sign * money(line.get("Amount")),
            tax_type=company.label("TaxCode", detail.get("TaxCodeRef"), "Name") or company.untaxed,
        )


def _account(company: _Company, detail: Row) -> str:
    reference = detail.get("AccountRef")
    if "ItemRef" in detail:
        item = company.lists["Item"].get(str(detail["ItemRef"].get("value")), {})
        reference = item.get("IncomeAccountRef")
    return company.label("Account", reference, "AcctNum", "Name")


def _tracking(company: _Company, business_line: Any, place: Any) -> tuple[tuple[str, str], ...]:
    named = ((BUSINESS_LINE, "Class", business_line), (LOCATION, "Department", place))
    return tuple((name, company.label(entity, given, "Name")) for name, entity, given in named if given)


def _paper(company: _Company, entity: str, row: Row, since: int) -> Paper:
    kind = _KINDS[entity]
    lines = tuple(_lines(company, row))
    side = "CustomerRef" if entity in {"Invoice", "CreditMemo"} else "VendorRef"
    debits = sum((line.net for line in lines if line.net > 0), Decimal(0))
    contact = "" if kind == "journal" else company.label(side.removesuffix("Ref"), row.get(side), "DisplayName")
    return Paper(
        company=company.name,
        id=str(row["Id"]),
        kind=kind,
        number=str(row.get("DocNumber") or ""),
        told=str(row.get("PrivateNote") or ""),
        contact=contact,
        date=calendar_date(row, "TxnDate"),
        due_date=calendar_date(row, "DueDate"),
        currency=str((row.get("CurrencyRef") or {}).get("value", "")),
        lines=lines,
        tax=money((row.get("TxnTaxDetail") or {}).get("TotalTax")),
        total=debits if kind == "journal" else money(row.get("TotalAmt")),
        status="POSTED",
        live_since=since,
    )


def _settled(company: _Company) -> dict[tuple[str, str], Money]:
    cash: defaultdict[str, Decimal] = defaultdict(Decimal)
    credits_: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
    for payment in company.payments.values():
        parts = [(link, money(line.get("Amount"))) for line in payment.get("Line") or [] for link in line["LinkedTxn"]]
        credit = next((link for link, _ in parts if link["TxnType"] == "CreditMemo"), None)
        for link, amount in parts:
            number = _number(company, link)
            if link["TxnType"] == "Invoice" and credit is None:
                cash[number] += amount
            elif link["TxnType"] == "Invoice":
                credits_[number][_number(company, credit or {})] = amount
    return {
        (company.name, number): Money(cash.get(number, Decimal(0)), credits_.get(number, {}))
        for number in {*cash, *credits_}
    }


def _number(company: _Company, link: Row) -> str:
    row, _ = company.documents.get((str(link.get("TxnType")), str(link.get("TxnId"))), ({}, 0))
    return str(row.get("DocNumber", ""))


def read_quickbooks(exchanges: Iterable[Exchange], books: Mapping[str, Row]) -> LedgerView:
    """The view of all companies; `books` are their seeds by realm id."""
    companies = {realm: _company(seed) for realm, seed in books.items()}
    for exchange in exchanges:
        realm = exchange.path.removeprefix(_BASE).split("/", 1)[0] if exchange.path.startswith(_BASE) else ""
        if exchange.system != "quickbooks" or not exchange.ok or realm not in companies:
            continue
        if isinstance(exchange.response, dict):
            for entity, row in _shown(exchange.response):
                companies[realm].learn(entity, row, exchange.seq)
    papers = [
        _paper(company, entity, row, since)
        for company in companies.values()
        for (entity, _), (row, since) in company.documents.items()
    ]
    settled = {key: money for company in companies.values() for key, money in _settled(company).items()}
    return LedgerView(tuple(papers), settled)
