"""Charge cycles: the stretches of days that one charge pays for, and what a shorter stretch costs of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ledgerwire.billing_sync.domain.days import DAY, days_between, shift_month
from ledgerwire.billing_sync.domain.pricing import share_of_term
from ledgerwire.common.seats import Frequency, SubscriptionSnapshot, SubscriptionStatus

Cycle = tuple[date, date]
"""First and last day, both counted."""

_YEAR = 12
_CYCLE_MONTHS = {Frequency.TRIENNIAL: 36}
_TERM_MONTHS = {"P1Y": 12, "P3Y": 36, "P5Y": 60}
_STUB = 28
"""A term that is this many days longer than its cycles is dated by another convention; no cycle follows for them."""


def cycle_months(frequency: Frequency) -> int:
    """Months that one charge pays for."""
    return _CYCLE_MONTHS.get(frequency, _YEAR)


def cycle_days(frequency: Frequency, last: date) -> int:
    """Days of the whole cycle that ends on a day."""
    return days_between(shift_month(last + DAY, -cycle_months(frequency)), last)


def share_of_cycle(
    amount: Decimal, frequency: Frequency, first: date, last: date, held_to: date | None = None
) -> Decimal:
    """What a stretch of days costs of the amount for a whole cycle; all of it, where it is as long as one.

    `held_to` is the last day that is owed, where that is before `last`.
    """
    to = last if held_to is None else min(last, held_to)
    if to == last and shift_month(first, cycle_months(frequency)) - DAY <= last:
        return amount
    return share_of_term(amount, Decimal(1), days_between(first, to), cycle_days(frequency, last))


def cycles_of(subscription: SubscriptionSnapshot, today: date | None) -> list[Cycle]:
    """The cycles of a subscription that have begun, the first one always; only that one where today is not known.

    A subscription whose source names no end goes on as long as it renews and is not ended.
    """
    first, end = subscription.term_start or subscription.start, subscription.term_end
    if subscription.frequency is Frequency.ONE_TIME:
        return [(first, end or shift_month(first, _TERM_MONTHS.get(subscription.term, _YEAR)) - DAY)]
    months, number = cycle_months(subscription.frequency), 1
    if end is None and not _goes_on(subscription):
        end = shift_month(first, max(months, _TERM_MONTHS.get(subscription.term, months))) - DAY
    starts = [first]
    while today is not None and _begins(shift_month(first, months * number), today, end):
        starts.append(shift_month(first, months * number))
        number += 1
    lasts = [start - DAY for start in starts[1:]]
    last = shift_month(first, months * number) - DAY
    if end is not None and (end < last or days_between(last + DAY, end) < _STUB):
        last = end
    return list(zip(starts, [*lasts, last], strict=True))


def _goes_on(subscription: SubscriptionSnapshot) -> bool:
    over = {SubscriptionStatus.EXPIRED, SubscriptionStatus.DELETED}
    return subscription.auto_renew and subscription.ended_on is None and subscription.status not in over


def _begins(day: date, today: date, end: date | None) -> bool:
    return day <= today and (end is None or days_between(day, end) >= _STUB)
