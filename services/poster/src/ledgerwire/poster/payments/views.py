"""What a person is shown of payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledgerwire.common.catalogue import Finding
from ledgerwire.poster.payments.domain.model import CASH, Step
from ledgerwire.poster.payments.state import Stored


@dataclass(frozen=True, slots=True)
class Told:
    """One finding in a clerk's words (M25)."""

    code: str
    message: str
    action: str
    where: str

    @classmethod
    def of(cls, finding: Finding) -> Told:
        """A finding with its values filled in."""
        entry = finding.entry
        return cls(
            finding.code, finding.message, entry.render_action(finding.params), entry.render_where(finding.params)
        )


@dataclass(frozen=True, slots=True)
class PaymentView:
    """One document and what has settled it on both sides; amounts in its own currency.

    Attributes:
        onboarding: the invoice was not posted by Ledgerwire, or moved only before the onboarding date: counted apart.
    """

    company: str
    number: str
    kind: str
    currency: str
    total: Decimal
    cash: Decimal
    credited: Decimal
    ledger_balance: Decimal
    connectwise_balance: Decimal | None
    paid_on: date | None
    state: str
    onboarding: bool
    told: tuple[Told, ...] = ()

    @classmethod
    def of(cls, company: str, row: Stored) -> PaymentView:
        """A stored settlement as a person may see it."""
        return cls(
            company=company,
            number=row.view.number,
            kind=row.view.kind.value,
            currency=row.view.currency,
            total=row.view.total,
            cash=row.cash,
            credited=row.credited,
            ledger_balance=row.view.balance,
            connectwise_balance=abs(row.seen.balance) if row.seen else None,
            paid_on=row.view.paid_on,
            state=row.state.value,
            onboarding=row.matched_by == "number" or row.state.value == "onboarded",
            told=tuple(map(Told.of, row.findings)),
        )


@dataclass(frozen=True, slots=True)
class Planned:
    """One part of an invoice that was, or would be, carried over: to which amount, from which side."""

    number: str
    part: str
    amount: Decimal
    winner: str

    @classmethod
    def of(cls, step: Step, numbers: dict[int, str]) -> Planned:
        """A step in words; `numbers` are the documents' numbers by invoice id."""
        part = "cash" if step.part == CASH else f"credit {numbers.get(step.part, step.part)}"
        return cls(numbers.get(step.invoice_id, str(step.invoice_id)), part, step.amount, step.winner.value)


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look at a company's payments came to."""

    company: str
    dry_run: bool
    looked_at: int
    written: int
    onboarded: int
    carried: tuple[Planned, ...]
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """Records of one company that succeeded first in a month (A078, A079). `onboarding` payments are counted apart."""

    month: str
    company: str
    invoices: int
    payments: int
    procurements: int
    expenses: int
    onboarding: int

    @property
    def total(self) -> int:
        """All four types together."""
        return self.invoices + self.payments + self.procurements + self.expenses
