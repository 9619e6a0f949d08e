"""What a record needs next follows from its rows alone."""

from __future__ import annotations

import pytest

from ledgerwire.poster.domain.batch import BatchState
from ledgerwire.poster.domain.posting import Posting, PostingState
from ledgerwire.poster.domain.step import Step, Wanted, next_step

WANTED = Wanted(revision=1, decided=True, document_hashes=("a",))


def posting(state: PostingState, document_hash: str = "a", ordinal: int = 0) -> Posting:
    return Posting(ordinal=ordinal, revision=1, state=state, document_hash=document_hash, ledger_id="L-1")


@pytest.mark.parametrize(
    ("postings", "batch", "step"),
    [
        ([], None, Step.POST),
        ([posting(PostingState.QUEUED)], None, Step.POST),
        ([posting(PostingState.POSTING)], None, Step.LOOK),
        ([posting(PostingState.UNKNOWN)], None, Step.LOOK),
        ([posting(PostingState.POSTED)], None, Step.BATCH),
        ([posting(PostingState.POSTED)], BatchState.BATCHING, Step.BATCH),
        ([posting(PostingState.POSTED)], BatchState.INCOMPLETE, Step.BATCH),
        ([posting(PostingState.POSTED)], BatchState.BATCHED, Step.NOTHING),
        ([posting(PostingState.POSTED_DRAFT)], None, Step.RECHECK_DRAFT),
        ([posting(PostingState.MISMATCHED)], None, Step.MISMATCHED),
    ],
)
@pytest.mark.requirement("D2", "B32")
def test_the_next_step_of_a_decided_record(postings: list[Posting], batch: BatchState | None, step: Step) -> None:
    assert next_step(WANTED, postings, batch) is step


@pytest.mark.requirement("M8")
@pytest.mark.parametrize("state", [PostingState.QUEUED, PostingState.POSTED])
def test_a_record_that_is_open_again_is_neither_posted_nor_batched(state: PostingState) -> None:
    reopened = Wanted(revision=1, decided=False, document_hashes=("a",))
    assert next_step(reopened, [posting(state)], None) is Step.NOTHING


@pytest.mark.requirement("M8")
def test_an_open_outcome_is_settled_before_a_newer_revision_is_sent() -> None:
    newer = Wanted(revision=2, decided=True, document_hashes=("b",))
    assert next_step(newer, [posting(PostingState.UNKNOWN)], None) is Step.LOOK


@pytest.mark.requirement("M8")
def test_a_later_revision_with_other_figures_posts_again_and_with_the_same_only_batches() -> None:
    posted = [posting(PostingState.POSTED)]
    assert next_step(Wanted(2, decided=True, document_hashes=("b",)), posted, None) is Step.POST
    assert next_step(Wanted(2, decided=True, document_hashes=("a",)), posted, None) is Step.BATCH


@pytest.mark.requirement("M5")
def test_the_batch_waits_for_the_last_of_several_documents() -> None:
    two = Wanted(1, decided=True, document_hashes=("a", "b"))
    assert next_step(two, [posting(PostingState.POSTED)], None) is Step.POST
    both = [posting(PostingState.POSTED), posting(PostingState.POSTED, "b", ordinal=1)]
    assert next_step(two, both, None) is Step.BATCH


@pytest.mark.requirement("M4")
def test_a_record_without_effect_is_batched_without_a_document() -> None:
    assert next_step(Wanted(1, decided=True, document_hashes=()), [], None) is Step.BATCH
