"""Without dates a period is the month before; from a day on it lasts until today; it never ends before it begins."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from ledgerwire.cli.impact_command import period
from ledgerwire.common.errors import ConfigurationError

TODAY = date(2026, 3, 14)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, (date(2026, 2, 1), date(2026, 2, 28))),
        (datetime(2026, 1, 5), None, (date(2026, 1, 5), TODAY)),  # noqa: DTZ001 - as typer parses a day
        (None, datetime(2026, 1, 20), (date(2026, 1, 1), date(2026, 1, 20))),  # noqa: DTZ001
        (datetime(2026, 3, 1), None, (date(2026, 3, 1), TODAY)),  # noqa: DTZ001
    ],
)
def test_the_period_is_last_month_unless_it_is_named(first, last, expected) -> None:
    assert period(first, last, TODAY) == expected


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (datetime(2026, 3, 1), datetime(2026, 2, 1), "--to 2026-02-01 is before --from 2026-03-01"),  # noqa: DTZ001
        (datetime(2026, 3, 15), None, "--from 2026-03-15 is after today"),  # noqa: DTZ001
    ],
)
def test_a_period_of_no_day_is_refused_rather_than_found_empty(first, last, said) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        period(first, last, TODAY)
    assert caught.value.code == "USAGE"
