"""Drafts as the PSA stores them: invoice headers in REST shape, their lines, and the agreements they bill."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.connectwise.lines import InvoiceLine
from ledgerwire.sandbox.seed.catalog import CATEGORIES, PRODUCTS
from ledgerwire.sandbox.seed.draft import Draft, DraftLine
from ledgerwire.sandbox.seed.month import BusinessMonth, psa_date
from ledgerwire.sandbox.seed.setup_tables import (
    AGREEMENT_TYPES,
    CURRENCY_REF,
    DEPARTMENTS,
    LOCATIONS,
    STATUS_NEW,
    TERMS,
    WORK_ROLES,
)
from ledgerwire.sandbox.seed.tax import share

Row = dict[str, Any]
FIRST_INVOICE_ID = 39001
FIRST_NUMBER = 1042
FIRST_AGREEMENT_ID = 601
_FIRST_DAY_OF_AGREEMENTS = date(2024, 7, 1)


@dataclass(frozen=True, slots=True)
class Record:
    """A draft with the ids that the PSA gave it."""

    invoice_id: int
    number: str
    draft: Draft
    agreement_id: int | None = None

    @property
    def location_id(self) -> int:
        return LOCATIONS[self.draft.bill_to.location]


def number_drafts(drafts: Sequence[Draft]) -> list[Record]:
    """Ids, invoice numbers and agreement ids in the order in which the invoices close."""
    agreements: dict[tuple[str, str], int] = {}
    records = []
    for offset, draft in enumerate(drafts):
        agreement_id = None
        if draft.agreement_type:
            key = (draft.company_key, draft.agreement_type)
            agreement_id = agreements.setdefault(key, FIRST_AGREEMENT_ID + len(agreements))
        number = f"{draft.number_prefix}-{FIRST_NUMBER + offset}"
        records.append(Record(FIRST_INVOICE_ID + offset, number, draft, agreement_id))
    return records


def invoice_lines(record: Record) -> list[InvoiceLine]:
    """The lines as the GL engine reads them, the document's tax shared over the taxed ones."""
    draft = record.draft
    taxed = [line.total if draft.is_taxed(line) else Decimal(0) for line in draft.lines]
    taxes = share(draft.tax, taxed)
    return [_line(record, line, tax) for line, tax in zip(draft.lines, taxes, strict=True)]


def _line(record: Record, line: DraftLine, tax: Decimal) -> InvoiceLine:
    stream, product = line.stream, PRODUCTS.get(line.product or "")
    agreement_type = stream.agreement_type or record.draft.agreement_type
    return InvoiceLine(
        kind=stream.kind,
        description=line.description,
        quantity=line.quantity,
        price=line.price,
        total=line.total,
        cost=product.cost * line.quantity if product else Decimal(0),
        taxable=record.draft.is_taxed(line),
        tax_by_level=(tax,) if record.draft.is_taxed(line) else (),
        item_identifier=line.product,
        item_id=product.id if product else None,
        product_class=product.product_class if product else None,
        drop_shipped=bool(product and product.drop_ship and record.draft.drop_shipped),
        agreement_id=record.agreement_id,
        agreement_type_id=AGREEMENT_TYPES[agreement_type] if agreement_type else None,
        category_id=CATEGORIES[product.category] if product else None,
        work_role_id=WORK_ROLES[stream.work_role] if stream.work_role else None,
        location_id=record.location_id,
        department_id=DEPARTMENTS[_department(record.draft)],
    )


def _department(draft: Draft) -> str:
    if draft.type in {"Progress", "DownPayment"}:
        return "Projects"
    return "Procurement" if draft.drop_shipped else "Service Desk"


def _sum_of(draft: Draft, *kinds: str) -> Decimal:
    return sum((line.total for line in draft.lines if line.stream.kind in kinds), Decimal("0.00"))


def _named(table: dict[str, int], name: str) -> Row:
    return {"id": table[name], "name": name}


