"""The GL export: what ConnectWise would post, with the ids a batch needs; batches; GL entries."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import msgspec

from ledgerwire.connectwise.models.base import CurrencyReference, Entity, Reference, psa_date


class Item(Reference, frozen=True, kw_only=True):
    """A catalog product as an export line shows it; `identifier` is the product id."""

    serialized_flag: bool | None = None


class ExportTaxLevel(Entity, frozen=True, kw_only=True):
    """One tax level of a transaction; `tax_amount` is in document currency."""

    tax_level: int | None = None
    tax_code_xref: str | None = None
    taxable_amount: Decimal | None = None
    tax_amount: Decimal | None = None


class ExportLineTaxLevel(Entity, frozen=True, kw_only=True):
    """Whether a line is taxed at one level."""

    tax_level: int | None = None
    taxable_flag: bool | None = None


class ExportDetail(Entity, frozen=True, kw_only=True):
    """One GL line. Revenue is a credit and therefore negative; tax rows have `gl_type_id` ST (M3)."""

    id: int | None = None
    document_date: str | None = None
    document_type: str | None = None
    account_number: str | None = None
    gl_class: str | None = None
    gl_type_id: str | None = None
    gl_item_id: str | None = None
    invoice_summary_option: str | None = None
    cost: Decimal | None = None
    sales_code: str | None = None
    memo: str | None = None
    description: str | None = None
    quantity: Decimal | None = None
    total: Decimal | None = None
    currency: CurrencyReference | None = None
    time_entry: Reference | None = None
    cost_account_number: str | None = None
    inventory_account_number: str | None = None
    product_account_number: str | None = None
    tax_code: Reference | None = None
    tax_code_xref: str | None = None
    tax_agency_xref: str | None = None
    tax_note: str | None = None
    tax_rate: Decimal | None = None
    tax_rate_percent: Decimal | None = None
    taxable_flag: bool | None = None
    taxable2_flag: bool | None = None
    taxable3_flag: bool | None = None
    taxable4_flag: bool | None = None
    taxable5_flag: bool | None = None
    item: Item | None = None
    product: Reference | None = None
    item_taxable_flag: bool | None = None
    item_price: Decimal | None = None
    item_cost: Decimal | None = None
    item_description: str | None = None
    sales_description: str | None = None
    unit_of_measure: Reference | None = None
    sub_category: Reference | None = None
    drop_shipped_flag: bool | None = None
    item_type_xref: str | None = None
    inventory_xref: str | None = None
    cogs_xref: str | None = None
    location_xref: str | None = None
    tax_levels: tuple[ExportLineTaxLevel, ...] | None = None

    @property
    def is_tax(self) -> bool:
        """Whether this row is sales tax: never a document line, always part of the batch (M3)."""
        return self.gl_type_id == "ST"


class ExportTransaction(Entity, frozen=True, kw_only=True):
    """One invoice or credit memo as the GL export shows it; matched to its invoice by `document_number`."""

    id: int | None = None
    gl_class: str | None = None
    gl_type_id: str | None = None
    document_date_text: str | None = msgspec.field(default=None, name="documentDate")
    document_number: str | None = None
    document_type: str | None = None
    memo: str | None = None
    description: str | None = None
    attention: str | None = None
    sales_territory: str | None = None
    company: Reference | None = None
    company_account_number: str | None = None
    site: Reference | None = None
    billing_terms: Reference | None = None
    billing_terms_xref: str | None = None
    due_days: int | str | None = None
    due_date_text: str | None = msgspec.field(default=None, name="dueDate")
    agreement_pre_payment_flag: bool | None = None
    account_number: str | None = None
    billing_type: str | None = None
    gl_entry_ids_text: str | int | None = msgspec.field(default=None, name="glEntryIds")
    customer_po: str | None = msgspec.field(default=None, name="customerPO")
    purchase_order: Reference | None = None
    project: Reference | None = None
    currency: CurrencyReference | None = None
    total: Decimal | None = None
    taxable: bool | None = None
    taxable_total: Decimal | None = None
    tax_code: Reference | None = None
    tax_group_rate: Decimal | None = None
    piggy_back_flag: bool | None = None
    tax_account_number: str | None = None
    sales_tax: Decimal | None = None
    state_tax: Decimal | None = None
    county_tax: Decimal | None = None
    city_tax: Decimal | None = None
    tax_agency_xref: str | None = None
    state_tax_xref: str | None = None
    county_tax_xref: str | None = None
    tax_id: str | None = None
    tax_dp_applied_flag: bool | None = None
    use_avalara_flag: bool | None = None
    send_avalara_tax_flag: bool | None = None
    ship_to_company: Reference | None = None
    ship_to_company_account_number: str | None = None
    detail: tuple[ExportDetail, ...] | None = None
    tax_levels: tuple[ExportTaxLevel, ...] | None = None

    @property
    def document_date(self) -> dt.date | None:
        return psa_date(self.document_date_text)

    @property
    def due_date(self) -> dt.date | None:
        return psa_date(self.due_date_text)

    @property
    def details(self) -> tuple[ExportDetail, ...]:
        """The GL lines in the order exported, tax rows included."""
        return self.detail or ()

    @property
    def gl_entry_ids(self) -> tuple[int, ...]:
        """The header's GL entry ids, parsed from the comma-separated text; ValueError if one is no number."""
        return tuple(int(part) for part in str(self.gl_entry_ids_text or "").split(",") if part.strip())

    @property
    def processed_record_ids(self) -> tuple[int, ...]:
        """Every GL id a batch of this document needs: the header's entry ids and each line's, tax rows included (M3)."""
        lines = (line.id for line in self.details if line.id is not None)
        return tuple(sorted({*self.gl_entry_ids, *lines}))


class Export(Entity, frozen=True, kw_only=True):
    """The answer of the export call, as far as this client reads it."""

    transactions: tuple[ExportTransaction, ...] | None = None


class Batch(Entity, frozen=True, kw_only=True):
    """A GL batch; it has no date, member or total."""

    id: int
    batch_identifier: str | None = None
    export_invoices_flag: bool | None = None
    export_expenses_flag: bool | None = None
    export_products_flag: bool | None = None
    closed_flag: bool | None = None


class GlEntry(Entity, frozen=True, kw_only=True):
    """A GL entry frozen when the invoice closed (M2), with its mapping segments apart."""

    id: int | None = None
    type: str | None = None
    amount: Decimal | None = None
    description: str | None = None
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
    product_id: str | None = None
    cost: Decimal | None = None
    sales_code: str | None = None
    inventory: str | None = None
    cogs1: str | None = None
    cogs2: str | None = None
    cogs3: str | None = None
    cogs4: str | None = None
    cogs5: str | None = None
    cogs6: str | None = None
    cogs7: str | None = None
    cogs8: str | None = None
    cogs9: str | None = None
    cogs10: str | None = None
    is_batched: bool | None = None

    @property
    def segments(self) -> tuple[str | None, ...]:
        """Segments 1 to 10 in order; `GlCaptions` tells which of them is account, class or Non-Product ID."""
        return tuple(getattr(self, f"segment{number}") for number in range(1, 11))
