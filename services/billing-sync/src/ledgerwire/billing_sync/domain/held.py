"""Seats by day of one subscription, from what it says now and from the lines it was charged."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledgerwire.billing_sync.domain.days import DAY, days_between, days_in_month
from ledgerwire.billing_sync.domain.plan import Reason
from ledgerwire.billing_sync.domain.purchases import invoice_order
from ledgerwire.common.money import ZERO
from ledgerwire.common.seats import ChargeKind, ChargeLine, SubscriptionSnapshot, SubscriptionStatus

_STATE_KINDS = {
    ChargeKind.NEW,
    ChargeKind.RENEW,
    ChargeKind.CYCLE,
    ChargeKind.ADD_QUANTITY,
    ChargeKind.REMOVE_QUANTITY,
    ChargeKind.CANCEL,
    ChargeKind.CONVERT,
    ChargeKind.MOVE_QUANTITY,
    ChargeKind.CHANGE_PLAN,
}
_STATES_SEATS = {ChargeKind.NEW, ChargeKind.RENEW, ChargeKind.CYCLE}
"""Lines that name the seats outright: two of one day (a product billed in two parts) mean the same seats."""
_REASONS = {
    ChargeKind.NEW: Reason.NEW,
    ChargeKind.RENEW: Reason.RENEWED,
    ChargeKind.CYCLE: Reason.UNCHANGED,
    ChargeKind.ADD_QUANTITY: Reason.SEATS_ADDED,
    ChargeKind.REMOVE_QUANTITY: Reason.SEATS_REMOVED,
    ChargeKind.CANCEL: Reason.CANCELLED,
    ChargeKind.CONVERT: Reason.UPGRADED,
    ChargeKind.MOVE_QUANTITY: Reason.UPGRADED,
    ChargeKind.CHANGE_PLAN: Reason.PRICE_CHANGED,
}


@dataclass(frozen=True, slots=True)
class Seats:
    """Seats from a day on, at a cost and at the source's own sell price (None where it shows none)."""

    starts: date
    quantity: Decimal
    unit_cost: Decimal | None
    reason: Reason
    unit_sell: Decimal | None = None


@dataclass(frozen=True, slots=True)
class History:
    """Seats of a subscription by day.

    Attributes:
        seats: changes in order; each holds until the next, the last until `ends`.
        ends: last day charged, inclusive; None while it goes on.
        differs: seats the charges come to, where the subscription says otherwise; else None.
        unsure: nothing tells the day of the last change.
    """

    seats: tuple[Seats, ...]
    ends: date | None
    differs: Decimal | None = None
    unsure: bool = False


def history_of(subscription: SubscriptionSnapshot, charges: Iterable[ChargeLine]) -> History:
    """Seats by day. Charges tell the days of change; the subscription has the last word on seats now, and on the end.

    A subscription ends only where charges have stopped or a cancellation is recorded (`ended_on`): a term that ran out goes on
    being charged as an extended one (M24).
    """
    changes = _changes(charges)
    cost = subscription.unit_cost
    if not changes:
        starts = subscription.changed_on or subscription.start
        reason = Reason.NEW if starts == subscription.start else Reason.REPAIRED
        unsure = subscription.changed_on is None
        return History((Seats(starts, subscription.quantity, cost, reason),), subscription.ended_on, unsure=unsure)
    last = changes[-1]
    differs: Decimal | None = None
    unsure = False
    open_ended = subscription.ended_on is None and subscription.status is not SubscriptionStatus.DELETED
    if open_ended and last.quantity != subscription.quantity:
        differs = last.quantity
        day = subscription.changed_on
        unsure = day is None or day <= last.starts
        starts = last.starts + DAY if day is None or unsure else day
        reason = Reason.SEATS_ADDED if subscription.quantity > last.quantity else Reason.SEATS_REMOVED
        changes.append(
            Seats(starts, subscription.quantity, last.unit_cost if cost is None else cost, reason, last.unit_sell)
        )
    return History(tuple(changes), subscription.ended_on, differs, unsure)


def _changes(charges: Iterable[ChargeLine]) -> list[Seats]:
    """Seats after each day on which lines were charged; several events of one day are one change."""
    by_day: dict[date, list[ChargeLine]] = defaultdict(list)
    for line in charges:
        if line.kind in _STATE_KINDS and not line.trial:
            by_day[line.charge_start].append(line)
    changes: list[Seats] = []
    for day in sorted(by_day):
        lines = _latest_reading(by_day[day])
        before = changes[-1] if changes else None
        quantity = seats_after(lines, before.quantity if before else ZERO)
        cost = _unit_cost(lines, before.unit_cost if before else None)
        sell = next(
            (line.unit_sell for line in reversed(lines) if line.unit_sell is not None and line.subtotal > 0),
            before.unit_sell if before else None,
        )
        changes.append(Seats(day, quantity, cost, _REASONS[_leading(lines)], sell))
    return changes


def _latest_reading(lines: list[ChargeLine]) -> list[ChargeLine]:
    """A day that two invoices speak about (a corrected one) is what the later one says."""
    last = max((line.invoice for line in lines), key=invoice_order)
    return [line for line in lines if line.invoice == last]


def seats_after(lines: Sequence[ChargeLine], before: Decimal = ZERO) -> Decimal:
    """Seats after the events of one day: what was charged less what was taken back, matched one for one.

    Where all of it was taken back again (seats added and removed on one day, a swap for another price) it is `before`.
    """
    charged = Counter(_units(line) for line in lines if line.subtotal > 0)
    taken = Counter(_units(line) for line in lines if line.subtotal < 0)
    left = charged - taken
    if charged and charged == taken:
        return before
    if sum(left.values()) <= 1 or not (taken or {line.kind for line in lines} - _STATES_SEATS):
        return max(left, default=ZERO)
    return _added_up(lines)


def _added_up(lines: Sequence[ChargeLine]) -> Decimal:
    return sum((_units(line) if line.subtotal > 0 else -_units(line) for line in lines), ZERO)


def _units(line: ChargeLine) -> Decimal:
    return abs(line.quantity)


def _leading(lines: Sequence[ChargeLine]) -> ChargeKind:
    """The kind that tells why: the last positive line's, else the refund's."""
    positive = [line for line in lines if line.subtotal > 0]
    return (positive or list(lines))[-1].kind


def _unit_cost(lines: Sequence[ChargeLine], before: Decimal | None) -> Decimal | None:
    """Cost of one seat and cycle: what a whole cycle was charged at, else the line's own unit price, else as before."""
    whole = [line.effective_unit_price for line in lines if _is_whole(line) and line.effective_unit_price is not None]
    if whole and {line.kind for line in lines} <= _STATES_SEATS:
        return sum(whole, ZERO)
    if whole:
        return whole[0]
    given = [line.unit_price for line in lines if line.unit_price is not None]
    return given[-1] if given else before


def _is_whole(line: ChargeLine) -> bool:
    days = days_between(line.charge_start, line.charge_end)
    return line.subtotal > 0 and days >= days_in_month(line.charge_start)
