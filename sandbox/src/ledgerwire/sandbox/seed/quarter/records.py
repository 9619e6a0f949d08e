"""Invoice drafts as the PSA stores them: headers in REST shape, lines for its GL engine, and the agreements billed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.connectwise.lines import InvoiceLine
from ledgerwire.sandbox.seed.month import psa_date
from ledgerwire.sandbox.seed.quarter.draft import ZERO, Draft, DraftLine
from ledgerwire.sandbox.seed.quarter.goods import CATEGORIES, PRODUCTS
from ledgerwire.sandbox.seed.quarter.houses import LOCATIONS
from ledgerwire.sandbox.seed.quarter.tables import currency_reference, named
from ledgerwire.sandbox.seed.setup_tables import AGREEMENT_TYPES, DEPARTMENTS, STATUS_NEW, TERMS, WORK_ROLES
from ledgerwire.sandbox.seed.tax import share

Row = dict[str, Any]
FIRST_INVOICE_ID = 50_001
FIRST_NUMBER = 20_001
FIRST_AGREEMENT_ID = 3_001


@dataclass(frozen=True, slots=True)
class Record:
    """A draft with the ids that the PSA gave it."""

    invoice_id: int
    number: str
    draft: Draft
    agreement_id: int | None = None

    @property
    def location_id(self) -> int:
        return LOCATIONS.get(self.draft.place, 1)


def number_drafts(drafts: Sequence[Draft]) -> list[Record]:
    """Ids, invoice numbers and agreement ids in order of date."""
    agreements: dict[tuple[str, str], int] = {}
    records = []
    for offset, draft in enumerate(drafts):
        agreement = None
        if draft.agreement_type:
            key = (draft.customer.key, draft.agreement_type)
            agreement = agreements.setdefault(key, FIRST_AGREEMENT_ID + len(agreements))
        number = draft.number or f"{draft.prefix}-{FIRST_NUMBER + offset}"
        records.append(Record(FIRST_INVOICE_ID + offset, number, draft, agreement))
    return records


def invoice_lines(record: Record) -> list[InvoiceLine]:
    """The lines as the GL engine reads them, each level's tax shared over the taxed ones."""
    draft = record.draft
    taxed = [line.total if draft.is_taxed(line) else Decimal(0) for line in draft.lines]
    by_level = [share(tax, taxed) for tax in draft.tax_by_level]
    shares = zip(*by_level, strict=True) if by_level else [()] * len(draft.lines)
    return [_line(record, line, tuple(taxes)) for line, taxes in zip(draft.lines, shares, strict=True)]


def _line(record: Record, line: DraftLine, taxes: tuple[Decimal, ...]) -> InvoiceLine:
    stream, product = line.stream, PRODUCTS.get(line.product or "")
    kind = stream.agreement_type or record.draft.agreement_type
    taxed = record.draft.is_taxed(line)
    return InvoiceLine(
        kind=stream.kind,
        description=line.description,
        quantity=line.quantity,
        price=line.price,
        total=line.total,
        cost=line.cost,
        taxable=taxed,
        tax_by_level=taxes if taxed else (),
        item_identifier=line.product,
        item_id=product.id if product else None,
        product_class=product.product_class if product else None,
        drop_shipped=line.drop_shipped,
        agreement_id=record.agreement_id,
        agreement_type_id=AGREEMENT_TYPES[kind] if kind else None,
        category_id=CATEGORIES[product.category] if product else None,
        work_role_id=WORK_ROLES[stream.work_role] if stream.work_role else None,
        location_id=record.location_id,
        department_id=DEPARTMENTS[_department(record.draft)],
    )


def _department(draft: Draft) -> str:
    return "Projects" if draft.type in {"Progress", "DownPayment"} else "Service Desk"


def _sum_of(draft: Draft, *kinds: str) -> Decimal:
    return sum((line.total for line in draft.lines if line.stream.kind in kinds), ZERO)


