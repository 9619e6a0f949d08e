"""The state machine of one ledger document. Transitions are the only way to a new state; an illegal one cannot be written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class PostingState(StrEnum):
    """Where one document stands.

    queued: decided, nothing sent. posting: a submission with it is committed and may have been sent. unknown: it was sent
    and the outcome is not known (or the ledger says the number exists): look before anything else. posted: in the ledger,
    to the cent. posted_draft: in the ledger, not approved. mismatched: in the ledger with other figures. drifted: changed
    in the ledger since. voiding: the call that takes it out of the ledger is committed and may have been sent; it may be
    sent again. void: taken out of the ledger. released: it stays in the ledger, as a person chose, and is ours no more.
    """

    QUEUED = "queued"
    POSTING = "posting"
    UNKNOWN = "unknown"
    POSTED = "posted"
    POSTED_DRAFT = "posted_draft"
    MISMATCHED = "mismatched"
    DRIFTED = "drifted"
    VOIDING = "voiding"
    VOID = "void"
    RELEASED = "released"


class PostingEvent(StrEnum):
    """What can happen to a posting."""

    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    LEFT_DRAFT = "left_draft"
    DIFFERS = "differs"
    REFUSED = "refused"
    OUTCOME_LOST = "outcome_lost"
    FOUND_SAME = "found_same"
    FOUND_DRAFT = "found_draft"
    FOUND_OTHER = "found_other"
    FOUND_NONE = "found_none"
    REVISED = "revised"
    VOID_SENT = "void_sent"
    VOID_REFUSED = "void_refused"
    GONE = "gone"
    ACCEPTED = "accepted"
    RELEASED = "released"
    DRIFTED = "drifted"


class IllegalTransitionError(AssertionError):
    """A transition that the protocol does not have was asked for: a bug, never a business case."""


_ON_LEDGER = (PostingState.POSTED, PostingState.POSTED_DRAFT)
_AT_REST = (
    PostingState.QUEUED,
    PostingState.POSTED,
    PostingState.POSTED_DRAFT,
    PostingState.MISMATCHED,
    PostingState.DRIFTED,
)

_TRANSITIONS: dict[tuple[PostingState, PostingEvent], PostingState] = {
    (PostingState.QUEUED, PostingEvent.SUBMITTED): PostingState.POSTING,
    (PostingState.POSTING, PostingEvent.CONFIRMED): PostingState.POSTED,
    (PostingState.POSTING, PostingEvent.LEFT_DRAFT): PostingState.POSTED_DRAFT,
    (PostingState.POSTING, PostingEvent.DIFFERS): PostingState.MISMATCHED,
    (PostingState.POSTING, PostingEvent.REFUSED): PostingState.QUEUED,
    (PostingState.POSTING, PostingEvent.OUTCOME_LOST): PostingState.UNKNOWN,
    (PostingState.UNKNOWN, PostingEvent.FOUND_SAME): PostingState.POSTED,
    (PostingState.UNKNOWN, PostingEvent.FOUND_DRAFT): PostingState.POSTED_DRAFT,
    (PostingState.UNKNOWN, PostingEvent.FOUND_OTHER): PostingState.MISMATCHED,
    (PostingState.UNKNOWN, PostingEvent.FOUND_NONE): PostingState.QUEUED,
    (PostingState.POSTED_DRAFT, PostingEvent.FOUND_SAME): PostingState.POSTED,
    (PostingState.POSTED_DRAFT, PostingEvent.FOUND_DRAFT): PostingState.POSTED_DRAFT,
    (PostingState.POSTED_DRAFT, PostingEvent.FOUND_OTHER): PostingState.MISMATCHED,
    (PostingState.POSTED_DRAFT, PostingEvent.FOUND_NONE): PostingState.QUEUED,
    (PostingState.MISMATCHED, PostingEvent.FOUND_SAME): PostingState.POSTED,
    (PostingState.MISMATCHED, PostingEvent.FOUND_DRAFT): PostingState.POSTED_DRAFT,
    (PostingState.MISMATCHED, PostingEvent.FOUND_OTHER): PostingState.MISMATCHED,
    (PostingState.MISMATCHED, PostingEvent.FOUND_NONE): PostingState.QUEUED,
    # What a person calls ours, or what stands under the number of a kind that may have it twice, is found before any send.
    (PostingState.QUEUED, PostingEvent.FOUND_SAME): PostingState.POSTED,
    (PostingState.QUEUED, PostingEvent.FOUND_DRAFT): PostingState.POSTED_DRAFT,
    (PostingState.QUEUED, PostingEvent.FOUND_OTHER): PostingState.MISMATCHED,
    (PostingState.POSTED, PostingEvent.DRIFTED): PostingState.DRIFTED,
    (PostingState.DRIFTED, PostingEvent.FOUND_SAME): PostingState.POSTED,
    (PostingState.DRIFTED, PostingEvent.FOUND_DRAFT): PostingState.POSTED_DRAFT,
    (PostingState.DRIFTED, PostingEvent.FOUND_OTHER): PostingState.MISMATCHED,
    (PostingState.DRIFTED, PostingEvent.FOUND_NONE): PostingState.QUEUED,
    (PostingState.DRIFTED, PostingEvent.REVISED): PostingState.QUEUED,
    (PostingState.VOIDING, PostingEvent.VOID_SENT): PostingState.VOIDING,
    (PostingState.VOIDING, PostingEvent.VOID_REFUSED): PostingState.MISMATCHED,
    (PostingState.VOIDING, PostingEvent.GONE): PostingState.VOID,
    (PostingState.VOID, PostingEvent.REVISED): PostingState.QUEUED,
    (PostingState.QUEUED, PostingEvent.REVISED): PostingState.QUEUED,
    (PostingState.POSTED, PostingEvent.REVISED): PostingState.QUEUED,
    (PostingState.POSTED_DRAFT, PostingEvent.REVISED): PostingState.QUEUED,
    (PostingState.MISMATCHED, PostingEvent.REVISED): PostingState.QUEUED,
} | {
    (state, event): reached
    for state in _AT_REST
    for event, reached in (
        (PostingEvent.GONE, PostingState.VOID),
        (PostingEvent.VOID_SENT, PostingState.VOIDING),
        (PostingEvent.ACCEPTED, PostingState.POSTED),
        (PostingEvent.RELEASED, PostingState.RELEASED),
    )
}


def advance(state: PostingState, event: PostingEvent) -> PostingState:
    """The state after `event`; raises IllegalTransitionError where the protocol has no such step."""
    try:
        return _TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransitionError(f"a posting that is {state} cannot take {event}") from None


def in_flight(state: PostingState) -> bool:
    """Whether something was sent whose outcome is still open: such a document is looked up, never sent again blindly."""
    return state in {PostingState.POSTING, PostingState.UNKNOWN}


def under_way(state: PostingState) -> bool:
    """Whether a call about the document, the one that takes it out too, may still be at work."""
    return in_flight(state) or state is PostingState.VOIDING


def on_ledger(state: PostingState) -> bool:
    """Whether the document is in the ledger as decided (approved or not)."""
    return state in _ON_LEDGER


@dataclass(frozen=True, slots=True)
class Posting:
    """One document of a record as poster knows it.

    Attributes:
        revision: the record revision whose document this posting carries.
        ledger_id: the ledger's id once it is known; kept over revisions, which update it.
        elsewhere: it belongs to another ledger connection than the record is routed to now.
        posting_id: its own id.
        edition: 0 for the first document at its place; one more for each that replaces one which stays in the ledger.
        reverses: the posting whose document this one takes back; None for the record's own documents.
        choices_done: how many of the choices that people made about the record are carried out, or past, for it.
    """

    ordinal: int
    kind: str
    revision: int
    state: PostingState
    document_hash: str
    ledger_id: str | None = None
    elsewhere: bool = False
    posting_id: UUID | None = None
    edition: int = 0
    reverses: UUID | None = None
    choices_done: int = 0

    @property
    def stands(self) -> bool:
        """Whether a document of it is in the ledger and is ours to care for."""
        return self.ledger_id is not None and self.state not in {PostingState.VOID, PostingState.RELEASED}
