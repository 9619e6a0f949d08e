"""The business month that the seed tells: its days, its payment terms and the books closed before it."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

DEFAULT_MONTH_START = date(2026, 2, 1)


@dataclass(frozen=True, slots=True)
class BusinessMonth:
    """One calendar month; `start` is its first day (ValueError for any other day)."""

    start: date

    def __post_init__(self) -> None:
        if self.start.day != 1:
            raise ValueError("a business month starts on the 1st")

    def day(self, number: int) -> date:
        """The day of the month; 0 and below fall into the month before (0 is its last day)."""
        return self.start + timedelta(days=number - 1)

    @property
    def lock_date(self) -> date:
        """Last day of the month before: the books are closed up to and including it."""
        return self.day(0)

    @property
    def earlier_lock_date(self) -> date:
        """Where a person moves the lock date back to, so that one late invoice may be posted."""
        return self.lock_date.replace(day=1) - timedelta(days=1)


def month_before(today: date) -> BusinessMonth:
    """The month that ended before `today`."""
    return BusinessMonth((today.replace(day=1) - timedelta(days=1)).replace(day=1))


def end_of_month(day: date) -> date:
    """Last day of the month of `day`."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def psa_date(day: date) -> str:
    """A calendar date as the PSA's REST API writes it."""
    return f"{day.isoformat()}T00:00:00Z"
