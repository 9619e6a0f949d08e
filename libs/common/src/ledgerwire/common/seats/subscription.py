"""A subscription as a source shows it at one moment: state, from which seats per day follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ledgerwire.common.seats.motion import Frequency, Motion, motion_of


class SubscriptionStatus(StrEnum):
    """The source's state; `suspended` is still charged, `expired` and `deleted` are not."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    PENDING = "pending"
    EXPIRED = "expired"
    DELETED = "deleted"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SubscriptionSnapshot:
    """One subscription.

    Attributes:
        id: the source's subscription id, lower case; unique within the source.
        customer_id: `SourceCustomer.id`.
        sku: `SourceProduct.sku`.
        name: what the source calls it (the product's name, or the partner's own).
        quantity: seats now, as given (a negative or fractional number is refused by the planner, not by the source).
        unit_cost: what one seat costs for one charge cycle, None where the source shows no price on a subscription.
        unit_sell: the source's sell price for one seat and cycle, None where it shows none.
        currency: ISO 4217 of the amounts, "" while none is known.
        frequency: how often it is charged.
        term: ISO 8601 period ("P1M", "P1Y", "P3Y"), "" where unknown.
        start: first day of the subscription.
        term_start: first day of the running term (moves on renewal).
        term_end: last day of the running term, **inclusive**; None = open.
        ended_on: last day that is charged, inclusive, once charges stopped or a cancellation is recorded; else None.
        auto_renew: renews by itself at the end of the term.
        trial: a trial, which is not charged.
        promotion: promotion id, "".
        co_term_with: subscription id or "calendar" whose end date it follows, "".
        changed_on: the day from which `quantity` and `unit_cost` hold (first day of the last change); None = `start`.
        parent_id: subscription this one is an add-on of, "".
        converted_from: subscription this one was upgraded or migrated from, "".
        order_id: short order id, with which charge lines join where ids differ, "".
        from_charges: no source showed it: it was put together from lines, which may be those of several purchases.
    """

    id: str
    customer_id: str
    sku: str
    name: str
    quantity: Decimal
    frequency: Frequency
    start: date
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE
    unit_cost: Decimal | None = None
    unit_sell: Decimal | None = None
    currency: str = ""
    term: str = ""
    term_start: date | None = None
    term_end: date | None = None
    ended_on: date | None = None
    auto_renew: bool = True
    trial: bool = False
    promotion: str = ""
    co_term_with: str = ""
    changed_on: date | None = None
    parent_id: str = ""
    converted_from: str = ""
    order_id: str = ""
    from_charges: bool = False

    @property
    def motion(self) -> Motion:
        return motion_of(self.frequency)
