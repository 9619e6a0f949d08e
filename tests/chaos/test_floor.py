"""A run in which too little broke proves nothing, and says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from tests.chaos.floor import thin
from tests.chaos.plan import Planned, make_plan
from tests.chaos.profiles import LONG, PARTITIONS, PROFILES, SHORT, SOAK, USUAL, Profile

PLENTY = 10_000


def told(profile: Profile, idle: Callable[[Planned], bool], seed: int = 1) -> list[str]:
    """What a run says in which these faults of its plan met nothing."""
    planned = make_plan(seed, profile).faults
    struck = [one for one in planned if not idle(one)]
    return thin(profile, planned, struck, faults=PLENTY, landed=PLENTY)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda one: one.name)
@pytest.mark.parametrize("seed", range(5))
def test_a_run_whose_faults_all_strike_holds_the_floor_of_its_profile(profile: Profile, seed: int) -> None:
    faults = make_plan(seed, profile).faults
    assert len(faults) >= profile.faults_wanted > 0
    assert thin(profile, faults, faults, faults=len(faults), landed=profile.landed_wanted) == []


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda one: one.name)
def test_a_run_whose_faults_all_miss_does_not(profile: Profile) -> None:
    planned = make_plan(1, profile).faults
    missed = thin(profile, planned, [], faults=0, landed=0)
    assert f"only 0 faults, {profile.faults_wanted} were wanted" in missed
    for category in {one.category for one in planned}:
        assert any(f"planned {category} faults" in one for one in missed) or profile.struck[category] < 1


@pytest.mark.parametrize(("profile", "landed", "faults"), [(USUAL, 131, 213), (PARTITIONS, 60, 34), (SOAK, 120, 26)])
def test_the_counts_of_good_runs_are_above_the_floor_and_those_just_below_it_are_told(
    profile: Profile, landed: int, faults: int
) -> None:
    planned = make_plan(1, profile).faults
    assert thin(profile, planned, planned, faults=faults, landed=landed) == []
    assert thin(profile, planned, planned, faults=profile.faults_wanted - 1, landed=profile.landed_wanted - 1) == [
        f"only {profile.faults_wanted - 1} faults, {profile.faults_wanted} were wanted",
        f"only {profile.landed_wanted - 1} answers lost after a write, {profile.landed_wanted} were wanted",
    ]


def test_cuts_that_nothing_passes_are_told() -> None:
    early = [one for one in make_plan(1, PARTITIONS).faults if one.category == "link"]
    assert told(PARTITIONS, early[:3].__contains__) == []
    assert told(PARTITIONS, early[:4].__contains__) == [
        "only 20 of 24 planned link faults struck anything, 21 were wanted"
    ]
    assert "only 0 of 24 planned link faults struck anything, 21 were wanted" in told(PARTITIONS, early.__contains__)


def test_one_link_that_no_cut_meets_is_told() -> None:
    assert told(PARTITIONS, lambda one: one.target == "poster-database") == [
        "none of 3 planned faults struck anything: link of poster-database"
    ]


def test_one_direction_in_which_no_cut_meets_anything_is_told() -> None:
    assert told(PARTITIONS, lambda one: one.direction == "down") == [
        "only 16 of 24 planned link faults struck anything, 21 were wanted"
    ]


@pytest.mark.parametrize("profile", [USUAL, LONG], ids=lambda one: one.name)
def test_one_kind_that_never_strikes_is_told(profile: Profile) -> None:
    count = Counter(one.kind for one in make_plan(1, profile).faults)["partition"]
    assert told(profile, lambda one: one.kind == "partition") == [
        f"none of {count} planned faults struck anything: link.partition"
    ]


def test_a_kind_that_is_planned_twice_may_miss_and_so_may_one_of_many_that_wait_for_any_call() -> None:
    counts = Counter((one.category, one.kind) for one in make_plan(1, USUAL).faults)
    [rare, *_] = [kind for (category, kind), n in counts.items() if category == "link" and n < 3]
    assert told(USUAL, lambda one: one.kind == rare) == []
    assert counts["vendor", "slow"] >= 3
    assert told(USUAL, lambda one: one.kind == "slow") == []


def test_what_the_harness_does_itself_strikes_always() -> None:
    [kill, *_] = [one for one in make_plan(705, SHORT).faults if one.category == "process"]
    assert told(SHORT, [kill].__contains__, 705) == [
        "only 3 of 4 planned process faults struck anything, 4 were wanted"
    ]
