"""Cut off anywhere, between any two steps: the next run goes on, nothing is written twice, and running again changes nothing."""

from __future__ import annotations

import asyncio
import itertools
import random
import signal
import sys
from collections import Counter
from datetime import timedelta

import pytest

from ledgerwire.billing_sync import applying, keeping, points, writing
from ledgerwire.common import crashpoints
from ledgerwire.common.errors import Ambiguous, Transient, Waiting
from ledgerwire.common.settings import environment_of
from ledgerwire.common.work.lease import LeaseTerms

from .conftest import annual, codes, day, opened, sold, subscription
from .story import WANTED, before, bought, live, rows

POINTS = [
    points.STEP_SENT,
    points.PRODUCT_MADE,
    points.AGREEMENT_COPIED,
    points.ADDITION_WRITTEN,
    points.ADDITION_RECORDED,
]
BRIEF = LeaseTerms(ttl=timedelta(milliseconds=300), renew_every=timedelta(milliseconds=50), grace=timedelta(0))


class PowerCut(BaseException):
    """The process is gone."""


@pytest.fixture
def brief(world):
    """A run that was cut off gives its turn up after a moment."""
    world.desk._terms = BRIEF
    return world


async def killed_at(world, point) -> int:
    """`ledgerwire seats apply` as a process of its own, told to die at a point; its exit code."""
    environment = environment_of(world.settings.model_copy(update={"crash_at": point}))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _APPLY, str(world.account_id), env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode in {0, -signal.SIGKILL}, said.decode()[-2000:]
    return process.returncode


_APPLY = """
import asyncio, sys
from datetime import timedelta
from uuid import UUID
from ledgerwire.billing_sync.bootstrap import open_seats
from ledgerwire.common.crashpoints import arm
from ledgerwire.common.settings import load_settings
from ledgerwire.common.work.lease import LeaseTerms

async def run():
    settings = load_settings()
    arm(settings.crash_at)
    async with open_seats(settings) as desk:
        desk._terms = LeaseTerms(timedelta(seconds=1), timedelta(milliseconds=200), timedelta(0))
        await desk.apply(UUID(sys.argv[1]))

asyncio.run(run())
"""


def test_every_point_of_an_application_is_cut_here():
    assert set(POINTS) == {name for name in crashpoints.POINTS if name.startswith("billing.")}


@pytest.mark.requirement("B33", "A175", "A207", "M22")
@pytest.mark.parametrize(
    ("point", "way"), list(zip(POINTS, itertools.cycle(["planned anew", "applied again"]), strict=False))
)
async def test_a_process_killed_at_a_point_leaves_nothing_that_the_next_run_does_not_finish(brief, point, way):
    world = brief
    await before(world)
    await world.post(bought())
    plan = await world.plan()
    assert {"create", "copy-agreement"} <= {stored.step.kind for stored in plan.steps}
    assert await killed_at(world, point) == -signal.SIGKILL

    if way == "planned anew":
        await world.plan()
    done = await world.desk.apply(world.account_id)
    assert (done.refused, done.left) == (0, 0)
    assert len([row for row in world.state.tables["agreements"].values() if "2026-03-20" in row["name"]]) == 1
    assert Counter(row.get("vendorSku") for row in world.state.tables["catalog"].values())["NEW:0001"] == 1
    assert live(world) == WANTED
    assert not any(count > 1 for count in Counter(live(world)).values())
    writes = world.desk.count.writes
    again, nothing = await world.sync()
    assert (again.steps, nothing.written, world.desk.count.writes) == ((), 0, writes)
    assert "BS_EDITED_BY_HAND" not in codes(again.all_findings)


class _Unlucky:
    """Cuts the power at one point in a few, and lets ConnectWise fail before or after it has written."""

    FAULTS = ("500_after", "500_before", "500_midway", "half_body", "html_page")

    def __init__(self, world, seed):
        self.world, self.chance, self.cuts = world, random.Random(seed), 0  # noqa: S311 - reproducible, no secret

    def reach(self, _point):
        if self.chance.random() < 0.25:
            self.cuts += 1
            raise PowerCut

    async def sync(self):
        """Plan and apply, again and again, until one attempt comes through."""
        planned = False
        for _ in range(40):
            if self.chance.random() < 0.6:
                method = self.chance.choice(("POST", "PATCH", "GET"))
                self.world.fail(self.chance.choice(self.FAULTS), method=method, path_regex="agreements|catalog")
            try:
                if not planned or self.chance.random() < 0.5:
                    await self.world.plan()
                    planned = True
                await self.world.desk.apply(self.world.account_id)
            except (PowerCut, Ambiguous, Transient, Waiting):
                self.cuts += 1
            else:
                break
        self.world.faults.clear()


