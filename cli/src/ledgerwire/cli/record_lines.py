"""A record as a clerk sees it: one line, one standing, its causes; and lines grouped by cause with their money (M25). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ledgerwire.common.catalogue import Finding, Severity


class Standing(StrEnum):
    """Where a record stands, over all services."""

    POSTED = "posted"
    NO_EFFECT = "no_effect"
    STOPPED = "stopped"
    HELD = "held"
    WAITING = "waiting"
    SKIPPED = "skipped"


SETTLED = frozenset({Standing.POSTED, Standing.NO_EFFECT, Standing.STOPPED, Standing.HELD, Standing.SKIPPED})
"""Nothing more happens to such a record by itself."""


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One record in the list people see.

    Attributes:
        amount: total of the PSA record in its currency, signed.
        batched: the record bears its batch in ConnectWise.
        findings: causes and warnings of its latest look.
    """

    number: str
    customer: str
    day: date | None
    amount: Decimal
    currency: str
    standing: Standing
    batched: bool
    findings: tuple[Finding, ...] = ()

    @property
    def causes(self) -> tuple[Finding, ...]:
        """What stops it."""
        return tuple(item for item in self.findings if item.severity in {Severity.STOP, Severity.CONNECTION})

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What a person should know although it was posted."""
        return tuple(item for item in self.findings if item.severity is Severity.WARNING)

    @property
    def warned(self) -> bool:
        """Posted, with a warning."""
        return self.standing is Standing.POSTED and bool(self.warnings)

    @property
    def stopped(self) -> bool:
        """Waits for a person."""
        return self.standing is Standing.STOPPED

    @property
    def settled(self) -> bool:
        """Whether nothing is under way: a posted record still waits for its batch."""
        needs_batch = self.standing in {Standing.POSTED, Standing.NO_EFFECT}
        return self.standing in SETTLED and (self.batched or not needs_batch)


@dataclass(frozen=True, slots=True)
class ClerkRow:
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
class CauseGroup:
    """Records that one cause concerns, with their money by currency."""

    code: str
    title: str
    rows: tuple[ClerkRow, ...]

    @property
    def totals(self) -> dict[str, Decimal]:
        return money_by_currency((row.currency, row.amount) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Count:
    """How many records stand somewhere, and their money by currency."""

    records: int
    totals: dict[str, Decimal]


def money_by_currency(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Sum amounts per currency: two currencies are never one number."""
    sums: dict[str, Decimal] = {}
    for currency, amount in amounts:
        sums[currency] = sums.get(currency, Decimal("0.00")) + amount
    return dict(sorted(sums.items()))


def counts(lines: Sequence[RecordLine]) -> dict[str, Count]:
    """Posted, posted with warnings, no effect, stopped, held, waiting and skipped records; each record counts once."""
    places: Mapping[str, list[RecordLine]] = {
        name: []
        for name in ("posted", "posted_with_warnings", "no_effect", "stopped", "held", "waiting", "skipped")
    }
    for line in lines:
        places["posted_with_warnings" if line.warned else line.standing.value].append(line)
    return {name: _count(some) for name, some in places.items()}


def _count(lines: Sequence[RecordLine]) -> Count:
    return Count(len(lines), money_by_currency((line.currency, line.amount) for line in lines))


def by_cause(lines: Iterable[RecordLine], findings: str = "causes") -> list[CauseGroup]:
    """Group lines by `causes` or `warnings`; the group with the most records first. A line with two causes is in both."""
    found: dict[str, tuple[Finding, list[ClerkRow]]] = {}
    for line in sorted(lines, key=lambda item: item.number):
        for finding in line.causes if findings == "causes" else line.warnings:
            rows = found.setdefault(finding.cause_key, (finding, []))[1]
            row = _row(line, finding)
            if row not in rows:
                rows.append(row)
    groups = [CauseGroup(finding.code, finding.entry.title, tuple(rows)) for finding, rows in found.values()]
    return sorted(groups, key=lambda group: (-len(group.rows), group.code, group.rows[0].number))


def _row(line: RecordLine, finding: Finding) -> ClerkRow:
    entry = finding.entry
    return ClerkRow(
        customer=line.customer,
        number=line.number,
        date=line.day,
        amount=line.amount,
        currency=line.currency,
        what_is_wrong=finding.message,
        what_to_do=entry.render_action(finding.params),
        where=entry.where,
        who=entry.who,
    )
