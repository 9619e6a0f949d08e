"""What people are told of records: the clerk's columns, grouped by cause with money totals (M25). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ledgerwire.common.catalogue import Finding, Severity
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.records import StoredRecord

POSTED, WARNED, POSTING, STOPPED = "posted", "posted_with_warnings", "posting", "stopped"
_DECIDED = frozenset({RecordState.MAPPED, RecordState.NO_EFFECT})


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding in the clerk's words."""

    code: str
    severity: str
    cause: str
    title: str
    what: str
    action: str
    where: str
    who: str
    side: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClerkRow:
    """One record as a clerk reads it. `problems` has what stops it first; warnings and infos after."""

    status: str
    customer: str
    number: str
    date: date | None
    amount: Decimal
    currency: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """All records with one cause. `totals` by currency; `where`, `who` and `action` are the first one's.

    `what` is the cause's own sentence: the first one's, and for a closed connection the one that counts what waits.
    """

    cause: str
    code: str
    severity: str
    title: str
    what: str
    action: str
    where: str
    who: str
    count: int
    totals: dict[str, Decimal]
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts and money by status, and what stops, warns or keeps waiting, by cause."""

    counts: dict[str, int]
    totals: dict[str, dict[str, Decimal]]
    stopped: tuple[CauseGroup, ...]
    warned: tuple[CauseGroup, ...]
    waiting: tuple[CauseGroup, ...] = ()


def status_of(record: StoredRecord) -> str:
    """The one word for where a record stands, poster's report included."""
    if record.state not in _DECIDED:
        return record.state.value
    if record.settled_outcome == "stopped":
        return STOPPED
    if not record.batched:
        return POSTING
    if record.state is RecordState.NO_EFFECT:
        return RecordState.NO_EFFECT.value
    return WARNED if any(item.severity is Severity.WARNING for item in findings_of(record)) else POSTED


def findings_of(record: StoredRecord) -> tuple[Finding, ...]:
    """Mapper's findings and poster's, what stops first, each cause once."""
    both = (*record.findings, *record.settled_findings) if record.state in _DECIDED else record.findings
    each = {(item.cause_key, item.message): item for item in both}
    return tuple(sorted(each.values(), key=lambda item: not item.stops))


def clerk_row(record: StoredRecord) -> ClerkRow:
    """A record in the clerk's columns."""
    return ClerkRow(
        status=status_of(record),
        customer=record.customer or "",
        number=record.number or f"invoice {record.source_id}",
        date=record.record_date,
        amount=record.total or Decimal(0),
        currency=record.currency or "",
        problems=tuple(map(problem, findings_of(record))),
    )


def problem(finding: Finding) -> Problem:
    """A finding in words."""
    entry = finding.entry
    return Problem(
        code=finding.code,
        severity=finding.severity.value,
        cause=finding.cause_key,
        title=entry.title,
        what=finding.message,
        action=entry.render_action(finding.params),
        where=entry.render_where(finding.params),
        who=entry.who,
        side=entry.side.value,
        params=finding.params,
    )


def summarise(records: Iterable[StoredRecord]) -> Summary:
    """Everything at a glance."""
    rows = [clerk_row(record) for record in records]
    counts: dict[str, int] = {}
    totals: dict[str, dict[str, Decimal]] = {}
    for row in rows:
        counts[row.status] = counts.get(row.status, 0) + 1
        _add(totals.setdefault(row.status, {}), row)
    return Summary(
        counts=counts,
        totals=totals,
        stopped=_groups([row for row in rows if row.status == STOPPED], Severity.STOP),
        warned=_groups([row for row in rows if row.status == WARNED], Severity.WARNING),
        waiting=_groups([row for row in rows if row.status == RecordState.WAITING.value], Severity.CONNECTION),
    )


def _add(totals: dict[str, Decimal], row: ClerkRow) -> None:
    totals[row.currency] = totals.get(row.currency, Decimal(0)) + row.amount


def _groups(rows: Iterable[ClerkRow], severity: Severity) -> tuple[CauseGroup, ...]:
    """Rows by cause, the most frequent first; a record with two causes stands under both."""
    found: dict[str, list[tuple[ClerkRow, Problem]]] = {}
    for row in rows:
        for cause, item in {each.cause: each for each in row.problems if each.severity == severity.value}.items():
            found.setdefault(cause, []).append((row, item))
    groups = [_group(cause, members) for cause, members in found.items()]
    return tuple(sorted(groups, key=lambda group: (-group.count, group.cause)))


def _sentence(first: Problem, count: int, totals: Mapping[str, Decimal]) -> str:
    if first.severity != Severity.CONNECTION.value:
        return first.what
    amount = ", ".join(
        f"{total:,.2f}" if len(totals) == 1 else f"{total:,.2f} {code}" for code, total in totals.items()
    )
    return Finding(first.code, {**first.params, "count": str(count), "amount": amount}).message


def _group(cause: str, members: list[tuple[ClerkRow, Problem]]) -> CauseGroup:
    first = members[0][1]
    totals: dict[str, Decimal] = {}
    for row, _ in members:
        _add(totals, row)
    return CauseGroup(
        cause=cause,
        code=first.code,
        severity=first.severity,
        title=first.title,
        what=_sentence(first, len(members), totals),
        action=first.action,
        where=first.where,
        who=first.who,
        count=len(members),
        totals=totals,
        numbers=tuple(row.number for row, _ in members),
    )
