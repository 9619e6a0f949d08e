"""What poster knows of a record when it takes it up: frozen, read in one go, turned into the next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ledgerwire.common.canonical import canonical_bytes, from_canonical, sha256_hex
from ledgerwire.common.ids import RecordId, posting_id
from ledgerwire.common.ledger.document import DocumentKind, LedgerDocument
from ledgerwire.common.work.model import WorkItem
from ledgerwire.poster.domain.batch import BatchState
from ledgerwire.poster.domain.posting import Posting, PostingState
from ledgerwire.poster.domain.step import Step, Wanted, WantedDocument, leftovers, next_step


@dataclass(frozen=True, slots=True)
class Decided:
    """The latest revision of a record, as mapper decided it.

    Attributes:
        decided: true when the documents (or the no-effect verdict) are to be carried out; false when it is held, stopped, ...
        processed_record_ids: GL ids of header, lines and tax: what the batch marks.
        gl_lines, gl_total: the GL export the documents were made from (entry id -> amount, header total); the batch is made
            only while a fresh export shows the same (M7).
    """

    record_id: UUID
    revision: int
    decided: bool
    record_type: str
    source_id: str
    number: str
    connectwise_connection_id: UUID
    documents: tuple[LedgerDocument, ...]
    processed_record_ids: tuple[int, ...]
    source_total: Decimal
    gl_lines: dict[int, Decimal]
    gl_total: Decimal
    correlation_id: str

    @property
    def invoice_id(self) -> int:
        """The ConnectWise invoice id (the unposted list's billingLogId)."""
        return int(self.source_id)


@dataclass(frozen=True, slots=True)
class StoredPosting:
    """One posting row. `look_after` is set while a submission of it has an open outcome."""

    posting_id: UUID
    record_id: UUID
    connection_id: UUID
    ordinal: int
    kind: DocumentKind
    number: str
    revision: int
    document: LedgerDocument
    document_hash: str
    state: PostingState
    contact_id: str | None
    ledger_id: str | None
    generation: int
    look_after: datetime | None
    ledger_total: Decimal | None

    def carries(self, document: LedgerDocument) -> bool:
        """Whether this posting already is for exactly this document."""
        return self.document_hash == document_hash(document)

    def as_domain(self, connection_id: UUID) -> Posting:
        """The posting as the state machine sees it, from the connection the record is routed to now."""
        return Posting(
            self.ordinal,
            str(self.kind),
            self.revision,
            self.state,
            self.document_hash,
            self.ledger_id,
            elsewhere=self.connection_id != connection_id,
        )


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """The batch row of the latest revision."""

    revision: int
    identifier: str
    state: BatchState


@dataclass(frozen=True, slots=True)
class Case:
    """One record in hand: its work row, its latest revision, and what poster has done so far."""

    item: WorkItem
    decided: Decided
    postings: tuple[StoredPosting, ...]
    batch: StoredBatch | None

    @property
    def step(self) -> Step:
        """What the record needs next."""
        return next_step(self._wanted, self._domain, self.batch.state if self.batch else None)

    @property
    def left_behind(self) -> list[StoredPosting]:
        """Documents in the ledger that the latest revision does not ask for."""
        found = {(item.ordinal, item.kind) for item in leftovers(self._wanted, self._domain)}
        return [item for item in self.postings if (item.ordinal, str(item.kind)) in found]

    @property
    def _domain(self) -> list[Posting]:
        return [item.as_domain(self.item.connection_id) for item in self.postings]

    @property
    def _wanted(self) -> Wanted:
        documents = tuple(WantedDocument(str(item.kind), document_hash(item)) for item in self.decided.documents)
        return Wanted(self.decided.revision, self.decided.decided, documents)

    def posting_for(self, ordinal: int) -> StoredPosting | None:
        """The posting of the latest revision's `ordinal`-th document, if there is one."""
        kind = self.decided.documents[ordinal].kind
        return next((item for item in self.postings if (item.ordinal, item.kind) == (ordinal, kind)), None)


@dataclass(frozen=True, slots=True)
class ToPost:
    """One document on its way: which posting, and the document of the latest revision."""

    case: Case
    ordinal: int
    document: LedgerDocument
    contact_id: str
    ledger_id: str | None

    @property
    def posting_id(self) -> UUID:
        return posting_id(RecordId(self.case.decided.record_id), self.ordinal, self.document.kind)


def document_hash(document: LedgerDocument) -> str:
    """Hash of a document's canonical bytes: equal documents, equal hash."""
    return sha256_hex(canonical_bytes(document))


def decode_documents(data: bytes) -> tuple[LedgerDocument, ...]:
    """Decode the canonical bytes of a revision's documents."""
    return tuple(from_canonical(data, list[LedgerDocument]))
