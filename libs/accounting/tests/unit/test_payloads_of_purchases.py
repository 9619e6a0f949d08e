"""Bills, supplier credits, journals, allocations and items as they are sent to Xero, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from ledgerwire.accounting.port import CreditApplied, ItemSpec, Prepared
from ledgerwire.accounting.xero.payloads import (
    allocation_body,
    document_body,
    document_path,
    item_body,
    status_body,
)
from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument, Tracking

Documents = Callable[..., LedgerDocument]
Lines = Callable[..., DocumentLine]

BILL, CREDIT, JOURNAL = DocumentKind.BILL, DocumentKind.SUPPLIER_CREDIT, DocumentKind.JOURNAL
CONTACT = "430fa14a-f945-44d3-9f97-5df5e28441b8"


def sent(kind: DocumentKind, document: LedgerDocument, ledger_id: str | None = None) -> dict[str, Any]:
    decoded = msgspec.json.decode(document_body(kind, [Prepared(document, CONTACT, ledger_id)]))
    [rows] = decoded.values()
    return dict(rows[0])


@pytest.fixture
def journal(document: Documents, line: Lines) -> LedgerDocument:
    cost = line("80.00", "0.00", account_code="310", description="Router", tracking=(Tracking("Location", "Perth"),))
    stock = line("-80.00", "0.00", account_code="600", description=" ")
    figures = {"net": Decimal("80.00"), "tax": Decimal(0), "total": Decimal("80.00")}
    return document("COGS-1042", cost, stock, kind=JOURNAL, contact=None, **figures)


@pytest.mark.requirement("M16")
def test_a_bill_is_a_payable_without_a_reference(document: Documents) -> None:
    body = sent(BILL, document("4711", kind=BILL))
    assert (body["Type"], body["InvoiceNumber"], body["Status"]) == ("ACCPAY", "4711", "AUTHORISED")
    assert (body["Contact"], body["DueDate"]) == ({"ContactID": CONTACT}, "2026-03-31")
    assert "Reference" not in body
    assert document_path(BILL) == "/Invoices?summarizeErrors=false&unitdp=4"


@pytest.mark.requirement("M16")
def test_a_supplier_credit_has_its_own_type_and_number(document: Documents) -> None:
    body = sent(CREDIT, document("RMA-1", kind=CREDIT))
    assert (body["Type"], body["CreditNoteNumber"]) == ("ACCPAYCREDIT", "RMA-1")
    assert "Reference" not in body


@pytest.mark.requirement("M6")
def test_a_journal_byte_for_byte(journal: LedgerDocument) -> None:
    assert document_body(JOURNAL, [Prepared(journal, "")]).decode() == (
        '{"ManualJournals":[{"Narration":"COGS-1042: PO 77","Date":"2026-03-17","LineAmountTypes":"NoTax",'
        '"Status":"POSTED","JournalLines":[{"LineAmount":80.00,"AccountCode":"310","Description":"Router",'
        '"Tracking":[{"Name":"Location","Option":"Perth"}]},'
        '{"LineAmount":-80.00,"AccountCode":"600","Description":"COGS-1042"}]}]}'
    )
    assert document_path(JOURNAL) == "/ManualJournals?summarizeErrors=false"


def test_an_update_of_a_journal_names_it(journal: LedgerDocument) -> None:
    assert sent(JOURNAL, journal, "aa11")["ManualJournalID"] == "aa11"


@pytest.mark.requirement("M15")
@pytest.mark.parametrize(
    ("rate", "shown"), [("1.6", Decimal("0.625")), ("1.5", Decimal("0.666667")), ("0.0012", Decimal("833.333333"))]
)
def test_a_rate_is_sent_as_units_of_the_documents_currency(document: Documents, rate: str, shown: Decimal) -> None:
    foreign = document("INV-1", currency="USD", currency_rate=Decimal(rate))
    assert Decimal(str(sent(DocumentKind.SALES_INVOICE, foreign)["CurrencyRate"])) == shown


def test_without_a_rate_none_is_sent(document: Documents) -> None:
    assert "CurrencyRate" not in sent(DocumentKind.SALES_INVOICE, document("INV-1", currency="USD"))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (BILL, b'{"Invoices":[{"InvoiceID":"aa11","Status":"VOIDED"}]}'),
        (CREDIT, b'{"CreditNotes":[{"CreditNoteID":"aa11","Status":"VOIDED"}]}'),
        (JOURNAL, b'{"ManualJournals":[{"ManualJournalID":"aa11","Status":"VOIDED","Narration":"COGS-1: x"}]}'),
    ],
)
def test_a_void_changes_nothing_but_the_status(kind: DocumentKind, body: bytes) -> None:
    assert status_body(kind, "aa11", "VOIDED", "COGS-1: x") == body


@pytest.mark.requirement("M18")
def test_an_allocation_says_how_much_when_and_to_what() -> None:
    credit = CreditApplied("cc", "CM-1", "aa11", "INV-1", Decimal("44.00"), date(2026, 3, 18))
    assert allocation_body(credit) == (
        b'{"Allocations":[{"Amount":44.00,"Date":"2026-03-18","Invoice":{"InvoiceID":"aa11"}}]}'
    )


@pytest.mark.requirement("M10")
def test_an_item_is_made_for_sale_only_and_its_name_cut() -> None:
    body = msgspec.json.decode(item_body(ItemSpec("MS-1", "n" * 60, "200")))["Items"][0]
    assert (body["IsSold"], body["IsPurchased"], body["SalesDetails"]) == (True, False, {"AccountCode": "200"})
    assert len(body["Name"]) == 50
