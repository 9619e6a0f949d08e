"""A subscription that was charged by the month and is paid for at once now: it stands on two agreements.

Its months belong on the monthly agreement, up to the day before the first one that is paid for at once; from that day on the
charge on the annual agreement pays for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from ledgerwire.billing_sync.domain.agreements import Written
from ledgerwire.billing_sync.domain.annual import charged_at_once, charged_by_month
from ledgerwire.billing_sync.domain.days import DAY
from ledgerwire.common.seats import ChargeLine, Frequency, Motion, SubscriptionSnapshot, SubscriptionStatus


@dataclass(frozen=True, slots=True)
class Turned:
    """The two parts of such a subscription.

    Attributes:
        day: the first day that is paid for at once.
        months: the subscription as it was charged by the month: it ends the day before.
        lines: its months; empty where only rows of ours tell of them: then these end, and nothing is added to them.
    """

    day: date
    months: SubscriptionSnapshot
    lines: tuple[ChargeLine, ...]


def turned(
    subscription: SubscriptionSnapshot,
    lines: Sequence[ChargeLine],
    seats: Sequence[Written],
    charged: Sequence[Written],
) -> Turned | None:
    """The parts of a subscription that turned from months to years; None where it did not.

    Args:
        subscription: as the source shows it now.
        lines: its lines, in any order.
        seats: our rows of its seats on the monthly agreement.
        charged: our rows of its charges, on any agreement.
    """
    if (
        subscription.motion is not Motion.SEAT_ANNUAL
        or subscription.frequency is Frequency.ONE_TIME
        or subscription.trial
    ):
        return None
    months = sorted(charged_by_month(lines), key=lambda line: line.charge_start)
    latest = next((line for line in reversed(months) if line.subtotal > 0), None)
    standing = [row.values for row in seats if not row.values.void]
    rows = sorted(row.effective for row in standing)
    if latest is None and not rows:
        return None
    begun = latest.charge_start if latest else rows[0]
    once = [line.charge_start for line in charged_at_once(lines) if line.charge_start >= begun and line.subtotal > 0]
    day = min(once) if once else _by_state(subscription, latest, rows, charged)
    own = tuple(line for line in months if line.charge_start < day)
    if not own and not standing:
        return None
    return Turned(day, _months(subscription, lines, own, day), own)


def _by_state(
    subscription: SubscriptionSnapshot, latest: ChargeLine | None, rows: Sequence[date], charged: Sequence[Written]
) -> date:
    """The first day paid for at once where no line charges it: that of our row, else of the change, else of the cycle."""
    begun = latest.charge_start if latest else rows[0]
    ours = [each.values.effective for each in charged if each.charge.startswith("term:") and not each.values.void]
    known = [day for day in ours if day > (rows or [begun])[-1]] or [day for day in ours if day > begun]
    if known:
        return min(known)
    cycle, changed = subscription.term_start or subscription.start, subscription.changed_on
    if changed is not None and changed > max(begun, cycle):
        return changed
    return cycle if latest is None or cycle > begun else latest.charge_end + DAY


def _months(
    subscription: SubscriptionSnapshot, lines: Sequence[ChargeLine], own: Sequence[ChargeLine], day: date
) -> SubscriptionSnapshot:
    """The subscription as it was by the month; its state of now (seats, cost, what it is sold for) is that of the year."""
    starts = day
    if own:
        starts = own[0].charge_start
        paid_before = any(line.charge_start < starts for line in charged_at_once(lines))
        starts = starts if paid_before else min(subscription.start, starts)
    return replace(
        subscription,
        sku=own[-1].sku if own else subscription.sku,
        frequency=Frequency.MONTHLY,
        start=starts,
        changed_on=None if own else day,
        ended_on=day - DAY,
        status=SubscriptionStatus.ACTIVE,
        unit_cost=None,
        unit_sell=None,
    )
