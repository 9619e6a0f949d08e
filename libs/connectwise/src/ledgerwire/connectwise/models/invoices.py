"""Invoices, their marks, and the unposted list."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import msgspec

from ledgerwire.connectwise.models.base import (
    CurrencyReference,
    Entity,
    Info,
    Reference,
    StatusReference,
    psa_date,
    psa_moment,
)


class Invoice(Entity, frozen=True, kw_only=True):
    """An invoice as `GET /finance/invoices` shows it. There is no closed flag: `status.is_closed` says it."""

    id: int
    invoice_number: str | None = None
    type: str | None = None
    status: StatusReference | None = None
    company: Reference | None = None
    bill_to_company: Reference | None = None
    ship_to_company: Reference | None = None
    account_number: str | None = None
    apply_to_type: str | None = None
    apply_to_id: int | None = None
    attention: str | None = None
    billing_site: Reference | None = None
    billing_site_address_line1: str | None = None
    billing_site_address_line2: str | None = None
    billing_site_city: str | None = None
    billing_site_state: str | None = None
    billing_site_zip: str | None = None
    billing_site_country: str | None = None
    billing_terms: Reference | None = None
    reference: str | None = None
    customer_po: str | None = msgspec.field(default=None, name="customerPO")
    date_text: str | None = msgspec.field(default=None, name="date")
    due_date_text: str | None = msgspec.field(default=None, name="dueDate")
    location_id: int | None = None
    location: Reference | None = None
    department_id: int | None = None
    department: Reference | None = None
    territory_id: int | None = None
    territory: Reference | None = None
    top_comment: str | None = None
    bottom_comment: str | None = None
    taxable_flag: bool | None = None
    tax_code: Reference | None = None
    currency: CurrencyReference | None = None
    service_total: Decimal | None = None
    expense_total: Decimal | None = None
    product_total: Decimal | None = None
    previous_progress_applied: Decimal | None = None
    service_adjustment_amount: Decimal | None = None
    agreement_amount: Decimal | None = None
    downpayment_applied: Decimal | None = None
    remaining_downpayment: Decimal | None = None
    downpayment_previously_taxed_flag: bool | None = None
    subtotal: Decimal | None = None
    total: Decimal | None = None
    sales_tax: Decimal | None = None
    payments: Decimal | None = None
    credits: Decimal | None = None
    balance: Decimal | None = None
    special_invoice_flag: bool | None = None
    closed_by: str | None = None
    ticket: Reference | None = None
    project: Reference | None = None
    phase: Reference | None = None
    sales_order: Reference | None = None
    agreement: Reference | None = None
    gl_batch: Reference | None = None
    unbatched_batch: Reference | None = None
    info: Info | None = msgspec.field(default=None, name="_info")

    @property
    def date(self) -> dt.date | None:
        """The invoice date, a calendar date (M14)."""
        return psa_date(self.date_text)

    @property
    def due_date(self) -> dt.date | None:
        """The printed due date (M14)."""
        return psa_date(self.due_date_text)

    @property
    def is_closed(self) -> bool:
        """Whether the status reference says closed; a server that leaves the flag out needs the billing statuses."""
        return bool(self.status and self.status.is_closed)


class InvoiceMark(Entity, frozen=True, kw_only=True):
    """What proves a batch: the invoice's batch, status and total, read now."""

    id: int
    gl_batch_id: int | None = None
    gl_batch_name: str | None = None
    status_closed: bool | None = None
    total: Decimal | None = None


class UnpostedInvoice(Entity, frozen=True, kw_only=True):
    """A row of the unposted list. `billing_log_id` is the invoice id; `id` is a GL-side id and means nothing here."""

    id: int | None = None
    billing_log_id: int | None = None
    location_id: int | None = None
    location: Reference | None = None
    department_id: int | None = None
    company: Reference | None = None
    account_number: str | None = None
    bill_to_company: Reference | None = None
    ship_to_company: Reference | None = None
    invoice_number: str | None = None
    invoice_date_text: str | None = msgspec.field(default=None, name="invoiceDate")
    invoice_type: str | None = None
    description: str | None = None
    billing_terms: Reference | None = None
    due_days: str | int | None = None
    due_date_text: str | None = msgspec.field(default=None, name="dueDate")
    currency: CurrencyReference | None = None
    sub_total: Decimal | None = None
    total: Decimal | None = None
    has_time: bool | None = None
    has_expenses: bool | None = None
    has_products: bool | None = None
    invoice_taxable_flag: bool | None = None
    tax_code: Reference | None = None
    avalara_tax_flag: bool | None = None
    item_taxable_flag: bool | None = None
    sales_tax_amount: Decimal | None = None
    created_by: str | None = None
    date_closed: str | None = None

    @property
    def invoice_id(self) -> int | None:
        """The invoice's id: the key of every other call."""
        return self.billing_log_id

    @property
    def source_id(self) -> str | None:
        """The invoice's id as text, as every unposted row has one."""
        return str(self.billing_log_id) if self.billing_log_id is not None else None

    @property
    def invoice_date(self) -> dt.date | None:
        return psa_date(self.invoice_date_text)

    @property
    def due_date(self) -> dt.date | None:
        return psa_date(self.due_date_text)

    @property
    def closed_at(self) -> dt.datetime | None:
        """When the invoice was closed; a server that sends a bare date means its midnight."""
        return psa_moment(self.date_closed)
