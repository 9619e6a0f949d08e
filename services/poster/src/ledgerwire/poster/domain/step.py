"""What a record needs next, decided from its rows alone: the same rows always give the same step after any crash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ledgerwire.common.catalogue.revisions import Choice
from ledgerwire.poster.domain.batch import BatchState
from ledgerwire.poster.domain.posting import Posting, PostingState, in_flight, on_ledger


class Step(StrEnum):
    """The next step of one record.

    elsewhere: the record was posted through another ledger connection than the one it is routed to now. look: an outcome is
    open. void, reverse, accept, adopt: what a person chose. leftover: a document of an earlier revision, of a kind or place
    the latest does not ask for, is in the ledger. post: a document is to be created or updated. still_there: a document has
    waited for the batch so long that it is looked at first. prove: it is batched, or a person wants a deleted record's
    documents voided, and somebody rang: what became of it? unbatched: its batch was taken apart in ConnectWise, or the record
    deleted.
    """

    NOTHING = "nothing"
    LOOK = "look"
    ELSEWHERE = "elsewhere"
    LEFTOVER = "leftover"
    VOID = "void"
    REVERSE = "reverse"
    ACCEPT = "accept"
    ADOPT = "adopt"
    POST = "post"
    RECHECK_DRAFT = "recheck_draft"
    MISMATCHED = "mismatched"
    STILL_THERE = "still_there"
    BATCH = "batch"
    PROVE = "prove"
    UNBATCHED = "unbatched"


@dataclass(frozen=True, slots=True)
class WantedDocument:
    """One document of the latest revision: its kind and the hash of its canonical bytes."""

    kind: str
    document_hash: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The latest choice a person made about the record that concerns poster, and which one in order it was (from 1)."""

    choice: Choice
    place: int

    def open_for(self, done: int) -> Choice | None:
        """The choice, unless it is carried out or past where `done` choices are."""
        return self.choice if self.place > done else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the latest revision wants in the ledger, in order (nothing for no effect), and what a person chose.

    `shared`: the documents stand for other records too (M17), so that they may change after this one's batch.
    `here`: they are for the company in hand. Another's work only settles what it has begun itself (A117).
    """

    revision: int
    decided: bool
    documents: tuple[WantedDocument, ...]
    chosen: Chosen | None = None
    shared: bool = False
    here: bool = True

    def choice_for(self, item: Posting) -> Choice | None:
        """What a person chose for this document, if that is not carried out yet."""
        return self.chosen.open_for(item.choices_done) if self.chosen else None


@dataclass(frozen=True, slots=True)
class Plan:
    """The next step and the postings it is about (none where it is about the whole record)."""

    step: Step
    about: tuple[Posting, ...] = ()


_CHOSEN_STEPS = {
    Choice.VOID_AND_RECREATE: Step.VOID,
    Choice.CREDIT_AND_NEW: Step.REVERSE,
    Choice.ACCEPT: Step.ACCEPT,
}


def plan(wanted: Wanted, postings: Sequence[Posting], batch: BatchState | None, batch_choices: int = 0) -> Plan:
    """Choose the next step.

    An open outcome comes first, whatever newer revision waits: nothing is sent while it is not known what is there.
    A revision that is not decided (stopped, held, open again), or is for another company, sends nothing and makes no batch
    (M8). A record is never batched while a document it no longer asks for stands in a ledger. `batch_choices` counts the
    choices made before the batch was found to be gone.
    """
    here = [item for item in postings if not item.elsewhere]
    open_first = _open_first(wanted, postings, here, batch)
    if open_first is not None:
        return open_first
    if not (wanted.decided and wanted.here):
        return Plan(Step.NOTHING)
    if batch is BatchState.DELETED:
        return _after_the_batch(wanted, here, batch_choices)
    if batch is BatchState.BATCHED or (wanted.chosen and wanted.chosen.choice is Choice.VOID):
        return (_drifted(wanted, here) if batch is BatchState.BATCHED else None) or Plan(Step.PROVE)
    return _before_the_batch(wanted, here)


def _open_first(
    wanted: Wanted, postings: Sequence[Posting], here: Sequence[Posting], batch: BatchState | None
) -> Plan | None:
    """What must be settled before anything newer: documents elsewhere, open outcomes, a voiding that has begun."""
    away = tuple(item for item in postings if item.elsewhere and (in_flight(item.state) or item.stands))
    if wanted.here and away:
        stops = wanted.decided and batch is not BatchState.BATCHED
        return Plan(Step.ELSEWHERE, away) if stops else Plan(Step.NOTHING)
    if any(in_flight(item.state) for item in here):
        return Plan(Step.LOOK)
    going = tuple(item for item in here if item.state is PostingState.VOIDING)
    return Plan(Step.VOID, going) if going else None


def _after_the_batch(wanted: Wanted, here: Sequence[Posting], batch_choices: int) -> Plan:
    choice = wanted.chosen.open_for(batch_choices) if wanted.chosen else None
    if choice is Choice.ACCEPT:
        return _before_the_batch(wanted, here)
    standing = tuple(item for item in own(here) if item.stands)
    if choice in {Choice.VOID_AND_RECREATE, Choice.VOID} and standing:
        return Plan(Step.VOID, standing)
    return Plan(Step.UNBATCHED)


def _drifted(wanted: Wanted, here: Sequence[Posting]) -> Plan | None:
    """A document that is not in the ledger as posted: nothing until a person chooses, then that; the batch stays.

    One that others share may have become another since: whoever of them is rung for carries it out (M17), unless a person
    accepted that it is gone.
    """
    if about := [item for item in own(here) if item.state is PostingState.DRIFTED]:
        return _as_chosen(wanted, about, Step.NOTHING)
    replaced = wanted.chosen is not None and wanted.chosen.choice in {Choice.VOID_AND_RECREATE, Choice.CREDIT_AND_NEW}
    if not replaced and (not wanted.shared or _stays_gone(here)):
        return None
    going_on = _before_the_batch(wanted, here)
    return None if going_on.step is Step.BATCH else going_on


def _stays_gone(here: Sequence[Posting]) -> bool:
    """Whether nothing is in the ledger of what was there, as a person chose."""
    there = own(here)
    released = all(item.state is PostingState.RELEASED for item in there)
    return released and any(item.ledger_id is None for item in there)


def _before_the_batch(wanted: Wanted, here: Sequence[Posting]) -> Plan:
    if owed := _credits_owed(wanted, here):
        return Plan(Step.POST, owed)
    if left := leftovers(wanted, here):
        return _as_chosen(wanted, left, Step.LEFTOVER)
    return _toward_batch(wanted, here)


def _credits_owed(wanted: Wanted, here: Sequence[Posting]) -> tuple[Posting, ...]:
    """What is to take documents back and is not in the ledger yet, as long as a person wants that and nothing else since."""
    if wanted.chosen is None or wanted.chosen.choice is not Choice.CREDIT_AND_NEW:
        return ()
    return tuple(item for item in here if item.reverses and item.state is PostingState.QUEUED)


def own(postings: Sequence[Posting]) -> list[Posting]:
    """The record's own documents: not those that take another back, nor those that are taken back."""
    taken_back = {item.reverses for item in postings if item.reverses and on_ledger(item.state)}
    return [item for item in postings if item.reverses is None and item.posting_id not in taken_back]


