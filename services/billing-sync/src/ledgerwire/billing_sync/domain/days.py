"""Calendar arithmetic of seats: months, stretches of days, first days not yet invoiced."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

DAY = timedelta(days=1)
FAR = date(9999, 12, 31)


def month_start(day: date) -> date:
    return day.replace(day=1)


def month_end(day: date) -> date:
    return day.replace(day=days_in_month(day))


def next_month(day: date) -> date:
    """The first day of the month after `day`'s."""
    return month_end(day) + DAY


def days_in_month(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def days_between(first: date, last: date) -> int:
    """Days from `first` to `last`, both counted; 0 if they do not meet."""
    return max((last - first).days + 1, 0)


def shift_month(day: date, months: int, anchor: int | None = None) -> date:
    """The same day some months on (`anchor` day if given), clamped to the length of that month."""
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    return first.replace(day=min(anchor or day.day, days_in_month(first)))


def parts_by_month(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The pieces of a stretch of days, month by month."""
    while first <= last:
        end = min(month_end(first), last)
        yield first, end
        first = end + DAY


PERIOD_BILLED_IN_ADVANCE = {"Current": False, "Future": True, "Both": True, "Undefined": True}
"""Which `periodType` bills ahead. Unconfirmed by the vendor, hence a setting of the account with this default."""


def first_uninvoiced(
    next_invoice: date | None, period_type: str, start: date, in_advance: dict[str, bool] | None = None
) -> date:
    """F of M20: the first day not yet invoiced.

    In advance the invoice of `next_invoice` bills the month that begins then (or next, if it is dated inside a month); in
    arrears the month that has just ended. An agreement without a next invoice has billed nothing.
    """
    if next_invoice is None:
        return start
    table = PERIOD_BILLED_IN_ADVANCE if in_advance is None else in_advance
    if table.get(period_type, True):
        first = next_invoice if next_invoice.day == 1 else next_month(next_invoice)
    else:
        first = month_start(next_invoice - DAY)
    return max(first, start)
