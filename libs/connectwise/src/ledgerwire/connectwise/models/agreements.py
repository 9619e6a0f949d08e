"""Agreements, their additions and the tables that say how they are invoiced."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import msgspec

from ledgerwire.connectwise.models.base import CurrencyReference, Entity, Info, Reference, psa_date


class BillingCycle(Entity, frozen=True, kw_only=True):
    """How often an agreement is invoiced: `billing_options` is Monthly, Quarterly, Yearly, NotRecurring, ..."""

    id: int
    identifier: str | None = None
    name: str | None = None
    billing_options: str | None = None
    default_flag: bool | None = None


class AgreementType(Entity, frozen=True, kw_only=True):
    """A type of agreement; `pre_payment_flag` marks blocks of time or money paid ahead (M22)."""

    id: int
    name: str | None = None
    inactive_flag: bool | None = None
    pre_payment_flag: bool | None = None
    one_time_flag: bool | None = None
    bill_one_time_flag: bool | None = None
    invoicing_cycle: str | None = None
    billing_cycle: Reference | None = None
    prorate_flag: bool | None = None
    invoice_prorated_additions_flag: bool | None = None


class Agreement(Entity, frozen=True, kw_only=True):
    """An agreement as far as it decides what its additions come to.

    Attributes:
        invoicing_cycle: what the screen calls "cycle based on": CalendarYear or ContractYear.
        prorate_flag: "Prorate Agreement".
        bill_one_time_flag: the One-Time billing cycle (M22).
        period_type: which period an invoice bills: Current, Future, Both, Undefined (M20).
        next_invoice_date: date of the next invoice; blank on a One-Time agreement that has had its invoice.
        agreement_status: Active, Cancelled, Expired or Inactive, computed by ConnectWise.
    """

    id: int
    name: str | None = None
    type: Reference | None = None
    company: Reference | None = None
    bill_to_company: Reference | None = None
    parent_agreement: Reference | None = None
    start_date: str | None = None
    end_date: str | None = None
    no_ending_date_flag: bool | None = None
    cancelled_flag: bool | None = None
    date_cancelled: str | None = None
    agreement_status: str | None = None
    billing_cycle: Reference | None = None
    bill_one_time_flag: bool | None = None
    invoicing_cycle: str | None = None
    bill_start_date: str | None = None
    bill_amount: Decimal | None = None
    prorate_flag: bool | None = None
    invoice_prorated_additions_flag: bool | None = None
    period_type: str | None = None
    next_invoice_date: str | None = None
    taxable: bool | None = None
    tax_code: Reference | None = None
    currency: CurrencyReference | None = None
    auto_invoice_flag: bool | None = None
    info: Info | None = msgspec.field(default=None, name="_info")

    @property
    def company_id(self) -> int | None:
        return self.company.id if self.company else None

    @property
    def starts(self) -> dt.date | None:
        return psa_date(self.start_date)

    @property
    def ends(self) -> dt.date | None:
        """The last day; None without an ending date."""
        return None if self.no_ending_date_flag else psa_date(self.end_date)

    @property
    def cancelled(self) -> dt.date | None:
        return psa_date(self.date_cancelled) if self.cancelled_flag else None

    @property
    def next_invoice(self) -> dt.date | None:
        return psa_date(self.next_invoice_date)

    @property
    def invoiced_once(self) -> bool:
        """A One-Time agreement that has had its invoice: there is no next one."""
        return bool(self.bill_one_time_flag) and self.next_invoice is None


class ProductReference(Reference, frozen=True, kw_only=True):
    """A catalog product as an addition refers to it."""

    serialized_flag: bool | None = None


class Addition(Entity, frozen=True, kw_only=True):
    """One addition of an agreement.

    Attributes:
        billed_quantity: quantity less what is included.
        prorate_price, prorate_cost: unit price and cost for the days of the next invoice.
        extended_prorate_price, extended_prorate_cost: the same times the billed quantity: what to read back (M24).
        cancelled_date: whether the last day is billed is a switch (M24).
    """

    id: int
    agreement_id: int | None = None
    product: ProductReference | None = None
    quantity: Decimal | None = None
    less_included: Decimal | None = None
    billed_quantity: Decimal | None = None
    unit_price: Decimal | None = None
    unit_cost: Decimal | None = None
    ext_price: Decimal | None = None
    ext_cost: Decimal | None = None
    margin: Decimal | None = None
    prorate_price: Decimal | None = None
    prorate_cost: Decimal | None = None
    extended_prorate_price: Decimal | None = None
    extended_prorate_cost: Decimal | None = None
    prorate_current_period_flag: bool | None = None
    bill_customer: str | None = None
    effective_date: str | None = None
    cancelled_date: str | None = None
    taxable_flag: bool | None = None
    invoice_description: str | None = None
    description: str | None = None
    serial_number: str | None = None
    uom: str | None = None
    sequence_number: Decimal | None = None
    agreement_status: str | None = None
    info: Info | None = msgspec.field(default=None, name="_info")

    @property
    def product_id(self) -> int | None:
        return self.product.id if self.product else None

    @property
    def effective(self) -> dt.date | None:
        return psa_date(self.effective_date)

    @property
    def cancelled(self) -> dt.date | None:
        """What ConnectWise holds as the cancelled date; whether that day is still billed is a switch (M24)."""
        return psa_date(self.cancelled_date)


class Adjustment(Entity, frozen=True, kw_only=True):
    """An adjustment of an agreement's balance."""

    id: int
    agreement_id: int | None = None
    amount: Decimal | None = None
    description: str | None = None
    effective_date: str | None = None
