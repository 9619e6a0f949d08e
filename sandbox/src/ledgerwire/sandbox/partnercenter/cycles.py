"""Charge cycles: where they begin and end, all dates UTC and inclusive."""

from calendar import monthrange
from datetime import date, timedelta

_DAY = timedelta(days=1)
_MONTHS = {"P1M": 1, "P1Y": 12, "P3Y": 36}


def plus_months(day: date, months: int, anchor: int) -> date:
    """The same day of a later month, clamped to its length."""
    place = day.year * 12 + day.month - 1 + months
    year, month = divmod(place, 12)
    return date(year, month + 1, min(anchor, monthrange(year, month + 1)[1]))


def term_end(start: date, term: str) -> date:
    """The last day of a term."""
    return plus_months(start, _MONTHS[term], start.day) - _DAY


def cycle_start(bought: date, term: str, number: int) -> date:
    """First day of a monthly cycle (the first is 0) of a term bought on a day.

    A monthly term goes on from the clamped day; within a longer term, the last day of a month stays the last and the last
    but one stays the last but one.
    """
    if term == "P1M":
        start = bought
        for _ in range(number):
            start = plus_months(start, 1, start.day)
        return start
    from_end = monthrange(bought.year, bought.month)[1] - bought.day
    start = plus_months(bought, number, bought.day)
    if from_end > 1:
        return start
    return start.replace(day=monthrange(start.year, start.month)[1] - from_end)


def cycle_of(bought: date, term: str, plan: str, number: int) -> tuple[date, date]:
    """First and last day of a cycle: a month under a monthly plan, else the whole term."""
    if plan != "monthly":
        return bought, term_end(bought, term)
    return cycle_start(bought, term, number), cycle_start(bought, term, number + 1) - _DAY
