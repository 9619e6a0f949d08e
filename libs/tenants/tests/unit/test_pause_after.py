"""How long recurring work rests after an error."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledgerwire.common.errors import LedgerwireError, Transient, Waiting
from ledgerwire.tenants.schedule import pause_after

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (Waiting("budget", code="RATE_LIMITED", after=timedelta(seconds=7)), timedelta(seconds=7)),
        (Waiting("reconnect", code="TOKEN_REVOKED"), MINUTE),
        (Transient("slow down", retry_after=timedelta(seconds=5)), MINUTE),
        (Transient("slow down", retry_after=timedelta(minutes=20)), timedelta(minutes=20)),
        (Transient("no answer"), MINUTE),
        (LedgerwireError("a fault of ours"), MINUTE),
    ],
)
def test_what_the_error_advises_else_a_minute_never_less_after_a_server_asked_to_slow_down(
    error: LedgerwireError, pause: timedelta
) -> None:
    assert pause_after(error) == pause


def test_a_service_may_rest_for_longer_where_nothing_is_advised() -> None:
    assert pause_after(Transient("no answer"), timedelta(minutes=5)) == timedelta(minutes=5)
