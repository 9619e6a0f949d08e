"""A subscription that turns from months to a year paid at once: each day is billed on one agreement, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.common.seats import ChargeKind, ChargeLine, Frequency, SubscriptionSnapshot

from .conftest import SKU, World, annual, codes, day, sold, subscription
from .story import live, rows

MONTH = ChargeLine(
    key="L1",
    invoice="G1",
    customer_id="acme",
    subscription_id="sub-1",
    sku=SKU,
    name="Business Premium",
    kind=ChargeKind.NEW,
    quantity=Decimal(10),
    subtotal=Decimal("200.00"),
    currency="AUD",
    charge_start=day("1 Feb"),
    charge_end=day("28 Feb"),
    frequency=Frequency.MONTHLY,
    unit_price=Decimal(20),
)
YEAR = replace(
    MONTH,
    key="L2",
    invoice="G2",
    kind=ChargeKind.CHANGE_PLAN,
    subtotal=Decimal("2291.60"),
    charge_start=day("1 Mar"),
    charge_end=date(2027, 1, 31),
    frequency=Frequency.ANNUAL,
    unit_price=Decimal(250),
)


def turned_to_years(**changes: Any) -> SubscriptionSnapshot:
    term: dict[str, Any] = {
        "start": day("1 Feb"),
        "term": "P3Y",
        "term_start": day("1 Feb"),
        "term_end": date(2029, 1, 31),
    }
    return annual("sub-1", sku=SKU, name="Business Premium", **term | changes)


@pytest.mark.requirement("M20", "M22")
async def test_a_month_and_the_year_after_it_read_together_go_to_two_agreements(world: World) -> None:
    """220.00 for February on the monthly agreement, the year from 1 March on the annual one."""
    push = sold(turned_to_years(), charges=(MONTH, YEAR))
    plan, _ = await world.sync(push)
    assert live(world) == rows(
        ("Annual seats", "M365-NCE", "10", "2026-03-01", "2027-01-31"),
        ("Seats", "M365-NCE", "10", "2026-02-01", "2026-02-28"),
    )
    assert sum(each.step.effect for each in plan.steps if each.step.agreement_id == world.monthly) == Decimal("220.00")
    plan = await world.plan()
    assert (plan.steps, [each for each in codes(plan.all_findings) if each != "BS_SELLS_BELOW_COST"]) == ((), [])
    report = await world.desk.reconcile(world.account_id, day("1 Jan"), day("30 Apr"))
    assert [row for row in report.rows if row.bought.amount != row.on_agreement.amount] == []


@pytest.mark.requirement("M20", "M24")
async def test_the_row_of_months_ends_the_day_before_the_year_begins(world: World) -> None:
    await world.sync(sold(subscription()))
    world.move(day("25 Mar"))
    year = annual("sub-1", start=date(2026, 1, 1), term_start=day("5 Apr"), term_end=date(2027, 4, 4))
    await world.sync(sold(year))
    assert live(world) == rows(
        ("Annual seats", "M365-NCE-YR", "10", "2026-04-05", "2027-04-04"),
        ("Seats", "M365-NCE", "10", "2026-01-01", "2026-04-04"),
    )
    plan = await world.plan()
    assert (plan.steps, codes(plan.all_findings)) == ((), [])
    report = await world.desk.reconcile(world.account_id, day("1 Jan"), day("30 Apr"))
    assert [row for row in report.rows if row.bought.amount != row.on_agreement.amount] == []


@pytest.mark.requirement("M20", "M24", "F1: BS_CREDIT_DUE")
async def test_days_of_the_year_that_were_invoiced_by_the_month_are_a_credit_due_until_it_is_settled(
    world: World,
) -> None:
    await world.sync(sold(subscription()))
    await world.invoice(world.monthly)
    world.move(day("28 Apr"))
    year = annual("sub-1", start=date(2026, 1, 1), term_start=day("21 Apr"), term_end=date(2027, 4, 20))
    await world.sync(sold(year))
    assert ("Seats", "M365-NCE", 10, "2026-01-01", "2026-04-30") in live(world)
    plan = await world.plan()
    (due,) = [finding for finding in plan.all_findings if finding.code == "BS_CREDIT_DUE"]
    assert "73.33" in due.message
    assert plan.steps == ()
