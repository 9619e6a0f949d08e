"""The periods of an agreement, and which of them its next invoice bills."""

from calendar import monthrange
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ledgerwire.sandbox.connectwise.conditions import as_moment

Row = dict[str, Any]
_DAY = timedelta(days=1)
_FIRST = date(2000, 1, 1)
_FIRST_SUNDAY = date(2000, 1, 2)
ONE_TIME = "NotRecurring"
MONTHS = {"Monthly": 1, "BiMonthly": 2, "Quarterly": 3, "SemiAnnual": 6, "Yearly": 12}
WEEKS = {"Weekly": 1, "BiWeekly": 2}


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both counted."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def day_of(row: Row, name: str) -> date | None:
    """A date field as a calendar date; None where it is blank."""
    text = row.get(name)
    return as_moment(str(text)).date() if text else None


def shifted(day: date, months: int, anchor: int) -> date:
    """The `anchor`th day of the month `months` after `day`'s, or the last one of a shorter month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(anchor, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Grid:
    """Periods of equal length end to end: calendar ones, or ones counted from the day on which the contract began."""

    anchor: date
    months: int = 0
    weeks: int = 0

    def _start(self, number: int) -> date:
        if self.weeks:
            return self.anchor + timedelta(weeks=self.weeks * number)
        return shifted(self.anchor, self.months * number, self.anchor.day)

    def _number(self, day: date) -> int:
        if self.weeks:
            return (day - self.anchor).days // (7 * self.weeks)
        apart = (day.year - self.anchor.year) * 12 + day.month - self.anchor.month
        number = apart // self.months
        return number - 1 if self._start(number) > day else number

    def containing(self, day: date) -> Period:
        """The period that a day falls into."""
        number = self._number(day)
        return Period(self._start(number), self._start(number + 1) - _DAY)

    def between(self, first: date, last: date) -> Iterator[tuple[Period, Period]]:
        """Every period that meets a stretch of days, and the part of the stretch inside it."""
        while first <= last:
            period = self.containing(first)
            yield period, Period(first, min(last, period.last))
            first = period.last + _DAY


def billing_option(agreement: Row, cycles: dict[int, Row]) -> str:
    """How often the agreement is invoiced; Monthly where nothing is said, NotRecurring for a One-Time agreement."""
    if agreement.get("billOneTimeFlag"):
        return ONE_TIME
    cycle = cycles.get((agreement.get("billingCycle") or {}).get("id", 0), {})
    return str(cycle.get("billingOptions") or "Monthly")


def contract_start(agreement: Row) -> date:
    """The day from which contract periods count: the start of billing, else of the agreement."""
    return day_of(agreement, "billStartDate") or day_of(agreement, "startDate") or _FIRST


def grid_of(agreement: Row, option: str) -> Grid:
    """The periods of an agreement whose invoices come as `option` says."""
    by_contract = agreement.get("invoicingCycle") == "ContractYear"
    if option in WEEKS:
        return Grid(contract_start(agreement) if by_contract else _FIRST_SUNDAY, weeks=WEEKS[option])
    return Grid(contract_start(agreement) if by_contract else _FIRST, months=MONTHS.get(option, 1))


def billed_period(agreement: Row, grid: Grid, dated: date, in_advance: Collection[str]) -> Period:
    """The period that the invoice of a date bills.

    In advance, the one that begins on that day, else the next one; in arrears, the one that has just ended or is ending.
    """
    if agreement.get("periodType", "Undefined") not in in_advance:
        return grid.containing(dated - _DAY)
    period = grid.containing(dated)
    return period if period.first == dated else grid.containing(period.last + _DAY)


def first_invoice_date(agreement: Row, option: str, in_advance: Collection[str]) -> date:
    """The date of an agreement's first invoice: start of its first period in advance, the day after it in arrears."""
    start = contract_start(agreement)
    if option == ONE_TIME:
        return start
    period = grid_of(agreement, option).containing(start)
    return period.first if agreement.get("periodType", "Undefined") in in_advance else period.last + _DAY


def following_date(dated: date, option: str) -> date:
    """The next invoice's date: one cycle on; the last day of a month stays the last."""
    if option in WEEKS:
        return dated + timedelta(weeks=WEEKS[option])
    is_last = dated.day == monthrange(dated.year, dated.month)[1]
    return shifted(dated, MONTHS.get(option, 1), 31 if is_last else dated.day)


def last_day_of(agreement: Row) -> date | None:
    """The last day in force: the end date or the day of the cancellation, whichever is first; None without either."""
    ends = None if agreement.get("noEndingDateFlag") else day_of(agreement, "endDate")
    cancelled = day_of(agreement, "dateCancelled") if agreement.get("cancelledFlag") else None
    known = [day for day in (ends, cancelled) if day is not None]
    return min(known) if known else None


def status_of(agreement: Row, today: date) -> str:
    """`agreementStatus` as of a day."""
    if agreement.get("cancelledFlag") and (day_of(agreement, "dateCancelled") or today) <= today:
        return "Cancelled"
    last = last_day_of(agreement)
    return "Expired" if last is not None and last < today else "Active"
