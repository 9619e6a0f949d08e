"""The mapping settings of an account: one immutable version of them decides every treatment that is a choice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from ledgerwire.common.ledger.document import ContactPolicy


@dataclass(frozen=True, slots=True)
class DefaultItem:
    """A fall-back Non-Product ID with its own switch (A073-A076); a disabled one is never used."""

    enabled: bool = False
    item_code: str = ""


@dataclass(frozen=True, slots=True)
class DefaultNonProductIds:
    """The four fall-backs, by revenue kind (A072): R, RE, RA and RD."""

    service: DefaultItem = DefaultItem()
    expense: DefaultItem = DefaultItem()
    agreement: DefaultItem = DefaultItem()
    deferred_revenue: DefaultItem = DefaultItem()


class TaxMode(StrEnum):
    """Where the tax type of a taxable line comes from; the printed tax is the total in every mode (M11)."""

    BY_NAME = "by_name"
    GL_AMOUNTS = "gl_amounts"
    PER_LEVEL = "per_level"
    EXTERNAL = "external"
    STATIC = "static"


@dataclass(frozen=True, slots=True)
class TaxSettings:
    """How lines are taxed (M12).

    Attributes:
        untaxed_type: ledger tax type of untaxed lines: zero, exempt or out of scope; never guessed.
        mode: by_name matches the PSA's tax name to a ledger rate; gl_amounts takes the ledger rate whose percentage
            fits the exported amounts; per_level matches the cross-references of the tax levels, together, to the one ledger
            rate made of those components; external takes the amounts of a tax engine as printed, under `static_type`, and
            compares no rate; static uses `static_type` for every taxable line.
        links: PSA tax code or cross-reference -> ledger tax type; wins over matching by name.
        static_type: required by the static and external modes.
    """

    untaxed_type: str
    mode: TaxMode = TaxMode.BY_NAME
    links: dict[str, str] = field(default_factory=dict)
    static_type: str | None = None


class RoundingPolicy(StrEnum):
    """What happens to a line whose quantity x price is not its total, and to a document that misses by cents (M11).

    document: such a line is written as 1 x total; cents left on the document become one adjustment line.
    line: quantity and price stay visible and a rounding line follows that line; cents left on the document as above.
    spread: such a line is split into whole-cent parts of the same item, account and tax that add up to its total; cents
        left on the document as above.
    stop: lines as in `document`; cents left on the document stop it.
    """

    LINE = "line"
    DOCUMENT = "document"
    SPREAD = "spread"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class RoundingSettings:
    """Where rounding goes and how much of it there may be.

    Attributes:
        account: ledger account code of rounding and adjustment lines.
        tax_type: the ledger's no-tax type for those lines.
        document_limit: None = 0.01 x (lines + 1), at most 0.10; 0 = none allowed; more only by this explicit choice.
        monthly_budget: sum of all absolute roundings and adjustments a calendar month may hold; None = not limited.
        item: the item of those lines where the item decides the account (M10).
    """

    account: str
    tax_type: str
    policy: RoundingPolicy = RoundingPolicy.DOCUMENT
    document_limit: Decimal | None = None
    monthly_budget: Decimal | None = None
    item: str | None = None


class OnMissing(StrEnum):
    """Missing or unknown tracking: post the line without it and warn, or stop (A068)."""

    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class TrackingSettings:
    """Ledger names of the two tracking categories, fed by the first and second class segment (A056)."""

    category_1: str | None = None
    category_2: str | None = None
    on_missing: OnMissing = OnMissing.WARN


@dataclass(frozen=True, slots=True)
class TermsSettings:
    """Links: PSA term name or cross-reference -> term name in the ledger (M14)."""

    links: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContactSettings:
    """What to do with a bill-to company that has no linked contact (D9). Links: PSA company id -> ledger contact id."""

    policy: ContactPolicy = ContactPolicy.HOLD
    links: dict[str, str] = field(default_factory=dict)


class ExclusionTreatment(StrEnum):
    """What an exclusion rule says about the records it matches (M19)."""

    LEAVE_UNPOSTED = "leave_unposted"
    BATCH_WITHOUT_POSTING = "batch_without_posting"


@dataclass(frozen=True, slots=True)
class ExclusionRule:
    """Records that match every non-empty condition are excluded.

    Attributes:
        number_prefixes: the record's number starts with one of these.
        invoice_types: PSA invoice types (Standard, Agreement, ...); of products Purchase, Adjustment or Transfer, of expenses
            their classification.
        company_ids: PSA ids of the bill-to company, the vendor, or the customer an expense was for.
        record_types: the types of record it looks at: invoice, procurement, expense.
    """

    name: str
    treatment: ExclusionTreatment = ExclusionTreatment.LEAVE_UNPOSTED
    number_prefixes: tuple[str, ...] = ()
    invoice_types: tuple[str, ...] = ()
    company_ids: tuple[int, ...] = ()
    record_types: tuple[str, ...] = ("invoice",)


class ZeroEffect(StrEnum):
    """A record that nets to zero on every account and tracking: batch it without a document, or post it (M4)."""

    BATCH = "batch"
    POST = "post"


class PostAs(StrEnum):
    """Whether documents arrive approved or as drafts (A113)."""

    APPROVED = "approved"
    DRAFT = "draft"


class LockPolicy(StrEnum):
    """A document dated in a closed period (D14).

    hold: it stops and goes by itself once the period is open. first_open_day: it is dated on the first open day, the
    original date in the reference. ask: it stops, and a person chooses one of the two.
    """

    HOLD = "hold"
    FIRST_OPEN_DAY = "first_open_day"
    ASK = "ask"


class CogsBy(StrEnum):
    """What tells a stock line (M6): the catalog item's class, its product type, or both."""

    PRODUCT_CLASS = "class"
    PRODUCT_TYPE = "type"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class CogsSettings:
    """Cost of sales of stock lines (M5, M6).

    Attributes:
        enabled: such a line makes a journal, Dr cost of sales, Cr stock.
        validate_accounts: a product line whose cost account is missing or unknown stops (A060); procurement forces it on (A061).
        product_types: names of the product types that are stock, where `by` looks at them.
        drop_ship: drop-shipped lines too; follows the PSA package set-up.
    """

    enabled: bool = False
    validate_accounts: bool = True
    by: CogsBy = CogsBy.PRODUCT_CLASS
    product_types: tuple[str, ...] = ()
    drop_ship: bool = False


