"""After a write: what ConnectWise makes of the row against the arithmetic that was shown (M24)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ledgerwire.billing_sync.domain.days import DAY
from ledgerwire.billing_sync.domain.plan import Step
from ledgerwire.billing_sync.domain.rules import SeatRules
from ledgerwire.common.catalogue.finding import Finding


def check_read_back(
    step: Step, prorated: Decimal | None, rules: SeatRules, *, product: str, agreement: str
) -> Finding | None:
    """The stop of a plan whose row ConnectWise prorates otherwise than shown.

    Args:
        step: the write, with what was expected.
        prorated: `extendedProratePrice` read back; None where ConnectWise gives none, which proves nothing.
        rules: the tolerance.
        product: for the message.
        agreement: for the message.
    """
    if prorated is None or abs(prorated - step.expected) <= rules.prorate_tolerance:
        return None
    params = {"product": product, "agreement": agreement, "arithmetic": step.arithmetic or "nothing"}
    return Finding("BS_PRORATE_UNEXPECTED", {**params, "expected": f"{step.expected:.2f}", "found": f"{prorated:.2f}"})


def cancelled_date(ends: date | None, *, is_last_day: bool) -> date | None:
    """`cancelledDate` that makes `ends` the last day billed."""
    return ends if ends is None or is_last_day else ends + DAY


def last_day(cancelled: date | None, *, is_last_day: bool) -> date | None:
    """The last day billed of a row with a `cancelledDate`."""
    return cancelled if cancelled is None or is_last_day else cancelled - DAY
