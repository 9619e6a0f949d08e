"""Receipts, returns, stock adjustments and transfers: the unposted list and their part of the GL export."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import msgspec

from ledgerwire.connectwise.models.base import CurrencyReference, Entity, Reference, psa_date, psa_moment
from ledgerwire.connectwise.models.exports import Item


def entry_ids(value: int | str | tuple[int | str, ...] | None) -> tuple[int, ...]:
    """GL entry ids however a server writes them: a number, a text, a comma-separated text or an array; ValueError if not."""
    if value is None:
        return ()
    parts = value if isinstance(value, tuple) else tuple(str(value).split(","))
    return tuple(int(str(part).strip()) for part in parts if str(part).strip())


class PurchaseOrderReference(Reference, frozen=True, kw_only=True):
    """A purchase order; the number is its `po_number`, on some servers only `name` or `identifier`."""

    po_number: str | None = None

    @property
    def number(self) -> str | None:
        return self.po_number or self.identifier or self.name


class UnpostedProcurement(Entity, frozen=True, kw_only=True):
    """A row of the unposted list of products. `unposted_product_id` is the record; `id` is a GL-side id.

    `procurement_type` is Purchase, Adjustment or Transfer; a purchase is one receipt (or return) of one purchase order.
    """

    id: int | None = None
    description: str | None = None
    unposted_product_id: str | int | None = None
    location_id: int | None = None
    location: Reference | None = None
    department_id: int | None = None
    procurement_type: str | None = None
    purchase_order: PurchaseOrderReference | None = None
    purchase_date_text: str | None = msgspec.field(default=None, name="purchaseDate")
    tracking_number: str | None = None
    billing_terms: Reference | None = None
    currency: CurrencyReference | None = None
    total: Decimal | None = None
    tax_code: Reference | None = None
    purchase_order_taxable_flag: bool | None = None
    tax_total: Decimal | None = None
    customer: Reference | None = None
    vendor: Reference | None = None
    vendor_account_number: str | None = None
    vendor_invoice_number: str | None = None
    vendor_invoice_date_text: str | None = msgspec.field(default=None, name="vendorInvoiceDate")
    tax_freight_flag: bool | None = None
    freight_tax_total: Decimal | None = None
    freight_cost: Decimal | None = None
    date_closed: str | None = None

    @property
    def source_id(self) -> str | None:
        """The record's id in ConnectWise: the key of every other call."""
        return str(self.unposted_product_id) if self.unposted_product_id is not None else None

    @property
    def purchase_date(self) -> dt.date | None:
        return psa_date(self.purchase_date_text)

    @property
    def vendor_invoice_date(self) -> dt.date | None:
        return psa_date(self.vendor_invoice_date_text)

    @property
    def closed_at(self) -> dt.datetime | None:
        """When the receipt, adjustment or transfer was closed; a server that sends a bare date means its midnight."""
        return psa_moment(self.date_closed)


class PurchaseDetail(Entity, frozen=True, kw_only=True):
    """One GL line of a receipt. Freight has `gl_type_id` PF; costs are debits and therefore positive, a return's negative."""

    id: int | str | None = None
    document_date: str | None = None
    gl_class: str | None = None
    gl_type_id: str | None = None
    gl_item_id: str | None = None
    sales_code: str | None = None
    description: str | None = None
    cost: Decimal | None = None
    memo: str | None = None
    tax_note: str | None = None
    account_number: str | None = None
    cost_account_number: str | None = None
    inventory_account_number: str | None = None
    item: Item | None = None
    item_description: str | None = None
    sales_description: str | None = None
    taxable: bool | None = None
    item_price: Decimal | None = None
    item_cost: Decimal | None = None
    quantity: Decimal | None = None
    total: Decimal | None = None
    currency: CurrencyReference | None = None
    drop_shipped_flag: bool | None = None
    line_number: int | None = None
    item_type_xref: str | None = None
    inventory_xref: str | None = None
    cogs_xref: str | None = None
    tax_code: Reference | None = None
    tax_code_xref: str | None = None
    tax_rate: Decimal | None = None

    @property
    def ids(self) -> tuple[int, ...]:
        """The GL entry ids of the line."""
        return entry_ids(self.id)


class PurchaseDetailTax(Entity, frozen=True, kw_only=True):
    """One purchase tax row: never a document line, always part of the batch; without it the receipt stays half-posted."""

    id: int | str | None = None
    gl_class: str | None = None
    gl_type_id: str | None = None
    account_number: str | None = None
    memo: str | None = None
    description: str | None = None
    taxable_flag: bool | None = None
    tax_rate: Decimal | None = None
    tax_rate_percent: Decimal | None = None
    tax_code: Reference | None = None
    tax_code_xref: str | None = None
    total: Decimal | None = None

    @property
    def ids(self) -> tuple[int, ...]:
        """The GL entry ids of the row."""
        return entry_ids(self.id)