class OnUnknownItem(StrEnum):
    """An item the ledger does not have: stop (ITEM_UNKNOWN), or create it once (M10)."""

    STOP = "stop"
    CREATE = "create"


@dataclass(frozen=True, slots=True)
class ItemSettings:
    """Items where the item decides the account (M10).

    Attributes:
        on_mismatch: the item's account is not the frozen one: stop (ITEM_ACCOUNT_MISMATCH), or use an item
            `<code>-<account>`, created once.
        discount, freight: codes of the items for product discount (SD) and PO freight (PF) lines; no default exists.
    """

    on_unknown: OnUnknownItem = OnUnknownItem.STOP
    on_mismatch: OnUnknownItem = OnUnknownItem.STOP
    discount: str | None = None
    freight: str | None = None


class RateSource(StrEnum):
    """Where the rate of a foreign document comes from (M15)."""

    LEDGER = "ledger"
    TABLE = "table"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class CurrencySettings:
    """`rates`: currency code -> units of base currency for one of it, for the table."""

    source: RateSource = RateSource.LEDGER
    rates: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProcurementSettings:
    """Receipts, returns, adjustments and transfers (M16).

    Attributes:
        enabled: they are carried at all; turns COGS validation on (A061).
        untaxed_type: ledger tax type of untaxed purchase lines; None = the one of sales.
        taxed_links: PSA tax code or cross-reference -> ledger tax type of purchases.
        suppliers: PSA company id of the vendor -> ledger contact id.
    """

    enabled: bool = False
    untaxed_type: str | None = None
    taxed_links: dict[str, str] = field(default_factory=dict)
    suppliers: dict[str, str] = field(default_factory=dict)


class DocumentPer(StrEnum):
    """What one ledger document stands for: each expense by itself, or all of a member's on one report (M17)."""

    EXPENSE = "expense"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class ExpenseSettings:
    """Expenses (M17).

    Attributes:
        enabled: they are carried at all.
        company_paid_types: names of the payment types the company pays itself (A057).
        clearing_contact: name of the supplier that company-paid expenses are billed by (the card's bank).
        clearing_account: account code such a bill is settled from; named in the message only.
        tax_inclusive: amounts as entered contain the tax.
        untaxed_type: ledger tax type of untaxed expense lines; None = the one of sales.
        taxed_links: PSA tax code or cross-reference -> ledger tax type of expenses.
        required_status: the approval an expense needs at least; empty = the unposted list decides.
        document_per: one document for each expense, or one for each member and report.
    """

    enabled: bool = False
    company_paid_types: tuple[str, ...] = ()
    clearing_contact: str | None = None
    clearing_account: str | None = None
    tax_inclusive: bool = False
    untaxed_type: str | None = None
    taxed_links: dict[str, str] = field(default_factory=dict)
    required_status: str = ""
    document_per: DocumentPer = DocumentPer.EXPENSE


@dataclass(frozen=True, slots=True)
class CompanySettings:
    """What one ledger company has otherwise: a section given here stands in the place of the account's, whole."""

    tax: TaxSettings | None = None
    rounding: RoundingSettings | None = None
    sales_items: ItemSettings | None = None
    currency: CurrencySettings | None = None
    procurement: ProcurementSettings | None = None
    expenses: ExpenseSettings | None = None


@dataclass(frozen=True, slots=True)
class MappingSettings:
    """All of one mapping version. `account_links`: PSA account string -> ledger account code.

    `companies`: name of a ledger company -> the sections in which it differs from the account's others.
    """

    tax: TaxSettings
    rounding: RoundingSettings
    default_non_product_ids: DefaultNonProductIds = DefaultNonProductIds()
    tracking: TrackingSettings = TrackingSettings()
    terms: TermsSettings = TermsSettings()
    contacts: ContactSettings = ContactSettings()
    account_links: dict[str, str] = field(default_factory=dict)
    exclusions: tuple[ExclusionRule, ...] = ()
    zero_effect: ZeroEffect = ZeroEffect.BATCH
    post_as: PostAs = PostAs.APPROVED
    lock_policy: LockPolicy = LockPolicy.HOLD
    cogs: CogsSettings = CogsSettings()
    sales_items: ItemSettings = ItemSettings()
    currency: CurrencySettings = CurrencySettings()
    procurement: ProcurementSettings = ProcurementSettings()
    expenses: ExpenseSettings = ExpenseSettings()
    companies: dict[str, CompanySettings] = field(default_factory=dict)

    def of_company(self, name: str) -> MappingSettings:
        """The settings that hold for one ledger company."""
        own = self.companies.get(name, CompanySettings())
        return replace(
            self,
            tax=own.tax or self.tax,
            rounding=own.rounding or self.rounding,
            sales_items=own.sales_items or self.sales_items,
            currency=own.currency or self.currency,
            procurement=own.procurement or self.procurement,
            expenses=own.expenses or self.expenses,
            companies={},
        )
