"""One rule says which version decides a day, for whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from ledgerwire.tenants.effective import deciding


@dataclass(frozen=True)
class Version:
    number: int
    effective_from: date | None


APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)
NEWEST_FIRST = [Version(3, MAY), Version(2, APRIL), Version(1, None)]


@pytest.mark.requirement("D16")
@pytest.mark.parametrize(
    ("day", "number"), [(date(2026, 3, 31), 1), (APRIL, 2), (date(2026, 4, 30), 2), (MAY, 3), (None, 3)]
)
def test_the_newest_that_had_begun_decides_a_day(day: date | None, number: int) -> None:
    found = deciding(NEWEST_FIRST, day)
    assert found is not None
    assert found.number == number


def test_before_all_of_them_the_oldest_decides_and_without_any_none() -> None:
    assert deciding(NEWEST_FIRST[:2], date(2020, 1, 1)) == NEWEST_FIRST[1]
    assert deciding([], APRIL) is None
