"""The posting state machine has no illegal path, and nothing is ever sent while an outcome is open."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ledgerwire.poster.domain.posting import IllegalTransitionError, PostingEvent, PostingState, advance, in_flight

SENDS = {PostingEvent.SUBMITTED}


@pytest.mark.requirement("D2", "B31")
@pytest.mark.parametrize(
    "state", [PostingState.POSTING, PostingState.UNKNOWN, PostingState.POSTED, PostingState.MISMATCHED]
)
def test_only_a_queued_document_can_be_submitted(state: PostingState) -> None:
    with pytest.raises(IllegalTransitionError):
        advance(state, PostingEvent.SUBMITTED)


@pytest.mark.requirement("D2")
def test_an_unknown_outcome_leaves_only_through_a_look_up() -> None:
    leaving = {event for event in PostingEvent if _allowed(PostingState.UNKNOWN, event)}
    assert leaving == {
        PostingEvent.FOUND_SAME,
        PostingEvent.FOUND_DRAFT,
        PostingEvent.FOUND_OTHER,
        PostingEvent.FOUND_NONE,
    }


def _allowed(state: PostingState, event: PostingEvent) -> bool:
    try:
        advance(state, event)
    except IllegalTransitionError:
        return False
    return True


class PostingMachine(RuleBasedStateMachine):
    """Random walks: a submission is only ever made from `queued`, and a lost answer is always followed by a look-up."""

    def __init__(self) -> None:
        super().__init__()
        self.state = PostingState.QUEUED
        self.open_sends = 0

    @rule(event=st.sampled_from(list(PostingEvent)))
    def happen(self, event: PostingEvent) -> None:
        before = self.state
        if not _allowed(before, event):
            return
        self.state = advance(before, event)
        if event in SENDS:
            assert self.open_sends == 0
            self.open_sends += 1
        elif not in_flight(self.state):
            self.open_sends = 0

    @invariant()
    def in_flight_is_exactly_an_open_send(self) -> None:
        assert in_flight(self.state) == (self.open_sends == 1)


PostingMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=50, deadline=None)
TestPostingMachine = PostingMachine.TestCase
