"""Receipts, stock movements and expenses as a test reads them: one line unless it says otherwise."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from ledgerwire.common.ledger.document import ContactRole
from ledgerwire.common.ledger.reference import AccountClass, LedgerAccount, TaxRate
from ledgerwire.mapper.domain.model import Company, GlLine, Mapped, Party, StoppedResult, Term
from ledgerwire.mapper.domain.purchase_model import (
    Expense,
    ExpenseInput,
    Pair,
    ProcurementInput,
    Product,
    Receipt,
    Row,
    StockLine,
)
from ledgerwire.mapper.domain.records import map_any
from ledgerwire.mapper.domain.settings import ExpenseSettings, ProcurementSettings

from .build import ACCOUNTS, REFERENCE, SETTINGS

ASSET, COST, DEBT = AccountClass.ASSET, AccountClass.EXPENSE, AccountClass.LIABILITY
BOUGHT = frozenset({ASSET, COST})
BOOKS = replace(
    REFERENCE,
    accounts=(
        *ACCOUNTS,
        LedgerAccount("310", "Cost of sales", COST, active=True),
        LedgerAccount("320", "Freight in", COST, active=True),
        LedgerAccount("425", "Travel", COST, active=True),
        LedgerAccount("480", "Stock changes", COST, active=True),
        LedgerAccount("630", "Stock", ASSET, active=True),
        LedgerAccount("631", "Van stock", ASSET, active=True),
        LedgerAccount("820", "GST", DEBT, active=True),
        LedgerAccount("855", "Card clearing", DEBT, active=True),
    ),
    tax_rates=(
        *(rate for rate in REFERENCE.tax_rates if rate.tax_type != "INPUT"),
        TaxRate("INPUT", "GST on Expenses", Decimal(10), active=True, applies_to=BOUGHT),
        TaxRate("EXEMPTEXPENSES", "GST Free Expenses", Decimal(0), active=True, applies_to=BOUGHT),
    ),
)
BUYING = replace(
    SETTINGS,
    tracking=replace(SETTINGS.tracking, category_1=None),
    procurement=ProcurementSettings(
        enabled=True, untaxed_type="EXEMPTEXPENSES", taxed_links={"GST on Income": "INPUT"}
    ),
    expenses=ExpenseSettings(
        enabled=True,
        company_paid_types=("Company card",),
        clearing_contact="Westpac Cards",
        clearing_account="855",
        tax_inclusive=True,
        untaxed_type="EXEMPTEXPENSES",
        taxed_links={"GST on Income": "INPUT"},
    ),
)
INGRAM = Party("supplier:300", Company(300, "Ingram Micro", "V-300"), role=ContactRole.SUPPLIER)
JANE = Party("member:7", Company(7, "Jane Roe", "EMP7"), role=ContactRole.SUPPLIER)
BANK = Party("supplier:clearing", Company(0, "Westpac Cards"), role=ContactRole.SUPPLIER)


def bought(entry_id, total, **more):
    """A received line, taxed, that goes to stock."""
    facts = {
        "entry_id": entry_id,
        "gl_type": "P",
        "account": "630",
        "gl_class": "",
        "total": Decimal(total),
        "description": "Dock",
        "quantity": Decimal(1),
        "price": Decimal(total),
        "product": "DOCK",
        "taxable": True,
        "tax_code": "GST on Income",
        "cost_account": "310",
        "stock_account": "630",
        "product_class": "Inventory",
    }
    return Row(GlLine(**{**facts, **more}), (entry_id,))


def freight(entry_id, total, **more):
    facts = {"gl_type": "PF", "account": "320", "description": "Freight", "product": None, "product_class": None}
    return bought(entry_id, total, **{**facts, "taxable": False, "tax_code": None, **more})


def purchase_tax(entry_id, tax, **more):
    return Row(GlLine(entry_id, "PT", "820", "", Decimal(tax), "Tax on dock", **more), (entry_id,))


def receipt(
    *rows, taxes=("10.00",), settings=BUYING, reference=BOOKS, party=INGRAM, product=None, term="Net 30", **more
):
    """A listed receipt of these lines; header and list show what they come to unless told otherwise."""
    rows = rows or (bought(201, "100.00"),)
    tax_rows = tuple(purchase_tax(900 + index, tax) for index, tax in enumerate(taxes))
    tax = sum((row.line.total for row in tax_rows), Decimal(0))
    whole = sum((row.line.total for row in rows), Decimal(0)) + tax
    facts = {
        "rows": rows,
        "taxes": tax_rows,
        "header_total": whole,
        "vendor_invoice_number": "V-77",
        "vendor_invoice_date": date(2026, 2, 10),
        "packing_slip": "PS1",
        "tax_code": "GST on Income",
        "tax_percent": Decimal(10),
    }
    listed = {
        "source_id": "3-PS1-purchase",
        "number": "PO1003",
        "kind": "Purchase",
        "listed": True,
        "row_id": 871,
        "dated": date(2026, 2, 8),
        "total": whole,
        "tax": tax,
        "currency": "AUD",
        "vendor_id": 300,
        "vendor_number": "V-300",
    }
    return ProcurementInput(
        ledger="Xero",
        product=Product(**{**listed, **(product or {})}),
        party=party,
        settings=settings,
        mapping_version=1,
        reference=reference,
        receipt=Receipt(**{**facts, **more}),
        term=Term(term, 30, "30") if term else None,
    )


def stock_line(quantity, total, **more):
    facts = {"description": "Dock", "account": "480", "stock_account": "630"}
    return StockLine(quantity=Decimal(quantity), total=Decimal(total), **{**facts, **more})


def movement(kind, *, lines=None, pairs=(), total="0", settings=BUYING, **product):
    """A listed stock adjustment or transfer."""
    listed = {
        "source_id": f"1-{kind.lower()}",
        "number": f"1-{kind.lower()}",
        "kind": kind,
        "listed": True,
        "row_id": 872,
        "dated": date(2026, 2, 11),
        "total": Decimal(total),
        "currency": "AUD",
        "description": "Stock count",
    }
    return ProcurementInput(
        ledger="Xero",
        product=Product(**{**listed, **product}),
        party=None,
        settings=settings,
        mapping_version=1,
        reference=BOOKS,
        adjustment=lines,
        transfers=pairs,
    )


def pair(total, account, offset_account, *, offset=None, ids=(501, 502), **more):
    other = -Decimal(total) if offset is None else Decimal(offset)
    return Pair(ids, "Dock", account, Decimal(total), offset_account, other, **more)


def spent(total="110.00", tax="10.00", *, net=None, tax_row="10.00", settings=BUYING, pairs=(), **more):
    """A listed, approved expense of Jane's, 110.00 with 10.00 of tax in it, paid with her own money."""
    lines = [Row(GlLine(601, "EI", "425", "", Decimal(net or "100.00"), "Taxi"), (601, 602))]
    if tax_row:
        lines.append(Row(GlLine(603, "ET", "820", "", Decimal(tax_row), "Taxi"), (603, 604)))
    facts = {
        "source_id": "9001",
        "number": "EXP-9001",
        "listed": True,
        "row_id": 873,
        "dated": date(2026, 2, 12),
        "total": Decimal(total),
        "tax": Decimal(tax),
        "member_id": 7,
        "member": "Jane Roe",
        "classification": "Reimbursable",
        "payment_type": "Own money",
        "status": "ApprovedByTierTwo",
        "currency": "AUD",
        "description": "Taxi",
        "tax_code": "GST on Income",
    }
    return ExpenseInput(
        ledger="Xero",
        expense=Expense(**{**facts, **more}),
        member=JANE,
        clearing=BANK if settings.expenses.clearing_contact else None,
        settings=settings,
        mapping_version=1,
        reference=BOOKS,
        bill=() if pairs else tuple(lines),
        pairs=pairs,
        payment_types=("Own money", "Company card"),
    )


def mapped(given):
    result = map_any(given)
    assert isinstance(result, Mapped), result
    return result


def document(given):
    [made] = mapped(given).documents
    return made


def stop(given):
    """The one finding that stops it."""
    result = map_any(given)
    assert isinstance(result, StoppedResult), result
    [finding] = result.findings
    return finding


def amounts(made):
    """(account, net, tax type, tax) of each line."""
    return [(line.account_code, f"{line.net:.2f}", line.tax_type, f"{line.tax_amount:.2f}") for line in made.lines]


def sums(made):
    """Net, tax and total as printed."""
    return f"{made.net:.2f}", f"{made.tax:.2f}", f"{made.total:.2f}"


def told(given, code):
    """The finding of this code beside a document."""
    [finding] = [item for item in mapped(given).findings if item.code == code]
    return finding
