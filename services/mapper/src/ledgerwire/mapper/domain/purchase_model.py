"""Receipts, stock movements and expenses as mapping is given them: plain facts, free of any vendor's shapes.

Amounts are in document currency and as exported: a cost is a debit and therefore positive.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledgerwire.common.ledger.reference import ReferenceData
from ledgerwire.mapper.domain.model import GlLine, Party, TaxCode, Term
from ledgerwire.mapper.domain.settings import MappingSettings

PURCHASE, ADJUSTMENT, TRANSFER = "Purchase", "Adjustment", "Transfer"


@dataclass(frozen=True, slots=True)
class Row:
    """One exported line with every GL entry id behind it; `line.entry_id` is the first of them (0 where it has none)."""

    line: GlLine
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """A row of the unposted list of products: one receipt, return, adjustment or transfer.

    Attributes:
        number: what people call it: the purchase order's number, else the record's own id.
        kind: Purchase, Adjustment or Transfer.
        row_id: the GL-side id of the unposted row; an adjustment is batched by it.
        total, tax: as the list shows them; the export decides.
        vendor_number: the vendor's account number, without which the PSA exports nothing of the receipt.
    """

    source_id: str
    number: str
    kind: str
    listed: bool
    row_id: int | None
    dated: date
    total: Decimal
    tax: Decimal | None = None
    currency: str | None = None
    description: str = ""
    vendor_id: int | None = None
    vendor_number: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt (or, with a total below 0, return) as exported.

    Attributes:
        later: another receipt is known by the same vendor invoice, so that this one needs its packing slip to tell them apart.
        taxes: purchase tax rows: never document lines, always part of the batch.
        header_total: total of the transaction.
    """

    rows: tuple[Row, ...]
    taxes: tuple[Row, ...]
    header_total: Decimal
    document_number: str = ""
    vendor_invoice_number: str = ""
    vendor_invoice_date: date | None = None
    packing_slip: str = ""
    freight_slip: str = ""
    later: bool = False
    due_days: int | None = None
    terms_xref: str | None = None
    tax_code: str | None = None
    tax_percent: Decimal | None = None
    freight_taxable: bool = False


@dataclass(frozen=True, slots=True)
class StockLine:
    """One item of a stock adjustment; a quantity below 0 raises stock (M16). `total` is taken without its sign."""

    description: str
    quantity: Decimal
    total: Decimal
    account: str
    stock_account: str
    gl_class: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """One exported line and its offset, as transfers and expenses in the journal style have them."""

    ids: tuple[int, ...]
    description: str
    account: str
    total: Decimal
    offset_account: str
    offset_total: Decimal
    gl_class: str = ""
    offset_class: str = ""


@dataclass(frozen=True, slots=True)
class ProcurementInput:
    """Everything that decides what a receipt or stock movement becomes; stored exactly.

    `receipt`, `adjustment` (None: ConnectWise exports nothing of it) or `transfers`, by the product's kind.
    """

    ledger: str
    product: Product
    party: Party | None
    settings: MappingSettings
    mapping_version: int
    reference: ReferenceData
    receipt: Receipt | None = None
    adjustment: tuple[StockLine, ...] | None = None
    transfers: tuple[Pair, ...] = ()
    term: Term | None = None
    tax_codes: tuple[TaxCode, ...] = ()
    choices: tuple[str, ...] = ()
    kept_rate: Decimal | None = None
    rounding_used: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Expense:
    """A row of the unposted list of expenses, with the approval its entry has.

    Attributes:
        total: as entered; whether it contains `tax` is a setting (M17).
        classification: Reimbursable, NonReimbursable or Personal.
        status: of the expense entry, None where it cannot be read.
        report_id: the expense report it is on, None where that cannot be read.
    """

    source_id: str
    number: str
    listed: bool
    row_id: int | None
    dated: date
    total: Decimal
    tax: Decimal
    member_id: int
    member: str
    classification: str
    payment_type: str
    status: str | None = None
    currency: str | None = None
    description: str = ""
    customer: str | None = None
    customer_id: int | None = None
    tax_code: str | None = None
    tax_xrefs: tuple[str, ...] = ()
    report_id: int | None = None


@dataclass(frozen=True, slots=True)
class GroupTerms:
    """What all expenses of one document share (M17): its number and date."""

    number: str
    dated: date


@dataclass(frozen=True, slots=True)
class ExpenseInput:
    """Everything that decides what an expense becomes; stored exactly.

    `bill` has the lines of the bill style, tax rows (ET) included, `pairs` those of the journal style; at most one is filled.
    `payment_types` are the names that the PSA has. `group`: it is one of the expenses of that document.
    """

    ledger: str
    expense: Expense
    member: Party
    clearing: Party | None
    settings: MappingSettings
    mapping_version: int
    reference: ReferenceData
    bill: tuple[Row, ...] = ()
    pairs: tuple[Pair, ...] = ()
    payment_types: tuple[str, ...] = ()
    tax_codes: tuple[TaxCode, ...] = ()
    choices: tuple[str, ...] = ()
    kept_rate: Decimal | None = None
    rounding_used: Decimal = Decimal(0)
    group: GroupTerms | None = None

    @property
    def document_date(self) -> date:
        """The date of the document: the expense's own, or that of all its document's expenses."""
        return self.group.dated if self.group else self.expense.dated