def leftovers(wanted: Wanted, postings: Sequence[Posting]) -> list[Posting]:
    """Documents in the ledger that the latest revision does not ask for."""
    asked = {(ordinal, document.kind) for ordinal, document in enumerate(wanted.documents)}
    return [item for item in own(postings) if item.stands and (item.ordinal, item.kind) not in asked]


def current(postings: Sequence[Posting], ordinal: int, kind: str) -> Posting | None:
    """The posting that stands, or stood last, for the `ordinal`-th document of the record."""
    there = [item for item in own(postings) if (item.ordinal, item.kind) == (ordinal, kind)]
    there = [item for item in there if item.state is not PostingState.RELEASED]
    return max(there, key=lambda item: item.edition, default=None)


def _as_chosen(wanted: Wanted, items: Sequence[Posting], otherwise: Step) -> Plan:
    """The step a person chose for the first of these documents it is chosen for, else `otherwise` for all."""
    for item in items:
        choice = wanted.choice_for(item)
        if choice in _CHOSEN_STEPS:
            return Plan(_CHOSEN_STEPS[choice], (item,))
    return Plan(otherwise, tuple(items))


def _toward_batch(wanted: Wanted, postings: Sequence[Posting]) -> Plan:
    """The first document that is not in the ledger as wanted decides: a record's documents go one after the other (M5)."""
    drafts: list[Posting] = []
    for ordinal, document in enumerate(wanted.documents):
        item = current(postings, ordinal, document.kind)
        if item is None or (found := _needs(wanted, item, document.document_hash)) is Step.POST:
            return Plan(Step.POST, (item,) if item else ())
        if found is not None:
            return Plan(found, (item,))
        if item.state is PostingState.POSTED_DRAFT:
            drafts.append(item)
    if differing := tuple(item for item in postings if item.reverses and item.state is PostingState.MISMATCHED):
        accepted = wanted.choice_for(differing[0]) is Choice.ACCEPT
        return Plan(Step.ACCEPT if accepted else Step.MISMATCHED, differing)
    return Plan(Step.RECHECK_DRAFT, tuple(drafts)) if drafts else Plan(Step.BATCH)


def _needs(wanted: Wanted, item: Posting, document_hash: str) -> Step | None:
    """What one document needs that the record still asks for; None when it is in the ledger as wanted, approved or not."""
    if not item.stands:
        adopted = item.state is PostingState.QUEUED and wanted.choice_for(item) is Choice.ADOPT
        return Step.ADOPT if adopted else Step.POST
    if item.state in {PostingState.MISMATCHED, PostingState.DRIFTED} and item.document_hash == document_hash:
        return _as_chosen(wanted, [item], Step.MISMATCHED).step
    if item.state is PostingState.QUEUED or item.document_hash != document_hash:
        return _as_chosen(wanted, [item], Step.POST).step
    return None
