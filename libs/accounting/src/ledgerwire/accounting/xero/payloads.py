"""Ledger documents as Xero's JSON (pure). What is sent is complete: nothing is left for Xero to default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledgerwire.accounting.port import ContactSpec, Prepared
from ledgerwire.accounting.xero.arithmetic import kept
from ledgerwire.accounting.xero.wire import Json
from ledgerwire.common.canonical import wire_bytes
from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument

ITEM_CODE_LIMIT = 30

_DESCRIPTION_LIMIT = 4000
_REFERENCE_LIMIT = 255


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How Xero names one kind of document."""

    collection: str
    type: str
    id_field: str
    number_field: str


ENDPOINTS = {
    DocumentKind.SALES_INVOICE: Endpoint("Invoices", "ACCREC", "InvoiceID", "InvoiceNumber"),
    DocumentKind.CREDIT_NOTE: Endpoint("CreditNotes", "ACCRECCREDIT", "CreditNoteID", "CreditNoteNumber"),
}


def document_body(kind: DocumentKind, prepared: Sequence[Prepared]) -> bytes:
    """The request body of one call, byte for byte the same for the same documents."""
    return wire_bytes({ENDPOINTS[kind].collection: [document_json(item) for item in prepared]})


def document_path(kind: DocumentKind) -> str:
    """Path and query of a write: elements judged one by one, unit prices kept to 4 decimals."""
    return f"/{ENDPOINTS[kind].collection}?summarizeErrors=false&unitdp=4"


def document_json(prepared: Prepared) -> Json:
    """One sales invoice or credit note.

    The contact is its id alone, for any other field would edit the customer. An update carries the document's id and
    every line in full without line ids: Xero then replaces the lines, and nothing of an old one (an item, a tracking
    option, a tax amount) can survive.
    """
    document = prepared.document
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
    body |= {
        "Reference": (document.reference or "")[:_REFERENCE_LIMIT],
        "CurrencyCode": document.currency,
        "Status": "DRAFT" if document.draft else "AUTHORISED",
        "LineItems": [_line_json(document, line) for line in document.lines],
    }
    return body


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
    if line.tracking:
        body["Tracking"] = [{"Name": item.category, "Option": item.option} for item in line.tracking]
    return body
