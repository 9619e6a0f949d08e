"""What the two systems show of one invoice's settlement, and what was made equal last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.money import ZERO, total

CASH = 0
"""The part of an invoice's settlement that is money; every other part is a credit memo's id in ConnectWise."""


class Side(StrEnum):
    """One of the two systems."""

    LEDGER = "ledger"
    CONNECTWISE = "connectwise"


class OnForeignCash(StrEnum):
    """What to do with money that only ConnectWise shows: ask a person, or make the row as the ledger says (M18)."""

    ASK = "ask"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Allocation:
    """A piece of a credit applied in the ledger; `allocation_id` is what undoing it needs.

    `document_id` is the ledger document it settles where that is an earlier one of the same invoice.
    """

    amount: Decimal
    applied_on: date
    allocation_id: str = ""
    document_id: str = ""


@dataclass(frozen=True, slots=True)
class UnknownCredit:
    """A credit that one system applies and the other does not have."""

    number: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class LedgerView:
    """What has settled the document in the ledger, signed as ConnectWise counts: a refund of a credit memo is negative.

    Attributes:
        credits: by the credit memo's id in ConnectWise.
        unknown: credits that ConnectWise does not have.
        open_amount: what is still due of it, or left of a credit (never negative).
    """

    cash: Decimal = ZERO
    credits: Mapping[int, tuple[Allocation, ...]] = field(default_factory=dict)
    unknown: tuple[UnknownCredit, ...] = ()
    open_amount: Decimal = ZERO
    paid_on: date | None = None

    def credit(self, credit_id: int) -> Decimal:
        """How much of a credit memo is applied here."""
        return total(item.amount for item in self.credits.get(credit_id, ()))

    @property
    def latest(self) -> date | None:
        """Day of the last movement, None without any."""
        days = [item.applied_on for pieces in self.credits.values() for item in pieces]
        return max([*days, *([self.paid_on] if self.paid_on else [])], default=None)


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One payment row of the invoice in ConnectWise.

    Attributes:
        credit_id: the credit memo it applies, None for money.
        fixed: it comes from a payment gateway or is in a batch, and is never changed.
        unknown: the number of the credit memo where the ledger does not have it.
    """

    row_id: int
    amount: Decimal
    credit_id: int | None = None
    fixed: bool = False
    paid_on: date | None = None
    unknown: str | None = None


@dataclass(frozen=True, slots=True)
class Synced:
    """What both systems last agreed on. `winners` are the parts that are being carried over, and from which side."""

    amounts: Mapping[int, Decimal] = field(default_factory=dict)
    winners: Mapping[int, Side] = field(default_factory=dict)

    @property
    def never(self) -> bool:
        """Whether this invoice was never carried over."""
        return not self.amounts and not self.winners

    def agreed(self, amounts: Mapping[int, Decimal]) -> Synced:
        """After these parts were found or made equal."""
        winners = {part: side for part, side in self.winners.items() if part not in amounts}
        return Synced({**self.amounts, **amounts}, winners)

    def carrying(self, winners: Mapping[int, Side]) -> Synced:
        """While these parts are being carried over: what is half written must not look like a change of the other side."""
        return Synced(self.amounts, {**self.winners, **winners})


NEVER = Synced()
"""Nothing was ever carried over."""


@dataclass(frozen=True, slots=True)
class Case:
    """One invoice or credit memo, as both systems show it now.

    Attributes:
        total: in ConnectWise, negative for a credit memo.
    """

    invoice_id: int
    number: str
    total: Decimal
    ledger: LedgerView
    rows: tuple[PaymentRow, ...] = ()
    synced: Synced = NEVER

    @property
    def parts(self) -> tuple[int, ...]:
        """Everything that settles it or did: money first, then the credit memos."""
        rows = {row.credit_id for row in self.rows if row.credit_id is not None and row.unknown is None}
        credits_ = rows | set(self.ledger.credits) | set(self.synced.amounts)
        return (CASH, *sorted(credits_ - {CASH}))

    def in_ledger(self, part: int) -> Decimal:
        """A part's amount in the ledger."""
        return self.ledger.cash if part == CASH else self.ledger.credit(part)

    def in_connectwise(self, part: int) -> Decimal:
        """A part's amount in ConnectWise."""
        return total(row.amount for row in self.rows_of(part))

    def last(self, part: int) -> Decimal:
        """A part's amount when both last agreed; 0 where they never did."""
        return self.synced.amounts.get(part, ZERO)

    def rows_of(self, part: int) -> tuple[PaymentRow, ...]:
        """The rows that make up a part in ConnectWise."""
        wanted = None if part == CASH else part
        return tuple(row for row in self.rows if row.credit_id == wanted)


@dataclass(frozen=True, slots=True)
class CreateRow:
    """A new payment row in ConnectWise."""

    amount: Decimal
    credit_id: int | None
    paid_on: date | None


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """Another amount on a row that is there."""

    row_id: int
    amount: Decimal
    raises: bool


@dataclass(frozen=True, slots=True)
class DeleteRow:
    """A row goes."""

    row_id: int


@dataclass(frozen=True, slots=True)
class Allocate:
    """Apply a credit note in the ledger; no money moves."""

    credit_id: int
    amount: Decimal
    applied_on: date | None


@dataclass(frozen=True, slots=True)
class Deallocate:
    """Take an allocation back in the ledger."""

    credit_id: int
    allocation: Allocation


Operation = CreateRow | ChangeRow | DeleteRow | Allocate | Deallocate


def releases(operation: Operation) -> bool:
    """Whether an operation frees an amount: these go first, so that what is moved on fits where it goes."""
    match operation:
        case DeleteRow() | Deallocate():
            return True
        case ChangeRow(raises=raises):
            return not raises
        case _:
            return False


@dataclass(frozen=True, slots=True)
class Step:
    """One part of one invoice to be carried over: what to do, and the amount both show afterwards."""

    invoice_id: int
    part: int
    winner: Side
    amount: Decimal
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one look at some invoices leads to.

    Attributes:
        steps: parts to carry over.
        agreed: invoice id -> part -> the amount that both show already.
        findings: invoice id -> what a person must know; a part with a finding is left as it is.
        onboarded: invoices whose every movement is older than the onboarding date: left alone, counted apart.
    """

    steps: tuple[Step, ...] = ()
    agreed: Mapping[int, Mapping[int, Decimal]] = field(default_factory=dict)
    findings: Mapping[int, tuple[Finding, ...]] = field(default_factory=dict)
    onboarded: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings that decide.

    Attributes:
        since: movements before this day are left alone where nothing was ever carried over.
        ledger_name: what people call the ledger.
    """

    since: date | None
    ledger_name: str
    on_foreign_cash: OnForeignCash = OnForeignCash.ASK
