"""What a record needs next, decided from its rows alone: the same rows always give the same step after any crash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ledgerwire.poster.domain.batch import BatchState
from ledgerwire.poster.domain.posting import Posting, PostingState, in_flight


class Step(StrEnum):
    """The next step of one record."""

    NOTHING = "nothing"
    LOOK = "look"
    POST = "post"
    RECHECK_DRAFT = "recheck_draft"
    MISMATCHED = "mismatched"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the latest revision wants in the ledger: one hash per document, in order (none for no effect)."""

    revision: int
    decided: bool
    document_hashes: tuple[str, ...]


def next_step(wanted: Wanted, postings: Sequence[Posting], batch: BatchState | None) -> Step:
    """Choose the next step.

    An open outcome comes first, whatever newer revision waits: nothing is sent while it is not known what is there.
    A revision that is not decided (stopped, held, open again) sends nothing and makes no batch (M8).
    """
    if any(in_flight(item.state) for item in postings):
        return Step.LOOK
    if not wanted.decided or batch is BatchState.BATCHED:
        return Step.NOTHING
    by_ordinal = {item.ordinal: item for item in postings}
    current = [by_ordinal.get(ordinal) for ordinal in range(len(wanted.document_hashes))]
    if any(_must_post(item, wanted, ordinal) for ordinal, item in enumerate(current)):
        return Step.POST
    states = {item.state for item in current if item is not None}
    if PostingState.MISMATCHED in states:
        return Step.MISMATCHED
    if PostingState.POSTED_DRAFT in states:
        return Step.RECHECK_DRAFT
    return Step.BATCH


def _must_post(item: Posting | None, wanted: Wanted, ordinal: int) -> bool:
    if item is None or item.state is PostingState.QUEUED:
        return True
    return item.document_hash != wanted.document_hashes[ordinal]
