import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerwire.mapper.domain.record import TRANSITIONS, IllegalTransitionError, RecordEvent, RecordState, advance

LOOKS = {RecordEvent.MAPPED, RecordEvent.NO_EFFECT, RecordEvent.STOPPED, RecordEvent.FOUND_OPEN}


@given(st.lists(st.sampled_from(list(RecordEvent)), max_size=30))
def test_no_sequence_of_events_leaves_the_table(events):
    state = RecordState.RECEIVED
    for event in events:
        try:
            after = advance(state, event)
        except IllegalTransitionError:
            assert event not in TRANSITIONS[state]
        else:
            assert after is TRANSITIONS[state][event]
            state = after


@pytest.mark.parametrize("state", list(RecordState))
def test_a_person_can_wake_every_record(state):
    assert advance(state, RecordEvent.WOKEN) is RecordState.RECEIVED


@pytest.mark.parametrize("state", [RecordState.MAPPED, RecordState.NO_EFFECT])
def test_a_decided_record_that_somebody_batched_ends_skipped(state):
    assert advance(state, RecordEvent.BATCHED_ELSEWHERE) is RecordState.SKIPPED


def test_nothing_is_decided_about_an_onboarded_record_before_it_is_woken():
    for event in LOOKS:
        with pytest.raises(IllegalTransitionError):
            advance(RecordState.ONBOARDED, event)


def test_a_dead_record_that_is_announced_again_is_decided_anew():
    assert {advance(RecordState.DEAD, event) for event in LOOKS} == {
        RecordState.MAPPED,
        RecordState.NO_EFFECT,
        RecordState.STOPPED,
        RecordState.OPEN,
    }


def test_only_a_record_never_looked_at_can_be_onboarded():
    takers = {state for state, events in TRANSITIONS.items() if RecordEvent.ONBOARDED in events}
    assert takers == {RecordState.RECEIVED}


@pytest.mark.parametrize("state", list(RecordState))
def test_every_state_can_be_reached(state):
    seen, todo = {RecordState.RECEIVED}, [RecordState.RECEIVED]
    while todo:
        for after in TRANSITIONS[todo.pop()].values():
            if after not in seen:
                seen.add(after)
                todo.append(after)
    assert state in seen
