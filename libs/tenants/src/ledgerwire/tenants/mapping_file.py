"""The `mapping:` section of an account file; its fields are those of the mapper's settings, one to one."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ledgerwire.common.ledger.document import ContactPolicy

Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""A name or code of one of the two systems."""


class Section(BaseModel):
    """Base of every section: an unknown field is an error, not a silent nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DefaultItemSection(Section):
    """A fall-back Non-Product ID with its own switch (A073-A076)."""

    enabled: bool = False
    item_code: str = ""

    @model_validator(mode="after")
    def _complete(self) -> DefaultItemSection:
        if self.enabled and not self.item_code:
            raise ValueError("item_code is needed when the default is enabled")
        return self


class DefaultNonProductIdsSection(Section):
    """The four fall-backs by revenue kind (A072)."""

    service: DefaultItemSection = DefaultItemSection()
    expense: DefaultItemSection = DefaultItemSection()
    agreement: DefaultItemSection = DefaultItemSection()
    deferred_revenue: DefaultItemSection = DefaultItemSection()


class TaxSection(Section):
    """How lines are taxed (M12); the untaxed type is never guessed."""

    untaxed_type: Code
    mode: Literal["by_name", "gl_amounts", "per_level", "external", "static"] = "by_name"
    links: dict[Code, Code] = Field(default_factory=dict)
    static_type: Code | None = None

    @model_validator(mode="after")
    def _complete(self) -> TaxSection:
        if self.mode in {"static", "external"} and self.static_type is None:
            raise ValueError(f"static_type is needed in mode {self.mode}")
        return self


class RoundingSection(Section):
    """Where rounding goes and how much of it there may be (M11); a limit of 0 allows none."""

    account: Code
    tax_type: Code
    policy: Literal["line", "document", "spread", "stop"] = "document"
    document_limit: Annotated[Decimal, Field(ge=0, max_digits=9, decimal_places=2)] | None = None
    monthly_budget: Annotated[Decimal, Field(ge=0, max_digits=11, decimal_places=2)] | None = None
    item: Code | None = None


class TrackingSection(Section):
    """The ledger's names of the two tracking categories (A056, A068)."""

    category_1: Code | None = None
    category_2: Code | None = None
    on_missing: Literal["warn", "stop"] = "warn"


class TermsSection(Section):
    """PSA term name or cross-reference -> term name in the ledger (M14)."""

    links: dict[Code, Code] = Field(default_factory=dict)


class ContactsSection(Section):
    """What to do with a bill-to company without a linked contact; PSA company id -> ledger contact id."""

    policy: ContactPolicy = ContactPolicy.HOLD
    links: dict[Code, Code] = Field(default_factory=dict)


class ExclusionSection(Section):
    """Records matching every non-empty condition are excluded (M19)."""

    name: Code
    treatment: Literal["leave_unposted", "batch_without_posting"] = "leave_unposted"
    number_prefixes: tuple[Code, ...] = ()
    invoice_types: tuple[Code, ...] = ()
    company_ids: tuple[int, ...] = ()
    record_types: tuple[Literal["invoice", "procurement", "expense"], ...] = ("invoice",)

    @model_validator(mode="after")
    def _has_a_condition(self) -> ExclusionSection:
        if not (self.number_prefixes or self.invoice_types or self.company_ids):
            raise ValueError("a rule without a condition would exclude every record")
        return self


class CogsSection(Section):
    """Cost of sales of stock lines (M5, M6, A060)."""

    enabled: bool = False
    validate_accounts: bool = True
    by: Literal["class", "type", "both"] = "class"
    product_types: tuple[Code, ...] = ()
    drop_ship: bool = False


class SalesItemsSection(Section):
    """Items where the item decides the account (M10)."""

    on_unknown: Literal["stop", "create"] = "stop"
    on_mismatch: Literal["stop", "create"] = "stop"
    discount: Code | None = None
    freight: Code | None = None


class CurrencySection(Section):
    """Where the rate of a foreign document comes from (M15)."""

    source: Literal["ledger", "table", "stop"] = "ledger"
    rates: dict[Code, Annotated[Decimal, Field(gt=0)]] = Field(default_factory=dict)


class ProcurementSection(Section):
    """Receipts, returns, adjustments and transfers (M16)."""

    enabled: bool = False
    untaxed_type: Code | None = None
    taxed_links: dict[Code, Code] = Field(default_factory=dict)
    suppliers: dict[Code, Code] = Field(default_factory=dict)


class ExpensesSection(Section):
    """Expenses (M17)."""

    enabled: bool = False
    company_paid_types: tuple[Code, ...] = ()
    clearing_contact: Code | None = None
    clearing_account: Code | None = None
    tax_inclusive: bool = False
    untaxed_type: Code | None = None
    taxed_links: dict[Code, Code] = Field(default_factory=dict)
    required_status: Literal[
        "", "PendingApproval", "ApprovedByTierOne", "ApprovedByTierTwo", "ReadyToBill", "Billed"
    ] = ""
    document_per: Literal["expense", "report"] = "expense"


class CompanyMappingSection(Section):
    """What one ledger company has otherwise; a section given here replaces the account's, whole."""

    tax: TaxSection | None = None
    rounding: RoundingSection | None = None
    sales_items: SalesItemsSection | None = None
    currency: CurrencySection | None = None
    procurement: ProcurementSection | None = None
    expenses: ExpensesSection | None = None


class MappingSection(Section):
    """All of one mapping version; `companies` by the names of the account's ledger companies."""

    tax: TaxSection
    rounding: RoundingSection
    default_non_product_ids: DefaultNonProductIdsSection = DefaultNonProductIdsSection()
    tracking: TrackingSection = TrackingSection()
    terms: TermsSection = TermsSection()
    contacts: ContactsSection = ContactsSection()
    account_links: dict[Code, Code] = Field(default_factory=dict)
    exclusions: tuple[ExclusionSection, ...] = ()
    zero_effect: Literal["batch", "post"] = "batch"
    post_as: Literal["approved", "draft"] = "approved"
    lock_policy: Literal["hold", "first_open_day", "ask"] = "hold"
    cogs: CogsSection = CogsSection()
    sales_items: SalesItemsSection = SalesItemsSection()
    currency: CurrencySection = CurrencySection()
    procurement: ProcurementSection = ProcurementSection()
    expenses: ExpensesSection = ExpensesSection()
    companies: dict[Code, CompanyMappingSection] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _cogs_validated_with_procurement(self) -> MappingSection:
        all_of_them = [self.procurement, *(each.procurement for each in self.companies.values() if each.procurement)]
        if any(each.enabled for each in all_of_them) and not self.cogs.validate_accounts:
            raise ValueError("cogs.validate_accounts cannot be off while procurement is on (A061)")
        return self
