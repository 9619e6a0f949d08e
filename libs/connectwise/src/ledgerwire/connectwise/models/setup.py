"""Setup tables that the main path reads."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from ledgerwire.connectwise.models.base import Entity, Reference


class BillingStatus(Entity, frozen=True, kw_only=True):
    """A billing status; `closed_flag` makes the invoices in it closed."""

    id: int
    name: str | None = None
    sort_order: int | None = None
    default_flag: bool | None = None
    closed_flag: bool | None = None
    inactive_flag: bool | None = None
    sent_flag: bool | None = None


class BillingTerm(Entity, frozen=True, kw_only=True):
    """Payment terms; `terms_xref` is the cross-reference to the accounting package (at most 50 characters)."""

    id: int
    name: str | None = None
    due_days: int | None = None
    default_flag: bool | None = None
    terms_xref: str | None = None


class TaxCode(Entity, frozen=True, kw_only=True):
    """A tax code with up to six levels; `level_rates` and `level_xrefs` hold them in order."""

    id: int
    identifier: str | None = None
    description: str | None = None
    invoice_caption: str | None = None
    effective_date: str | None = None
    cancel_date: str | None = None
    default_flag: bool | None = None
    display_on_invoice_flag: bool | None = None
    level_one_rate: Decimal | None = None
    level_one_caption: str | None = None
    level_one_tax_code_xref: str | None = None
    level_two_rate: Decimal | None = None
    level_two_caption: str | None = None
    level_two_tax_code_xref: str | None = None
    level_three_rate: Decimal | None = None
    level_three_caption: str | None = None
    level_three_tax_code_xref: str | None = None
    level_four_rate: Decimal | None = None
    level_four_caption: str | None = None
    level_four_tax_code_xref: str | None = None
    level_five_rate: Decimal | None = None
    level_five_caption: str | None = None
    level_five_tax_code_xref: str | None = None
    level_six_rate: Decimal | None = None
    level_six_caption: str | None = None
    level_six_tax_code_xref: str | None = None

    @property
    def level_rates(self) -> tuple[Decimal | None, ...]:
        """Rates of levels 1 to 6 as ConnectWise keeps them (0.1 or 10 by the level's rate type)."""
        return tuple(getattr(self, f"level_{name}_rate") for name in _LEVELS)

    @property
    def level_xrefs(self) -> tuple[str | None, ...]:
        """Accounting cross-references of levels 1 to 6."""
        return tuple(getattr(self, f"level_{name}_tax_code_xref") for name in _LEVELS)


_LEVELS = ("one", "two", "three", "four", "five", "six")


class GlAccount(Entity, frozen=True, kw_only=True):
    """One row of the GL mapping table; it explains the frozen entries and never decides them (M2)."""

    id: int
    gl_type: str | None = None
    mapped_type: Reference | None = None
    mapped_record: Reference | None = None
    segment1: str | None = None
    segment2: str | None = None
    segment3: str | None = None
    segment4: str | None = None
    segment5: str | None = None
    segment6: str | None = None
    segment7: str | None = None
    segment8: str | None = None
    segment9: str | None = None
    segment10: str | None = None
    cogs1: str | None = None
    cogs2: str | None = None
    cogs3: str | None = None
    product_id: str | None = None
    inventory: str | None = None
    sales_code: str | None = None

    @property
    def segments(self) -> tuple[str | None, ...]:
        return tuple(getattr(self, f"segment{number}") for number in range(1, 11))


class GlMappedType(Entity, frozen=True, kw_only=True):
    """A level at which a GL type may be mapped; the lowest `sort_order` is the most specific and is tried first."""

    id: int
    name: str | None = None
    gl_type: str | None = None
    sort_order: int | None = None


class GlCaptions(Entity, frozen=True, kw_only=True):
    """Names and kinds (Account or Class) of the ten segments of a tenant."""

    id: int | None = None
    segment1: str | None = None
    segment2: str | None = None
    segment3: str | None = None
    segment4: str | None = None
    segment5: str | None = None
    segment6: str | None = None
    segment7: str | None = None
    segment8: str | None = None
    segment9: str | None = None
    segment10: str | None = None
    segment1_type: str | None = msgspec.field(default=None, name="segment1type")
    segment2_type: str | None = msgspec.field(default=None, name="segment2type")
    segment3_type: str | None = msgspec.field(default=None, name="segment3type")
    segment4_type: str | None = msgspec.field(default=None, name="segment4type")
    segment5_type: str | None = msgspec.field(default=None, name="segment5type")
    segment6_type: str | None = msgspec.field(default=None, name="segment6type")
    segment7_type: str | None = msgspec.field(default=None, name="segment7type")
    segment8_type: str | None = msgspec.field(default=None, name="segment8type")
    segment9_type: str | None = msgspec.field(default=None, name="segment9type")
    segment10_type: str | None = msgspec.field(default=None, name="segment10type")

    @property
    def segments(self) -> tuple[tuple[str | None, str | None], ...]:
        """(caption, kind) of segments 1 to 10; the kind is `Account`, `Class` or None."""
        return tuple(
            (getattr(self, f"segment{number}"), getattr(self, f"segment{number}_type")) for number in range(1, 11)
        )


class Location(Entity, frozen=True, kw_only=True):
    """A location (owner level) of the MSP."""

    id: int
    owner_level_id: int | None = None
    name: str | None = None
    structure_level: Reference | None = None


class PackageSetup(Entity, frozen=True, kw_only=True):
    """What ConnectWise hands to an accounting package, and in which shape.

    Attributes:
        transfer_expenses_as_bill_flag: expenses are exported as bills of the member, else as journal lines with offsets.
        include_cogs_drop_ship_flag: cost of sales of drop-shipped products too (M6).
    """

    id: int | None = None
    accounting_package: Reference | None = None
    include_invoices_flag: bool | None = None
    invoice_format: str | None = None
    include_expenses_flag: bool | None = None
    transfer_expenses_as_bill_flag: bool | None = None
    expense_format: str | None = None
    include_sales_tax_flag: bool | None = None
    enable_tax_groups_flag: bool | None = None
    include_items_flag: bool | None = None
    include_cogs_entries_flag: bool | None = None
    include_cogs_drop_ship_flag: bool | None = None


class CatalogItem(Entity, frozen=True, kw_only=True):
    """A catalog product as far as it decides an account: its class (Inventory is stock), its type and its category."""

    id: int
    identifier: str | None = None
    product_class: str | None = None
    type: Reference | None = None
    category: Reference | None = None
    drop_ship_flag: bool | None = None


class PaymentType(Entity, frozen=True, kw_only=True):
    """A way in which an expense was paid; settings name those that the company pays itself (A057)."""

    id: int
    name: str | None = None
    classification: Reference | None = None
    default_flag: bool | None = None
    company_flag: bool | None = None
