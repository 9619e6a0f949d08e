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


def month_billed(dated: date, *, in_advance: bool) -> date:
    """The first day of the month that an invoice of this date bills.

    In advance the month that begins then (or next, if it is dated inside a month); in arrears the month that has just ended.
    """
    if in_advance:
        return dated if dated.day == 1 else next_month(dated)
    return month_start(dated - DAY)


def first_uninvoiced(
    next_invoice: date | None, period_type: str, start: date, in_advance: dict[str, bool] | None = None
) -> date:
    """F of M20: the first day not yet invoiced.

    That of the month that the next invoice bills. An agreement without a next invoice has billed nothing.
    """
    if next_invoice is None:
        return start
    table = PERIOD_BILLED_IN_ADVANCE if in_advance is None else in_advance
    return max(month_billed(next_invoice, in_advance=table.get(period_type, True)), start)
