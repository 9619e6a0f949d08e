"""Ledger documents as QuickBooks' JSON (pure). What is sent is complete: nothing is left for QuickBooks to default."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ledgerwire.accounting.port import ItemSpec, Prepared
from ledgerwire.accounting.quickbooks.arithmetic import is_exact, is_taxed, is_text_only, rate_taxes
from ledgerwire.accounting.quickbooks.company import AUTOMATIC, CLASS, LOCATION, SALES_KINDS, UNTAXED, Company
from ledgerwire.accounting.quickbooks.preflight import dimension_of, document_value, on_document
from ledgerwire.accounting.wire import Json
from ledgerwire.common.canonical import wire_bytes
from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument
from ledgerwire.common.money import ZERO, round_half_up

NOTE_LIMIT = 4000

_DESCRIPTION_LIMIT = 4000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How QuickBooks names one kind of document, and how it is taken back."""

    entity: str
    party: str
    voidable: bool

    @property
    def path(self) -> str:
        return f"/{self.entity.lower()}"


ENDPOINTS = {
    DocumentKind.SALES_INVOICE: Endpoint("Invoice", "CustomerRef", voidable=True),
    DocumentKind.CREDIT_NOTE: Endpoint("CreditMemo", "CustomerRef", voidable=False),
    DocumentKind.BILL: Endpoint("Bill", "VendorRef", voidable=False),
    DocumentKind.SUPPLIER_CREDIT: Endpoint("VendorCredit", "VendorRef", voidable=False),
    DocumentKind.JOURNAL: Endpoint("JournalEntry", "", voidable=False),
}

OURS = frozenset({
    "DocNumber", "TxnDate", "DueDate", "PrivateNote", "CustomerRef", "VendorRef", "Line", "TxnTaxDetail",
    "GlobalTaxCalculation", "DepartmentRef", "ClassRef", "SalesTermRef", "CurrencyRef",
})  # fmt: skip
"""What a document of ours decides; whatever else stands on one in QuickBooks is left as it is: what people put there, and
the rate it was first posted at, unless a table gives another (M15)."""


def document_body(prepared: Prepared, company: Company) -> bytes:
    """The request body of one call, byte for byte the same for the same document and company."""
    return wire_bytes(document_json(prepared, company))


def document_json(prepared: Prepared, company: Company) -> Json:
    """One transaction. An update carries its id; the SyncToken is put in when it is sent."""
    document = prepared.document
    endpoint = ENDPOINTS[document.kind]
    body: Json = {} if prepared.ledger_id is None else {"Id": prepared.ledger_id}
    if endpoint.party:
        body[endpoint.party] = {"value": prepared.contact_id}
    body |= {"DocNumber": document.number, "TxnDate": document.document_date.isoformat()}
    if document.kind in {DocumentKind.SALES_INVOICE, DocumentKind.BILL}:
        body["DueDate"] = document.due_date.isoformat()
        term = company.terms.id_of(document.terms) if document.terms else None
        body |= {"SalesTermRef": {"value": term}} if term else {}
    body |= _currency(document, company)
    body |= _document_dimensions(document, company)
    if document.reference:
        body["PrivateNote"] = document.reference[:NOTE_LIMIT]
    body["Line"] = [_line(document, line, company) for line in _sent_lines(document)]
    return body | _tax(document, company)


def line_count(document: LedgerDocument) -> int:
    """How many lines QuickBooks will show of it, its own subtotal not counted."""
    return len(_sent_lines(document))


def item_body(spec: ItemSpec, account_id: str) -> bytes:
    """An item that is sold and never tracked; its income account decides where it posts (M10)."""
    return wire_bytes(
        {
            "Name": spec.code,
            "Sku": spec.code,
            "Description": spec.name[:_DESCRIPTION_LIMIT],
            "Type": "Service",
            "IncomeAccountRef": {"value": account_id},
        }
    )


def _sent_lines(document: LedgerDocument) -> list[DocumentLine]:
    """A journal line over nothing would be refused for want of a side."""
    journal = document.kind is DocumentKind.JOURNAL
    return [line for line in document.lines if not journal or line.net != ZERO]


def _currency(document: LedgerDocument, company: Company) -> Json:
    if not company.multi_currency:
        return {}
    body: Json = {"CurrencyRef": {"value": document.currency}}
    if document.currency_rate is not None and document.currency != company.reference.base_currency:
        body["ExchangeRate"] = document.currency_rate
    return body


