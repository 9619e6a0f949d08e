"""Subscriptions as the lines charged for them show them, for files that list charges alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from ledgerwire.common.seats import ChargeKind, ChargeLine, Frequency, SubscriptionSnapshot, SubscriptionStatus

_LEVELS = frozenset({ChargeKind.RENEW, ChargeKind.CYCLE, ChargeKind.CHANGE_PLAN})
_ASIDE = frozenset({ChargeKind.CREDIT, ChargeKind.FEE, ChargeKind.ONE_TIME})


def standing(lines: Iterable[ChargeLine]) -> Iterator[SubscriptionSnapshot]:
    """One snapshot for each subscription that lines name; credits, fees and one-off charges make none."""
    by_id: defaultdict[str, list[ChargeLine]] = defaultdict(list)
    for line in lines:
        if line.kind not in _ASIDE and line.frequency is not Frequency.ONE_TIME:
            by_id[line.subscription_id or f"{line.customer_id}/{line.sku}"].append(line)
    for subscription_id, own in by_id.items():
        yield _snapshot(subscription_id, sorted(own, key=lambda line: (line.begins, line.charge_start)))


def seats_after(lines: Sequence[ChargeLine]) -> Decimal:
    """Seats once every line is taken in, lines in order of their days.

    A change takes the old seats back and charges the new ones; several on one day add up. What the first day takes back
    and did not charge itself was there before.
    """
    seats: Decimal | None = None
    for _, same_day in groupby(lines, key=lambda line: line.begins):
        day = list(same_day)
        if seats is None:
            seats = _before(day)
        levels = [line.quantity for line in day if line.kind in _LEVELS and line.subtotal >= 0]
        seats = sum(levels, Decimal(0)) if levels else seats
        changes = [line for line in day if line.kind not in _LEVELS]
        seats += sum((-line.quantity if line.subtotal < 0 else line.quantity for line in changes), Decimal(0))
    return seats or Decimal(0)


def _before(day: Sequence[ChargeLine]) -> Decimal:
    back = Counter(line.quantity for line in day if line.subtotal < 0)
    back.subtract(line.quantity for line in day if line.subtotal >= 0)
    return sum((quantity * count for quantity, count in back.items() if count > 0), Decimal(0))


def _snapshot(subscription_id: str, lines: Sequence[ChargeLine]) -> SubscriptionSnapshot:
    last = next((line for line in reversed(lines) if line.subtotal >= 0), lines[-1])
    usage = last.frequency is Frequency.USAGE
    seats = Decimal(1) if usage else seats_after(lines)
    ended_on = _ended_on(lines) if not usage and not seats else None
    return SubscriptionSnapshot(
        id=subscription_id,
        customer_id=last.customer_id,
        sku=last.sku,
        name=last.name,
        quantity=last.quantity if ended_on else seats,
        frequency=last.frequency,
        start=min(line.charge_start for line in lines),
        status=SubscriptionStatus.DELETED if ended_on else SubscriptionStatus.ACTIVE,
        unit_cost=None if usage else last.unit_price,
        unit_sell=last.unit_sell,
        currency=last.currency,
        term_start=last.term_start,
        term_end=last.term_end,
        ended_on=ended_on,
        trial=last.trial,
        changed_on=last.begins,
        order_id=last.order_id,
    )


def _ended_on(lines: Sequence[ChargeLine]) -> date:
    """The day before the first one that was taken back for good."""
    return lines[-1].charge_start - timedelta(days=1)
