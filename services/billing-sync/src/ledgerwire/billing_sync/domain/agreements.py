"""Agreements and their additions as ConnectWise holds them, and what we wrote there last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledgerwire.common.money import ZERO


@dataclass(frozen=True, slots=True)
class Agreement:
    """One agreement, with the fields that decide billing.

    Attributes:
        status: `agreementStatus` (Active, Cancelled, Expired, Inactive).
        end: last day, None with `noEndingDateFlag`.
        billing_option: `billingOptions` of its billing cycle (Monthly, NotRecurring, ...).
        invoicing_cycle: CalendarYear or ContractYear ("cycle based on").
        bills_prorated_additions: `invoiceProratedAdditionsFlag`.
        type_prepayment: `prePaymentFlag` of its type.
        period_type: `periodType` (Current, Future, Both, Undefined).
        next_invoice: `nextInvoiceDate` as a date, None if blank.
        invoiced_once: a One-Time agreement that has had its invoice.
    """

    id: int
    name: str
    company_id: int
    start: date
    type_name: str = ""
    status: str = "Active"
    end: date | None = None
    billing_option: str = "Monthly"
    invoicing_cycle: str = "CalendarYear"
    prorate: bool = True
    bills_prorated_additions: bool = True
    bill_one_time: bool = False
    type_prepayment: bool = False
    period_type: str = "Future"
    next_invoice: date | None = None
    currency: str = ""
    invoiced_once: bool = False


@dataclass(frozen=True, slots=True)
class RowValues:
    """What an addition says. `ends` is the last day billed, inclusive, whatever the switch of M24 makes of it.

    `less_included` is of the quantity and not billed (`billedQuantity` = quantity less what is included); we write 0.
    """

    quantity: Decimal
    unit_price: Decimal
    unit_cost: Decimal
    effective: date
    ends: date | None = None
    less_included: Decimal = ZERO

    @property
    def billed(self) -> Decimal:
        """Seats that an invoice bills."""
        return self.quantity - self.less_included

    @property
    def void(self) -> bool:
        """Ended on its first day with nothing on it: what stands for a deletion."""
        return self.quantity == 0

    def covers(self, day: date) -> bool:
        return self.effective <= day and (self.ends is None or day <= self.ends)


@dataclass(frozen=True, slots=True)
class Addition:
    """One addition row, read now."""

    id: int
    agreement_id: int
    product_id: int
    values: RowValues
    bill_customer: str = "Billable"
    description: str = ""


@dataclass(frozen=True, slots=True)
class Billed:
    """What invoiced days of a row were billed at, kept where a person's later edit says otherwise.

    Attributes:
        pieces: rows as they were, each with a last day.
        until: the last invoiced day when that was noted; days after it are billed at what the row says.
    """

    pieces: tuple[RowValues, ...]
    until: date


@dataclass(frozen=True, slots=True)
class Seen:
    """Seats that a source told without the day of their change: from which day to which they are taken as held.

    Days that were invoiced otherwise cannot be read off the rows, so this is kept beside them.
    """

    starts: date
    ends: date
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Written:
    """What we wrote last into an addition.

    Attributes:
        line: the subscription the row is for (`SubscriptionSnapshot.id`).
        charge: `Charge.key` of a mirrored charge, "" for a row of seats.
        uninvoiced_from: the agreement's first day not yet invoiced when it was written (M20); a later one today means
            that the row has been invoiced since.
        billed_as: what invoiced days were billed at, where a person's later edit says otherwise; None = `values`.
        agreement_was_invoiced: a One-Time agreement had had its invoice already when the row was written.
        seen: changes whose day the source did not tell, as they were taken when the row was written; of a mirrored charge,
            the seats it counts from the day of each change that was put into it.
    """

    addition_id: int
    agreement_id: int
    product_id: int
    line: str
    values: RowValues
    uninvoiced_from: date
    charge: str = ""
    billed_as: Billed | None = None
    agreement_was_invoiced: bool = False
    seen: tuple[Seen, ...] = ()
