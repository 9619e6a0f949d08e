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

STATE_KINDS = {
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
    changes = _changes(charges, subscription)
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


def _changes(charges: Iterable[ChargeLine], subscription: SubscriptionSnapshot) -> list[Seats]:
    """Seats after each day on which lines were charged; several events of one day are one change."""
    by_day: dict[date, list[ChargeLine]] = defaultdict(list)
    for line in charges:
        if line.kind in STATE_KINDS and not line.trial:
            by_day[line.charge_start].append(line)
    days = [_Day(day, *_latest_reading(by_day[day])) for day in sorted(by_day)]
    changes: list[Seats] = []
    opening = _opening(days, subscription.quantity)
    if opening and days and subscription.start < days[0].day:
        changes.append(Seats(subscription.start, opening, subscription.unit_cost, Reason.NEW))
    seats = opening
    for each in days:
        before = changes[-1] if changes else None
        quantity = seats_after(each.lines, seats, corrects=each.corrects)
        cost = _unit_cost(each.lines, before.unit_cost if before else None)
        sell = next(
            (line.unit_sell for line in reversed(each.lines) if line.unit_sell is not None and line.subtotal > 0),
            before.unit_sell if before else None,
        )
        changes.append(Seats(each.day, quantity, cost, _reason(each.lines, seats, quantity), sell))
        seats = quantity
    return changes


@dataclass(frozen=True, slots=True)
class _Day:
    """The lines of one day as the latest invoice has them; `corrects`: an earlier one had lines of that day too."""

    day: date
    lines: list[ChargeLine]
    corrects: bool


def _latest_reading(lines: list[ChargeLine]) -> tuple[list[ChargeLine], bool]:
    """A day that two invoices speak about (a corrected one) is what the later one says."""
    last = max((line.invoice for line in lines), key=invoice_order)
    latest = [line for line in lines if line.invoice == last]
    return latest, len(latest) < len(lines)


def _opening(days: Sequence[_Day], now: Decimal) -> Decimal:
    """Seats before the first day that is known, where that day only says how many more or fewer they became.

    They follow from the first day after it that names the seats, or from the seats there are now.
    """
    moved = ZERO
    for place, each in enumerate(days):
        named = _named(each.lines, corrects=each.corrects)
        taken = [_units(line) for line in each.lines if line.subtotal < 0]
        charged = any(line.subtotal > 0 for line in each.lines)
        if not charged and any(line.kind is ChargeKind.CANCEL for line in each.lines):
            return max(sum(taken, ZERO) - moved, ZERO)
        if named is not None or (taken and charged):
            if place == 0:
                return ZERO
            return max((named if named is not None else max(taken)) - moved, ZERO)
        moved += _moved(each.lines)
    return max(now - moved, ZERO)


def seats_after(lines: Sequence[ChargeLine], before: Decimal = ZERO, *, corrects: bool = False) -> Decimal:
    """Seats after the events of one day.

    Lines that name the seats outright set them; all others are more or fewer seats than before. A source that takes the seats
    there were back and charges the new ones says the same in two lines; where what it takes back is not what was there before,
    it knows better.

    Args:
        lines: of one day.
        before: seats at the end of the day before.
        corrects: an earlier invoice had lines of that day: what is taken back of a whole cycle is that invoice's.
    """
    named = _named(lines, corrects=corrects)
    if named is not None:
        return max(named, ZERO)
    charged = Counter(_units(line) for line in lines if line.subtotal > 0)
    taken = Counter(_units(line) for line in lines if line.subtotal < 0)
    if not charged and any(line.kind is ChargeKind.CANCEL for line in lines):
        return ZERO
    left = charged - taken
    if left and taken and before not in taken and max(taken) >= before and _are_wipes(lines):
        return max(left) if sum(left.values()) == 1 else max(_moved(lines), ZERO)
    return max(before + _moved(lines), ZERO)


def _are_wipes(lines: Sequence[ChargeLine]) -> bool:
    """Whether whatever takes seats back charges others in their place: two events that only add and take are no wipe."""
    charging = {line.reference_id for line in lines if line.subtotal > 0}
    return charging == {line.reference_id for line in lines if line.subtotal < 0}


def _named(lines: Sequence[ChargeLine], *, corrects: bool) -> Decimal | None:
    """Seats that lines name outright, with the changes of the same day; None where none does.

    Two such lines of one day (a product that is billed in two parts) name the same seats.
    """
    plan = ChargeKind.CHANGE_PLAN
    swapped = any(line.kind is plan and line.subtotal < 0 for line in lines)
    naming = _STATES_SEATS if swapped else _STATES_SEATS | {plan}
    named = [_units(line) for line in lines if line.kind in naming and line.subtotal > 0]
    if not named:
        return None
    rest = [line for line in lines if line.kind not in naming or (line.subtotal < 0 and not corrects)]
    return max(named) + _moved(rest)


def _moved(lines: Sequence[ChargeLine]) -> Decimal:
    """Seats charged less seats taken back; a line without an amount moves none."""
    return sum((_units(line) * (line.subtotal > 0) - _units(line) * (line.subtotal < 0) for line in lines), ZERO)


def _reason(lines: Sequence[ChargeLine], before: Decimal, after: Decimal) -> Reason:
    reason = _REASONS[_leading(lines)]
    if reason is not Reason.UNCHANGED or before == after:
        return reason
    return Reason.NEW if before == 0 else Reason.SEATS_ADDED if after > before else Reason.SEATS_REMOVED


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
    given = [line.unit_price for line in sorted(lines, key=_charges) if line.unit_price is not None]
    return given[-1] if given else before


def _charges(line: ChargeLine) -> bool:
    """Refunds first, so that the last word is a charge's."""
    return line.subtotal > 0


def _is_whole(line: ChargeLine) -> bool:
    days = days_between(line.charge_start, line.charge_end)
    return line.subtotal > 0 and days >= days_in_month(line.charge_start)
