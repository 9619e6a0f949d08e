"""What a reconciliation holds side by side: records as ConnectWise shows them, documents as the ledger does, our own rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from ledgerwire.common.ledger.document import SALES, DocumentKind

INVOICE = "invoice"
_NEGATIVE = frozenset({DocumentKind.CREDIT_NOTE, DocumentKind.SUPPLIER_CREDIT})


class Concern(StrEnum):
    """settled: as it should be. open: listed with a reason, or on its way. wrong: the promise is not kept."""

    SETTLED = "settled"
    OPEN = "open"
    WRONG = "wrong"


class Bucket(StrEnum):
    """Where a closed record stands; each is in exactly one.

    posted_once: its document is in the ledger once, to the cent, and it is batched. no_effect: batched without a document,
    for it moves nothing. excluded: a rule or a person left it out. onboarded: it was there before go-live. held: kept back.
    stopped: somebody has to act. in_flight: being worked on. missing: neither in the ledger nor being worked on. twice: more
    documents than it has. amount_differs: the ledger shows other figures. posted_not_batched: in the ledger, without a
    batch, and nobody is at it. batched_not_posted: it has a batch and no document. left_the_list: a receipt, stock movement
    or expense that no batch of ours took is not on its unposted list any more: batched by hand, taken back or deleted.
    """

    POSTED_ONCE = "posted_once"
    NO_EFFECT = "no_effect"
    EXCLUDED = "excluded"
    ONBOARDED = "onboarded"
    HELD = "held"
    STOPPED = "stopped"
    IN_FLIGHT = "in_flight"
    MISSING = "missing"
    TWICE = "twice"
    AMOUNT_DIFFERS = "amount_differs"
    POSTED_NOT_BATCHED = "posted_not_batched"
    BATCHED_NOT_POSTED = "batched_not_posted"
    LEFT_THE_LIST = "left_the_list"

    @property
    def concern(self) -> Concern:
        """Whether anybody has to look at it."""
        return _CONCERNS[self]


_SETTLED = (Bucket.POSTED_ONCE, Bucket.NO_EFFECT, Bucket.EXCLUDED, Bucket.ONBOARDED)
_OPEN = (Bucket.HELD, Bucket.STOPPED, Bucket.IN_FLIGHT)
_CONCERNS = (
    dict.fromkeys(Bucket, Concern.WRONG) | dict.fromkeys(_SETTLED, Concern.SETTLED) | dict.fromkeys(_OPEN, Concern.OPEN)
)


class Stray(StrEnum):
    """Why a document of the ledger stands for no closed record of the period.

    by_choice: a person chose to leave it, or it takes such a one back. record_open: its record was opened again, and the next
    close decides. record_gone: ConnectWise does not have its record any more. no_record: it has a number like ours and
    ConnectWise has no record of that number.
    """

    BY_CHOICE = "by_choice"
    RECORD_OPEN = "record_open"
    RECORD_GONE = "record_gone"
    NO_RECORD = "no_record"

    @property
    def concern(self) -> Concern:
        """Whether anybody has to look at it."""
        known = {Stray.BY_CHOICE: Concern.SETTLED, Stray.RECORD_OPEN: Concern.OPEN}
        return known.get(self, Concern.WRONG)


def signed(kind: DocumentKind, total: Decimal) -> Decimal:
    """A document's total as its record has it: credits are negative."""
    return -total if kind in _NEGATIVE else total


@dataclass(frozen=True, slots=True)
class ClosedRecord:
    """One closed record as ConnectWise shows it now.

    Attributes:
        currency, total: as ConnectWise shows them, credits negative; of receipts and expenses what their GL entries were made
            into.
        company: the ledger company it belongs to, "" where none takes it.
        batched: it has a batch. `batch` is the name, where one is shown.
        before_go_live: dated before the account's first day, or the account is not live yet and never posted.
        fresh: closed so short a time ago that nobody need know of it yet.
        off_list: it has left its unposted list, and no batch of ours took it; never of an invoice.
    """

    record_id: UUID
    record_type: str
    source_id: str
    number: str
    customer: str
    dated: date
    currency: str
    total: Decimal
    company: str
    batched: bool
    batch: str = ""
    before_go_live: bool = False
    fresh: bool = False
    off_list: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """One document that a record was decided to become.

    It is known again by kind, number and total; one in another currency is still it, and differs.
    """

    kind: DocumentKind
    number: str
    total: Decimal
    currency: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """What our rows say of a record.

    Attributes:
        state: mapper's. `outcome` is what poster reported last, None before it did.
        codes: of what stops, holds or skips it.
        wanted: the documents of the latest revision; None while nothing is decided.
        in_hand: work of ours on it exists, or a message about it is under way.
        fresh: touched so short a time ago that nothing can be said yet.
    """

    state: str
    outcome: str | None = None
    codes: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...] | None = None
    in_hand: bool = False
    fresh: bool = False

    @property
    def moving(self) -> bool:
        """Whether it goes on by itself: somebody works on it, or it was touched just now and is not finished."""
        return self.in_hand or (self.fresh and self.outcome != "batched")