def _document_dimensions(document: LedgerDocument, company: Company) -> Json:
    body: Json = {}
    for category, field in ((LOCATION, "DepartmentRef"), (CLASS, "ClassRef")):
        dimension = dimension_of(category, company)
        option = document_value(document, category)
        if dimension is not None and option is not None and on_document(category, document, company):
            body[field] = {"value": dimension.id_of(option)}
    return body


def _line(document: LedgerDocument, line: DocumentLine, company: Company) -> Json:
    description = line.description.strip()[:_DESCRIPTION_LIMIT] or document.number
    if document.kind is DocumentKind.JOURNAL:
        return _journal_line(document, line, description, company)
    if document.kind in SALES_KINDS and is_text_only(line):
        return {"Description": description, "DetailType": "DescriptionOnly"}
    detail = _sold(line, company) if document.kind in SALES_KINDS else _bought(line, company)
    detail |= _line_class(document, line, company) | _line_tax_code(document, line, company)
    name = "SalesItemLineDetail" if document.kind in SALES_KINDS else "AccountBasedExpenseLineDetail"
    return {"Description": description, "Amount": _cents(line.net), "DetailType": name, name: detail}


def _sold(line: DocumentLine, company: Company) -> Json:
    item = company.item(line.item_code or "")
    exact = is_exact(line)
    return {
        "ItemRef": {"value": item.item_id if item else ""},
        "Qty": line.quantity if exact else Decimal(1),
        "UnitPrice": line.unit_amount if exact else _cents(line.net),
    }


def _bought(line: DocumentLine, company: Company) -> Json:
    return {"AccountRef": {"value": company.accounts[line.account_code].account_id}}


def _journal_line(document: LedgerDocument, line: DocumentLine, description: str, company: Company) -> Json:
    detail: Json = {
        "PostingType": "Debit" if line.net > ZERO else "Credit",
        "AccountRef": {"value": company.accounts[line.account_code].account_id},
    }
    detail |= _line_class(document, line, company)
    location = _option(line, LOCATION)
    if location is not None and company.locations:
        detail["DepartmentRef"] = {"value": company.departments.id_of(location)}
    name = "JournalEntryLineDetail"
    return {"Description": description, "Amount": _cents(abs(line.net)), "DetailType": name, name: detail}


def _line_class(document: LedgerDocument, line: DocumentLine, company: Company) -> Json:
    option = _option(line, CLASS)
    if option is None or on_document(CLASS, document, company) or dimension_of(CLASS, company) is None:
        return {}
    return {"ClassRef": {"value": company.classes.id_of(option)}}


def _option(line: DocumentLine, category: str) -> str | None:
    return next((item.option for item in line.tracking if item.category == category), None)


def _line_tax_code(document: LedgerDocument, line: DocumentLine, company: Company) -> Json:
    if not is_taxed(document.kind, company):
        return {}
    if company.united_states:
        return {"TaxCodeRef": {"value": UNTAXED if line.tax_type == UNTAXED else AUTOMATIC}}
    return {"TaxCodeRef": {"value": company.tax_codes[line.tax_type].code_id}}


def _tax(document: LedgerDocument, company: Company) -> Json:
    """How the document is taxed, and its tax by rate so that it is the printed one."""
    if document.kind is DocumentKind.JOURNAL:
        return {}
    if not is_taxed(document.kind, company):
        return {} if company.united_states else {"GlobalTaxCalculation": "NotApplicable"}
    body: Json = {} if company.united_states else {"GlobalTaxCalculation": "TaxExcluded"}
    detail = _tax_detail(document, company)
    return body | ({"TxnTaxDetail": detail} if detail else {})


def _tax_detail(document: LedgerDocument, company: Company) -> Json:
    taxable = next(
        (line for line in document.lines if line.tax_type not in {UNTAXED, ""} and not is_text_only(line)), None
    )
    if taxable is None:
        return {}
    detail: Json = {}
    if company.united_states:
        code = company.tax_codes[taxable.tax_type]
        detail |= {"TxnTaxCodeRef": {"value": code.code_id}} if code.code_id else {}
    if not company.tax_override:
        return detail
    detail["TotalTax"] = _cents(document.tax)
    lines = [
        {
            "Amount": _cents(part.tax),
            "DetailType": "TaxLineDetail",
            "TaxLineDetail": {
                "TaxRateRef": {"value": part.rate.rate_id},
                "PercentBased": True,
                "TaxPercent": part.rate.percent,
                "NetAmountTaxable": _cents(part.net),
            },
        }
        for part in rate_taxes(document, company)
    ]
    return detail | ({"TaxLine": lines} if lines else {})


def _cents(value: Decimal) -> Decimal:
    return round_half_up(value)
