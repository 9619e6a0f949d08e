"""The class of an error alone decides where work goes, in one place."""

from datetime import UTC, datetime, timedelta
from types import FunctionType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError

from ledgerwire.common.catalogue import entries
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.errors import Ambiguous, Poison, Stopped, Transient, Waiting
from ledgerwire.common.retry import AMBIGUOUS, TRANSIENT, UNEXPECTED
from ledgerwire.common.work.destination import Dead, Later, Parked, decide, is_passing

TOMORROW = datetime(2026, 4, 1, tzinfo=UTC)
MIDDLE = 0.5


def middle():
    return MIDDLE


def test_waiting_comes_back_when_it_says_and_is_no_failure():
    assert decide(Waiting("limit", code="RATE", until=TOMORROW), 3) == Later("RATE", until=TOMORROW, counts=False)
    after = timedelta(seconds=9)
    assert decide(Waiting("busy", code="BUSY", after=after), 3) == Later("BUSY", after=after, counts=False)


def test_waiting_without_an_end_is_parked():
    assert decide(Waiting("contact held", code="HELD"), 0) == Parked("HELD")


def test_waiting_never_dies_of_waiting():
    assert not isinstance(decide(Waiting("closed", code="CLOSED", after=timedelta(hours=1)), 10_000), Dead)


def test_transient_backs_off_and_ends_in_the_dead_letters():
    pauses = [decide(Transient("reset"), attempts, middle) for attempts in range(TRANSIENT.attempts - 1)]
    assert all(isinstance(pause, Later) and pause.counts for pause in pauses)
    seconds = [pause.after.total_seconds() for pause in pauses]
    assert seconds[:4] == [2, 4, 8, 16]
    assert seconds == sorted(seconds)
    assert max(seconds) == TRANSIENT.ceiling.total_seconds()
    assert isinstance(decide(Transient("reset"), TRANSIENT.attempts - 1), Dead)


def test_a_four_hour_outage_is_survived():
    total = sum((TRANSIENT.pause(failures, middle) for failures in range(TRANSIENT.attempts - 1)), timedelta())
    assert total > timedelta(hours=48)


@given(advised=st.integers(min_value=0, max_value=86_400), draw=st.floats(0, 0.999))
def test_the_servers_own_advice_is_never_undercut(advised, draw):
    destination = decide(Transient("429", retry_after=timedelta(seconds=advised)), 0, lambda: draw)
    assert isinstance(destination, Later)
    assert destination.after >= timedelta(seconds=advised)
    assert destination.after <= timedelta(seconds=advised) * 1.01 + timedelta(seconds=5)


def test_absurd_advice_is_capped_at_a_day():
    destination = decide(Transient("429", retry_after=timedelta(days=400)), 0)
    assert destination.after < timedelta(hours=25)


def test_an_unknown_outcome_comes_back_to_look():
    destination = decide(Ambiguous("timeout after send"), 0, middle)
    assert destination == Later("OUTCOME_UNKNOWN", after=AMBIGUOUS.first)


def test_poison_is_dead_at_once():
    assert decide(Poison("no such version", code="UNKNOWN_MESSAGE_TYPE"), 0) == Dead(
        "UNKNOWN_MESSAGE_TYPE", "no such version"
    )


def test_a_stop_that_reaches_the_engine_is_seen_and_not_repeated():
    code = next(entries()).code
    assert isinstance(decide(Stopped([Finding(code)]), 0), Dead)


def test_a_fault_of_ours_is_tried_few_times_then_dead_with_its_traceback():
    def broken():
        raise ZeroDivisionError("password=hunter2")

    with pytest.raises(ZeroDivisionError) as caught:
        broken()
    assert [type(decide(caught.value, attempts)) for attempts in range(UNEXPECTED.attempts)] == [
        Later,
        Later,
        Later,
        Dead,
    ]
    dead = decide(caught.value, UNEXPECTED.attempts)
    assert "in broken" in dead.detail
    assert "hunter2" not in dead.detail


def posting():
    return {}["INV-1042 of Contoso"]


def mapping():
    return 1 / 0


