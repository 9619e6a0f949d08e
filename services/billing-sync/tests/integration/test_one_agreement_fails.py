"""ConnectWise fails whenever one agreement is written to: that one waits, the others are written, the run is repeated."""

from __future__ import annotations

from typing import Any

import pytest

from ledgerwire.billing_sync import failures
from ledgerwire.common.errors import Ambiguous, Transient

from .conftest import ACME, World, annual, codes, day, sold, subscription
from .story import live, rows
from .test_crashes import BRIEF

MONTHLY = ("Seats", "M365-NCE", "10", "2026-01-01", "")
ANNUAL = ("Annual seats", "M365-NCE-YR", "10", "2026-03-01", "2027-02-28")


@pytest.fixture
async def planned(world: World) -> World:
    """A subscription for each of two agreements, the monthly one being served first."""
    world.desk._terms = BRIEF
    await world.post(sold(subscription(), annual()))
    plan = await world.plan()
    assert [stored.step.agreement_id for stored in plan.steps] == [world.monthly, world.annual]
    return world


def failing(world: World, name: str, number: int, **where: Any) -> None:
    """Whatever is written to an agreement fails from now on."""
    values = {"method": "POST", "path_regex": f"agreements/{number}/additions", "times": 20} | where
    world.fail(name, **values)


def posted(world: World, path: str) -> int:
    """How often something was asked to be made there."""
    return sum(entry.method == "POST" and entry.path.endswith(path) for entry in world.state.journal.entries())


@pytest.mark.requirement("B33", "D12")
@pytest.mark.parametrize(
    ("fault", "where", "error"),
    [("500_before", {}, Ambiguous), ("html_page", {"method": "GET"}, Transient)],
    ids=["its write", "the look before it"],
)
async def test_an_agreement_that_fails_each_time_keeps_no_other_from_being_written(planned, fault, where, error):
    world = planned
    failing(world, fault, world.monthly, **where)
    for _ in range(2):
        with pytest.raises(error):
            await world.desk.apply(world.account_id)
        assert live(world) == rows(ANNUAL)
    world.faults.clear()
    done = await world.desk.apply(world.account_id)
    assert (done.written, done.refused, done.left) == (1, 0, 0)
    assert live(world) == rows(ANNUAL, MONTHLY)
    assert (await world.plan()).steps == ()


@pytest.mark.requirement("B33", "D12")
async def test_a_write_that_was_made_although_it_was_answered_with_an_error_is_found(planned):
    world = planned
    failing(world, "500_after", world.monthly, times=1)
    with pytest.raises(Ambiguous):
        await world.desk.apply(world.account_id)
    assert live(world) == rows(ANNUAL, MONTHLY)
    await world.plan()
    await world.desk.apply(world.account_id)
    assert live(world) == rows(ANNUAL, MONTHLY)


@pytest.mark.requirement("B33", "D12")
async def test_after_several_failures_in_a_row_connectwise_is_left_alone_where_it_answers_nothing_else(
    planned, monkeypatch
):
    world = planned
    monkeypatch.setattr(failures, "IN_A_ROW", 1)
    failing(world, "500_before", world.monthly)
    world.fail(
        "500_before", method="GET", path_regex="/finance/agreements$", after=1, times=20
    )  # after the look at them
    with pytest.raises(Ambiguous):
        await world.desk.apply(world.account_id)
    assert (posted(world, f"{world.monthly}/additions"), posted(world, f"{world.annual}/additions")) == (1, 0)
    assert live(world) == []


@pytest.mark.requirement("B33", "D12")
async def test_however_many_agreements_fail_in_a_row_those_behind_them_are_written_while_connectwise_answers(
    planned, monkeypatch
):
    """Agreements are served in order, so it would be the same ones that wait, day after day."""
    world = planned
    monkeypatch.setattr(failures, "IN_A_ROW", 1)
    failing(world, "500_before", world.monthly)
    for _ in range(2):
        with pytest.raises(Ambiguous):
            await world.desk.apply(world.account_id)
        assert live(world) == rows(ANNUAL)
    world.faults.clear()
    await world.desk.apply(world.account_id)
    assert live(world) == rows(ANNUAL, MONTHLY)


@pytest.mark.requirement("B33", "D12")
async def test_what_else_ends_the_run_hides_no_write_whose_end_was_not_seen(planned):
    """The turn must run out by itself before anybody looks for the row."""
    world = planned
    failing(world, "500_before", world.monthly)
    failing(world, "429", world.annual)
    with pytest.raises(Ambiguous):
        await world.desk.apply(world.account_id)
    assert live(world) == []


