"""What a record needs next, decided from its rows alone: the same rows always give the same step after any crash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ledgerwire.poster.domain.batch import BatchState
from ledgerwire.poster.domain.posting import Posting, PostingState, in_flight


class Step(StrEnum):
    """The next step of one record.

    leftover: a document of an earlier revision, of a kind or place the latest does not ask for, is in the ledger.
    elsewhere: the record was posted through another ledger connection than the one it is routed to now.
    """

    NOTHING = "nothing"
    LOOK = "look"
    ELSEWHERE = "elsewhere"
    LEFTOVER = "leftover"
    POST = "post"
    RECHECK_DRAFT = "recheck_draft"
    MISMATCHED = "mismatched"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class WantedDocument:
    """One document of the latest revision: its kind and the hash of its canonical bytes."""

    kind: str
    document_hash: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the latest revision wants in the ledger, in order (nothing for no effect)."""

    revision: int
    decided: bool
    documents: tuple[WantedDocument, ...]


def next_step(wanted: Wanted, postings: Sequence[Posting], batch: BatchState | None) -> Step:
    """Choose the next step.

    An open outcome comes first, whatever newer revision waits: nothing is sent while it is not known what is there.
    A revision that is not decided (stopped, held, open again) sends nothing and makes no batch (M8). A record is never
    batched while a document it no longer asks for stands in a ledger.
    """
    here = [item for item in postings if not item.elsewhere]
    if any(item.elsewhere and (in_flight(item.state) or _stands(item)) for item in postings):
        return Step.ELSEWHERE if wanted.decided and batch is not BatchState.BATCHED else Step.NOTHING
    if any(in_flight(item.state) for item in here):
        return Step.LOOK
    if not wanted.decided or batch is BatchState.BATCHED:
        return Step.NOTHING
    if leftovers(wanted, here):
        return Step.LEFTOVER
    return _toward_batch(wanted, here)


def leftovers(wanted: Wanted, postings: Sequence[Posting]) -> list[Posting]:
    """Documents in the ledger that the latest revision does not ask for."""
    asked = {(ordinal, document.kind) for ordinal, document in enumerate(wanted.documents)}
    return [item for item in postings if _stands(item) and (item.ordinal, item.kind) not in asked]


def _stands(item: Posting) -> bool:
    return item.ledger_id is not None and item.state is not PostingState.VOID


def _toward_batch(wanted: Wanted, postings: Sequence[Posting]) -> Step:
    known = {(item.ordinal, item.kind): item for item in postings}
    current = [known.get((ordinal, document.kind)) for ordinal, document in enumerate(wanted.documents)]
    for item, document in zip(current, wanted.documents, strict=True):
        if item is None or item.state in {PostingState.QUEUED, PostingState.VOID}:
            return Step.POST
        if item.document_hash != document.document_hash:
            return Step.POST
    states = {item.state for item in current if item is not None}
    if PostingState.MISMATCHED in states:
        return Step.MISMATCHED
    return Step.RECHECK_DRAFT if PostingState.POSTED_DRAFT in states else Step.BATCH
