"""Plans as they are stored: what was read and decided for each agreement, and the state of every write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from ledgerwire.billing_sync.domain.agreements import Agreement
from ledgerwire.billing_sync.domain.plan import Adopted, AgreementPlan, CreditDue, Step
from ledgerwire.billing_sync.domain.products import NewProduct
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.seats import Motion


class PlanState(StrEnum):
    """Where a plan is."""

    OPEN = "open"
    APPLIED = "applied"
    REPLACED = "replaced"


class StepState(StrEnum):
    """Where one write is. `sent`: we do not know yet what became of it; it is looked for before it is made again."""

    PLANNED = "planned"
    APPROVED = "approved"
    SENT = "sent"
    WRITTEN = "written"
    REFUSED = "refused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class AdoptedRow:
    """A row to be recorded as ours without a write, and the subscription it is for."""

    line: str
    row: Adopted


@dataclass(frozen=True, slots=True)
class AgreementPart:
    """One agreement of a plan besides its steps.

    Attributes:
        uninvoiced_from: F at the time of planning (M20): the plan is stale once it has moved.
        products: subscription → product, for rows that are adopted.
    """

    agreement: Agreement
    company_id: int
    customer: str
    motion: Motion
    uninvoiced_from: date
    findings: tuple[Finding, ...] = ()
    adopted: tuple[AdoptedRow, ...] = ()
    forgotten: tuple[int, ...] = ()
    products: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    credits: tuple[CreditDue, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredStep:
    """One write with its state."""

    step: Step
    state: StepState
    position: int
    addition_id: int | None = None
    found: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """One plan as it is now.

    Attributes:
        findings: what concerns no single agreement: customers, products and sources.
        products: products to be made, by the negative number that stands for each in the steps.
        calls: to ConnectWise, for reading what it was made from.
    """

    plan_id: UUID
    connection_id: UUID
    day: date
    state: PlanState
    made_at: datetime
    findings: tuple[Finding, ...]
    parts: tuple[AgreementPart, ...]
    steps: tuple[StoredStep, ...]
    products: dict[int, NewProduct] = field(default_factory=dict)
    calls: int = 0

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        return (*self.findings, *(finding for part in self.parts for finding in part.findings))

    def part(self, agreement_id: int) -> AgreementPart:
        """The part of one agreement; KeyError if the plan does not have it."""
        for part in self.parts:
            if part.agreement.id == agreement_id:
                return part
        raise KeyError(agreement_id)


def part_of(
    plan: AgreementPlan,
    agreement: Agreement,
    company: tuple[int, str],
    motion: Motion,
    lines: Mapping[str, tuple[int, str]],
) -> AgreementPart:
    """What of an agreement's plan is kept besides its steps; `lines` is subscription → (product, name)."""
    return AgreementPart(
        agreement=agreement,
        company_id=company[0],
        customer=company[1],
        motion=motion,
        uninvoiced_from=plan.uninvoiced_from,
        findings=(*plan.findings, *(finding for line in plan.lines for finding in line.findings)),
        adopted=tuple(AdoptedRow(line.line, row) for line in plan.lines for row in line.adopted),
        forgotten=tuple(gone for line in plan.lines for gone in line.forgotten),
        products={line: product for line, (product, _) in lines.items()},
        names={line: name for line, (_, name) in lines.items()},
        credits=tuple(due for line in plan.lines for due in line.credits),
    )
