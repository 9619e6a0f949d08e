"""What is stored of one ledger document's settlement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from ledgerwire.accounting.port import Settlement
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.money import ZERO, total
from ledgerwire.connectwise.models.payments import InvoiceBalance
from ledgerwire.poster.payments.domain.model import NEVER, Synced

EDITION = "edition"
"""`matched_by` of a document that another one of the same record replaced, or that took one back (M8)."""


class SettlementState(StrEnum):
    """Where the settlement of one document stands.

    due: to be looked at. synced: both agree. stopped: a person must act. unmatched: ConnectWise has no such invoice.
    onboarded: moved before the onboarding date, left alone.
    """

    DUE = "due"
    SYNCED = "synced"
    STOPPED = "stopped"
    UNMATCHED = "unmatched"
    ONBOARDED = "onboarded"


@dataclass(frozen=True, slots=True)
class Posted:
    """A document that Ledgerwire posted: which record and invoice it is. `current` is the one that stands for it now."""

    ledger_id: str
    record_id: UUID
    invoice_id: int
    number: str
    kind: DocumentKind
    currency: str
    current: bool = True


@dataclass(frozen=True, slots=True)
class SeenBalance:
    """What ConnectWise showed as settled and open when it was last looked at."""

    payments: Decimal
    credits: Decimal
    balance: Decimal

    @classmethod
    def of(cls, row: InvoiceBalance) -> SeenBalance:
        """As an invoice shows it; absent amounts are 0, an absent balance is the total."""
        balance = row.balance if row.balance is not None else row.total
        return cls(row.payments or ZERO, row.credits or ZERO, balance or ZERO)

    @property
    def untouched(self) -> bool:
        """Whether nothing settles the invoice."""
        return not self.payments and not self.credits


@dataclass(frozen=True, slots=True)
class Stored:
    """One settlement row. `view` is the ledger's last word on it."""

    ledger_id: str
    view: Settlement
    invoice_id: int | None = None
    record_id: UUID | None = None
    matched_by: str | None = None
    seen: SeenBalance | None = None
    synced: Synced = NEVER
    state: SettlementState = SettlementState.DUE
    findings: tuple[Finding, ...] = ()
    look_after: datetime | None = None
    counted: bool = False

    @property
    def cash(self) -> Decimal:
        """Money, signed as ConnectWise counts it: a refund of a credit note is negative."""
        return -abs(self.view.cash) if self.view.kind is DocumentKind.CREDIT_NOTE else self.view.cash

    @property
    def credited(self) -> Decimal:
        """Credits applied to it, or applied of it."""
        return total(item.amount for item in self.view.credits) + self.view.unexplained


@dataclass(frozen=True, slots=True)
class Marks:
    """How far the two systems were read, by their own stamps."""

    since: date | None = None
    ledger: datetime | None = None
    psa: datetime | None = None


def moved(view: Settlement) -> bool:
    """Whether anything settles the document."""
    return bool(view.cash) or bool(view.credits) or bool(view.unexplained)