@dataclass(frozen=True, slots=True)
class OwnDocument:
    """One posting of ours: which document of which company it says to stand for which record."""

    record_id: UUID
    company: str
    kind: DocumentKind
    number: str
    ledger_id: str
    counts: bool = True
    """False for one that a person chose to leave in the ledger, one voided, and what takes another back."""


@dataclass(frozen=True, slots=True)
class SeenDocument:
    """One live document as the ledger shows it now."""

    company: str
    ledger_id: str
    kind: DocumentKind
    number: str
    dated: date
    currency: str
    total: Decimal
    draft: bool = False
    contact_id: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Company and id: no two documents share them."""
        return self.company, self.ledger_id

    @property
    def amount(self) -> Decimal:
        """The total, credits negative."""
        return signed(self.kind, self.total)

    @property
    def as_wanted(self) -> Wanted:
        """What a record was decided to become that became this."""
        return Wanted(self.kind, self.number, self.total, self.currency)

    def looks_like(self, other: SeenDocument) -> bool:
        """Whether nothing but the ledger's id, and who approved which, tells the two apart."""
        return replace(self, ledger_id="", draft=False) == replace(other, ledger_id="", draft=False)

    def is_foreign_to(self, record: ClosedRecord) -> bool:
        """Whether it is known to be in another currency than the record."""
        return bool(self.currency and record.currency) and self.currency != record.currency


@dataclass(frozen=True, slots=True)
class Row:
    """One closed record with its verdict."""

    bucket: Bucket
    record: ClosedRecord
    documents: tuple[SeenDocument, ...] = ()
    codes: tuple[str, ...] = ()
    detail: str = ""
    linked: bool = True
    """Whether rows of ours name every one of these documents; else they were found by number."""

    @property
    def to_link(self) -> bool:
        """An invoice that is done on both sides, of which our rows do not know it: they are older than its posting (R22)."""
        return self.bucket is Bucket.POSTED_ONCE and self.record.record_type == INVOICE and not self.linked

    @property
    def ledger_total(self) -> Decimal:
        """What the ledger shows for it in its currency: of an invoice its sales documents, of the others all."""
        sales_only = self.record.record_type == INVOICE
        counted = [item for item in self.documents if item.kind in SALES or not sales_only]
        return sum((item.amount for item in counted if not item.is_foreign_to(self.record)), Decimal(0))


@dataclass(frozen=True, slots=True)
class StrayRow:
    """One document that stands for no closed record of the period."""

    reason: Stray
    document: SeenDocument


@dataclass(frozen=True, slots=True)
class Total:
    """Records of one bucket, company and currency, and their money on both sides."""

    bucket: Bucket
    company: str
    currency: str
    records: int
    source: Decimal
    ledger: Decimal


@dataclass(frozen=True, slots=True)
class Report:
    """A whole reconciliation. Rows are in a fixed order."""

    first: date
    last: date
    rows: tuple[Row, ...] = ()
    strays: tuple[StrayRow, ...] = field(default=())

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong: each closed record is posted once, or is listed with a reason, or is on its way."""
        return Concern.WRONG not in self._concerns()

    @property
    def complete(self) -> bool:
        """Whether, besides, nothing is open any more."""
        return self._concerns() <= {Concern.SETTLED}

    def _concerns(self) -> set[Concern]:
        return {row.bucket.concern for row in self.rows} | {row.reason.concern for row in self.strays}

    def totals(self) -> tuple[Total, ...]:
        """Counts and money by bucket, company and currency: they add up to the closed records."""
        sums: dict[tuple[Bucket, str, str], list[Row]] = {}
        for row in self.rows:
            sums.setdefault((row.bucket, row.record.company, row.record.currency), []).append(row)
        order = list(Bucket)
        return tuple(
            Total(
                *key,
                len(some),
                sum((row.record.total for row in some), Decimal(0)),
                sum((row.ledger_total for row in some), Decimal(0)),
            )
            for key, some in sorted(sums.items(), key=lambda pair: (order.index(pair[0][0]), *pair[0][1:]))
        )


AT_REST = timedelta(minutes=10)
"""A record that nobody touched for so long, and nobody works on, is not on its way any more."""