def invoice_row(record: Record) -> Row:
    """The open invoice's header as the REST API shows it; fields without a value are absent."""
    draft, pays, department = record.draft, record.draft.payer, _department(record.draft)
    location = {"id": record.location_id, "name": draft.place}
    row: Row = {
        "id": record.invoice_id, "invoiceNumber": record.number, "type": draft.kind_shown or draft.type,
        "status": {"id": STATUS_NEW, "name": "New", "isClosed": False},
        "company": draft.customer.reference, "billToCompany": pays.reference, "shipToCompany": draft.customer.reference,
        "accountNumber": pays.account_number, "applyToType": "Agreement" if draft.agreement_type else "All",
        "attention": pays.person, "billingSite": {"id": pays.site_id, "name": "Main"},
        "billingTerms": {"id": TERMS[pays.terms].id, "name": TERMS[pays.terms].name},
        "date": psa_date(draft.day), "dueDate": psa_date(draft.due_date),
        "locationId": record.location_id, "location": location, "territory": location,
        "departmentId": DEPARTMENTS[department], "department": named(DEPARTMENTS, department),
        "taxableFlag": draft.tax_code is not None, "currency": currency_reference(draft.currency),
        "restrictDownpaymentFlag": False, "specialInvoiceFlag": draft.type == "Miscellaneous",
        **_amounts(draft),
    }  # fmt: skip
    if draft.tax_code and not draft.hides_tax_code:
        row["taxCode"] = {"id": draft.tax_code.id, "name": draft.tax_code.identifier}
    if draft.customer_po:
        row["customerPO"] = draft.customer_po
    if draft.type == "Progress":
        row["downpaymentPreviouslyTaxedFlag"] = True
    if record.agreement_id:
        row["agreement"] = {"id": record.agreement_id, "name": f"{draft.customer.name}: {draft.agreement_type}"}
        row["applyToId"] = record.agreement_id
    return row


def _amounts(draft: Draft) -> Row:
    deposits = _sum_of(draft, "RD")
    tax = draft.tax if draft.printed_tax is None else draft.printed_tax
    total = draft.net + tax
    return {
        "serviceTotal": _sum_of(draft, "R"),
        "expenseTotal": _sum_of(draft, "RE"),
        "productTotal": _sum_of(draft, "RP", "AP"),
        "agreementAmount": _sum_of(draft, "RA"),
        "downpaymentApplied": -deposits if draft.type != "DownPayment" and deposits < 0 else ZERO,
        "subtotal": draft.net, "salesTax": tax, "total": total,
        "payments": ZERO, "credits": ZERO, "balance": total,
    }  # fmt: skip


def _agreement_row(record: Record) -> Row:
    draft, kind = record.draft, record.draft.agreement_type or ""
    one_time = kind == "Cloud Annual"
    return {
        "id": record.agreement_id, "name": f"{draft.customer.name}: {kind}",
        "type": {"id": AGREEMENT_TYPES[kind], "name": kind}, "company": draft.customer.reference,
        "billToCompany": draft.payer.reference, "location": {"id": record.location_id, "name": draft.place},
        "department": named(DEPARTMENTS, "Service Desk"), "startDate": psa_date(date(2024, 7, 1)),
        "noEndingDateFlag": not one_time, "cancelledFlag": False, "oneTimeFlag": one_time, "billOneTimeFlag": one_time,
        "billAmount": _sum_of(draft, "RA"), "invoicingCycle": "CalendarYear", "periodType": "Future",
        "prorateFlag": True, "taxable": draft.tax_code is not None, "agreementStatus": "Active",
        "currency": currency_reference(draft.currency),
    }  # fmt: skip


def record_tables(records: Sequence[Record]) -> dict[str, list[Row]]:
    """Invoices and the agreements they bill, by REST path."""
    agreements: dict[int, Row] = {}
    for record in records:
        if record.agreement_id and record.agreement_id not in agreements:
            agreements[record.agreement_id] = _agreement_row(record)
    return {
        "finance/invoices": [invoice_row(record) for record in records],
        "finance/agreements": list(agreements.values()),
    }
