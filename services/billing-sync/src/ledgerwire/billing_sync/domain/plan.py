"""A plan: what is to be written, why, what it means in money, and what is left alone and why."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ledgerwire.billing_sync.domain.agreements import Billed, RowValues, Seen
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.money import ZERO


class StepKind(StrEnum):
    """The only writes there are; nothing is ever deleted."""

    CREATE = "create"
    CHANGE_QUANTITY = "change-quantity"
    CHANGE_PRICE = "change-price"
    CHANGE_DATES = "change-dates"
    END = "end"
    VOID = "void"
    """Ended on its first day with quantity 0: where another product would delete."""
    COPY_AGREEMENT = "copy-agreement"
    LEAVE = "leave"


class Reason(StrEnum):
    """Why a step is there."""

    NEW = "new"
    SEATS_ADDED = "seats-added"
    SEATS_REMOVED = "seats-removed"
    RENEWED = "renewed"
    UPGRADED = "upgraded"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    PRICE_CHANGED = "price-changed"
    COST_CHANGED = "cost-changed"
    CATCH_UP = "catch-up"
    CREDIT = "credit"
    ANNUAL_CHARGE = "annual-charge"
    ONE_OFF = "one-off"
    USAGE = "usage"
    DUPLICATE = "duplicate"
    REPAIRED = "repaired"
    NOT_SOLD = "not-sold"
    ALREADY_INVOICED = "already-invoiced"
    UNCHANGED = "unchanged"
    ASKED = "asked"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Step:
    """One write (or, with kind `leave`, the statement that none is needed).

    Attributes:
        key: stable within the account: the same difference planned again has the same key.
        line: the subscription.
        addition_id: the row written, None for a new one.
        before, after: the row now and afterwards; `before` None for a new one.
        effect: how the next invoice of the agreement changes, in `currency` of the agreement.
        expected: what the row will come to on the next invoice (read back against this, M24).
        arithmetic: how `expected` comes about.
        description: text for the invoice line of a new row.
        charge: key of the mirrored charge, "" for seats.
        on_copy: write it to the copy that the plan's `copy-agreement` step makes.
        recorded_from: to be recorded with the row as `Written.uninvoiced_from`: F, or the beginning of time for a row that was
            invoiced before, so that it stays an invoiced one.
        billed_as, seen: to be recorded with the row as `Written.billed_as` and `Written.seen`.
    """

    key: str
    kind: StepKind
    reason: Reason
    agreement_id: int
    line: str
    product_id: int = 0
    addition_id: int | None = None
    before: RowValues | None = None
    after: RowValues | None = None
    effect: Decimal = ZERO
    expected: Decimal = ZERO
    currency: str = ""
    arithmetic: str = ""
    description: str = ""
    charge: str = ""
    on_copy: bool = False
    recorded_from: date = date.min
    billed_as: Billed | None = None
    seen: tuple[Seen, ...] = ()

    @property
    def writes(self) -> bool:
        return self.kind is not StepKind.LEAVE

    @property
    def place(self) -> int:
        """Its place in the order of writes: rows stop, whatever else is written into them, before others take over."""
        if self.kind is StepKind.COPY_AGREEMENT:
            return 0
        if self.before is None or self.after is None or self.after.ends is None:
            return 2
        stops = self.kind is StepKind.VOID or self.before.ends is None or self.after.ends < self.before.ends
        return 1 if stops else 2


@dataclass(frozen=True, slots=True)
class Adopted:
    """A row to be recorded as `Written` without a write: nobody's row that fits, or a person's edit that was accepted.

    Attributes:
        uninvoiced_from, billed_as, seen: what `Written` is to hold.
        product_id: of the row, 0 for that of its line.
    """

    addition_id: int
    values: RowValues
    uninvoiced_from: date
    billed_as: Billed | None = None
    charge: str = ""
    product_id: int = 0
    seen: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class CreditDue:
    """What a customer is owed for seats given back in days that are invoiced (M20), until a person settles it.

    Attributes:
        quantity: seats, positive.
        amount: of money, positive, in `currency`.
        charge: `Charge.key` of a mirrored charge, "" for seats held.
        product_id: that the seats were billed as, 0 where that is the product of their line.
    """

    agreement_id: int
    line: str
    customer: str
    product: str
    starts: date
    ends: date
    quantity: Decimal
    amount: Decimal
    currency: str = ""
    charge: str = ""
    product_id: int = 0

    @property
    def key(self) -> str:
        """The same credit has the same key in every plan."""
        parts = (self.agreement_id, self.line, self.charge, self.starts, self.ends, f"{self.quantity.normalize():f}")
        text = "|".join(map(str, (*parts, f"{self.amount:.2f}")))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class LinePlan:
    """Everything about one subscription on one agreement.

    Attributes:
        adopted: rows to be recorded as ours without a write.
        forgotten: ids of rows that a person deleted and whose days were never invoiced: their record may go.
        credits: what is owed to the customer.
        stopped: nothing of this line is written until a person acts on a finding.
    """

    line: str
    agreement_id: int | None
    steps: tuple[Step, ...] = ()
    findings: tuple[Finding, ...] = ()
    adopted: tuple[Adopted, ...] = ()
    forgotten: tuple[int, ...] = ()
    credits: tuple[CreditDue, ...] = ()

    @property
    def writes(self) -> tuple[Step, ...]:
        return () if self.stopped else tuple(step for step in self.steps if step.writes)

    @property
    def stopped(self) -> bool:
        return any(finding.stops for finding in self.findings)


@dataclass(frozen=True, slots=True)
class AgreementPlan:
    """The plan of one agreement.

    Attributes:
        uninvoiced_from: F (M20), recorded with every write.
        findings: what concerns the whole agreement.
    """

    agreement_id: int
    uninvoiced_from: date
    lines: tuple[LinePlan, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every write, in the order to apply it: rows are ended before others take over; lines share one copy of the agreement."""
        writes = [step for line in self.lines for step in line.writes]
        copies = [step for step in writes if step.kind is StepKind.COPY_AGREEMENT][:1]
        writes = copies + [step for step in writes if step.kind is not StepKind.COPY_AGREEMENT]
        return tuple(sorted(writes, key=lambda step: (step.place, step.key)))
