"""Some of a plan is approved: what belongs to one subscription is written together, whatever of it was named."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledgerwire.billing_sync.selection import Selection
from ledgerwire.common.errors import ConfigurationError

from .conftest import ACME, World, day, sold, subscription


def invoiced(world: World) -> Decimal:
    """What the newest invoice of ConnectWise comes to, without tax."""
    return Decimal(str(list(world.state.tables["invoices"].values())[-1]["subtotal"]))


@pytest.mark.requirement("A206", "A207", "M20")
@pytest.mark.parametrize("kind", ["end", "create"])
async def test_a_single_step_brings_the_others_of_its_subscription(world: World, kind: str) -> None:
    """Ten seats become twelve on 10 April: half of that, written alone, would bill both rows in May, or none."""
    await world.sync(sold(subscription(), subscription("sub-2", "4")))
    await world.invoice(world.monthly)
    world.move(day("20 Apr"))
    changed = {"changed_on": day("10 Apr")}
    await world.post(sold(subscription("sub-1", "12", **changed), subscription("sub-2", "5", **changed)))
    plan = await world.plan()
    steps = [stored.step for stored in plan.steps]
    assert {step.kind for step in steps if step.line == "sub-1"} >= {"end", "create"}
    named = next(step for step in steps if step.line == "sub-1" and step.kind == kind)

    done = await world.desk.apply(world.account_id, plan.plan_id, Selection(steps=[named.key]))
    assert done.written == sum(step.line == "sub-1" for step in steps)
    assert done.left == sum(step.line == "sub-2" for step in steps) > 0
    await world.invoice(world.monthly)
    assert invoiced(world) == Decimal("382.80"), "twelve and four in May, and two for 21 of 30 days of April"


@pytest.mark.requirement("A206")
async def test_what_the_plan_does_not_have_is_refused_before_anything_is_written(world: World) -> None:
    await world.post(sold(subscription()))
    plan = await world.plan()
    [key] = [stored.step.key for stored in plan.steps]
    for unknown, says in (
        (Selection(agreements=[987]), "no agreement 987"),
        (Selection(companies=[987]), "no company 987"),
        (Selection(lines=["sub-9"]), "no subscription sub-9"),
        (Selection(steps=[key, "nothing"]), "no step nothing"),
    ):
        with pytest.raises(ConfigurationError, match=says) as refused:
            await world.desk.apply(world.account_id, None, unknown)
        assert refused.value.code == "PLAN_PART_UNKNOWN"
    assert world.rows == []


@pytest.mark.requirement("A206")
async def test_what_the_plan_has_and_nothing_is_to_be_written_for_is_no_fault_however_often_it_is_applied(
    world: World,
) -> None:
    await world.post(sold(subscription()))
    plan = await world.plan()
    chosen = Selection([world.monthly], [ACME], ["sub-1"], [stored.step.key for stored in plan.steps])
    done = [(await world.desk.apply(world.account_id, plan.plan_id, chosen)).written for _ in range(2)]
    assert done == [1, 0]
    await world.plan()
    assert (await world.desk.apply(world.account_id, None, Selection([world.monthly], lines=["sub-1"]))).written == 0
