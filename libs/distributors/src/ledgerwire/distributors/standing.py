"""Subscriptions as the lines charged for them show them, for sources that show charges alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from ledgerwire.common.seats import ChargeKind, ChargeLine, Frequency, SubscriptionSnapshot, SubscriptionStatus

STOPPED_AFTER = timedelta(days=45)
"""A month's charge that is missing this long after the last one, while the customer's others go on, has stopped (M24)."""
_LEVELS = frozenset({ChargeKind.RENEW, ChargeKind.CYCLE, ChargeKind.CHANGE_PLAN})
_ASIDE = frozenset({ChargeKind.CREDIT, ChargeKind.FEE, ChargeKind.ONE_TIME})


def belongs_to(line: ChargeLine) -> str:
    """The subscription of a line; one that names none belongs to its customer's SKU, and what is bought once to its order or id.

    What is bought once and has neither stands together with its like, where second purchases are told from first ones.
    """
    if line.subscription_id:
        return line.subscription_id
    own = f"{line.customer_id}/{line.sku}".casefold()
    if line.frequency is not Frequency.ONE_TIME:
        return own
    return f"{own}/{line.order_id or (line.key if line.identified else 'once')}"


def standing(lines: Iterable[ChargeLine]) -> Iterator[SubscriptionSnapshot]:
    """One snapshot for each subscription that lines name, of those whose charges say all there is to know of it.

    A one-off charge or a fee that belongs to none stands for itself, with no seats. Credits make none.
    """
    by_id: defaultdict[str, list[ChargeLine]] = defaultdict(list)
    seen_to: dict[str, date] = {}
    for line in lines:
        if line.kind is not ChargeKind.CREDIT:
            by_id[belongs_to(line)].append(line)
            seen_to[line.customer_id] = max(line.charge_start, seen_to.get(line.customer_id, line.charge_start))
    for subscription_id, own in by_id.items():
        ordered = sorted(own, key=lambda line: (line.begins, line.charge_start))
        lasting = [line for line in ordered if line.kind not in _ASIDE]
        if lasting:
            yield _snapshot(subscription_id, lasting, seen_to[lasting[-1].customer_id])
        elif any(line.subtotal for line in ordered):
            yield _once(subscription_id, ordered[-1])


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


def _once(subscription_id: str, line: ChargeLine) -> SubscriptionSnapshot:
    """What a one-off charge belongs to: nothing is held, so nothing but its lines is ever charged."""
    return SubscriptionSnapshot(
        id=subscription_id,
        customer_id=line.customer_id,
        sku=line.sku,
        name=line.name,
        quantity=Decimal(0),
        frequency=Frequency.ONE_TIME,
        start=line.charge_start,
        unit_cost=abs(line.subtotal),
        unit_sell=line.unit_sell,
        currency=line.currency,
        order_id=line.order_id,
        from_charges=True,
    )


def _snapshot(subscription_id: str, lines: Sequence[ChargeLine], seen_to: date) -> SubscriptionSnapshot:
    last = next((line for line in reversed(lines) if line.subtotal >= 0), lines[-1])
    usage = last.frequency is Frequency.USAGE
    seats = Decimal(1) if usage else seats_after(lines)
    ended_on = None if usage else _ended_on(lines, seats, seen_to)
    return SubscriptionSnapshot(
        id=subscription_id,
        customer_id=last.customer_id,
        sku=last.sku,
        name=last.name,
        quantity=seats or last.quantity,
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
        from_charges=True,
    )


def _ended_on(lines: Sequence[ChargeLine], seats: Decimal, seen_to: date) -> date | None:
    """The day before the first one that was taken back for good, or the last that was charged once charges have stopped."""
    if not seats:
        return lines[-1].charge_start - timedelta(days=1)
    charged_to = max(line.charge_end for line in lines)
    monthly = all(line.frequency is Frequency.MONTHLY for line in lines)
    return charged_to if monthly and seen_to > charged_to + STOPPED_AFTER else None