class PurchaseTransaction(Entity, frozen=True, kw_only=True):
    """One receipt (or return) as the GL export shows it; `id` is a text."""

    id: str | int | None = None
    document_date_text: str | None = msgspec.field(default=None, name="documentDate")
    document_number: str | None = None
    description: str | None = None
    memo: str | None = None
    ap_account_number: str | None = None
    purchase_date_text: str | None = msgspec.field(default=None, name="purchaseDate")
    company: Reference | None = None
    purchase_class: str | None = None
    freight_amount: Decimal | None = None
    freight_packing_slip: str | None = None
    packing_slip: str | None = None
    dropship_flag: bool | None = None
    currency: CurrencyReference | None = None
    total: Decimal | None = None
    billing_terms: Reference | None = None
    billing_terms_xref: str | None = None
    due_days: int | str | None = None
    vendor_number: str | None = None
    vendor_account_number: str | None = None
    vendor_invoice_date_text: str | None = msgspec.field(default=None, name="vendorInvoiceDate")
    vendor_invoice_number: str | None = None
    tax_code: Reference | None = None
    tax_group_rate: Decimal | None = None
    purchase_header_taxable_flag: bool | None = None
    purchase_header_freight_taxable_flag: bool | None = None
    purchase_detail: tuple[PurchaseDetail, ...] | None = None
    purchase_detail_tax: tuple[PurchaseDetailTax, ...] | None = None

    @property
    def document_date(self) -> dt.date | None:
        return psa_date(self.document_date_text)

    @property
    def purchase_date(self) -> dt.date | None:
        return psa_date(self.purchase_date_text)

    @property
    def vendor_invoice_date(self) -> dt.date | None:
        return psa_date(self.vendor_invoice_date_text)

    @property
    def details(self) -> tuple[PurchaseDetail, ...]:
        return self.purchase_detail or ()

    @property
    def taxes(self) -> tuple[PurchaseDetailTax, ...]:
        return self.purchase_detail_tax or ()

    @property
    def processed_record_ids(self) -> tuple[int, ...]:
        """Every GL id a batch of this receipt needs: lines and purchase tax rows (M16)."""
        lines = {entry for row in self.details for entry in row.ids}
        return tuple(sorted(lines.union(*(row.ids for row in self.taxes))))


class AdjustmentDetail(Entity, frozen=True, kw_only=True):
    """One item of a stock adjustment; a quantity below 0 raises stock (M16)."""

    gl_class: str | None = None
    description: str | None = None
    memo: str | None = None
    item: Item | None = None
    quantity: Decimal | None = None
    total: Decimal | None = None
    cost: Decimal | None = None
    cost_account_number: str | None = None
    inventory_account_number: str | None = None
    account_number: str | None = None
    product_account_number: str | None = None


class AdjustmentTransaction(Entity, frozen=True, kw_only=True):
    """One stock adjustment; its rows have no GL ids, the batch takes the `id` of the unposted row (`glTypeID`: their spelling)."""

    id: str | int | None = None
    document_type: str | None = None
    document_date_text: str | None = msgspec.field(default=None, name="documentDate")
    gl_type_id: str | None = msgspec.field(default=None, name="glTypeID")
    account_number: str | None = None
    memo: str | None = None
    gl_class: str | None = None
    adjustment_description: str | None = None
    adjustment_detail: tuple[AdjustmentDetail, ...] | None = None

    @property
    def document_date(self) -> dt.date | None:
        return psa_date(self.document_date_text)

    @property
    def details(self) -> tuple[AdjustmentDetail, ...]:
        return self.adjustment_detail or ()


class TransferOffset(Entity, frozen=True, kw_only=True):
    """The other side of a stock transfer."""

    id: str | int | None = None
    document_date: str | None = None
    document_type: str | None = None
    account_number: str | None = None
    gl_class: str | None = None
    gl_type_id: str | None = None
    memo: str | None = None
    description: str | None = None
    total: Decimal | None = None


class InventoryTransfer(Entity, frozen=True, kw_only=True):
    """One moved item: a debit here, its credit in `offset`."""

    id: str | int | None = None
    document_type: str | None = None
    document_date_text: str | None = msgspec.field(default=None, name="documentDate")
    account_number: str | None = None
    gl_class: str | None = None
    gl_type_id: str | None = None
    description: str | None = None
    memo: str | None = None
    inventory_account_number: str | None = None
    transfer_id: int | str | None = None
    item: Item | None = None
    item_description: str | None = None
    currency: CurrencyReference | None = None
    quantity: Decimal | None = None
    cost: Decimal | None = None
    total: Decimal | None = None
    offset: TransferOffset | None = None

    @property
    def document_date(self) -> dt.date | None:
        return psa_date(self.document_date_text)


class ProcurementExport(Entity, frozen=True, kw_only=True):
    """What the GL export says of products: receipts, adjustments, transfers."""

    purchase_transactions: tuple[PurchaseTransaction, ...] | None = None
    adjustment_transactions: tuple[AdjustmentTransaction, ...] | None = None
    inventory_transfers: tuple[InventoryTransfer, ...] | None = None

    @property
    def purchases(self) -> tuple[PurchaseTransaction, ...]:
        return self.purchase_transactions or ()

    @property
    def adjustments(self) -> tuple[AdjustmentTransaction, ...]:
        return self.adjustment_transactions or ()

    @property
    def transfers(self) -> tuple[InventoryTransfer, ...]:
        return self.inventory_transfers or ()
