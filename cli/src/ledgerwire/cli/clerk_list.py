"""The records of an account as lists a clerk works from: by standing and by cause, with money totals (M25). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ledgerwire.common.catalogue import Finding, Severity
from ledgerwire.mapper.status import DEAD, POSTED, POSTING, STOPPED, WAITING, WARNED, ClerkRow, Problem, Summary

NO_EFFECT = "no_effect"
SETTLED_WELL = frozenset({POSTED, WARNED, NO_EFFECT})
"""In the books where it has any effect on them, and batched."""
UNDER_WAY = frozenset({"received", WAITING, "open", POSTING})
"""Goes on by itself, or when ConnectWise says so."""
STATUSES = (
    POSTED, WARNED, NO_EFFECT, STOPPED, "held", WAITING, POSTING, "received", "open", "skipped", "superseded",
    "onboarded", DEAD,
)  # fmt: skip
"""Every standing, in the order people read them."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many records stand somewhere, and their money by currency."""

    records: int
    totals: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Line:
    """The eight columns of M25."""

    customer: str
    number: str
    date: date | None
    amount: Decimal
    currency: str
    what_is_wrong: str
    what_to_do: str
    where: str
    who: str


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause with the records it concerns and their money by currency."""

    code: str
    cause: str
    title: str
    totals: dict[str, Decimal]
    lines: tuple[Line, ...]


def money_by_currency(rows: Iterable[ClerkRow | Line]) -> dict[str, Decimal]:
    """Sum amounts per currency: two currencies are never one number."""
    sums: dict[str, Decimal] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, Decimal("0.00")) + row.amount
    return dict(sorted(sums.items()))


def counts(rows: Sequence[ClerkRow]) -> dict[str, Count]:
    """Records and money by standing; each record counts once."""
    by_status: dict[str, list[ClerkRow]] = {status: [] for status in STATUSES}
    for row in rows:
        by_status.setdefault(row.status, []).append(row)
    return {status: Count(len(some), money_by_currency(some)) for status, some in by_status.items()}


def standing(summary: Summary) -> dict[str, Count]:
    """The same from what the database added up, whatever the number of records."""
    every = dict.fromkeys((*STATUSES, *summary.counts))
    return {
        status: Count(summary.counts.get(status, 0), dict(sorted(summary.totals.get(status, {}).items())))
        for status in every
    }


def problems_of(row: ClerkRow, severity: Severity) -> Iterator[Problem]:
    """The row's problems of a severity; a cause of the connection stops a record like its own."""
    wanted = {severity.value, Severity.CONNECTION.value} if severity is Severity.STOP else {severity.value}
    return (problem for problem in row.problems if problem.severity in wanted)


def stopped_by_cause(rows: Iterable[ClerkRow]) -> list[Cause]:
    """What waits for somebody, by cause, faults of ours included; a record with two causes stands under both."""
    return _by_cause((row, problems_of(row, Severity.STOP)) for row in rows if row.status in {STOPPED, DEAD})


def waiting_by_cause(rows: Iterable[ClerkRow]) -> list[Cause]:
    """What goes on by itself once a connection is back or a draft approved; the title says how much waits."""
    waiting = [row for row in rows if row.status == WAITING]
    return [
        replace(cause, title=_sentence(cause, waiting))
        for cause in _by_cause((row, [item for item in row.problems if item.cause in row.waits_for]) for row in waiting)
    ]


def _sentence(cause: Cause, rows: Sequence[ClerkRow]) -> str:
    first = next(item for row in rows for item in row.problems if item.cause == cause.cause)
    if first.severity != Severity.CONNECTION.value:
        return cause.title
    amount = ", ".join(f"{sum_:,.2f} {currency}".rstrip() for currency, sum_ in cause.totals.items())
    records = len({line.number for line in cause.lines})
    return Finding(cause.code, {**first.params, "count": str(records), "amount": amount}).message


def warned_by_cause(rows: Iterable[ClerkRow]) -> list[Cause]:
    """What was posted with a warning, by cause."""
    return _by_cause((row, problems_of(row, Severity.WARNING)) for row in rows if row.status == WARNED)


def _by_cause(told: Iterable[tuple[ClerkRow, Iterable[Problem]]]) -> list[Cause]:
    found: dict[str, tuple[Problem, list[Line]]] = {}
    for row, problems in told:
        for problem in problems:
            lines = found.setdefault(problem.cause, (problem, []))[1]
            line = _line(row, problem)
            if line not in lines:
                lines.append(line)
    causes = [
        Cause(first.code, cause, first.title, money_by_currency(_once(lines)), tuple(lines))
        for cause, (first, lines) in found.items()
    ]
    return sorted(causes, key=lambda cause: (-len(cause.lines), cause.code, cause.lines[0].number))


def _once(lines: Iterable[Line]) -> Iterable[Line]:
    """One line for each record: two lines of an invoice with one cause are one amount."""
    return {line.number: line for line in lines}.values()


def _line(row: ClerkRow, problem: Problem) -> Line:
    return Line(
        customer=row.customer,
        number=row.number,
        date=row.date,
        amount=row.amount,
        currency=row.currency,
        what_is_wrong=problem.what,
        what_to_do=problem.action,
        where=problem.where,
        who=problem.who,
    )
