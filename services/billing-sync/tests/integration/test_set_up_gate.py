"""Nothing is written by itself before the set-up is done: what stands open is told, the plan is kept, a person may still approve."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from .conftest import ACME, OTHER, SOURCE, World, annual, codes, sold, subscription
from .test_looks import ended, serving, until

NOT_READY = [
    ("PSA ready", "miscellaneous products", "BS_MISC_PRODUCT_MISSING"),
    ("PSA ready", "defaults of created products", "BS_DEFAULT_MISSING"),
]


def shut(run: Any) -> list[tuple[str, str, str]]:
    return [(each["phase"], each["check"], each["code"]) for each in run.progress.get("open", [])]


async def rested(world: World) -> Any:
    """The recurring row, once a look has put it to rest."""

    async def look() -> Any:
        [row] = await world.query(
            "SELECT last_code, due_at - now() AS rests FROM billing.work WHERE work_key = 'seats'"
            " AND account_id = current_setting('app.account_id')::uuid"
        )
        return row if row.last_code else None

    return await until(look)


@pytest.mark.requirement("A162", "A166", "F1: BS_SET_UP_OPEN")
async def test_an_automatic_look_writes_nothing_while_a_check_of_the_set_up_stands_open_and_says_which(world: World):
    await world.configure(apply="automatic")
    await world.post(sold(subscription()))
    async with serving(world):
        [run] = await ended(world, 1)
        row = await rested(world)
    assert (run.failed_with, row.last_code) == ("BS_SET_UP_OPEN", "BS_SET_UP_OPEN")
    assert timedelta(minutes=50) < row.rests < timedelta(minutes=70)
    assert dict.fromkeys(shut(run)) == dict.fromkeys(
        [*NOT_READY, ("PSA ready", "GL mappings", "BS_GL_MAPPING_MISSING")]
    )
    assert (run.progress["steps"], "written" in run.progress, world.rows) == (1, False, [])
    plan = await world.desk.latest(world.account_id)
    assert plan.plan_id == run.plan_id

    # the plan is kept: a person who knows better approves it
    done = await world.desk.apply(world.account_id)
    assert (done.written, len(world.rows)) == (1, 1)


@pytest.mark.requirement("A162")
async def test_the_look_after_the_set_up_was_done_writes_by_itself(world: World):
    await world.configure(apply="automatic")
    await world.post(sold(subscription()))
    async with serving(world):
        await ended(world, 1)
    assert world.rows == []
    await world.set_up()
    await world.query("UPDATE billing.work SET due_at = now() WHERE work_key = 'seats'")
    async with serving(world):
        run, _ = await ended(world, 2)
    assert (run.failed_with, shut(run), run.progress["written"], len(world.rows)) == (None, [], 1, 1)


@pytest.mark.requirement("A162", "A199", "A200")
async def test_an_agreement_that_ended_holds_up_its_own_customer_and_nobody_else(world: World):
    common = {"startDate": "2025-12-01T00:00:00Z", "endDate": "2026-03-19T00:00:00Z", "noEndingDateFlag": False}
    common |= {"nextInvoiceDate": "2026-04-01T00:00:00Z", "periodType": "Future", "invoicingCycle": "CalendarYear"}
    body = {"name": "Other seats", "type": {"id": 2}, "billingCycle": {"id": 1}, "prorateFlag": True}
    made = await world.person("POST", "/finance/agreements", {**common, **body, "company": {"id": OTHER}})
    section = world.content["seats"]
    await world.set_up(
        apply="automatic",
        customers=[*section["customers"], {"source": SOURCE, "customer": "other", "company": OTHER}],
        agreements=[*section["agreements"], {"company": OTHER, "motion": "seat-monthly", "agreement": made["id"]}],
    )
    await world.post(sold(subscription(), subscription("theirs", customer_id="other")))
    async with serving(world):
        [run] = await ended(world, 1)
    assert (run.failed_with, run.progress["written"]) == (None, 1)
    assert {row["agreementId"] for row in world.rows} == {world.monthly}
    found = await world.desk.check(world.account_id)
    assert (found.ok, found.may_run) == (False, True)
    plan = await world.desk.latest(world.account_id)
    assert "BS_AGREEMENT_ENDED" in codes(plan.all_findings)
    assert {part.company_id for part in plan.parts} == {ACME, OTHER}


@pytest.mark.requirement("A162", "A199", "F1: BS_AGREEMENT_ENDED")
async def test_an_agreement_that_ended_holds_up_its_own_motion_and_not_the_other_one_of_the_same_customer(world: World):
    await world.set_up(apply="automatic")
    await world.post(sold(subscription(), annual()))
    world.agreement(world.annual).update(endDate="2026-03-10T00:00:00Z", noEndingDateFlag=False)
    found = await world.desk.check(world.account_id)
    assert (found.ok, found.may_run) == (False, True)
    async with serving(world):
        [run] = await ended(world, 1)
    assert (run.failed_with, run.progress["written"]) == (None, 1)
    assert {row["agreementId"] for row in world.rows} == {world.monthly}
    world.agreement(world.monthly).update(endDate="2026-03-10T00:00:00Z", noEndingDateFlag=False)
    found = await world.desk.check(world.account_id)
    left = {"BS_AGREEMENT_ENDED", "BS_NO_ACTIVE_AGREEMENT"}
    assert (found.may_run, {each.finding.code for each in found.standing_open}) == (False, left)


@pytest.mark.requirement("A162")
async def test_with_nothing_to_write_a_look_needs_no_check(world: World):
    await world.configure(apply="automatic")
    await world.post(sold())
    async with serving(world):
        [run] = await ended(world, 1)
    assert (run.failed_with, shut(run), run.progress["steps"]) == (None, [], 0)
