"""Seats of a paid year that were given back: the credit is listed by every plan until a person settles it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from .conftest import World, annual, codes, day, sold, subscription


async def amounts(world: World) -> list[Decimal]:
    return [due.amount for due in await world.desk.credits(world.account_id)]


@pytest.mark.requirement("M20", "M22", "F1: BS_CREDIT_DUE")
async def test_a_credit_of_a_paid_year_stays_listed_through_changes_and_renewal_until_it_is_settled(
    world: World,
) -> None:
    """10 seats from 1 March, invoiced; 8 from 5 March: 22.00 x 2 x 361/365 is due, whatever comes after."""
    await world.policies(one_time="copy")
    await world.sync(sold(annual()))
    await world.invoice(world.annual)
    await world.sync(sold(annual("year-1", "8", changed_on=day("5 Mar"))))
    owed = await amounts(world)
    assert owed == [Decimal("43.52")]
    world.move(day("19 Oct"))
    await world.sync(sold(annual("year-1", "18", changed_on=day("19 Oct"))))
    billed = [Decimal(str(row["unitPrice"])) for row in world.rows]
    assert billed == [Decimal("22.00"), Decimal("80.16")], "ten seats more, 22.00 x 10 x 133/365"
    assert await amounts(world) == owed
    world.move(date(2027, 3, 3))
    term = {"term_start": date(2027, 3, 1), "term_end": date(2028, 2, 29)}
    await world.sync(sold(annual("year-1", "18", changed_on=date(2027, 3, 1), **term)))
    assert await amounts(world) == owed
    (due,) = await world.desk.credits(world.account_id)
    await world.desk.settle(world.account_id, due.key, "credit memo 7", "clerk")
    plan = await world.plan()
    assert (await amounts(world), codes(plan.all_findings)) == ([], [])


@pytest.mark.requirement("M20", "F1: BS_CREDIT_DUE")
async def test_a_credit_stays_listed_while_its_subscription_is_not_shown(world: World) -> None:
    await world.sync(sold(annual()))
    await world.invoice(world.annual)
    await world.sync(sold(annual("year-1", "8", changed_on=day("5 Mar"))))
    for _ in range(2):
        plan, _ = await world.sync(sold(subscription()))
        assert await amounts(world) == [Decimal("43.52")]
        assert "BS_CREDIT_DUE" in codes(plan.all_findings)


@pytest.mark.requirement("M20", "F1: BS_CREDIT_DUE")
async def test_a_credit_is_remembered_beyond_a_plan_without_its_agreement(world: World) -> None:
    """The credit comes back although a plan between did not see the agreement, and seats changed meanwhile."""
    await world.policies(one_time="copy")
    await world.sync(sold(annual()))
    await world.invoice(world.annual)
    await world.sync(sold(annual("year-1", "8", changed_on=day("5 Mar"))))
    chosen = world.content["seats"]["agreements"]
    await world.configure(agreements=[each for each in chosen if each["motion"] != "seat-annual"])
    await world.plan()
    assert await amounts(world) == []
    await world.configure(agreements=chosen)
    world.move(day("19 Oct"))
    await world.sync(sold(annual("year-1", "18", changed_on=day("19 Oct"))))
    assert await amounts(world) == [Decimal("43.52")]
    await world.plan()
    assert await amounts(world) == [Decimal("43.52")], "listed on the copy, and once"
