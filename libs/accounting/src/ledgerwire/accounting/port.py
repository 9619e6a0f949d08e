"""The ledger port: what mapper and poster may ask of an accounting package. Each adapter passes one contract suite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.ledger.document import Contact, DocumentKind, LedgerDocument
from ledgerwire.common.ledger.reference import ReferenceData


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document with the ledger contact it goes to; `ledger_id` set when an existing document is to be updated."""

    document: LedgerDocument
    contact_id: str
    ledger_id: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What the ledger will make of one document, computed before it is sent.

    Attributes:
        draft: it is asked to stay a draft.
        ledger_id: the existing document this call updates, None for a new one.
        customer: who is billed, for messages only.
    """

    number: str
    contact_id: str
    document_date: date
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal
    line_count: int
    draft: bool = False
    ledger_id: str | None = None
    customer: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """One call, ready to send: the exact bytes and what is expected of each element, in order."""

    kind: DocumentKind
    method: str
    path: str
    body: bytes
    expected: tuple[Expected, ...]


class VerdictStatus(StrEnum):
    """How the ledger judged one element of a call."""

    POSTED = "posted"
    DRAFT = "draft"
    MISMATCHED = "mismatched"
    REFUSED = "refused"
    NUMBER_TAKEN = "number_taken"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One element's outcome. `ledger_id` is set whenever the ledger returned a document, matching or not.

    Attributes:
        findings: catalogue findings for REFUSED, NUMBER_TAKEN, MISMATCHED and DRAFT (ledger wording in a param,
            verbatim); on POSTED the ledger's own remarks, as warnings.
    """

    number: str
    status: VerdictStatus
    ledger_id: str | None = None
    total: Decimal | None = None
    tax: Decimal | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A document that is in the ledger now.

    Attributes:
        live: false for voided and deleted ones.
        draft: not approved yet.
        paid: what payments, refunds and applied credits have settled of it.
    """

    ledger_id: str
    kind: DocumentKind
    number: str
    contact_id: str
    document_date: date
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal
    line_count: int
    live: bool
    draft: bool = False
    paid: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class ContactSpec:
    """A contact to create. `external_number` is derived from the PSA company id and is looked up first."""

    name: str
    external_number: str
    email: str | None = None
    account_number: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What the provider allows in one call and how long its answer may take."""

    group_size: dict[DocumentKind, int] = field(default_factory=dict)
    body_bytes: int = 3_000_000
    request_timeout: timedelta = timedelta(seconds=30)
    settle_delay: timedelta = timedelta(seconds=30)


class Ledger(Protocol):
    """One connected ledger company.

    Every method that calls the provider raises, and only these: Waiting (budget, rate limit, closed connection),
    Transient (safe to repeat), Ambiguous (a write whose outcome is unknown), Stopped (whole call refused for a reason
    a person must clear).
    """

    limits: Limits
    name: str
    """What people call the package, for messages."""

    def compose(self, kind: DocumentKind, prepared: Sequence[Prepared]) -> Composed:
        """Make the bytes of one call (pure): either all new documents or all updates, at most `limits.group_size`.

        `reference_data` must have been read once before, for the rates the ledger will compute tax with. Raises Stopped
        (LINE_TOTAL_DIFFERS, TAX_TOTAL_DIFFERS, ZERO_DOCUMENT, ITEM_CODE_TOO_LONG, INVALID_CHARACTER) where the ledger's
        own rules would not give a document's total; callers pass documents one by one to learn which.
        """
        ...

    async def send(self, composed: Composed, idempotency_key: str) -> Sequence[Verdict]:
        """Send once; one verdict per element, in the order composed."""
        ...

    async def find_documents(self, kind: DocumentKind, numbers: Sequence[str]) -> Sequence[FoundDocument]:
        """Every document with one of these numbers, voided and deleted ones included."""
        ...

    async def find_contact(self, external_number: str) -> Contact | None:
        """The one contact with this external number, archived ones included; None if there is none."""
        ...

    async def contacts(self) -> Sequence[Contact]:
        """All contacts, archived ones included, for matching; cached for a short time."""
        ...

    async def create_contact(self, spec: ContactSpec, idempotency_key: str) -> Contact:
        """Create a contact; raises Stopped(CONTACT_NAME_TAKEN, ...) when the ledger refuses it."""
        ...

    async def reference_data(self, *, fresh: bool = False) -> ReferenceData:
        """Chart of accounts, tax rates, items, tracking, currencies and lock date; cached with expiry unless `fresh`."""
        ...
