"""What came out, in figures, and what is off. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from ledgerwire.cli.clerk_list import NO_EFFECT, SETTLED_WELL, problems_of
from ledgerwire.cli.demo.sandbox_desk import BooksCheck, PlannedClose
from ledgerwire.common.catalogue import Severity
from ledgerwire.mapper.status import POSTED, STOPPED, WARNED, ClerkRow


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one run. Totals are signed, include tax, and come from the books check."""

    closed: int
    posted: int
    no_effect: int
    batched: int
    warned: int
    stopped_first: int
    stopped_last: int
    missing: int
    duplicated: int
    source_total: Decimal
    ledger_total: Decimal
    seconds_setup: float
    seconds_run: float

    def as_dict(self) -> dict[str, Any]:
        """The report as written: money as text with two decimals."""
        return {name: f"{value:.2f}" if isinstance(value, Decimal) else value for name, value in asdict(self).items()}


def make_report(
    plan: Sequence[PlannedClose],
    first: Sequence[ClerkRow],
    last: Sequence[ClerkRow],
    check: BooksCheck,
    *,
    seconds_setup: float,
    seconds_run: float,
) -> Report:
    """The figures: records as Ledgerwire lists them, money and doubles as the outsider found them."""
    now = Counter(row.status for row in last)
    return Report(
        closed=len(plan),
        posted=now[POSTED] + now[WARNED],
        no_effect=now[NO_EFFECT],
        batched=sum(row.status in SETTLED_WELL for row in last),
        warned=now[WARNED],
        stopped_first=sum(row.status == STOPPED for row in first),
        stopped_last=now[STOPPED],
        missing=check.missing,
        duplicated=check.duplicated,
        source_total=check.source_total,
        ledger_total=check.ledger_total,
        seconds_setup=round(seconds_setup, 1),
        seconds_run=round(seconds_run, 1),
    )


def what_is_off(
    plan: Sequence[PlannedClose], first: Sequence[ClerkRow], report: Report, check: BooksCheck
) -> list[str]:
    """Everything that is not as it should be, in sentences; empty means the demo is green."""
    return [*_wrong_figures(report, check), *_unplanned(plan, {row.number: row for row in first}), *_books(check)]


def _wrong_figures(report: Report, check: BooksCheck) -> Iterator[str]:
    if report.posted + report.no_effect != report.closed:
        yield f"{report.closed} were closed, {report.posted} posted and {report.no_effect} without effect"
    if report.batched != report.closed:
        yield f"{report.closed} were closed, {report.batched} are batched"
    for name in ("posted", "no_effect", "batched"):
        listed, found = getattr(report, name), getattr(check, name)
        if listed != found:
            yield f"{name}: Ledgerwire lists {listed}, the books check finds {found}"
    for name in ("stopped_last", "missing", "duplicated"):
        if getattr(report, name):
            yield f"{name} is {getattr(report, name)}"
    if report.source_total != report.ledger_total:
        yield f"ConnectWise adds up to {report.source_total:.2f}, the ledger to {report.ledger_total:.2f}"


def _unplanned(plan: Sequence[PlannedClose], first: Mapping[str, ClerkRow]) -> Iterator[str]:
    for planned in plan:
        outcome, codes = _first_outcome(first.get(planned.number))
        if outcome != planned.expected_first or codes != frozenset(planned.codes):
            yield (
                f"{planned.number}: planned {_said(planned.expected_first, frozenset(planned.codes))},"
                f" came out {_said(outcome, codes)}"
            )


def _first_outcome(row: ClerkRow | None) -> tuple[str, frozenset[str]]:
    if row is None:
        return "unlisted", frozenset()
    severity = Severity.STOP if row.status == STOPPED else Severity.WARNING
    codes = frozenset(problem.code for problem in problems_of(row, severity))
    return ("posted_warned" if row.status == WARNED else row.status), codes


def _said(outcome: str, codes: frozenset[str]) -> str:
    return f"{outcome} ({', '.join(sorted(codes))})" if codes else outcome


def _books(check: BooksCheck) -> Iterator[str]:
    for finding in check.findings:
        yield f"books check: {finding['number']} {finding['code']}: {finding['message']}"
    if not check.clean and not check.findings:
        yield "the books check is not clean"