def fault_in(place, function):
    """An error that came from a function of the module `place`."""
    there = FunctionType(function.__code__, {"__name__": place})
    with pytest.raises((KeyError, ZeroDivisionError)) as caught:
        there()
    return caught.value


@pytest.mark.requirement("B38")
def test_two_faults_of_ours_are_two_causes_and_one_fault_is_one():
    spent = UNEXPECTED.attempts
    first = decide(fault_in("ledgerwire.poster.send", posting), spent)
    second = decide(fault_in("ledgerwire.poster.send", mapping), spent)
    assert first.cause == "INTERNAL[KeyError in poster.send.posting]"
    assert second.cause == "INTERNAL[ZeroDivisionError in poster.send.mapping]"
    assert decide(fault_in("ledgerwire.poster.send", posting), spent).cause == first.cause
    assert decide(ExceptionGroup("several", [fault_in("ledgerwire.poster.send", posting)]), spent).cause == first.cause


def test_a_cause_has_no_values_and_no_end_of_its_own():
    dead = decide(fault_in("ledgerwire." + "very_long." * 50, posting), UNEXPECTED.attempts)
    assert "Contoso" not in dead.cause
    assert len(dead.cause) < 150
    assert decide(ZeroDivisionError(), UNEXPECTED.attempts).cause == "INTERNAL[ZeroDivisionError]"


def test_until_it_is_given_up_a_fault_has_its_code_alone():
    """By it the work is woken again."""
    assert decide(fault_in("ledgerwire.poster.send", posting), 0, middle).code == "INTERNAL"


def test_trouble_with_the_database_is_not_taken_for_a_fault_of_ours():
    error = OperationalError("SELECT", {}, ConnectionResetError())
    assert decide(error, UNEXPECTED.attempts, middle).code == "DATABASE_OR_NETWORK"
    assert isinstance(decide(TimeoutError(), UNEXPECTED.attempts), Later)


class AnsweredError(Exception):
    """What the driver raises for an error answer of the server."""

    def __init__(self, sqlstate):
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@pytest.mark.parametrize("sqlstate", ["08006", "40001", "40P01", "53100", "53300", "55P03", "57014", "57P01"])
def test_a_server_under_strain_says_nothing_about_the_work(sqlstate):
    error = DBAPIError("UPDATE", {}, AnsweredError(sqlstate))
    assert is_passing(error)
    assert decide(error, UNEXPECTED.attempts, middle).code == "DATABASE_OR_NETWORK"


@pytest.mark.parametrize("sqlstate", ["22021", "23505", "42703", "54000", None])
def test_data_the_server_refuses_is_not_taken_for_strain(sqlstate):
    assert not is_passing(DBAPIError("INSERT", {}, AnsweredError(sqlstate)))


@given(failures=st.integers(0, 10_000), draw=st.floats(0, 0.999))
def test_a_pause_is_never_longer_than_the_ceiling_and_its_jitter(failures, draw):
    for budget in (TRANSIENT, AMBIGUOUS, UNEXPECTED):
        pause = budget.pause(failures, lambda: draw)
        assert budget.first * (1 - budget.jitter) <= pause <= budget.ceiling * (1 + budget.jitter)


def test_being_asked_to_slow_down_wears_out_no_patience():
    """A month's end can be slowed down for hours; nothing of it may end as a dead letter."""
    slow_down = Transient("429", retry_after=timedelta(seconds=30), counts=False)
    destination = decide(slow_down, 10_000)
    assert isinstance(destination, Later)
    assert not destination.counts
    assert destination.after >= timedelta(seconds=30)


def test_a_driver_that_lost_its_place_is_a_cut_connection_and_never_the_fault_of_the_work() -> None:
    lost = InternalError("SELECT", {}, RuntimeError("cannot switch to state 15; another operation (2) is in progress"))
    assert is_passing(lost)
    assert isinstance(decide(lost, attempts=50), Later)


def test_an_internal_error_of_the_server_itself_is_looked_at() -> None:
    assert not is_passing(InternalError("SELECT", {}, AnsweredError("XX001")))
