"""The seats section of the account file: sources, links, price rules, policies, agreements and what created products are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from ledgerwire.common.seats import Motion
from ledgerwire.tenants.mapping_file import Code, Section
from ledgerwire.tenants.seat_sources import PartnerCenterSourceSection, SeatSourceSection

Percent = Annotated[Decimal, Field(max_digits=9, decimal_places=4)]


class PriceRuleSection(Section):
    """How a product is priced (M21): `value` is the price (`fixed`) or percent (`markup`, `margin`)."""

    basis: Literal["fixed", "erp", "markup", "margin", "source", "catalog"]
    value: Percent = Decimal(0)
    updates_price: bool = False
    keeps_earned_credit: bool = True

    @model_validator(mode="after")
    def _sensible(self) -> PriceRuleSection:
        if self.basis == "fixed" and self.value <= 0:
            raise ValueError("a fixed price needs a value above 0")
        if self.basis == "margin" and not 0 <= self.value < 100:
            raise ValueError("a margin is at least 0 and below 100 percent")
        return self


class SeatPoliciesSection(Section):
    """What is done where people, invoices and sources disagree."""

    edits: Literal["keep", "overwrite", "ask"] = "ask"
    decreases: Literal["credit-due", "negative-row"] = "credit-due"
    one_time: Literal["stop", "copy"] = "stop"
    cancelled_is_last_day: bool = True
    credits: bool = False
    one_offs: bool = True
    trials: bool = False
    allowed_types: tuple[Code, ...] = ()
    in_advance: dict[Literal["Current", "Future", "Both", "Undefined"], bool] = Field(default_factory=dict)
    prorate_tolerance: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.01")


class CustomerLinkSection(Section):
    """A source's customer and the ConnectWise company it is, both by id."""

    source: Code
    customer: Code
    company: Annotated[int, Field(gt=0)]


class ProductLinkSection(Section):
    """A vendor SKU: the catalog product it is, how it is priced, where a created one is filed.

    Attributes:
        price_annual: how seats of it are priced that are paid for a year (or more) at once; else as `price` says.
    """

    sku: Code
    product: Annotated[int, Field(gt=0)] | None = None
    price: PriceRuleSection | None = None
    price_annual: PriceRuleSection | None = None
    category: Code | None = None


class AgreementLinkSection(Section):
    """The agreement that takes a company's seats of one motion."""

    company: Annotated[int, Field(gt=0)]
    motion: Motion
    agreement: Annotated[int, Field(gt=0)]


class CreatedProductsSection(Section):
    """What a created product carries (M23). `taxable` has no default: it decides tax on every invoice."""

    create: bool = True
    category: Code = "Miscellaneous"
    subcategory: Code = "Miscellaneous"
    type: Code = "Miscellaneous"
    unit: Code = "Each"
    product_class: Literal["NonInventory", "Agreement"] = "NonInventory"
    taxable: bool


class SeatsSection(Section):
    """Seats of one account.

    Attributes:
        since: nothing before this day is made good; seats held before are taken as billed by hand.
        apply: `approve`: a person approves plans; `automatic`: what nothing stops is written.
        price: of every SKU without a rule of its own; `price_annual`: of those that are paid for a year (or more) at once.
        company_statuses: only companies in these statuses are offered, all when empty.
        interval_seconds: pause between two looks at the sources.
    """

    since: date
    sources: tuple[SeatSourceSection, ...]
    products: CreatedProductsSection
    price: PriceRuleSection | None = None
    price_annual: PriceRuleSection | None = None
    skus: tuple[ProductLinkSection, ...] = ()
    customers: tuple[CustomerLinkSection, ...] = ()
    agreements: tuple[AgreementLinkSection, ...] = ()
    policies: SeatPoliciesSection = SeatPoliciesSection()
    company_statuses: tuple[Code, ...] = ()
    apply: Literal["approve", "automatic"] = "approve"
    interval_seconds: Annotated[int, Field(ge=60, le=2_592_000)] = 86_400

    @field_validator("sources")
    @classmethod
    def _apart(cls, value: tuple[SeatSourceSection, ...]) -> tuple[SeatSourceSection, ...]:
        if not value:
            raise ValueError("a source is needed")
        if len({source.name for source in value}) != len(value):
            raise ValueError("each source needs a name of its own")
        owners: dict[str, str] = {}
        for source in value:
            token = source.refresh_token if isinstance(source, PartnerCenterSourceSection) else None
            if token is not None and owners.setdefault(token.get_secret_value(), source.name) != source.name:
                first = owners[token.get_secret_value()]
                raise ValueError(
                    f"{first!r} and {source.name!r} name the same refresh token: each needs its own consent"
                )
        return value

    @property
    def sign_ins(self) -> tuple[PartnerCenterSourceSection, ...]:
        """The sources with a consent of their own."""
        return tuple(source for source in self.sources if isinstance(source, PartnerCenterSourceSection))

    @field_validator("agreements")
    @classmethod
    def _one_each(cls, value: tuple[AgreementLinkSection, ...]) -> tuple[AgreementLinkSection, ...]:
        seen: dict[tuple[int, Motion], int] = {}
        for link in value:
            if seen.setdefault((link.company, link.motion), link.agreement) != link.agreement:
                raise ValueError(f"company {link.company} has two agreements for {link.motion.value}")
        return value
