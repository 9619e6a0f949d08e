"""Without dates the impact is that on the month before."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from ledgerwire.cli.impact_command import period

TODAY = date(2026, 3, 14)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, (date(2026, 2, 1), date(2026, 2, 28))),
        (datetime(2026, 1, 5), None, (date(2026, 1, 5), date(2026, 2, 28))),  # noqa: DTZ001 - as typer parses a day
        (None, datetime(2026, 1, 20), (date(2026, 1, 1), date(2026, 1, 20))),  # noqa: DTZ001
        (datetime(2026, 3, 1), None, (date(2026, 3, 1), date(2026, 3, 1))),  # noqa: DTZ001
    ],
)
def test_the_period_is_last_month_unless_it_is_named(first, last, expected) -> None:
    assert period(first, last, TODAY) == expected
