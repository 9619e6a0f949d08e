"""Inputs as a test reads them: one invoice of one line unless it says otherwise."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from ledgerwire.common.ledger.document import Contact, ContactPolicy
from ledgerwire.common.ledger.reference import (
    AccountClass,
    LedgerAccount,
    LedgerItem,
    ReferenceData,
    TaxRate,
    TrackingCategory,
)
from ledgerwire.mapper.domain.document import map_record
from ledgerwire.mapper.domain.model import (
    Company,
    GlExport,
    GlLine,
    GlTableRow,
    Invoice,
    Mapped,
    MappingInput,
    Segment,
    StoppedResult,
    TaxCode,
    Term,
)
from ledgerwire.mapper.domain.settings import (
    ContactSettings,
    DefaultItem,
    DefaultNonProductIds,
    MappingSettings,
    RoundingSettings,
    TaxSettings,
    TrackingSettings,
)

CENT = Decimal("0.01")
SALES = frozenset({AccountClass.REVENUE, AccountClass.LIABILITY, AccountClass.ASSET})
SEGMENTS = (Segment("Account", "Account"), Segment("Business Line", "Class"))

ACCOUNTS = (
    LedgerAccount("200", "Managed services", AccountClass.REVENUE, active=True),
    LedgerAccount("220", "Labour", AccountClass.REVENUE, active=True),
    LedgerAccount("291", "Telephony (before 2024)", AccountClass.REVENUE, active=False),
    LedgerAccount("420", "Entertainment", AccountClass.EXPENSE, active=True),
    LedgerAccount("610", "Accounts Receivable", AccountClass.ASSET, active=True, system="DEBTORS"),
    LedgerAccount("812", "Deferred revenue", AccountClass.LIABILITY, active=True),
    LedgerAccount("860", "Rounding", AccountClass.LIABILITY, active=True, system="ROUNDING"),
)
RATES = (
    TaxRate("OUTPUT", "GST on Income", Decimal(10), active=True, applies_to=SALES),
    TaxRate("INPUT", "GST on Expenses", Decimal(10), active=True, applies_to=frozenset({AccountClass.EXPENSE})),
    TaxRate("EXEMPTOUTPUT", "GST Free Income", Decimal(0), active=True, applies_to=SALES),
    TaxRate("HALF", "Reduced", Decimal(5), active=True, applies_to=SALES),
    TaxRate("BASEXCLUDED", "BAS Excluded", Decimal(0), active=True),
)
ITEMS = tuple(LedgerItem(code, code.title()) for code in ("LABOUR", "MANAGED", "EXPENSE", "DEPOSIT", "DOCK", "CAT6"))

REFERENCE = ReferenceData(
    organisation="Harbourline",
    base_currency="AUD",
    currencies=frozenset({"AUD"}),
    accounts=ACCOUNTS,
    tax_rates=RATES,
    items=ITEMS,
    tracking=(TrackingCategory("Business Line", ("Service Desk", "Projects")),),
)

SETTINGS = MappingSettings(
    tax=TaxSettings(untaxed_type="EXEMPTOUTPUT"),
    rounding=RoundingSettings(account="860", tax_type="BASEXCLUDED"),
    default_non_product_ids=DefaultNonProductIds(
        service=DefaultItem(True, "LABOUR"),
        expense=DefaultItem(False, "EXPENSE"),
        agreement=DefaultItem(True, "MANAGED"),
        deferred_revenue=DefaultItem(True, "DEPOSIT"),
    ),
    tracking=TrackingSettings(category_1="Business Line"),
    contacts=ContactSettings(policy=ContactPolicy.CREATE),
)

ACME = Company(
    250, "Acme", account_number="ACME01", email="pay@acme.example", primary_contact="Ann", billing_contact="Bo"
)
ACME_CONTACT = Contact("c-1", "Acme", account_number="ACME01", email="pay@acme.example")


def money(text):
    return Decimal(text)


def gl_line(entry_id, net, **more):
    """A sales line by its net amount as a person reads it; exported as a credit (negative)."""
    amount = Decimal(net)
    facts = {
        "entry_id": entry_id,
        "gl_type": "R",
        "account": "220",
        "gl_class": "Service Desk",
        "total": -amount,
        "description": "On-site support",
        "quantity": Decimal(1),
        "price": abs(amount),
        "non_product_id": "LABOUR",
        "taxable": True,
        "tax_code": "GST on Income",
        "tax_percent": Decimal(10),
    }
    return GlLine(**{**facts, **more})


def tax_row(entry_id, tax):
    return GlLine(entry_id, "ST", "820", "", -Decimal(tax), "GST")


def source(
    *lines, tax="10.00", total=None, settings=SETTINGS, reference=REFERENCE, export=None, company=ACME, **invoice
):
    """A closed, listed invoice of these lines; total and header follow from them unless given."""
    lines = lines or (gl_line(101, "100.00"),)
    taxed = Decimal(tax)
    whole = Decimal(total) if total is not None else -sum((line.total for line in lines), Decimal(0)) + taxed
    facts = {
        "invoice_id": 39001,
        "number": "INV-1042",
        "invoice_type": "Standard",
        "closed": True,
        "status": "Closed",
        "batch": None,
        "listed": True,
        "company_name": company.name,
        "bill_to_id": company.company_id,
        "document_date": date(2026, 2, 10),
        "due_date": date(2026, 3, 12),
        "total": whole,
        "tax": taxed,
        "currency": "AUD",
        "taxable": True,
        "tax_code": "GST on Income",
        "term": "Net 30",
    }
    rows = (*lines, tax_row(900, tax)) if taxed else lines
    gl = GlExport(
        header_ids=(100,), header_total=whole, lines=rows, tax=taxed, taxable=True, tax_code="GST on Income",
        tax_percent=Decimal(10),
    )  # fmt: skip
    return MappingInput(
        ledger="Xero",
        invoice=Invoice(**{**facts, **invoice}),
        company=company,
        settings=settings,
        mapping_version=1,
        reference=reference,
        export=replace(gl, **(export or {})),
        segments=SEGMENTS,
        term=Term("Net 30", 30, "30"),
        tax_codes=(TaxCode("GST", "GST on Income"),),
        contacts=(ACME_CONTACT,),
    )


def mapped(given):
    result = map_record(given)
    assert isinstance(result, Mapped), result
    return result


def document(given):
    [made] = mapped(given).documents
    return made


def stops(given):
    """The codes that stop it; fails when it is mapped."""
    result = map_record(given)
    assert isinstance(result, StoppedResult), result
    return [finding.code for finding in result.findings]


def stop(given):
    """The one finding that stops it."""
    result = map_record(given)
    assert isinstance(result, StoppedResult), result
    [finding] = result.findings
    return finding


def warnings(given):
    return [finding.code for finding in mapped(given).findings]


__all__ = ["GlTableRow"]
