"""A date in a closed period: held or moved, by policy or by what a person chose last (D14)."""

from dataclasses import replace
from datetime import date

import pytest

from ledgerwire.mapper.domain.settings import LockPolicy

from .build import REFERENCE, SETTINGS, document, source, stop

LOCKED = replace(REFERENCE, lock_date=date(2026, 2, 28))


def closed(policy, *choices):
    settings = replace(SETTINGS, lock_policy=policy)
    return replace(source(reference=LOCKED, settings=settings), choices=choices)


@pytest.mark.requirement("D14", "D3")
@pytest.mark.parametrize("policy", list(LockPolicy))
def test_of_holding_and_moving_the_one_chosen_last_holds(policy):
    assert document(closed(policy, "HOLD", "FIRST_OPEN_DAY")).document_date == date(2026, 3, 1)
    assert stop(closed(policy, "FIRST_OPEN_DAY", "HOLD")).code == "PERIOD_LOCKED"


@pytest.mark.requirement("D14")
def test_who_chose_to_hold_is_not_asked_again():
    assert stop(closed(LockPolicy.ASK)).params["policy"] == LockPolicy.ASK
    assert stop(closed(LockPolicy.HOLD)).params["policy"] == LockPolicy.HOLD
    assert stop(closed(LockPolicy.ASK, "HOLD")).params["policy"] == LockPolicy.HOLD
    assert stop(closed(LockPolicy.ASK, "FIRST_OPEN_DAY", "HOLD")).params["policy"] == LockPolicy.HOLD
