"""What a record needs next follows from its rows alone."""

from __future__ import annotations

import pytest

from ledgerwire.poster.domain.batch import BatchState
from ledgerwire.poster.domain.posting import Posting, PostingState
from ledgerwire.poster.domain.step import Step, Wanted, WantedDocument, next_step


def wanted(*hashes: str, revision: int = 1, decided: bool = True, kind: str = "sales_invoice") -> Wanted:
    return Wanted(revision, decided, tuple(WantedDocument(kind, one) for one in hashes))


WANTED = wanted("a")


def posting(state: PostingState, document_hash: str = "a", ordinal: int = 0) -> Posting:
    return Posting(ordinal, "sales_invoice", 1, state, document_hash, ledger_id="L-1")


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
        ([posting(PostingState.POSTED)], BatchState.BATCHED, Step.PROVE),
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
    reopened = wanted("a", decided=False)
    assert next_step(reopened, [posting(state)], None) is Step.NOTHING


@pytest.mark.requirement("M8")
def test_an_open_outcome_is_settled_before_a_newer_revision_is_sent() -> None:
    newer = wanted("b", revision=2)
    assert next_step(newer, [posting(PostingState.UNKNOWN)], None) is Step.LOOK


@pytest.mark.requirement("M8")
def test_a_later_revision_with_other_figures_posts_again_and_with_the_same_only_batches() -> None:
    posted = [posting(PostingState.POSTED)]
    assert next_step(wanted("b", revision=2), posted, None) is Step.POST
    assert next_step(wanted("a", revision=2), posted, None) is Step.BATCH


@pytest.mark.requirement("M5")
def test_the_batch_waits_for_the_last_of_several_documents() -> None:
    two = wanted("a", "b")
    assert next_step(two, [posting(PostingState.POSTED)], None) is Step.POST
    both = [posting(PostingState.POSTED), posting(PostingState.POSTED, "b", ordinal=1)]
    assert next_step(two, both, None) is Step.BATCH


@pytest.mark.requirement("M4")
def test_a_record_without_effect_is_batched_without_a_document() -> None:
    assert next_step(wanted(), [], None) is Step.BATCH


@pytest.mark.requirement("M8")
def test_a_document_that_the_latest_revision_does_not_ask_for_is_cleared_before_the_batch() -> None:
    posted = [posting(PostingState.POSTED)]
    assert next_step(wanted(revision=2), posted, None) is Step.LEFTOVER
    turned = wanted("c", revision=2, kind="credit_note")
    assert next_step(turned, posted, None) is Step.LEFTOVER


def test_a_document_that_was_voided_is_posted_anew() -> None:
    gone = Posting(0, "sales_invoice", 1, PostingState.VOID, "a")
    assert next_step(WANTED, [gone], None) is Step.POST


@pytest.mark.requirement("A117")
@pytest.mark.parametrize("state", [PostingState.UNKNOWN, PostingState.POSTED])
def test_a_record_posted_to_another_company_is_not_posted_to_this_one(state: PostingState) -> None:
    there = Posting(0, "sales_invoice", 1, state, "a", ledger_id="L-1", elsewhere=True)
    assert next_step(WANTED, [there], None) is Step.ELSEWHERE