def half_year(seed):
    """What is sold on four days: seats go up, down and away, a product is new, a year is bought."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, no secret
    first = sold(subscription("sub-1", str(chance.randint(5, 20))), subscription("sub-2", "4"), annual("year-1"))
    seats = {"sub-1": chance.randint(1, 30), "sub-2": chance.randint(1, 9)}
    changed = day(f"{chance.randint(2, 28)} Mar")
    second = [subscription(name, str(count), changed_on=changed) for name, count in seats.items()]
    new = subscription("sub-3", "7", sku="NEW:0001", name="New product", start=day("10 Mar"))
    gone = subscription("sub-2", str(seats["sub-2"]), changed_on=changed, ended_on=day("12 Apr"))
    return [
        (day("20 Mar"), first),
        (day("28 Mar"), sold(*second, new, annual("year-1"), annual("year-2", "3", start=day("15 Mar"), term_start=day("15 Mar")))),
        (day("20 Apr"), sold(second[0], gone, new, annual("year-1"), annual("year-2", "3", start=day("15 Mar"), term_start=day("15 Mar")))),
    ]  # fmt: skip


async def lived(world, seed, *, unlucky=None):
    """The half-year in one world, ConnectWise invoicing on the 1st of April."""
    await world.policies(one_time="copy", decreases="negative-row")
    await world.desk.check(world.account_id, fix=True)
    for at, push in half_year(seed):
        if at.month == 4:
            await world.invoice(world.monthly)
        world.move(at)
        await world.post(push)
        if unlucky is None:
            await world.sync()
        else:
            await unlucky.sync()
        if at.day == 20 and at.month == 3:
            await world.invoice(world.annual)


@pytest.mark.requirement("B33", "A207", "M20", "M22", "D12")
@pytest.mark.parametrize("seed", [1, 2])
async def test_random_cuts_and_faults_do_not_change_the_end(settings, tls, monkeypatch, seed):
    async with opened(settings, tls, "calm") as calm:
        await lived(calm, seed)
        wanted = live(calm)
    async with opened(settings, tls, "rough") as world:
        world.desk._terms = BRIEF
        unlucky = _Unlucky(world, seed)
        for module in (applying, writing, keeping):
            monkeypatch.setattr(module, "reach", unlucky.reach)
        await lived(world, seed, unlucky=unlucky)
        monkeypatch.undo()
        await world.sync()

        assert unlucky.cuts > 3
        assert live(world) == wanted
        assert (await world.plan()).steps == ()
        terms = Counter(
            (row["product"]["identifier"], row["effectiveDate"])
            for row in world.rows
            if "YR" in row["product"]["identifier"]
        )
        assert set(terms.values()) == {1}


@pytest.mark.requirement("A175", "D12")
async def test_a_write_whose_agreement_is_gone_is_given_up_and_everything_else_is_planned(brief, monkeypatch):
    world = brief
    await world.post(sold(subscription(), annual()))
    first = await world.plan()
    cut(monkeypatch, points.STEP_SENT)
    with pytest.raises(PowerCut):
        await world.desk.apply(world.account_id)
    monkeypatch.undo()
    gone = world.monthly
    del world.state.tables["agreements"][gone]

    plan = await world.plan()
    assert [(stored.step.agreement_id, stored.step.line) for stored in plan.steps] == [(world.annual, "year-1")]
    [(state, found)] = await world.query(
        "SELECT state, found FROM billing.plan_step WHERE plan_id = :plan AND agreement_id = :gone",
        plan=first.plan_id, gone=gone,
    )  # fmt: skip
    assert (state, found["code"]) == ("stopped", "CONNECTWISE_RECORD_MISSING")
    assert (await world.desk.apply(world.account_id)).written == 1


@pytest.mark.requirement("A207", "M22", "D12")
async def test_a_write_whose_copied_agreement_is_gone_is_given_up_and_everything_else_is_planned(brief, monkeypatch):
    world = brief
    await before(world)
    await world.post(sold(subscription(), annual(), annual("year-2", "3")))
    assert [stored.step.kind for stored in (await world.plan()).steps] == ["copy-agreement", "create"]
    cut(monkeypatch, points.STEP_SENT, time=2)
    with pytest.raises(PowerCut):
        await world.desk.apply(world.account_id)
    monkeypatch.undo()
    del world.state.tables["agreements"][world.number("Annual seats 2026-03-20")]

    await world.plan()
    assert await world.query("SELECT 1 FROM billing.plan_step WHERE state = 'sent'") == []


@pytest.mark.requirement("A175", "M20", "D12")
@pytest.mark.parametrize("time", [1, 2, 3], ids=["the end", "a new row", "the other one"])
async def test_a_write_that_was_made_before_its_agreement_was_invoiced_is_recorded_when_the_plan_is_applied_again(
    brief, monkeypatch, time
):
    """Twelve seats in place of ten from 17 March; the power goes as a row is made, then ConnectWise makes April's invoice."""
    world = brief
    await world.sync(sold(subscription()))
    await world.post(sold(subscription("sub-1", "12", changed_on=day("17 Mar"))))
    assert [stored.step.kind for stored in (await world.plan()).steps] == ["end", "create", "create"]
    cut(monkeypatch, points.ADDITION_WRITTEN, time=time)
    with pytest.raises(PowerCut):
        await world.desk.apply(world.account_id)
    monkeypatch.undo()
    await world.invoice(world.monthly)

    done = await world.desk.apply(world.account_id)
    assert (done.written, done.refused, codes(done.findings)) == (1, 3 - time, ["BS_PLAN_STALE"][: 3 - time])
    recorded = {number for (number,) in await world.query("SELECT addition_id FROM billing.written_addition")}
    assert recorded == {row["id"] for row in world.rows}
    assert await world.query("SELECT 1 FROM billing.plan_step WHERE state = 'sent'") == []
    plan, _ = await world.sync()
    assert codes(plan.all_findings) == []
    assert live(world) == rows(
        ("Seats", "M365-NCE", "2", "2026-03-17", "2026-03-31"),
        ("Seats", "M365-NCE", "10", "2026-01-01", "2026-03-31"),
        ("Seats", "M365-NCE", "12", "2026-04-01", ""),
    )
    assert (await world.plan()).steps == ()


def cut(monkeypatch, point, time=1):
    """Cut the power when a point is reached for the nth time."""
    reached = itertools.count(1)

    def reach(at):
        if at == point and next(reached) == time:
            raise PowerCut

    for module in (applying, writing, keeping):
        monkeypatch.setattr(module, "reach", reach)
