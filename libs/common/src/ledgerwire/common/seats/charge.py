"""A charge line: one amount a source bills, exactly as it gives it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ledgerwire.common.seats.motion import Frequency, Motion, motion_of


class ChargeKind(StrEnum):
    """Why a line is charged; sources' own words are read case-insensitively, unknown ones are `other`."""

    NEW = "new"
    RENEW = "renew"
    CYCLE = "cycleCharge"
    ADD_QUANTITY = "addQuantity"
    REMOVE_QUANTITY = "removeQuantity"
    CANCEL = "cancel"
    CONVERT = "convert"
    MOVE_QUANTITY = "moveQuantity"
    CHANGE_PLAN = "changeBillingPlan"
    EXTEND_TERM = "extendTerm"
    CREDIT = "customerCredit"
    USAGE = "usage"
    ONE_TIME = "oneTime"
    FEE = "fee"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """One billed (or not yet billed) line.

    Attributes:
        key: the source's own line id, else a hash of the raw row and its occurrence number; unique within the source.
        invoice: the source's invoice number, "" while unbilled.
        customer_id, subscription_id, sku: as on the snapshot; `subscription_id` "" where the source gives none.
        kind: why it is charged.
        quantity: seats on this line, positive also on refunds; the sign sits on `subtotal`.
        billable_quantity: the decimal quantity of the source's own formula; None = `quantity`.
        unit_price: list price of one seat for one charge cycle, None where not given.
        effective_unit_price: the price after proration and discount; negative on refunds; None where not given.
        subtotal: net amount before tax, **taken as given, never recomputed**; negative on refunds.
        tax: tax of the line, None where not given.
        unit_sell, sell_subtotal: the source's sell price and amount to the customer, None where not given.
        currency: ISO 4217.
        charge_start, charge_end: the days charged, both **inclusive**.
        term_start, term_end: the subscription's term, inclusive; None where unknown.
        event_date: the calendar day of the order (UTC as the source writes it); lines come in any order.
        frequency: monthly, annual, one-time or usage.
        reference_id: ties the two lines of one event, "".
        credit_reason: reason of a credit, "".
        order_id: short order id, "".
        trial: a trial's zero line.
        identified: `key` is the source's own id; False where it was made from what the row says, so that two keys may stand for
            one purchase that two documents show.
    """

    key: str
    invoice: str
    customer_id: str
    subscription_id: str
    sku: str
    name: str
    kind: ChargeKind
    quantity: Decimal
    subtotal: Decimal
    currency: str
    charge_start: date
    charge_end: date
    frequency: Frequency
    event_date: date | None = None
    billable_quantity: Decimal | None = None
    unit_price: Decimal | None = None
    effective_unit_price: Decimal | None = None
    tax: Decimal | None = None
    unit_sell: Decimal | None = None
    sell_subtotal: Decimal | None = None
    term_start: date | None = None
    term_end: date | None = None
    reference_id: str = ""
    credit_reason: str = ""
    order_id: str = ""
    trial: bool = False
    identified: bool = True

    @property
    def motion(self) -> Motion:
        return motion_of(self.frequency)

    @property
    def begins(self) -> date:
        """The day the event took place: the order's, else the first day charged."""
        return self.event_date or self.charge_start