@pytest.mark.requirement("A207", "D12")
async def test_a_product_whose_making_was_not_seen_is_not_asked_for_twice_in_one_run(world):
    world.ready()
    await world.desk.check(world.account_id, fix=True)
    world.desk._terms = BRIEF
    new = {"sku": "NEW:0001", "name": "New product"}
    await world.post(sold(subscription(**new), annual(**new)))
    assert len((await world.plan()).steps) == 2
    before = posted(world, "/catalog")
    world.fail("500_before", method="POST", path_regex="/catalog$", times=5)
    with pytest.raises(Ambiguous):
        await world.desk.apply(world.account_id)
    assert posted(world, "/catalog") - before == 1


@pytest.mark.requirement("B33", "F1: BS_AGREEMENT_UNREAD")
async def test_an_agreement_that_cannot_be_read_is_said_and_the_others_are_planned_and_written(world):
    await world.post(sold(subscription(), annual()))
    failing(world, "500_before", world.monthly, method="GET", times=200)
    plan, done = await world.sync()
    [finding] = plan.all_findings
    assert (finding.code, finding.params["agreement"], finding.params["customer"]) == (
        "BS_AGREEMENT_UNREAD",
        "Seats",
        world.state.tables["companies"][ACME]["name"],
    )
    assert "?" not in finding.message
    assert (done.written, live(world)) == (1, rows(ANNUAL))
    world.faults.clear()
    await world.sync()
    assert live(world) == rows(ANNUAL, MONTHLY)


@pytest.mark.requirement("B33")
async def test_seats_on_an_agreement_that_cannot_be_read_are_not_billed_on_another_one(world):
    """The file names another agreement now; what stands on the former one is not known, so nothing of it is moved."""
    await world.sync(sold(subscription()))
    made = await world.person("POST", f"/finance/agreements/{world.monthly}/copy", {"name": "Seats, new"})
    section = world.content["seats"]
    others = [each for each in section["agreements"] if each["motion"] != "seat-monthly"]
    await world.configure(agreements=[*others, {"company": ACME, "motion": "seat-monthly", "agreement": made["id"]}])
    failing(world, "500_before", world.monthly, method="GET", times=200)
    plan, _ = await world.sync(sold(subscription("sub-1", "12"), subscription("sub-2", "3")))
    assert codes(plan.all_findings) == ["BS_AGREEMENT_UNREAD"]
    assert {stored.step.line for stored in plan.steps} == {"sub-2"}
    assert live(world) == rows(MONTHLY, ("Seats, new", "M365-NCE", "3", "2026-03-20", ""))


@pytest.mark.requirement("B33", "D12")
async def test_a_write_that_cannot_be_looked_for_holds_up_the_plan_of_its_agreement_only(planned):
    """What was sent may have been made: planned without knowing, it would be taken for somebody else's row."""
    world = planned
    failing(world, "500_after", world.monthly, times=1)
    failing(world, "500_before", world.annual, times=1)
    with pytest.raises(Ambiguous):
        await world.desk.apply(world.account_id)
    world.faults.clear()
    failing(
        world, "500_before", world.monthly, method="GET", times=3
    )  # the look for it, each attempt; its rows are read again
    plan, _ = await world.sync()
    assert codes(plan.all_findings) == ["BS_AGREEMENT_UNREAD"]
    assert {stored.step.agreement_id for stored in plan.steps} == {world.annual}
    assert live(world) == rows(ANNUAL, MONTHLY)
    plan, _ = await world.sync()
    assert (plan.steps, codes(plan.all_findings), live(world)) == ((), [], rows(ANNUAL, MONTHLY))


@pytest.mark.requirement("B33")
async def test_where_no_agreement_can_be_read_nothing_is_planned_and_the_report_is_not_made(world):
    await world.sync(sold(subscription()))
    world.fail("500_before", method="GET", path_regex="/additions$", times=200)
    with pytest.raises(Transient):
        await world.plan()
    world.faults.clear()
    await world.sync(sold(subscription(), annual()))
    failing(world, "500_before", world.monthly, method="GET", times=200)
    with pytest.raises(Transient):
        await world.desk.reconcile(world.account_id, day("1 Mar"), day("31 Mar"))
