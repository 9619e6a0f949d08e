"""One document on its way to the ledger, and what becomes of its posting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.ids import RecordId, posting_id
from ledgerwire.common.ledger.document import DocumentKind, LedgerDocument
from ledgerwire.poster.domain.posting import PostingState
from ledgerwire.poster.records import Case, StoredPosting


@dataclass(frozen=True, slots=True)
class Moved:
    """A posting on its way to a state; an id or total that is None leaves what is stored.

    `choices`: this many choices about this revision are carried out for it.
    """

    posting_id: UUID
    state: PostingState
    ledger_id: str | None = None
    ledger_total: Decimal | None = None
    findings: Sequence[Finding] = ()
    choices: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ToPost:
    """One document on its way.

    Attributes:
        posting_id, ordinal, edition, reverses: which posting, existing or to be made.
        document: exactly what is sent. `wanted_hash` is that of the document as mapper decided it.
        ledger_id: the document it updates, None for a new one.
        before: the posting as it was read, None for a new one.
    """

    case: Case
    posting_id: UUID
    ordinal: int
    edition: int
    document: LedgerDocument
    wanted_hash: str
    contact_id: str
    ledger_id: str | None = None
    reverses: UUID | None = None
    before: StoredPosting | None = None

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What happened to the document before, and is still worth telling."""
        return self.before.warnings if self.before is not None else ()

    def posted(self, connection_id: UUID, moved: Moved) -> Case | None:
        """The record as its rows show it once the answer to a call that made a new document of its own is committed.

        None where an earlier revision's rows, or other records, have a part in it: those are read.
        """
        decided, document = self.case.decided, self.document
        next_in_line = self.before is None and self.ordinal == len(self.case.postings)
        if not next_in_line or moved.state is not PostingState.POSTED or decided.group_id is not None:
            return None
        posting = StoredPosting(
            posting_id=self.posting_id,
            record_id=decided.record_id,
            connection_id=connection_id,
            ordinal=self.ordinal,
            kind=document.kind,
            number=document.number,
            revision=decided.revision,
            document=document,
            document_hash=self.wanted_hash,
            state=moved.state,
            contact_id=self.contact_id,
            ledger_id=moved.ledger_id,
            look_after=None,
            ledger_total=moved.ledger_total,
            edition=self.edition,
            findings=tuple(moved.findings),
        )
        return replace(self.case, postings=(*self.case.postings, posting))


def new_posting_id(case: Case, ordinal: int, kind: DocumentKind, edition: int) -> UUID:
    """The id of the posting of a document's edition; the first one's is its owner's own since the beginning."""
    return posting_id(RecordId(case.decided.owner_id), ordinal, kind if edition == 0 else f"{kind}:{edition}")


def reversal_posting_id(case: Case, posting: StoredPosting, kind: DocumentKind) -> UUID:
    """The id of the posting of what takes a document back."""
    return posting_id(RecordId(case.decided.owner_id), posting.ordinal, f"{kind}:{posting.posting_id}")
