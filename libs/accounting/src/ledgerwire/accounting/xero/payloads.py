"""Ledger documents as Xero's JSON (pure). What is sent is complete: nothing is left for Xero to default."""

from __future__ import annotations

from collections.abc import Sequence

from ledgerwire.accounting.port import ContactSpec, CreditApplied, ItemSpec, Prepared
from ledgerwire.accounting.wire import Json
from ledgerwire.accounting.xero.arithmetic import kept
from ledgerwire.accounting.xero.endpoints import ENDPOINTS, narration
from ledgerwire.common.canonical import wire_bytes
from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument
from ledgerwire.common.money import round_half_up

ITEM_CODE_LIMIT = 30
NUMBER_LIMIT = 255

_DESCRIPTION_LIMIT = 4000
_REFERENCE_LIMIT = 255
_ITEM_NAME_LIMIT = 50
_RATE_PLACES = 6


def document_body(kind: DocumentKind, prepared: Sequence[Prepared]) -> bytes:
    """The request body of one call, byte for byte the same for the same documents."""
    return wire_bytes({ENDPOINTS[kind].collection: [document_json(item) for item in prepared]})


def document_path(kind: DocumentKind) -> str:
    """Path and query of a write: elements judged one by one, unit prices kept to 4 decimals."""
    priced = "" if kind is DocumentKind.JOURNAL else "&unitdp=4"
    return f"/{ENDPOINTS[kind].collection}?summarizeErrors=false{priced}"


def document_json(prepared: Prepared) -> Json:
    """One document of any kind; a journal has a form of its own.

    The contact is its id alone, for any other field would edit the customer. An update carries the document's id and
    every line in full without line ids: Xero then replaces the lines, and nothing of an old one (an item, a tracking
    option, a tax amount) can survive.
    """
    document = prepared.document
    if document.kind is DocumentKind.JOURNAL:
        return _journal_json(prepared)
    endpoint = ENDPOINTS[document.kind]
    body: Json = {} if prepared.ledger_id is None else {endpoint.id_field: prepared.ledger_id}
    body |= {
        "Type": endpoint.type,
        "Contact": {"ContactID": prepared.contact_id},
        "Date": document.document_date.isoformat(),
        "DueDate": document.due_date.isoformat(),
        "LineAmountTypes": "Exclusive",
        endpoint.number_field: document.number,
    }
    if endpoint.sales:  # purchases have no reference of their own
        body["Reference"] = (document.reference or "")[:_REFERENCE_LIMIT]
    body["CurrencyCode"] = document.currency
    if document.currency_rate is not None:
        # Xero counts the other way round: units of the document's currency for one of the base currency.
        body["CurrencyRate"] = round_half_up(1 / document.currency_rate, _RATE_PLACES)
    body |= {
        "Status": "DRAFT" if document.draft else endpoint.approved,
        "LineItems": [_line_json(document, line) for line in document.lines],
    }
    return body


def status_body(kind: DocumentKind, ledger_id: str, status: str, told: str) -> bytes:
    """The request body that takes one document out of the books; `told` is a journal's narration, which it must keep."""
    endpoint = ENDPOINTS[kind]
    body: Json = {endpoint.id_field: ledger_id, "Status": status}
    if endpoint.journal:
        body["Narration"] = told
    return wire_bytes({endpoint.collection: [body]})


def allocation_body(credit: CreditApplied) -> bytes:
    """The request body that applies a credit note to one invoice."""
    allocation = {
        "Amount": credit.amount,
        "Date": credit.applied_on.isoformat(),
        "Invoice": {"InvoiceID": credit.invoice_id},
    }
    return wire_bytes({"Allocations": [allocation]})


def item_body(spec: ItemSpec) -> bytes:
    """The request body that creates an item which is sold and not tracked."""
    item = {
        "Code": spec.code,
        "Name": spec.name[:_ITEM_NAME_LIMIT],
        "IsSold": True,
        "IsPurchased": False,
        "SalesDetails": {"AccountCode": spec.account_code},
    }
    return wire_bytes({"Items": [item]})


def contact_body(spec: ContactSpec) -> bytes:
    """The request body that creates one contact; blanks in its name are set as Xero demands."""
    contact = {"Name": contact_name(spec.name), "ContactNumber": spec.external_number}
    if spec.account_number:
        contact["AccountNumber"] = spec.account_number
    if spec.email:
        contact["EmailAddress"] = spec.email
    return wire_bytes({"Contacts": [contact]})


def contact_name(name: str) -> str:
    """A name without leading, trailing or double blanks, which Xero refuses."""
    return " ".join(name.split())


def _journal_json(prepared: Prepared) -> Json:
    document = prepared.document
    endpoint = ENDPOINTS[document.kind]
    body: Json = {} if prepared.ledger_id is None else {endpoint.id_field: prepared.ledger_id}
    body |= {
        "Narration": narration(document.number, (document.reference or "")[:_REFERENCE_LIMIT]),
        "Date": document.document_date.isoformat(),
        "LineAmountTypes": "NoTax",
        # Left out, it would be a draft.
        "Status": "DRAFT" if document.draft else endpoint.approved,
        "JournalLines": [_journal_line_json(document, line) for line in document.lines],
    }
    return body


def _journal_line_json(document: LedgerDocument, line: DocumentLine) -> Json:
    body: Json = {
        "LineAmount": line.net,
        "AccountCode": line.account_code,
        "Description": line.description.strip()[:_DESCRIPTION_LIMIT] or document.number,
    }
    return body | _tracking_json(line)


def _tracking_json(line: DocumentLine) -> Json:
    chosen = [{"Name": item.category, "Option": item.option} for item in line.tracking]
    return {"Tracking": chosen} if chosen else {}


def _line_json(document: LedgerDocument, line: DocumentLine) -> Json:
    body: Json = {
        # A line without text cannot be approved; the number says at least where it came from.
        "Description": line.description.strip()[:_DESCRIPTION_LIMIT] or document.number,
        "Quantity": kept(line.quantity),
        "UnitAmount": kept(line.unit_amount),
        "AccountCode": line.account_code,
        "TaxType": line.tax_type,
    }
    if line.item_code:
        body["ItemCode"] = line.item_code
    if line.tax_override:
        body["TaxAmount"] = line.tax_amount
    return body | _tracking_json(line)
