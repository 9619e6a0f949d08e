"""The schedule of the nemesis: the same from the same seed, inside its bounds, and with every kind of fault."""

from __future__ import annotations

import pytest
from tests.chaos.plan import CALLBACKS, LANDED, LINKS, LONG_LIVED, REFUSED, SERVICES, TOXICS, Planned, make_plan
from tests.chaos.profiles import LONG, PROFILES, SHORT, USUAL, Profile

from ledgerwire.accounting.port import Limits
from ledgerwire.sandbox.xero.identity import ACCESS_LIFE, REFRESH_LIFE


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda one: one.name)
def test_a_seed_gives_the_same_schedule_always_and_another_seed_another_one(profile: Profile) -> None:
    assert make_plan(7, profile) == make_plan(7, profile)
    assert make_plan(7, profile).faults != make_plan(8, profile).faults


def test_a_schedule_is_the_one_of_its_seed_on_every_machine() -> None:
    first = make_plan(1, SHORT).faults[0]
    assert isinstance(first, Planned)
    assert (first.at, first.category, first.kind, first.target) == FIRST_OF_SEED_1


FIRST_OF_SEED_1 = (3.4, "landed", "500_after", "connectwise")


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda one: one.name)
@pytest.mark.parametrize("seed", range(5))
def test_faults_of_one_target_never_overlap_and_begin_within_the_load(profile: Profile, seed: int) -> None:
    free: dict[str, float] = {}
    for fault in make_plan(seed, profile).faults:
        assert 0 < fault.at <= profile.load_seconds
        if fault.category in {"process", "broker", "database", "link", "clock"}:
            key = f"{fault.category}:{fault.target}"
            assert fault.at >= free.get(key, 0.0)
            free[key] = fault.at + fault.seconds


@pytest.mark.parametrize("seed", range(3))
def test_the_long_run_has_every_kind_of_fault_on_every_link_and_service(seed: int) -> None:
    faults = make_plan(seed, LONG).faults
    kinds = {(one.category, one.kind) for one in faults}
    assert {kind for category, kind in kinds if category == "link"} == set(TOXICS)
    assert {one.target for one in faults if one.category == "link"} == set(LINKS)
    assert {kind for category, kind in kinds if category == "process"} == {"kill", "pause", "restart"}
    assert {one.target.partition("-")[0] for one in faults if one.category == "process"} == set(SERVICES)
    assert {kind for category, kind in kinds if category == "broker"} == {"restart", "crash", "pause"}
    assert {kind for category, kind in kinds if category == "database"} == {"restart", "crash"}
    assert {kind for category, kind in kinds if category == "landed"} == set(LANDED)
    assert {kind for category, kind in kinds if category == "vendor"} == {*LANDED, *REFUSED}
    assert {kind for category, kind in kinds if category == "callback"} == set(CALLBACKS)
    assert {one.target for one in faults if one.category == "clock"} == {"ledger", "vendors", *SERVICES}


@pytest.mark.parametrize("seed", range(3))
def test_a_service_s_clock_is_wrong_by_more_than_a_token_or_a_consent_lives_both_ways(seed: int) -> None:
    steps = [one for one in make_plan(seed, LONG).faults if one.category == "clock" and one.target in SERVICES]
    amounts = [one.amount for one in steps]
    assert all(abs(amount) > ACCESS_LIFE.total_seconds() for amount in amounts)
    for service in SERVICES:
        own = [one.amount for one in steps if one.target == service]
        assert min(own) < -REFRESH_LIFE.total_seconds()
        assert max(own) > REFRESH_LIFE.total_seconds()
    assert {(one.kind, one.target) for one in make_plan(seed, LONG).faults if one.kind == "expire"} == {
        ("expire", "ledger")
    }


def test_closing_slowly_is_planned_only_where_connections_close() -> None:
    faults = make_plan(3, LONG).faults
    assert not {one.target for one in faults if one.kind == "slow_close"} & set(LONG_LIVED)


def test_the_long_run_is_as_long_as_it_says() -> None:
    plan = make_plan(1, LONG)
    assert LONG.documents >= 20_000
    assert len(plan.faults) >= 500
    assert plan.counts()["landed"] >= 150  # some windows close before a call comes


def test_the_usual_run_has_faults_of_every_category_and_ends_within_eleven_minutes() -> None:
    assert set(make_plan(1, USUAL).counts()) == set(USUAL.faults)
    assert USUAL.load_seconds + USUAL.stall_seconds <= 660


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda one: one.name)
def test_no_run_is_given_up_while_a_call_for_a_bill_that_changed_since_may_still_arrive(profile: Profile) -> None:
    assert profile.stall_seconds > Limits().resend_window.total_seconds() + profile.timeout_seconds
