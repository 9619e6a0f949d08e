"""What servers may write about receipts, stock movements and expenses, and what mapping is given of it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from time import monotonic
from uuid import uuid4

import msgspec.structs
import pytest

from ledgerwire.common.record_type import RecordType
from ledgerwire.connectwise import models as psa
from ledgerwire.connectwise.session import decode
from ledgerwire.mapper import reading
from ledgerwire.mapper.composing import Earlier, LedgerReads, Settings
from ledgerwire.mapper.domain.contacts import ContactIndex
from ledgerwire.mapper.domain.model import ContactLink
from ledgerwire.mapper.products import ProductReads, ProductSubject, read_products
from ledgerwire.mapper.reads import Setup
from ledgerwire.mapper.records import KnownBill, StoredRecord, is_possible
from ledgerwire.mapper.spending import ExpenseReads, ExpenseSubject

from .domain.build_purchases import BOOKS, BUYING

SETUP = Setup(
    terms=(psa.BillingTerm(id=1, name="Net 30", due_days=30, terms_xref="30"),), tax_codes=(), segments=(), gl_table=(),
    closed_statuses=frozenset(), package=psa.PackageSetup(), read_at=monotonic(),
)  # fmt: skip
ROW = psa.UnpostedProcurement(
    id=871,
    unposted_product_id="3-PS1-purchase",
    procurement_type="Purchase",
    purchase_order=psa.PurchaseOrderReference(id=3, po_number="PO1003"),
    purchase_date_text="2026-02-08T00:00:00Z",
    billing_terms=psa.Reference(id=1),
    total=Decimal("110.00"),
    tax_total=Decimal("10.00"),
    vendor=psa.Reference(id=300, name="Ingram Micro"),
    vendor_account_number="V-300",
    vendor_invoice_number="V-77",
    date_closed="2026-02-09T10:00:00Z",
)
EXPORT = b"""{"purchaseTransactions": [{"id": "3-PS1-purchase", "total": 110.00, "vendorInvoiceNumber": " V-77 ",
 "packingSlip": "PS1", "purchaseDetail": [{"id": 201, "total": 100.00, "glTypeId": "P", "quantity": -2, "cost": 50,
 "item": {"id": 7, "identifier": "DOCK"}, "inventoryAccountNumber": "630", "costAccountNumber": "310", "taxable": true}],
 "purchaseDetailTax": [{"id": 202, "total": 10.00, "glTypeId": "PT"}]}]}"""


def ledger(**links):
    return LedgerReads("Xero", BOOKS, ContactIndex(), links)


def product(row=ROW, export=EXPORT, siblings=()):
    exports = {"3-PS1-purchase": decode(export, psa.ProcurementExport)}
    catalog = {7: psa.CatalogItem(id=7, identifier="DOCK", product_class="Inventory")}
    return ProductSubject(row, ProductReads(exports, {}, catalog, SETUP, siblings))


def composed(subject, **links):
    return subject.compose(ledger(**links), Settings(1, BUYING), Earlier(choices=("LINK:c-9",)))


@pytest.mark.requirement("M16", "A120")
def test_a_receipt_is_read_with_its_export_its_vendor_and_the_catalogs_class() -> None:
    source = composed(product(), **{"supplier:300": ContactLink("linked", "c-1")})
    assert (source.product.number, source.product.dated, source.product.vendor_number) == (
        "PO1003",
        date(2026, 2, 8),
        "V-300",
    )
    [row] = source.receipt.rows
    assert (row.ids, row.line.product_class, row.line.stock_account) == ((201,), "Inventory", "630")
    assert (source.receipt.vendor_invoice_number, source.receipt.taxes[0].ids) == ("V-77", (202,))
    assert (source.party.key, source.party.company.account_number, source.party.link.contact_id) == (
        "supplier:300",
        "V-300",
        "c-1",
    )
    assert (source.term.due_days, source.choices) == (30, ("LINK:c-9",))
    assert {account.code for account in source.reference.accounts} == {"630", "310", "860"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"procurement_type": "Gift"}, "procurementType"),
        ({"total": None}, "total"),
        ({"purchase_date_text": None, "date_closed": None}, "purchaseDate"),
        ({"vendor": None}, "vendor"),
    ],
)
def test_a_receipt_that_lacks_what_every_receipt_has_names_the_field(changes, field) -> None:
    subject = product(msgspec.structs.replace(ROW, **changes))
    with pytest.raises(reading.UnreadableError) as unreadable:
        composed(subject)
    assert unreadable.value.field == field
    assert field in subject.unreadable("Xero", field).message


@pytest.mark.parametrize(
    "export",
    [
        EXPORT.replace(b'"id": 201, ', b""),
        EXPORT.replace(b'"id": 201', b'"id": "x"'),
        EXPORT.replace(b'"total": 10.00, "glTypeId": "PT"', b'"glTypeId": "PT"'),
        b'{"purchaseTransactions": [{"id": "3-PS1-purchase"}, {"id": "3-PS1-purchase"}]}',
    ],
)
def test_an_export_that_cannot_be_batched_is_unreadable(export) -> None:
    with pytest.raises(reading.UnreadableError):
        composed(product(export=export))


class Server:
    """Exports what it is asked for, under ids of its own."""

    def __init__(self, **answers) -> None:
        self.answers = {name: decode(body, psa.ProcurementExport) for name, body in answers.items()}
        self.asked = []

    async def unposted_procurement(self, ids):
        kinds = {"7-transfer": "Transfer"}
        return [
            msgspec.structs.replace(ROW, unposted_product_id=each, procurement_type=kinds.get(each, "Purchase"))
            for each in ids
        ]

    async def export_procurement(self, ids):
        self.asked.append(list(ids))
        return self.answers["all" if len(ids) > 1 else "one"]

    async def companies(self, ids):
        return []

    async def catalog_items(self, ids):
        return []

    async def unposted_receipts_of(self, numbers):
        return []


async def test_what_an_export_does_not_name_is_exported_by_itself() -> None:
    server = Server(
        all=EXPORT, one=b'{"inventoryTransfers": [{"id": "81", "total": 40, "offset": {"id": 82, "total": -40}}]}'
    )
    found = await read_products(server, SETUP, ["3-PS1-purchase", "7-transfer"])
    assert server.asked == [["3-PS1-purchase", "7-transfer"], ["7-transfer"]]
    [transfer] = [each for each in found if each.source_id == "7-transfer"]
    assert composed(transfer).transfers[0].ids == (81, 82)


def own(**particulars):
    return StoredRecord(uuid4(), uuid4(), uuid4(), "3-PS1-purchase", "c", particulars=particulars)


def sibling(source_id, day, number="V-77", vendor="Ingram Micro"):
    return psa.UnpostedProcurement(
        id=872, unposted_product_id=source_id, procurement_type="Purchase", vendor=psa.Reference(id=300, name=vendor),
        vendor_invoice_number=number, purchase_date_text=day,
    )  # fmt: skip


@pytest.mark.requirement("M16")
@pytest.mark.parametrize(
    ("called", "bills", "listed", "later"),
    [
        ({}, (), (), False),
        ({}, (), (sibling("3-PS0-purchase", "2026-02-07"),), True),
        ({}, (), (sibling("3-PS2-purchase", "2026-02-09"),), False),
        ({}, (), (sibling("3-PS0-purchase", "2026-02-07", vendor="Dicker"),), False),
        ({}, ("V-77",), (), True),
        ({}, ("V-77-PS2", ""), (), False),
        ({"document_number": "V-77"}, ("V-77",), (sibling("3-PS0-purchase", "2026-02-07"),), False),
        ({"document_number": "V-77-PS1"}, (), (), True),
    ],
)
def test_which_receipt_of_a_vendor_invoice_goes_by_its_number_alone(called, bills, listed, later) -> None:
    known = [KnownBill(uuid4(), "Ingram Micro", "V-77", number) for number in bills]
    assert product(siblings=listed).is_later(own(**called), known) is later


SPENT = psa.UnpostedExpense(
    id=873,
    expense_detail_id=9001,
    classification=psa.Reference(id=2, name="Non-Reimbursable"),
    member=psa.Reference(id=7, name="Jane Roe"),
    payment_method=psa.Reference(id=2, name="Company card"),
    date_expense_text="2026-02-12",
    total=Decimal("110.00"),
    state_tax_xref="GST",
    state_tax_amount=Decimal("10.00"),
)
BILL = b"""{"expenseBills": [{"id": 9, "vendorNumber": "EMP7", "glClass": "Internal", "detail": [
 {"id": [601, 602], "total": 100.00, "glTypeId": "EI", "accountNumber": "425", "memo": "Taxi"}]}]}"""


def expense(row=SPENT, export=BILL):
    entries = {9001: psa.ExpenseEntry(id=9001, status="ApprovedByTierTwo")}
    return ExpenseSubject(
        row, ExpenseReads({9001: decode(export, psa.ExpenseExport)}, entries, frozenset({"Own money"}), SETUP)
    )


@pytest.mark.requirement("M17", "A121")
def test_an_expense_is_read_with_its_approval_and_whichever_shape_its_export_has() -> None:
    source = composed(expense())
    assert (source.expense.number, source.expense.classification, source.expense.status) == (
        "EXP-9001",
        "NonReimbursable",
        "ApprovedByTierTwo",
    )
    assert (source.expense.tax, source.expense.tax_xrefs) == (Decimal("10.00"), ("GST",))
    assert (source.bill[0].ids, source.bill[0].line.gl_class) == ((601, 602), "Internal")
    assert (source.member.key, source.member.company.account_number, source.clearing.company.name) == (
        "member:7",
        "EMP7",
        "Westpac Cards",
    )
    journal = b"""{"expenses": [{"id": 601, "total": 100, "accountNumber": "425", "apAccountNumber": "855",
      "offset": {"id": 602, "total": -100}}]}"""
    [pair] = composed(expense(export=journal)).pairs
    assert (pair.ids, pair.account, pair.offset_account) == ((601, 602), "425", "855")


@pytest.mark.parametrize(
    "export",
    [
        BILL.replace(b"[601, 602]", b"[]"),
        BILL.replace(b'"total": 100.00, ', b""),
        b'{"expenses": [{"id": 601, "total": 100}]}',
    ],
)
def test_an_expense_that_cannot_be_batched_is_unreadable(export) -> None:
    with pytest.raises(reading.UnreadableError):
        composed(expense(export=export))


@pytest.mark.requirement("A120", "A121")
def test_lists_show_the_columns_of_each_type() -> None:
    record = product().described(replace(own(document_number="V-77"), record_type="procurement"))
    assert (record.number, record.customer, record.total, record.unposted_id) == (
        "PO1003",
        "Ingram Micro",
        Decimal("110.00"),
        871,
    )
    assert record.particulars == {
        "document_number": "V-77", "vendor_invoice_number": "V-77", "vendor_invoice_date": "", "description": "",
    }  # fmt: skip
    spent = expense().described(own())
    assert (spent.particulars["member"], spent.particulars["classification"], spent.particulars["payment_type"]) == (
        "Jane Roe", "NonReimbursable", "Company card",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("key", "possible"),
    [
        ((RecordType.INVOICE, "39001"), True),
        ((RecordType.INVOICE, "x"), False),
        ((RecordType.EXPENSE, "9-1"), False),
        ((RecordType.PROCUREMENT, "3-PS1-purchase"), True),
        ((RecordType.PROCUREMENT, " "), False),
    ],
)
def test_products_go_by_a_text_and_everything_else_by_a_number(key, possible) -> None:
    assert is_possible(key) is possible


@pytest.mark.requirement("M17")
def test_another_clearing_contact_is_another_link() -> None:
    amex = replace(BUYING, expenses=replace(BUYING.expenses, clearing_contact="Amex  Platinum"))
    keys = [[key.key for key in expense().contact_keys(Settings(1, each))] for each in (BUYING, amex)]
    assert keys == [["supplier:clearing:westpac-cards", "member:7"], ["supplier:clearing:amex-platinum", "member:7"]]
    links = {keys[0][0]: ContactLink("linked", "c-westpac")}
    for settings, link in ((BUYING, links[keys[0][0]]), (amex, None)):
        clearing = expense().compose(
            LedgerReads("Xero", BOOKS, ContactIndex(), links), Settings(1, settings), Earlier()
        )
        assert (clearing.clearing.company.name, clearing.clearing.link) == (settings.expenses.clearing_contact, link)
    assert [key.key for key in expense().contact_keys(None)] == ["member:7"]


@pytest.mark.requirement("D13")
def test_what_the_month_has_used_of_its_rounding_budget_goes_into_the_input() -> None:
    earlier = Earlier(rounding_used=Decimal("0.04"))
    for subject in (expense(), product()):
        assert subject.compose(ledger(), Settings(1, BUYING), earlier).rounding_used == Decimal("0.04")