def invoice_row(record: Record) -> Row:
    """The open invoice's header as the REST API shows it; fields without a value are absent."""
    draft, pays = record.draft, record.draft.bill_to
    department = _department(draft)
    row: Row = {
        "id": record.invoice_id,
        "invoiceNumber": record.number,
        "type": draft.type,
        "status": {"id": STATUS_NEW, "name": "New", "isClosed": False},
        "company": draft.company.reference,
        "billToCompany": pays.reference,
        "shipToCompany": draft.company.reference,
        "accountNumber": pays.account_number,
        "applyToType": "Agreement" if draft.agreement_type else "All",
        "attention": pays.person,
        "billingSite": {"id": pays.site_id, "name": "Main"},
        "billingTerms": {"id": TERMS[pays.terms].id, "name": TERMS[pays.terms].name},
        "date": psa_date(draft.day),
        "dueDate": psa_date(draft.due_date),
        "locationId": record.location_id,
        "location": _named(LOCATIONS, pays.location),
        "departmentId": DEPARTMENTS[department],
        "department": _named(DEPARTMENTS, department),
        "territory": _named(LOCATIONS, pays.location),
        "taxableFlag": draft.tax_code is not None,
        "currency": dict(CURRENCY_REF),
        "restrictDownpaymentFlag": False,
        "specialInvoiceFlag": draft.type == "Miscellaneous",
        **_amounts(draft),
    }
    if draft.tax_code:
        row["taxCode"] = {"id": draft.tax_code.id, "name": draft.tax_code.identifier}
    if draft.customer_po:
        row["customerPO"] = draft.customer_po
    if draft.type == "Progress":
        row["downpaymentPreviouslyTaxedFlag"] = True
    if record.agreement_id:
        row["agreement"] = {"id": record.agreement_id, "name": _agreement_name(draft)}
        row["applyToId"] = record.agreement_id
    return row


def _amounts(draft: Draft) -> Row:
    deposits = _sum_of(draft, "RD")
    return {
        "serviceTotal": _sum_of(draft, "R"),
        "expenseTotal": _sum_of(draft, "RE"),
        "productTotal": _sum_of(draft, "RP", "AP"),
        "agreementAmount": _sum_of(draft, "RA"),
        "downpaymentApplied": -deposits if draft.type != "DownPayment" and deposits < 0 else Decimal("0.00"),
        "subtotal": draft.net,
        "salesTax": draft.tax,
        "total": draft.total,
        "payments": Decimal("0.00"),
        "credits": Decimal("0.00"),
        "balance": draft.total,
    }


def _agreement_name(draft: Draft) -> str:
    return f"{draft.company.name}: {draft.agreement_type}"


def _agreement_row(record: Record, month: BusinessMonth) -> Row:
    draft, kind = record.draft, record.draft.agreement_type or ""
    one_time = kind == "Cloud Annual"
    return {
        "id": record.agreement_id,
        "name": _agreement_name(draft),
        "type": {"id": AGREEMENT_TYPES[kind], "name": kind},
        "company": draft.company.reference,
        "billToCompany": draft.bill_to.reference,
        "location": _named(LOCATIONS, draft.bill_to.location),
        "department": _named(DEPARTMENTS, "Service Desk"),
        "startDate": psa_date(month.start if one_time else _FIRST_DAY_OF_AGREEMENTS),
        "noEndingDateFlag": not one_time,
        "cancelledFlag": False,
        "oneTimeFlag": one_time,
        "billOneTimeFlag": one_time,
        "billAmount": _sum_of(draft, "RA"),
        "invoicingCycle": "CalendarYear",
        "periodType": "Future",
        "prorateFlag": True,
        "taxable": draft.tax_code is not None,
        "agreementStatus": "Active",
        "currency": dict(CURRENCY_REF),
        **({} if one_time else {"nextInvoiceDate": psa_date(month.day(32).replace(day=1))}),
    }


def record_tables(records: Sequence[Record], month: BusinessMonth) -> dict[str, list[Row]]:
    """Invoices and the agreements they bill, by REST path."""
    agreements: dict[int, Row] = {}
    for record in records:
        if record.agreement_id and record.agreement_id not in agreements:
            agreements[record.agreement_id] = _agreement_row(record, month)
    return {
        "finance/invoices": [invoice_row(record) for record in records],
        "finance/agreements": list(agreements.values()),
    }
