"""The forecast of a backlog is the bound that the providers' limits set."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerwire.tenants.budget import Window, connectwise_windows, left_of
from ledgerwire.tenants.forecast import CONNECTWISE_CALLS, LEDGER_CALLS, Left, Need, finish_in

XERO = (Left("minute", 60, 60, 60), Left("day", 86_400, 5_000, 5_000))
WINDOWS = st.lists(
    st.builds(
        Left,
        st.just("w"),
        st.integers(1, 86_400),
        st.integers(1, 5_000),
        st.integers(0, 5_000),
        st.integers(0, 600).map(lambda seconds: timedelta(seconds=seconds)),
    ),
    max_size=3,
)
CALLS = st.decimals("0.02", "5", places=2)
PSA = left_of(connectwise_windows(), ())


def both(documents: int, calls: Decimal, windows) -> timedelta:
    """The forecast from a ledger and a ConnectWise that nobody has called lately."""
    return finish_in(Need(documents * calls, windows), Need(documents * CONNECTWISE_CALLS, PSA))


@pytest.mark.requirement("D19")
@pytest.mark.parametrize(
    ("documents", "calls", "windows", "expected"),
    [
        (0, LEDGER_CALLS["xero"], XERO, timedelta(0)),
        (2_000, LEDGER_CALLS["xero"], XERO, timedelta(seconds=140)),  # ConnectWise: 2,400 calls at 960 a minute
        (
            2_000,
            Decimal(1),
            XERO,
            timedelta(minutes=33),
        ),  # 2,000 calls alone: 60 at once, 1,940 at 60 a minute, less the day
        (10, Decimal(1), (Left("minute", 60, 60, 0, timedelta(minutes=5)),), timedelta(minutes=5, seconds=10)),
    ],
)
def test_the_slowest_limit_decides(documents, calls, windows, expected) -> None:
    assert abs(both(documents, calls, windows) - expected) <= timedelta(minutes=1)


@given(st.integers(0, 100_000), st.integers(0, 1_000), CALLS, WINDOWS)
def test_more_work_never_ends_earlier(documents, more, calls, windows) -> None:
    assert both(documents + more, calls, windows) >= both(documents, calls, windows)


@given(st.integers(1, 100_000), CALLS, WINDOWS)
def test_no_window_is_asked_for_more_than_it_gives_in_that_time(documents, calls, windows) -> None:
    seconds = Decimal(int(both(documents, calls, windows).total_seconds()))
    for window in windows:
        opened = seconds - int(window.closed_for.total_seconds())
        assert window.left + opened * window.ceiling / window.seconds >= documents * calls - 1


@pytest.mark.requirement("D19")
def test_a_provider_that_is_closed_is_waited_for() -> None:
    closed = Left("minute", 60, 1_000, 1_000, timedelta(minutes=10))
    assert finish_in(Need(Decimal(3), XERO), Need(Decimal(5), (closed,))) == timedelta(minutes=10)
    assert finish_in(Need(Decimal(0), (closed,))) == timedelta(0)


def test_what_is_left_of_a_window_is_what_was_not_taken_from_it() -> None:
    windows = (Window("minute", 60, 57, bulk=True), Window("day", 86_400, 5_000))
    counted = [Left("minute", 60, 60, 20, timedelta(seconds=3)), Left("other", 1, 1, 0)]
    assert left_of(windows, counted) == (
        Left("minute", 60, 57, 17, timedelta(seconds=3), bulk=True),
        Left("day", 86_400, 5_000, 5_000),
    )
