"""What is sent to Xero, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec

from ledgerwire.accounting.port import ContactSpec, Prepared
from ledgerwire.accounting.xero.payloads import contact_body, document_body, document_path
from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument, Tracking

Documents = Callable[..., LedgerDocument]
Lines = Callable[..., DocumentLine]

INVOICE, CREDIT = DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE
CONTACT = "430fa14a-f945-44d3-9f97-5df5e28441b8"


def sent(kind: DocumentKind, document: LedgerDocument, ledger_id: str | None = None) -> dict[str, Any]:
    decoded = msgspec.json.decode(document_body(kind, [Prepared(document, CONTACT, ledger_id)]))
    [rows] = decoded.values()
    return dict(rows[0])


def test_an_invoice_byte_for_byte(document: Documents, line: Lines) -> None:
    labour = line(
        "217.50",
        "21.75",
        description="Labour, 1.5 h",
        quantity=Decimal("1.5"),
        unit_amount=Decimal("145.00"),
        item_code="LABOUR",
        tracking=(Tracking("Location", "Sydney"), Tracking("Department", "Managed")),
    )
    rounding = line("0.01", "0.00", account_code="860", tax_type="NONE", tax_override=True, description="Rounding")
    assert document_body(INVOICE, [Prepared(document("INV-1042", labour, rounding), CONTACT)]).decode() == (
        '{"Invoices":[{"Type":"ACCREC","Contact":{"ContactID":"430fa14a-f945-44d3-9f97-5df5e28441b8"},'
        '"Date":"2026-03-17","DueDate":"2026-03-31","LineAmountTypes":"Exclusive","InvoiceNumber":"INV-1042",'
        '"Reference":"PO 77","CurrencyCode":"AUD","Status":"AUTHORISED","LineItems":['
        '{"Description":"Labour, 1.5 h","Quantity":1.5000,"UnitAmount":145.0000,"AccountCode":"200",'
        '"TaxType":"OUTPUT","ItemCode":"LABOUR","Tracking":[{"Name":"Location","Option":"Sydney"},'
        '{"Name":"Department","Option":"Managed"}]},'
        '{"Description":"Rounding","Quantity":1.0000,"UnitAmount":0.0100,"AccountCode":"860","TaxType":"NONE",'
        '"TaxAmount":0.00}]}]}'
    )


def test_the_call_asks_for_one_verdict_each_and_four_decimals() -> None:
    assert document_path(INVOICE) == "/Invoices?summarizeErrors=false&unitdp=4"
    assert document_path(CREDIT) == "/CreditNotes?summarizeErrors=false&unitdp=4"


def test_a_credit_note_has_its_own_type_and_number_and_its_lines_as_they_are(document: Documents) -> None:
    body = sent(CREDIT, document("CM-9", kind=CREDIT))
    assert (body["Type"], body["CreditNoteNumber"]) == ("ACCRECCREDIT", "CM-9")
    assert body["LineItems"][0]["UnitAmount"] == 100
    assert "InvoiceNumber" not in body


def test_an_update_names_the_document_and_replaces_every_line(document: Documents) -> None:
    body = sent(INVOICE, document(reference=None), ledger_id="aa11")
    assert body["InvoiceID"] == "aa11"
    assert body["Reference"] == ""
    assert all("LineItemID" not in line for line in body["LineItems"])


def test_the_contact_is_its_id_and_nothing_that_could_edit_it(document: Documents) -> None:
    assert sent(INVOICE, document())["Contact"] == {"ContactID": CONTACT}


def test_a_draft_is_sent_as_a_draft(document: Documents) -> None:
    assert sent(INVOICE, document(draft=True))["Status"] == "DRAFT"


def test_tax_is_left_to_xero_unless_overridden(document: Documents, line: Lines) -> None:
    plain, fixed = sent(INVOICE, document("INV-1", line(), line(tax_override=True)))["LineItems"]
    assert "TaxAmount" not in plain
    assert fixed["TaxAmount"] == 10


def test_texts_are_cut_to_xeros_limits_and_never_empty(document: Documents, line: Lines) -> None:
    long = document("INV-1", line(description="x" * 5000), line(description="  "), reference="r" * 300)
    body = sent(INVOICE, long)
    assert [len(item["Description"]) for item in body["LineItems"]] == [4000, 5]
    assert body["LineItems"][1]["Description"] == "INV-1"
    assert len(body["Reference"]) == 255


def test_amounts_keep_their_digits_however_large_or_odd(document: Documents, line: Lines) -> None:
    odd = line(quantity=Decimal("1E+2"), unit_amount=Decimal("9999999.9999"))
    body = document_body(INVOICE, [Prepared(document("INV-1", odd), CONTACT)])
    assert b'"Quantity":100.0000,"UnitAmount":9999999.9999' in body


def test_the_same_documents_give_the_same_bytes(document: Documents) -> None:
    group = [Prepared(document(f"INV-{n}"), CONTACT) for n in range(50)]
    assert document_body(INVOICE, group) == document_body(INVOICE, [replace(item) for item in group])


def test_a_contact_is_created_with_its_external_number_and_a_name_xero_accepts() -> None:
    spec = ContactSpec("  O'Neill   & Sons ", "cw-7", email=None, account_number="ACC7")
    assert contact_body(spec).decode() == (
        '{"Contacts":[{"Name":"O\'Neill & Sons","ContactNumber":"cw-7","AccountNumber":"ACC7"}]}'
    )
