from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerwire.common.money import CENT, floor_cents, is_cents, round_down, round_half_up

AMOUNTS = st.decimals(-10_000_000, 10_000_000, places=7)


@pytest.mark.requirement("M11")
@given(AMOUNTS, st.integers(0, 6))
def test_rounding_is_to_the_nearest_and_halves_go_away_from_zero(amount, places):
    unit = Decimal(1).scaleb(-places)
    rounded = round_half_up(amount, places)
    assert abs(rounded - amount) <= unit / 2
    assert rounded.as_tuple().exponent == -places
    if abs(rounded - amount) == unit / 2:
        assert abs(rounded) > abs(amount)


@given(AMOUNTS, st.integers(0, 6))
def test_truncation_never_leaves_zero_behind(amount, places):
    cut = round_down(amount, places)
    assert abs(cut) <= abs(amount) < abs(cut) + Decimal(1).scaleb(-places)


@given(AMOUNTS)
def test_the_cents_below_an_amount(amount):
    below = floor_cents(amount)
    assert below <= amount < below + CENT
    assert is_cents(below)
