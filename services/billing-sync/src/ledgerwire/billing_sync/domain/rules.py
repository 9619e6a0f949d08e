"""What an account decided about its seats: each switch with the default of the rules of the books."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ledgerwire.common.money import ZERO


class PriceBasis(StrEnum):
    """Where a sell price comes from (M21); cost alone is not among them."""

    FIXED = "fixed"
    ERP = "erp"
    MARKUP = "markup"
    MARGIN = "margin"
    SOURCE = "source"
    CATALOG = "catalog"


@dataclass(frozen=True, slots=True)
class PriceRule:
    """How a product is priced.

    Attributes:
        value: the price (`fixed`), or percent on cost (`markup`) or of the price (`margin`).
        updates_price: also moves the price of additions that exist; else only their cost follows the source.
        keeps_earned_credit: Azure: the partner keeps the earned credit, so the price stands on the list amount.
    """

    basis: PriceBasis
    value: Decimal = ZERO
    updates_price: bool = False
    keeps_earned_credit: bool = True


class EditPolicy(StrEnum):
    """What happens where a person changed a row that we wrote."""

    KEEP = "keep"
    OVERWRITE = "overwrite"
    ASK = "ask"


class DecreasePolicy(StrEnum):
    """Seats given back in days that are invoiced (M20)."""

    CREDIT_DUE = "credit-due"
    NEGATIVE_ROW = "negative-row"


class OneTimePolicy(StrEnum):
    """A charge for a One-Time agreement that has had its invoice (M22)."""

    STOP = "stop"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class SeatRules:
    """The account's policies.

    Attributes:
        since: nothing before this day is made good: seats held before are taken as billed by hand.
        cancelled_is_last_day: `cancelledDate` is the last day billed (M24); else the first day not billed.
        in_advance: which `periodType` bills ahead.
        credits: source credits become negative rows; else they are listed.
        one_offs: one-time charges become rows; else they are listed.
        trials: trials get a row at price 0; else they are skipped.
        prorate_tolerance: how far the read-back may be from the arithmetic shown.
    """

    since: date
    edits: EditPolicy = EditPolicy.ASK
    decreases: DecreasePolicy = DecreasePolicy.CREDIT_DUE
    one_time: OneTimePolicy = OneTimePolicy.STOP
    cancelled_is_last_day: bool = True
    in_advance: dict[str, bool] = field(
        default_factory=lambda: {"Current": False, "Future": True, "Both": True, "Undefined": True}
    )
    credits: bool = False
    one_offs: bool = True
    trials: bool = False
    allowed_types: tuple[str, ...] = ()
    prorate_tolerance: Decimal = Decimal("0.01")
