"""The ledger port: what mapper and poster may ask of an accounting package. Each adapter passes one contract suite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.ledger.document import (
    Contact,
    ContactRole,
    DocumentKind,
    LedgerDocument,
    Tracking,
)
from ledgerwire.common.ledger.reference import ReferenceData
from ledgerwire.common.money import ZERO, total


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document with the ledger contact it goes to ("" for a journal); `ledger_id` set to update an existing document."""

    document: LedgerDocument
    contact_id: str
    ledger_id: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What the ledger will make of one document, computed before it is sent.

    Attributes:
        draft: it is asked to stay a draft.
        ledger_id: the existing document this call updates, None for a new one.
        contact_id: "" for a journal.
        net, tax, total: as in the document (a journal's total is the sum of its debits).
        customer: who is billed, for messages only.
        remarks: warnings found while composing; the verdict on a posted document tells them.
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
    remarks: tuple[Finding, ...] = ()


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
        contact_id: "" for a journal.
        currency_rate: units of base currency for one of `currency` as the ledger keeps it, so that a revision can keep it
            too (M15); None for a document in base currency.
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
    currency_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One line as the ledger shows it; signs as in a `LedgerDocument` of the kind."""

    description: str
    quantity: Decimal
    unit_amount: Decimal
    net: Decimal
    tax: Decimal
    account_code: str
    tax_type: str
    item_code: str | None = None
    tracking: tuple[Tracking, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A whole document as the ledger shows it now, for a comparison field by field."""

    found: FoundDocument
    due_date: date | None
    reference: str | None
    contact_name: str
    lines: tuple[ReadLine, ...]


@dataclass(frozen=True, slots=True)
class CreditApplied:
    """A part of a credit note that settles an invoice. `allocation_id` is what undoing it needs, "" where nothing is.

    `credit_id` is "" for what is no credit note and no payment: an overpayment, a prepayment, a journal's credit. Then
    `credit_number` names it as a person would.
    """

    credit_id: str
    credit_number: str
    invoice_id: str
    invoice_number: str
    amount: Decimal
    applied_on: date
    allocation_id: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What has settled one sales invoice or credit note so far (M18).

    Attributes:
        cash: paid-to-date in money, refunds taken off; never credits.
        credits: the parts of credits applied to it (for an invoice), or of it applied to invoices (for a credit note).
        paid_on: day of the last payment, None without one.
        changed_at: the ledger's own stamp of the last change (aware UTC): the next `settlements` starts from the latest seen.
        reference: what the ledger shows beside the number, for matching a document that is not ours.
    """

    ledger_id: str
    kind: DocumentKind
    number: str
    contact_id: str
    currency: str
    total: Decimal
    balance: Decimal
    cash: Decimal
    credits: tuple[CreditApplied, ...] = ()
    paid_on: date | None = None
    live: bool = True
    changed_at: datetime | None = None
    reference: str | None = None

    @property
    def unexplained(self) -> Decimal:
        """What settles it besides the cash and the credits: the ledger shows it as settled and does not name by what."""
        settled = self.cash + total(item.amount for item in self.credits)
        return max(self.total - self.balance - settled, ZERO) if self.live else ZERO


@dataclass(frozen=True, slots=True)
class ContactSpec:
    """A contact to create. `external_number` is derived from the PSA company id and is looked up first.

    `currency` is set only where the ledger gives a contact one currency (`LedgerRules.contact_has_one_currency`).
    """

    name: str
    external_number: str
    email: str | None = None
    account_number: str | None = None
    role: ContactRole = ContactRole.CUSTOMER
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """A sellable item to create, never a tracked one; `account_code` is its income account (M10)."""

    code: str
    name: str
    account_code: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What the provider allows in one call and how long its answer may take.

    Attributes:
        group_size: how many documents of a kind one call may carry (1 where none is named).
        unique_number: kinds whose number the ledger keeps unique among live documents.
        absence_is_proof: kinds of which a call that lands late meets its number in use and makes nothing, so that after an
            unknown outcome a look-up by number is proof. For the others absence counts only after `resend_window`, in which
            the same key and bytes may be sent again.
    """

    group_size: dict[DocumentKind, int] = field(default_factory=dict)
    unique_number: frozenset[DocumentKind] = frozenset({DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE})
    absence_is_proof: frozenset[DocumentKind] = frozenset({DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE})
    resend_window: timedelta = timedelta(minutes=5)
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
        (LINE_TOTAL_DIFFERS, TAX_TOTAL_DIFFERS, ZERO_DOCUMENT, ITEM_CODE_TOO_LONG, CHARACTER_NOT_SEARCHABLE) where the ledger's
        own rules would not give a document's total; callers pass documents one by one to learn which.
        """
        ...

    async def send(self, composed: Composed, idempotency_key: str) -> Sequence[Verdict]:
        """Send once; one verdict per element, in the order composed."""
        ...

    async def find_documents(self, kind: DocumentKind, numbers: Sequence[str]) -> Sequence[FoundDocument]:
        """Every document with one of these numbers, voided and deleted ones included; of all suppliers for a bill."""
        ...

    async def documents_dated(self, kind: DocumentKind, first: date, last: date) -> Sequence[FoundDocument]:
        """Every document of a kind dated from `first` to `last`, whoever made it; voided and deleted ones included."""
        ...

    async def read_document(self, kind: DocumentKind, ledger_id: str) -> ReadDocument | None:
        """The document as it is now, with its lines; None if the ledger does not know the id."""
        ...

    async def read_documents(self, kind: DocumentKind, numbers: Sequence[str]) -> Sequence[ReadDocument]:
        """The same documents as `find_documents`, each with its lines, in as few calls."""
        ...

    async def void(self, kind: DocumentKind, ledger_id: str, idempotency_key: str) -> None:
        """Take a document out of the books; one that is void already is left as it is.

        Raises Stopped (DOCUMENT_PAID, PERIOD_LOCKED, ...) where the ledger does not allow it.
        """
        ...

    async def settlements(self, changed_since: datetime | None) -> Sequence[Settlement]:
        """Sales invoices and credit notes whose settlement may have changed since then (None = all that are live)."""
        ...

    async def allocate(self, credit: CreditApplied, idempotency_key: str) -> None:
        """Apply a credit note to an invoice: `credit_id`, `invoice_id`, `amount` and `applied_on` count.

        Raises Stopped (PAYMENT_OVER_BALANCE, PERIOD_LOCKED, ...) where the ledger refuses it.
        """
        ...

    async def deallocate(self, credit: CreditApplied, idempotency_key: str) -> None:
        """Undo an allocation as `settlements` showed it; one that is gone already is no error."""
        ...

    async def find_contact(self, external_number: str, role: ContactRole = ContactRole.CUSTOMER) -> Contact | None:
        """The one contact with this external number, archived ones included; None if there is none."""
        ...

    async def contacts(self, role: ContactRole = ContactRole.CUSTOMER) -> Sequence[Contact]:
        """All contacts of a role, archived ones included, for matching; cached for a short time."""
        ...

    async def create_item(self, spec: ItemSpec, idempotency_key: str) -> None:
        """Create an item that is sold but not tracked; one with the same code and account is no error."""
        ...

    async def create_contact(self, spec: ContactSpec, idempotency_key: str) -> Contact:
        """Create a contact; raises Stopped(CONTACT_NAME_TAKEN, ...) when the ledger refuses it."""
        ...

    async def reference_data(self, *, fresh: bool = False) -> ReferenceData:
        """Chart of accounts, tax rates, items, tracking, currencies and lock date; cached with expiry unless `fresh`."""
        ...
