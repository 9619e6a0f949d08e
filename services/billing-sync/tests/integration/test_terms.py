"""Credits that people settle, trials, co-termination, and an annual term that is charged once whatever happens."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.billing_sync.selection import Selection
from ledgerwire.common.errors import ConfigurationError

from .conftest import annual, codes, day, sold, subscription
from .story import live, rows


@pytest.mark.requirement("M20", "D10", "F1: BS_CREDIT_DUE")
async def test_a_credit_for_seats_given_back_is_listed_until_somebody_settles_it(world):
    await world.sync(sold(subscription()))
    await world.invoice(world.monthly)
    world.move(day("20 Apr"))
    plan, _ = await world.sync(sold(subscription(quantity="8", changed_on=day("16 Apr"))))
    assert codes(plan.all_findings) == ["BS_CREDIT_DUE"]

    [due] = await world.desk.credits(world.account_id)
    assert (due.quantity, due.amount, due.starts, due.ends) == (
        Decimal(2),
        Decimal("22.00"),
        day("16 Apr"),
        day("30 Apr"),
    )
    await world.desk.settle(world.account_id, due.key, "CM-17", "Robin")
    assert await world.desk.credits(world.account_id) == ()
    assert codes((await world.plan()).all_findings) == []
    [kept] = await world.desk.settled(world.account_id)
    assert (kept.credit, kept.note, kept.settled_by) == (due, "CM-17", "Robin")

    await world.desk.take_back(world.account_id, due.key)
    assert codes((await world.plan()).all_findings) == ["BS_CREDIT_DUE"]
    with pytest.raises(ConfigurationError, match="no credit"):
        await world.desk.settle(world.account_id, "unknown", "", "Robin")
    with pytest.raises(ConfigurationError, match="was settled"):
        await world.desk.take_back(world.account_id, due.key)


@pytest.mark.requirement("M20", "M22", "D10")
async def test_a_settled_credit_ties_the_reconciliation_of_its_month(world):
    await world.sync(sold(subscription()))
    await world.invoice(world.monthly)
    world.move(day("20 Apr"))
    await world.sync(sold(subscription(quantity="8", changed_on=day("16 Apr"))))
    april = day("1 Apr"), day("30 Apr")
    before = await world.desk.reconcile(world.account_id, *april)
    assert [row.difference for row in before.leaks] == [Decimal("-22.00")]
    [due] = await world.desk.credits(world.account_id)
    await world.desk.settle(world.account_id, due.key, "CM-17", "Robin")
    assert (await world.desk.reconcile(world.account_id, *april)).clean


@pytest.mark.requirement("M20", "M21", "M22")
async def test_annual_seats_given_back_after_the_invoice_are_a_credit_that_can_be_settled(world):
    await world.sync(sold(annual()))
    await world.invoice(world.annual)
    plan, _ = await world.sync(sold(annual(quantity="8", changed_on=day("1 Mar"))))
    assert codes(plan.all_findings) == ["BS_CREDIT_DUE"]
    [due] = await world.desk.credits(world.account_id)
    assert due.amount == Decimal("44.00")
    await world.desk.settle(world.account_id, due.key, "CM-18", "Robin")
    again = await world.plan()
    assert (codes(again.all_findings), again.steps) == ([], ())


@pytest.mark.requirement("B33", "F1: BS_TRIAL_SKIPPED")
async def test_a_trial_is_not_billed_and_the_paid_subscription_is_from_its_first_day(world):
    plan, _ = await world.sync(sold(subscription(trial=True, start=day("2 Mar"))))
    assert (codes(plan.all_findings), world.rows) == (["BS_TRIAL_SKIPPED"], [])
    world.move(day("28 Mar"))
    await world.sync(sold(subscription(start=day("2 Mar"), changed_on=day("27 Mar"))))
    assert live(world) == rows(("Seats", "M365-NCE", "10", "2026-03-27", ""))
    assert (await world.plan()).steps == ()


@pytest.mark.requirement("B33")
async def test_where_the_account_wants_trials_shown_they_stand_there_at_no_price(world):
    await world.policies(trials=True)
    await world.sync(sold(subscription(trial=True, start=day("2 Mar"))))
    assert [(row["quantity"], Decimal(row["unitPrice"])) for row in world.rows] == [(10, 0)]
    assert (await world.plan()).steps == ()


@pytest.mark.requirement("M21", "A206")
async def test_a_first_term_cut_short_to_end_with_another_is_charged_for_its_days_and_the_next_one_whole(world):
    """Bought on 15 March to end with a term that ends on 30 June; renewed for a year from then on."""
    short = annual(start=day("15 Mar"), term_start=day("15 Mar"), term_end=day("30 Jun"), co_term_with="year-0")
    await world.sync(sold(short))
    assert live(world) == rows(("Annual seats", "M365-NCE-YR", "10", "2026-03-15", "2026-06-30"))
    await world.policies(one_time="copy")
    await world.invoice(world.annual)
    world.move(day("2 Jul"))
    await world.sync(sold(annual(start=day("15 Mar"), term_start=day("1 Jul"), term_end=date(2027, 6, 30))))
    assert live(world)[1:] == rows(("Annual seats 2026-07-02", "M365-NCE-YR", "10", "2026-07-01", "2027-06-30"))
    assert (await world.plan()).steps == ()


@pytest.mark.requirement("A207", "M22", "D12")
async def test_a_term_is_charged_once_whatever_is_posted_planned_copied_and_applied_again(world):
    await world.policies(one_time="copy")
    for _ in range(2):
        await world.sync(sold(annual()))
        if world.agreement(world.annual).get("nextInvoiceDate"):
            await world.invoice(world.annual)
    await world.sync(sold(annual(), annual("year-2", "3")))
    for _ in range(2):
        await world.sync(sold(annual(), annual("year-2", "3")))
    assert [(name, seats) for name, _, seats, _, _ in live(world)] == [
        ("Annual seats", Decimal(10)),
        ("Annual seats 2026-03-20", Decimal(3)),
    ]


@pytest.mark.requirement("A207", "M22")
@pytest.mark.parametrize("selected", ["everything", "one subscription", "one row"])
async def test_two_terms_that_begin_after_the_invoice_share_one_copy_of_the_agreement(world, selected):
    """Whatever is approved of the plan: a row is never written to the agreement that has had its invoice."""
    await world.policies(one_time="copy")
    await world.sync(sold(annual()))
    await world.invoice(world.annual)
    await world.post(sold(annual(), annual("year-2", "3"), annual("year-3", "4")))
    plan = await world.plan()
    assert sorted(stored.step.kind for stored in plan.steps) == ["copy-agreement", "create", "create"]
    first = next(stored.step for stored in plan.steps if stored.step.kind == "create" and stored.step.line == "year-3")
    choice = {"one subscription": Selection(lines=[first.line]), "one row": Selection(steps=[first.key])}
    await world.desk.apply(world.account_id, None, choice.get(selected))
    on_copy = [(name, seats) for name, _, seats, _, _ in live(world)[1:]]
    wanted = [("Annual seats 2026-03-20", Decimal(n)) for n in ((4,) if selected in choice else (3, 4))]
    assert sorted(on_copy) == wanted


@pytest.mark.requirement("A201", "A206", "B33")
async def test_each_motion_goes_to_its_own_agreement_and_may_be_enabled_alone(world):
    await world.configure(
        agreements=[row for row in world.content["seats"]["agreements"] if row["motion"] != "seat-annual"]
    )
    plan, _ = await world.sync(sold(subscription(), annual()))
    assert {row["agreementId"] for row in world.rows} == {world.monthly}
    assert [each.params["motion"] for each in plan.all_findings if each.code == "BS_NO_AGREEMENT"] == ["seat-annual"]
    links = [
        *world.content["seats"]["agreements"],
        {"company": 250, "motion": "seat-annual", "agreement": world.annual},
    ]
    await world.configure(agreements=links)
    await world.sync()
    assert {row["agreementId"] for row in world.rows} == {world.monthly, world.annual}
