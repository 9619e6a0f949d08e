"""What people are told of records: the clerk's columns, grouped by cause with money totals (M25). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from ledgerwire.common.catalogue import Finding, Severity
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.records import StoredRecord

POSTED, WARNED, POSTING, STOPPED = "posted", "posted_with_warnings", "posting", "stopped"
WAITING, DEAD = "waiting", "dead"
STUCK = (STOPPED, DEAD)
"""Where records stand that a person retries."""
TOLD = (STOPPED, DEAD, WAITING, WARNED)
"""Where records stand of which people are told the cause."""
_WAITS = frozenset({"waiting", "draft"})
"""Poster's reports of a revision that goes on once a connection is back, or somebody approved its document."""
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
    """One record as a clerk reads it. `problems` has what keeps it from going on first; warnings and infos after.

    `waits_for` are the causes among them that a waiting record waits for. `particulars` are the columns that only its type of
    record has (A119-A121).
    """

    status: str
    customer: str
    number: str
    date: date | None
    amount: Decimal
    currency: str
    problems: tuple[Problem, ...]
    waits_for: tuple[str, ...] = ()
    record_type: str = "invoice"
    particulars: Mapping[str, str] = field(default_factory=dict)
    source_id: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How many records stand somewhere in one currency, and their money."""

    status: str
    currency: str
    count: int
    total: Decimal


@dataclass(frozen=True, slots=True)
class Caused:
    """The records of one status and currency that share a cause; `finding` is the first one's."""

    status: str
    finding: Finding
    currency: str
    count: int
    total: Decimal
    numbers: tuple[str, ...]


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
    if record.settled_outcome in _WAITS:
        return WAITING
    if not record.batched:
        return POSTING
    if record.state is RecordState.NO_EFFECT:
        return RecordState.NO_EFFECT.value
    return WARNED if any(item.severity is Severity.WARNING for item in findings_of(record)) else POSTED


def findings_of(record: StoredRecord) -> tuple[Finding, ...]:
    """Mapper's findings and poster's, what stops or is waited for first, each cause once."""
    both = (*record.findings, *record.settled_findings) if record.state in _DECIDED else record.findings
    each = {(item.cause_key, item.message): item for item in both}
    waited = _waited_for(record)
    return tuple(sorted(each.values(), key=lambda item: not (item.stops or item in waited)))


def _waited_for(record: StoredRecord) -> tuple[Finding, ...]:
    if record.state in _DECIDED:
        return record.settled_findings if record.settled_outcome in _WAITS else ()
    return record.findings if record.state is RecordState.WAITING else ()


def clerk_row(record: StoredRecord) -> ClerkRow:
    """A record in the clerk's columns."""
    return ClerkRow(
        status=status_of(record),
        customer=record.customer or "",
        number=record.number or f"{record.record_type} {record.source_id}",
        date=record.record_date,
        amount=record.total or Decimal(0),
        currency=record.currency or "",
        problems=tuple(problem(_counted(item, record)) for item in findings_of(record)),
        waits_for=tuple(dict.fromkeys(item.cause_key for item in _waited_for(record))),
        record_type=record.record_type,
        particulars=record.particulars,
        source_id=record.source_id,
    )


def _counted(finding: Finding, record: StoredRecord) -> Finding:
    """A sentence that counts what waits counts this record alone."""
    alone = {"count": "1", "amount": f"{record.total or Decimal(0):,.2f}"}
    return replace(finding, params={**alone, **finding.params}) if finding.severity is Severity.CONNECTION else finding


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


def summed(standings: Iterable[Standing], causes: Iterable[Caused]) -> Summary:
    """Everything at a glance, from what the database added up."""
    counts: dict[str, int] = {}
    totals: dict[str, dict[str, Decimal]] = {}
    for item in standings:
        counts[item.status] = counts.get(item.status, 0) + item.count
        totals.setdefault(item.status, {})[item.currency] = item.total
    told = tuple(causes)
    return Summary(
        counts=counts,
        totals=totals,
        stopped=_groups(item for item in told if item.status in STUCK),
        warned=_groups(item for item in told if item.status == WARNED),
        waiting=_groups(item for item in told if item.status == WAITING),
    )


def _groups(causes: Iterable[Caused]) -> tuple[CauseGroup, ...]:
    """By cause, the most frequent first; a record with two causes stands under both."""
    found: dict[str, list[Caused]] = {}
    for item in causes:
        found.setdefault(item.finding.cause_key, []).append(item)
    groups = [_group(cause, members) for cause, members in found.items()]
    return tuple(sorted(groups, key=lambda group: (-group.count, group.cause)))


def _group(cause: str, members: list[Caused]) -> CauseGroup:
    totals: dict[str, Decimal] = {}
    for item in members:
        totals[item.currency] = totals.get(item.currency, Decimal(0)) + item.total
    count = sum(item.count for item in members)
    first = problem(_counting(members[0].finding, count, totals))
    return CauseGroup(
        cause=cause,
        code=first.code,
        severity=first.severity,
        title=first.title,
        what=first.what,
        action=first.action,
        where=first.where,
        who=first.who,
        count=count,
        totals=totals,
        numbers=tuple(number for item in members for number in item.numbers),
    )


def _counting(first: Finding, count: int, totals: Mapping[str, Decimal]) -> Finding:
    """A closed connection's sentence counts all that waits; every other cause has the first one's."""
    if first.severity is not Severity.CONNECTION:
        return first
    amount = ", ".join(
        f"{total:,.2f}" if len(totals) == 1 else f"{total:,.2f} {code}" for code, total in totals.items()
    )
    return replace(first, params={**first.params, "count": str(count), "amount": amount})
