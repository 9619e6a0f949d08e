"""What a record needs next follows from its rows alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from ledgerwire.common.catalogue.revisions import Choice
from ledgerwire.poster.domain.batch import BatchState
from ledgerwire.poster.domain.posting import Posting, PostingState
from ledgerwire.poster.domain.step import Chosen, Plan, Step, Wanted, WantedDocument, plan


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
    assert plan(WANTED, postings, batch).step is step


@pytest.mark.requirement("M8")
@pytest.mark.parametrize("state", [PostingState.QUEUED, PostingState.POSTED])
def test_a_record_that_is_open_again_is_neither_posted_nor_batched(state: PostingState) -> None:
    reopened = wanted("a", decided=False)
    assert plan(reopened, [posting(state)], None).step is Step.NOTHING


@pytest.mark.requirement("M8")
def test_an_open_outcome_is_settled_before_a_newer_revision_is_sent() -> None:
    newer = wanted("b", revision=2)
    assert plan(newer, [posting(PostingState.UNKNOWN)], None).step is Step.LOOK


@pytest.mark.requirement("M8")
def test_a_later_revision_with_other_figures_posts_again_and_with_the_same_only_batches() -> None:
    posted = [posting(PostingState.POSTED)]
    assert plan(wanted("b", revision=2), posted, None).step is Step.POST
    assert plan(wanted("a", revision=2), posted, None).step is Step.BATCH


@pytest.mark.requirement("M5")
def test_the_batch_waits_for_the_last_of_several_documents() -> None:
    two = wanted("a", "b")
    assert plan(two, [posting(PostingState.POSTED)], None).step is Step.POST
    both = [posting(PostingState.POSTED), posting(PostingState.POSTED, "b", ordinal=1)]
    assert plan(two, both, None).step is Step.BATCH


@pytest.mark.requirement("M4")
def test_a_record_without_effect_is_batched_without_a_document() -> None:
    assert plan(wanted(), [], None).step is Step.BATCH


@pytest.mark.requirement("M8")
def test_a_document_that_the_latest_revision_does_not_ask_for_is_cleared_before_the_batch() -> None:
    posted = [posting(PostingState.POSTED)]
    assert plan(wanted(revision=2), posted, None).step is Step.LEFTOVER
    turned = wanted("c", revision=2, kind="credit_note")
    assert plan(turned, posted, None).step is Step.LEFTOVER


def test_a_document_that_was_voided_is_posted_anew() -> None:
    gone = Posting(0, "sales_invoice", 1, PostingState.VOID, "a")
    assert plan(WANTED, [gone], None).step is Step.POST


@pytest.mark.requirement("A117")
@pytest.mark.parametrize("state", [PostingState.UNKNOWN, PostingState.POSTED])
def test_a_record_posted_to_another_company_is_not_posted_to_this_one(state: PostingState) -> None:
    there = Posting(0, "sales_invoice", 1, state, "a", ledger_id="L-1", elsewhere=True)
    assert plan(WANTED, [there], None) == Plan(Step.ELSEWHERE, (there,))


@pytest.mark.requirement("A117")
@pytest.mark.parametrize(
    ("postings", "batch", "step"),
    [
        ([], None, Step.NOTHING),
        ([posting(PostingState.QUEUED)], None, Step.NOTHING),
        ([posting(PostingState.UNKNOWN)], None, Step.LOOK),
        ([posting(PostingState.VOIDING)], None, Step.VOID),
        ([posting(PostingState.POSTED)], None, Step.NOTHING),
        ([posting(PostingState.POSTED)], BatchState.BATCHED, Step.NOTHING),
        ([posting(PostingState.POSTED)], BatchState.DELETED, Step.NOTHING),
        ([replace(posting(PostingState.POSTED), elsewhere=True)], None, Step.NOTHING),
    ],
)
def test_a_record_that_is_for_another_company_now_only_has_what_was_begun_here_settled(
    postings: list[Posting], batch: BatchState | None, step: Step
) -> None:
    assert plan(replace(WANTED, here=False), postings, batch).step is step


# --- what people chose

P1, P2 = UUID(int=1), UUID(int=2)


def standing(state: PostingState = PostingState.POSTED, **fields: Any) -> Posting:
    values = {"document_hash": "a", "ledger_id": "L-1", "posting_id": P1, **fields}
    return Posting(0, values.pop("kind", "sales_invoice"), 1, state, **values)


def chosen(choice: Choice, *hashes: str, place: int = 1, **fields: Any) -> Wanted:
    return replace(wanted(*hashes, revision=2, **fields), chosen=Chosen(choice, place))


@pytest.mark.requirement("M8")
@pytest.mark.parametrize(
    ("choice", "step"),
    [
        (Choice.ACCEPT, Step.ACCEPT),
        (Choice.CREDIT_AND_NEW, Step.REVERSE),
        (Choice.VOID_AND_RECREATE, Step.VOID),
        (Choice.UNDO_PAYMENT_DONE, Step.POST),
    ],
)
def test_a_choice_decides_about_a_document_that_is_to_change(choice: Choice, step: Step) -> None:
    assert plan(chosen(choice, "b"), [standing()], None).step is step
    assert plan(chosen(choice, "b"), [standing(choices_done=1)], None).step is Step.POST
    assert plan(chosen(choice, "a"), [standing()], None).step is Step.BATCH, "nothing is to change"


@pytest.mark.requirement("M8")
def test_a_choice_of_an_earlier_round_decides_nothing_later_but_a_new_one_does() -> None:
    done = standing(choices_done=1)
    assert plan(chosen(Choice.ACCEPT, "c", place=1), [done], None).step is Step.POST
    assert plan(chosen(Choice.ACCEPT, "c", place=2), [done], None).step is Step.ACCEPT


@pytest.mark.requirement("M8", "M11")
def test_a_document_with_other_figures_is_accepted_or_made_again_as_chosen() -> None:
    differing = [standing(PostingState.MISMATCHED)]
    assert plan(wanted("a"), differing, None).step is Step.MISMATCHED
    assert plan(chosen(Choice.ACCEPT, "a"), differing, None).step is Step.ACCEPT
    assert plan(chosen(Choice.VOID_AND_RECREATE, "a"), differing, None).step is Step.VOID


@pytest.mark.requirement("M8")
def test_a_leftover_is_voided_credited_or_left_as_chosen() -> None:
    for choice, step in ((Choice.VOID_AND_RECREATE, Step.VOID), (Choice.CREDIT_AND_NEW, Step.REVERSE)):
        assert plan(chosen(choice), [standing()], None).step is step
    assert plan(chosen(Choice.ACCEPT), [standing()], None).step is Step.ACCEPT
    assert plan(chosen(Choice.ACCEPT), [standing(PostingState.RELEASED)], None).step is Step.BATCH


@pytest.mark.requirement("M8")
def test_a_voiding_that_has_begun_is_finished_first_whatever_came_since() -> None:
    assert plan(wanted("b", revision=2), [standing(PostingState.VOIDING)], None).step is Step.VOID
    assert plan(wanted("b", decided=False), [standing(PostingState.VOIDING)], None).step is Step.VOID


@pytest.mark.requirement("M8")
def test_what_takes_a_document_back_goes_before_what_replaces_it_and_both_before_the_batch() -> None:
    wish = chosen(Choice.CREDIT_AND_NEW, "b")
    owed = Posting(0, "credit_note", 2, PostingState.QUEUED, "", posting_id=P2, reverses=P1)
    plan_ = plan(wish, [standing(), owed], None)
    assert (plan_.step, plan_.about) == (Step.POST, (owed,))
    back = replace(owed, state=PostingState.POSTED, ledger_id="L-2")
    plan_ = plan(wish, [standing(), back], None)
    assert (plan_.step, plan_.about) == (Step.POST, ()), "a new document, not an update of the one taken back"
    assert plan(wanted("b"), [standing(), owed], None).step is Step.POST
    other_wish = chosen(Choice.ACCEPT, "b", place=2)
    assert plan(other_wish, [standing(), owed], None).step is Step.ACCEPT, "the latest choice counts"
    new = replace(standing(), edition=1, document_hash="b", ledger_id="L-3", posting_id=UUID(int=3))
    assert plan(wish, [standing(), back, new], None).step is Step.BATCH


@pytest.mark.requirement("M8", "A129")
def test_a_number_taken_by_a_stranger_is_adopted_only_when_a_person_says_so() -> None:
    refused = [standing(PostingState.QUEUED, ledger_id=None)]
    assert plan(wanted("a"), refused, None).step is Step.POST
    assert plan(chosen(Choice.ADOPT, "a"), refused, None).step is Step.ADOPT


@pytest.mark.requirement("M8", "D11")
def test_a_batch_that_was_taken_apart_waits_for_a_choice_made_after_that() -> None:
    posted = [standing()]
    accept, recreate = chosen(Choice.ACCEPT, "a"), chosen(Choice.VOID_AND_RECREATE, "a")
    assert plan(accept, posted, BatchState.DELETED, batch_choices=1).step is Step.UNBATCHED
    assert plan(accept, posted, BatchState.DELETED).step is Step.BATCH
    assert plan(recreate, posted, BatchState.DELETED).step is Step.VOID
    assert plan(wanted("a"), posted, BatchState.DELETED).step is Step.UNBATCHED


@pytest.mark.requirement("M8", "D11")
def test_the_document_of_a_deleted_record_is_taken_out_when_a_person_says_so_and_nothing_follows() -> None:
    posted, gone = posting(PostingState.POSTED), posting(PostingState.VOID)
    wish = chosen(Choice.VOID, "a")
    assert plan(wish, [posted], BatchState.DELETED).step is Step.VOID
    assert plan(wish, [gone], BatchState.DELETED).step is Step.UNBATCHED
    for unproved in (None, BatchState.DUE, BatchState.BATCHING, BatchState.INCOMPLETE, BatchState.BATCHED):
        assert plan(wish, [posted], unproved).step is Step.PROVE, "first it is seen that the record is gone"


@pytest.mark.requirement("M8")
def test_a_credit_with_other_figures_in_the_ledger_is_left_there_when_a_person_accepts_it() -> None:
    credit = Posting(
        0, "credit_note", 1, PostingState.MISMATCHED, "", "L-2", posting_id=UUID(int=2), reverses=UUID(int=1)
    )
    document = replace(posting(PostingState.POSTED), choices_done=2)
    assert plan(chosen(Choice.CREDIT_AND_NEW, "a"), [document, credit], None).step is Step.MISMATCHED
    assert plan(chosen(Choice.ACCEPT, "a", place=2), [document, credit], None).step is Step.ACCEPT


@pytest.mark.requirement("M17", "M8")
def test_a_document_that_others_share_is_brought_up_to_date_by_one_that_is_batched() -> None:
    """Another record joined, changed or left: the batched one carries the document, and is proved again afterwards."""
    shared = replace(wanted("b"), shared=True)
    assert plan(shared, [posting(PostingState.POSTED, "a")], BatchState.BATCHED).step is Step.POST
    assert plan(shared, [posting(PostingState.UNKNOWN, "a")], BatchState.BATCHED).step is Step.LOOK
    assert plan(shared, [posting(PostingState.POSTED, "b")], BatchState.BATCHED).step is Step.PROVE
    assert plan(wanted("b"), [posting(PostingState.POSTED, "a")], BatchState.BATCHED).step is Step.PROVE
