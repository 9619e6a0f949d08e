"""Payment rows of an invoice, and what an invoice shows as settled."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import msgspec

from ledgerwire.connectwise.models.base import CurrencyReference, Entity, Info, Reference, psa_date, psa_moment


class Payment(Entity, frozen=True, kw_only=True):
    """One row of `GET /finance/invoices/{id}/payments`: money, or the part of a credit memo (`credit`) applied to it."""

    id: int
    type: str | None = None
    source: str | None = None
    invoice: Reference | None = None
    credit: Reference | None = None
    amount: Decimal | None = None
    invoice_balance: Decimal | None = None
    invoice_total: Decimal | None = None
    payment_date_text: str | None = msgspec.field(default=None, name="paymentDate")
    applied_by: str | None = None
    gl_batch_id: str | None = msgspec.field(default=None, name="glBatchID")

    @property
    def paid_on(self) -> dt.date | None:
        """The day of the payment, a calendar date."""
        return psa_date(self.payment_date_text)

    @property
    def is_fixed(self) -> bool:
        """Whether the row must not be changed: it is in a batch, or a payment gateway made it."""
        return bool(self.gl_batch_id) or (self.source or "Default") != "Default"


class InvoiceBalance(Entity, frozen=True, kw_only=True):
    """An invoice with what has settled it, as `GET /finance/invoices` shows it with few fields."""

    id: int
    invoice_number: str | None = None
    total: Decimal | None = None
    payments: Decimal | None = None
    credits: Decimal | None = None
    balance: Decimal | None = None
    currency: CurrencyReference | None = None
    location: Reference | None = None
    location_id: int | None = None
    info: Info | None = msgspec.field(default=None, name="_info")

    @property
    def at(self) -> int | None:
        """The location it belongs to."""
        return self.location.id if self.location is not None else self.location_id

    @property
    def changed_at(self) -> dt.datetime | None:
        """When ConnectWise saved it last."""
        return psa_moment(self.info.last_updated) if self.info else None
