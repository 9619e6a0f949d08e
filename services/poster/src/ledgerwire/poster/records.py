"""What poster knows of a record when it takes it up: frozen, read in one go, turned into the next step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ledgerwire.common.canonical import canonical_bytes, from_canonical, sha256_hex
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.catalogue.revisions import Choice
from ledgerwire.common.ledger.document import DocumentKind, LedgerDocument
from ledgerwire.common.record_type import RecordType
from ledgerwire.common.work.model import WorkItem
from ledgerwire.poster.domain import step
from ledgerwire.poster.domain.batch import BatchState
from ledgerwire.poster.domain.posting import Posting, PostingState, in_flight
from ledgerwire.poster.domain.step import Chosen, Plan, Step, Wanted, WantedDocument


@dataclass(frozen=True, slots=True)
class Decided:
    """The latest revision of a record, as mapper decided it.

    Attributes:
        decided: true when the documents (or the no-effect verdict) are to be carried out; false when it is held, stopped, ...
        source_id: the record's id in ConnectWise (see `RecordType`).
        processed_record_ids: GL ids of header, lines and tax: what the batch marks.
        gl_lines, gl_total: the GL export the documents were made from (entry id -> amount, header total); the batch is made
            only while a fresh export shows the same (M7).
        wanted: kind and hash of each document.
        choices: what people chose about the record, in order; some concern other services.
        ledger_connection_id: the company of the ledger that they are for.
        group_id: the document stands for other records too: they share its posting (M17). `group_revision` counts what it
            has been.
        share_is_old: the document that it shares has of it what an earlier revision says: it neither sends nor is batched.
        follows_batch: it has the figures of the batch that a person made of the record (M8).
    """

    record_id: UUID
    revision: int
    decided: bool
    record_type: RecordType
    source_id: str
    number: str
    connectwise_connection_id: UUID
    ledger_connection_id: UUID
    documents: tuple[LedgerDocument, ...]
    wanted: tuple[WantedDocument, ...]
    processed_record_ids: tuple[int, ...]
    source_total: Decimal
    gl_lines: dict[str, Decimal]
    gl_total: Decimal
    correlation_id: str
    choices: tuple[str, ...] = ()
    group_id: UUID | None = None
    group_revision: int = 0
    share_is_old: bool = False
    follows_batch: bool = False

    @property
    def owner_id(self) -> UUID:
        """Whose the postings are: the record's own, or its group's."""
        return self.group_id or self.record_id

    @property
    def document_revision(self) -> int:
        """The revision of the documents: the record's, or its group's."""
        return self.group_revision if self.group_id else self.revision

    @property
    def chosen(self) -> Chosen | None:
        """The latest choice that concerns poster."""
        known = [Chosen(Choice(name), place) for place, name in enumerate(self.choices, 1) if name in set(Choice)]
        return known[-1] if known else None


@dataclass(frozen=True, slots=True)
class StoredPosting:
    """One posting row.

    Attributes:
        document: as it was, or is to be, sent; its number may differ from the decided one's (`edition`).
        document_hash: of the document as mapper decided it.
        look_after: set while a submission of it has an open outcome.
        gone_ids: ledger ids of its documents that we voided.
        rested: nothing was done about it for a while.
    """

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
    look_after: datetime | None
    ledger_total: Decimal | None
    edition: int = 0
    reverses: UUID | None = None
    gone_ids: tuple[str, ...] = ()
    choices_done: int = 0
    choices_revision: int = 0
    findings: tuple[Finding, ...] = ()
    rested: bool = False

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What is worth telling once the record is settled."""
        return tuple(item for item in self.findings if not item.stops)

    def has_as_wanted(self, wanted_hash: str) -> bool:
        """Whether the ledger has the very document that is wanted, as far as we know."""
        known = self.ledger_id is not None and self.state is not PostingState.QUEUED
        return known and self.document_hash == wanted_hash

    def as_domain(self, connection_id: UUID, revision: int) -> Posting:
        """The posting as the state machine sees it, from the connection and the revision that the record has now."""
        return Posting(
            self.ordinal,
            str(self.kind),
            self.revision,
            self.state,
            self.document_hash,
            self.ledger_id,
            elsewhere=self.connection_id != connection_id,
            posting_id=self.posting_id,
            edition=self.edition,
            reverses=self.reverses,
            choices_done=self.choices_done if self.choices_revision == revision else 0,
        )


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch row. `choices_seen` counts the choices made before it was found to be gone."""

    revision: int
    identifier: str
    state: BatchState
    choices_seen: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One record in hand: its work row, its latest revision, and what poster has done so far.

    `earlier_batch` is the proved batch of the last revision before this one that has one.
    """

    item: WorkItem
    decided: Decided
    postings: tuple[StoredPosting, ...]
    batch: StoredBatch | None
    earlier_batch: StoredBatch | None = None

    @property
    def is_here(self) -> bool:
        """Whether the latest revision is for the company whose work this is: the record may have been routed to another since."""
        return self.decided.ledger_connection_id == self.item.connection_id

    @property
    def plan(self) -> Plan:
        """What the record needs next, and the postings it is about."""
        state, seen = (self.batch.state, self.batch.choices_seen) if self.batch else (None, 0)
        found = step.plan(self._wanted, self._domain, state, seen)
        rested = self._rested if found.step is Step.BATCH else ()
        return Plan(Step.STILL_THERE, rested) if rested else found

    @property
    def step(self) -> Step:
        """What the record needs next."""
        return self.plan.step

    @property
    def concerned(self) -> list[StoredPosting]:
        """The postings that the next step is about."""
        ids = {item.posting_id for item in self.plan.about}
        return [item for item in self.postings if item.posting_id in ids]

    @property
    def warnings(self) -> list[Finding]:
        """What is worth telling once the record is settled; a credit that was never made is not."""
        made = [item for item in self.postings if item.reverses is None or not _not_there(item.state)]
        return [warning for item in made for warning in item.warnings]

    @property
    def only_to_void(self) -> bool:
        """A person wants the documents of a record that is no more taken out of the ledger, and nothing in their place."""
        return self.decided.chosen is not None and self.decided.chosen.choice is Choice.VOID

    @property
    def accepted(self) -> bool:
        """The latest that a person chose is to take what the ledger has."""
        return self.decided.chosen is not None and self.decided.chosen.choice is Choice.ACCEPT

    @property
    def takes_back(self) -> bool:
        """A credit that a person chose is not in the ledger yet."""
        if self.decided.chosen is None or self.decided.chosen.choice is not Choice.CREDIT_AND_NEW:
            return False
        owed = any(item.reverses and _not_there(item.state) for item in self.postings)
        return owed or self.step is Step.REVERSE

    @property
    def choices(self) -> tuple[int, int]:
        """The revision of the documents, and how many choices people have made about it so far."""
        return self.decided.document_revision, len(self.decided.choices)

    @property
    def was_posted(self) -> bool:
        """A document of the record is in the ledger, or was."""
        return self.earlier_batch is not None or any(item.ledger_id or item.gone_ids for item in self.postings)

    @property
    def choices_done(self) -> int:
        """How many choices about this revision are carried out, or were made before it was settled."""
        mine = (item.choices_done for item in self.postings if item.choices_revision == self.decided.document_revision)
        return max(mine, default=0)

    @property
    def _domain(self) -> list[Posting]:
        return [item.as_domain(self.item.connection_id, self.decided.document_revision) for item in self.postings]

    @property
    def _rested(self) -> tuple[Posting, ...]:
        """The documents that have waited for the record's batch for a while, unless a person takes them as they are.

        Once the batch is begun, what becomes of them is drift.
        """
        if self.accepted or (self.batch and self.batch.state not in {BatchState.DUE, BatchState.INCOMPLETE}):
            return ()
        rested = {item.posting_id for item in self.postings if item.rested}
        standing = (item for item in step.own(self._domain) if item.stands and not item.elsewhere)
        return tuple(item for item in standing if item.posting_id in rested)

    @property
    def _wanted(self) -> Wanted:
        decided = self.decided
        shared = decided.group_id is not None
        return Wanted(
            decided.revision, decided.decided, decided.wanted, decided.chosen, shared=shared, here=self.is_here
        )

    def asks_for(self, posting: StoredPosting) -> LedgerDocument | None:
        """The document of the latest revision that belongs at a posting's place, None if there is none."""
        documents = self.decided.documents
        if posting.reverses is not None or posting.ordinal >= len(documents):
            return None
        document = documents[posting.ordinal]
        return document if document.kind is posting.kind else None

    def posting_for(self, ordinal: int) -> StoredPosting | None:
        """The posting that stands, or stood last, for the latest revision's `ordinal`-th document."""
        found = step.current(self._domain, ordinal, str(self.decided.documents[ordinal].kind))
        return next((item for item in self.postings if found and item.posting_id == found.posting_id), None)

    def rate_before(self, ordinal: int, currency: str) -> Decimal | None:
        """The rate of what stood last at a place, in that currency: a revision keeps the rate that was used (M15)."""
        kind = self.decided.documents[ordinal].kind
        there = [item for item in self.postings if (item.ordinal, item.kind, item.reverses) == (ordinal, kind, None)]
        last = max(there, key=lambda item: item.edition, default=None)
        return last.document.currency_rate if last is not None and last.document.currency == currency else None

    def next_edition(self, ordinal: int) -> int:
        """The edition of a new document at a place: one more than those that stay in the ledger there."""
        kind = self.decided.documents[ordinal].kind
        there = [item for item in self.postings if (item.ordinal, item.kind, item.reverses) == (ordinal, kind, None)]
        return max((item.edition + 1 for item in there), default=0)


def _not_there(state: PostingState) -> bool:
    return state is PostingState.QUEUED or in_flight(state)


def wanted_documents(documents: Iterable[LedgerDocument]) -> tuple[WantedDocument, ...]:
    """Kind and hash of each document: equal documents, equal hash."""
    return tuple(WantedDocument(str(item.kind), sha256_hex(canonical_bytes(item))) for item in documents)


def decode_documents(data: bytes) -> tuple[LedgerDocument, ...]:
    """Decode the canonical bytes of a revision's documents."""
    return tuple(from_canonical(data, list[LedgerDocument]))
