"""Seats that would be billed twice: one subscription from two sources, and rows that stand on another agreement."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from .conftest import ACME, NEXT, SOURCE, World, codes, day, sold, subscription

SECOND = "second"


async def two_sources(world: World) -> None:
    """A second push source whose customer `acme` is the same company."""
    await world.configure(
        sources=[{"name": SOURCE, "kind": "push"}, {"name": SECOND, "kind": "push"}],
        customers=[{"source": name, "customer": "acme", "company": ACME} for name in (SOURCE, SECOND)],
    )


async def another_agreement(world: World) -> int:
    """A second monthly agreement of the company, chosen for its seats from now on."""
    first = world.agreement(world.monthly)
    names = ("company", "type", "billingCycle", "prorateFlag", "invoicingCycle", "periodType", "currency")
    body = {name: first[name] for name in names if name in first}
    body |= {"name": "Seats 2", "startDate": "2025-12-01T00:00:00Z", "noEndingDateFlag": True, "nextInvoiceDate": NEXT}
    body |= {"invoiceProratedAdditionsFlag": True}
    number: int = (await world.person("POST", "/finance/agreements", body))["id"]
    await choose(world, number)
    return number


async def choose(world: World, number: int) -> None:
    chosen: list[dict[str, Any]] = [
        {**each, "agreement": number} if each["motion"] == "seat-monthly" else each
        for each in world.content["seats"]["agreements"]
    ]
    await world.configure(agreements=chosen)


def live(world: World, number: int) -> list[tuple[Decimal, str, str]]:
    rows = [row for row in world.rows if row["agreementId"] == number and Decimal(str(row["quantity"]))]
    return [(Decimal(str(r["quantity"])), r["effectiveDate"][:10], (r.get("cancelledDate") or "")[:10]) for r in rows]


@pytest.mark.requirement("F1: BS_SOLD_BY_TWO_SOURCES")
async def test_a_subscription_that_two_sources_show_stops_and_the_rest_is_planned(world: World) -> None:
    await two_sources(world)
    push = sold(subscription(), subscription("sub-2", "3", name="Other", sku="CFQ7TTC0LCHC:0002"))
    await world.desk.push(world.account_id, SOURCE, push)
    await world.desk.push(world.account_id, SECOND, sold(subscription()))
    plan, _ = await world.sync()
    (stop,) = [finding for finding in plan.all_findings if finding.code == "BS_SOLD_BY_TWO_SOURCES"]
    assert stop.message == "Subscription sub-1 of Acme is shown by distributor, second: it would be billed twice." or (
        "shown by distributor, second" in stop.message
    )
    assert {stored.step.line for stored in plan.steps} == {"sub-2"}
    assert [quantity for quantity, _, _ in live(world, world.monthly)] == [3]


@pytest.mark.requirement("F1: BS_SOLD_BY_TWO_SOURCES")
async def test_once_one_source_shows_it_alone_its_row_goes_on(world: World) -> None:
    await world.sync(sold(subscription()))
    await two_sources(world)
    await world.desk.push(world.account_id, SECOND, sold(subscription()))
    assert "BS_SUBSCRIPTION_GONE" not in codes((await world.plan()).all_findings)
    await world.configure(sources=[{"name": SOURCE, "kind": "push"}])
    plan = await world.plan()
    assert (plan.steps, codes(plan.all_findings)) == ((), [])


@pytest.mark.requirement("M20", "F1: BS_STANDS_ON_ANOTHER_AGREEMENT")
async def test_another_agreement_bills_nothing_while_the_row_goes_on_on_the_first(world: World) -> None:
    await world.sync(sold(subscription()))
    first, second = world.monthly, await another_agreement(world)
    plan, _ = await world.sync()
    (stop,) = [finding for finding in plan.all_findings if finding.stops]
    assert stop.code == "BS_STANDS_ON_ANOTHER_AGREEMENT"
    assert "10 at 22.00 from 01 Jan 2026 still stands on Seats" in stop.message
    assert live(world, second) == []
    (row,) = world.rows
    await world.edit(row, cancelledDate="2026-03-31T00:00:00Z")
    await world.sync()
    assert live(world, first) == [(10, "2026-01-01", "2026-03-31")]
    assert live(world, second) == [(10, "2026-04-01", "")], "no day is billed on both"
    assert not (await world.plan()).steps
    report = await world.desk.reconcile(world.account_id, day("1 Jan"), day("30 Apr"))
    assert [row for row in report.rows if row.bought.amount != row.on_agreement.amount] == []


@pytest.mark.requirement("M20")
async def test_an_agreement_that_has_ended_hands_over_on_the_day_after(world: World) -> None:
    await world.sync(sold(subscription()))
    first = world.monthly
    second = await another_agreement(world)
    world.agreement(first).update(endDate="2026-02-28T00:00:00Z", noEndingDateFlag=False)
    await world.sync()
    assert live(world, second) == [(10, "2026-03-01", "")]
