"""From rows compared to steps to write: the common form of seats and mirrored charges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ledgerwire.billing_sync.domain.agreements import Written
from ledgerwire.billing_sync.domain.charges import plan_charges
from ledgerwire.billing_sync.domain.coverage import Row
from ledgerwire.billing_sync.domain.days import DAY, days_between
from ledgerwire.billing_sync.domain.plan import CreditDue, Reason, Step, StepKind
from ledgerwire.billing_sync.domain.seats import Ground, credit_due, plan_seats
from ledgerwire.billing_sync.domain.steps import changing, creating
from ledgerwire.billing_sync.domain.wanted import WantedLine
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.money import round_half_up


@dataclass(slots=True)
class Result:
    """What a line comes to before people's edits are weighed.

    Attributes:
        adopted: (charge key, row) of nobody's rows that fit.
        unclaimed: rows of the product that belong to no line.
        consumed: ids of unclaimed rows that were taken over.
        frozen: nothing is to be written although steps were found.
    """

    steps: list[Step] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    adopted: list[tuple[str, Row]] = field(default_factory=list)
    unclaimed: list[Row] = field(default_factory=list)
    consumed: set[int | None] = field(default_factory=set)
    frozen: bool = False
    credits: list[CreditDue] = field(default_factory=list)

    def add(self, other: Result) -> None:
        """Take in what charges of the same line come to."""
        self.steps += other.steps
        self.findings += other.findings
        self.adopted += other.adopted
        self.credits += other.credits


def seat_result(ground: Ground, line: WantedLine, rows: Sequence[Row], strays: Sequence[Row]) -> Result:
    """Seats held, as steps."""
    outcome = plan_seats(ground, line, rows, strays)
    steps = [changing(ground, line, row, after, reason) for row, after, reason in outcome.changed]
    steps += [creating(ground, line, after, reason) for after, reason in outcome.created]
    adopted = [("", row) for row in outcome.left if not row.owned]
    return Result(steps, list(outcome.findings), adopted, outcome.unclaimed, credits=outcome.credits)


def owed_before(ground: Ground, line: WantedLine) -> Result:
    """Credits for seats that the plan before listed, of days on which the source tells nothing any more."""
    result = Result()
    for due in line.owed:
        last = min(due.ends, ground.first - DAY)
        if due.charge or last < due.starts:
            continue
        part = due.amount * days_between(due.starts, last) / days_between(due.starts, due.ends)
        kept = replace(due, ends=last, amount=round_half_up(part))
        result.credits.append(kept)
        result.findings.append(credit_due(kept, ground.agreement))
    return result


def charge_result(
    ground: Ground,
    line: WantedLine,
    rows: Sequence[tuple[str, Row]],
    strays: Sequence[Row],
    elsewhere: Sequence[Written],
) -> Result:
    """Charges mirrored, as steps; the copy of an agreement comes first where one is needed."""
    mirrored = plan_charges(ground, line, rows, strays, elsewhere)
    steps = [
        changing(ground, line, row, after, why, charge=key, seen=seen)
        for key, row, after, why, seen in mirrored.changed
    ]
    if mirrored.on_copy:
        steps.append(_copy(ground, line))
    steps += [
        creating(ground, line, row, why, charge=key, description=text, on_copy=mirrored.on_copy)
        for key, row, why, text in mirrored.created
    ]
    adopted = [(key, row) for key, row in mirrored.left if not row.owned]
    return Result(steps, list(mirrored.findings), adopted, credits=mirrored.credits)


def _copy(ground: Ground, line: WantedLine) -> Step:
    agreement = ground.agreement
    return Step(
        key=f"copy-{agreement.id}",
        kind=StepKind.COPY_AGREEMENT,
        reason=Reason.ALREADY_INVOICED,
        agreement_id=agreement.id,
        line=line.line,
        currency=agreement.currency,
    )
