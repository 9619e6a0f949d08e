"""M20: a source that tells what holds now and not since when: a change counts from the day it is first seen on."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgerwire.billing_sync.domain.days import DAY
from ledgerwire.billing_sync.domain.plan import Reason
from ledgerwire.billing_sync.domain.rules import DecreasePolicy, EditPolicy, PriceBasis, PriceRule
from ledgerwire.billing_sync.domain.wanting import Product, wanted_line

from .build import FIXED, PRODUCT, RULES, agreement, charge, codes, day, psa, subscription, values

MARCH = date(2026, 3, 20)


def told(quantity, product=FIXED, charges=(), **changes):
    return wanted_line(subscription(quantity, "1 Jan", **changes), charges, product, RULES, customer="Acme")


def invoiced_ten(months=3, **changes):
    """Ten seats since January, pushed without a day, invoiced up to and with March."""
    desk = psa(**{"agreement": agreement("1 Jan"), "today": date(2026, 1, 1), **changes})
    desk.apply(told(10))
    for _ in range(months):
        desk.invoice()
    desk.today = MARCH
    return desk


@pytest.mark.requirement("M20", "F1: BS_CHANGE_DAY_UNKNOWN")
def test_two_seats_more_without_a_day_are_caught_up_from_the_day_they_were_seen_not_from_the_start():
    desk = invoiced_ten()
    plan = desk.apply(told(12))
    assert desk.live() == [values(10, "1 Jan", "31 Mar"), values(2, "20 Mar", "31 Mar"), values(12, "1 Apr")]
    assert desk.next_invoice() == Decimal("17.03") + 12 * Decimal("22.00")  # 2 x 22.00 x 12/31, not 132.00
    assert codes(plan) == ["BS_CHANGE_DAY_UNKNOWN"]
    said = plan.lines[0].findings[0].params
    assert (said["date"], said["expected"], said["found"]) == ("20 Mar 2026", "12", "10")


@pytest.mark.requirement("M20")
def test_the_day_stays_the_one_it_was_first_seen_on():
    desk = invoiced_ten()
    desk.apply(told(12))
    for later in range(1, 90, 7):
        desk.today = MARCH + timedelta(days=later)
        while desk.first <= desk.today:
            desk.invoice()
        plan = desk.plan(told(12))
        assert (plan.steps, codes(plan)) == ((), [])


@pytest.mark.requirement("M20")
def test_seats_given_back_without_a_day_are_owed_from_the_day_they_were_seen_and_stay_owed():
    desk = invoiced_ten()
    plan = desk.apply(told(8))
    assert desk.live() == [values(10, "1 Jan", "31 Mar"), values(8, "1 Apr")]
    assert codes(plan) == ["BS_CHANGE_DAY_UNKNOWN", "BS_CREDIT_DUE"]
    (due,) = plan.lines[0].credits
    assert (due.starts, due.ends, due.amount) == (day("20 Mar"), day("31 Mar"), Decimal("17.03"))
    for later in (1, 5, 20, 45):
        desk.today = MARCH + timedelta(days=later)
        while desk.first <= desk.today:
            desk.invoice()
        again = desk.plan(told(8))
        assert not again.steps
        assert [each.key for each in again.lines[0].credits] == [due.key]


@pytest.mark.requirement("M20")
def test_seats_that_are_all_given_back_without_a_day_are_owed_from_the_day_that_was_seen():
    desk = invoiced_ten()
    plan = desk.apply(told(0))
    assert desk.live() == [values(10, "1 Jan", "31 Mar")]
    assert plan.lines[0].credits[0].amount == Decimal("85.16")  # 10 x 22.00 x 12/31
    desk.today += 5 * DAY
    assert not desk.plan(told(0)).steps
    desk.apply(told(3))
    assert desk.live()[1:] == [values(3, "1 Apr")]
    owed = {due.starts: due.amount for due in desk.plan(told(3)).lines[0].credits}
    assert owed == {day("20 Mar"): Decimal("35.48"), day("25 Mar"): Decimal("34.77")}  # 10 x 22 x 5/31, 7 x 22 x 7/31


@pytest.mark.requirement("M20")
def test_in_arrears_the_rows_part_on_the_day_it_was_seen():
    desk = psa(agreement=agreement("1 Feb", period_type="Current"), today=date(2026, 1, 10))
    desk.apply(told(10))
    desk.invoice()
    desk.invoice()
    desk.today = MARCH
    desk.apply(told(12))
    assert desk.live() == [values(10, "1 Jan", "19 Mar"), values(12, "20 Mar")]
    desk.today += 3 * DAY
    assert not desk.plan(told(12)).steps


@pytest.mark.requirement("M20")
def test_a_day_that_the_source_gives_later_puts_the_guess_right():
    desk = invoiced_ten()
    desk.apply(told(12))
    desk.apply(told(12, changed_on=day("17 Mar")))
    assert desk.next_invoice() == Decimal("21.29") + 12 * Decimal("22.00")  # 2 x 22.00 x 15/31


@pytest.mark.requirement("M20")
def test_a_first_look_has_nothing_to_remember_and_begins_with_the_subscription():
    desk = psa(today=MARCH)
    desk.apply(told(12))
    assert desk.live() == [values(12, "1 Jan")]


@pytest.mark.requirement("M20")
def test_an_end_that_was_recorded_by_mistake_is_taken_back_whole():
    desk = psa(agreement=agreement("1 Mar"), today=MARCH)
    desk.apply(told(10))
    desk.apply(told(10, ended_on=day("10 Mar")))
    assert desk.seats_on(day("11 Mar")) == 0
    desk.apply(told(10))
    assert all(desk.seats_on(when) == 10 for when in (day("10 Mar"), day("11 Mar"), day("20 Mar"), day("1 Jun")))


@pytest.mark.requirement("M20")
def test_seats_beyond_the_lines_charged_so_far_count_from_the_day_they_were_seen():
    """The portal shows 12; the line that charges for them comes with the next invoice of the distributor."""
    new = charge("new", 10, "180.00", "1 Jan", "31 Jan", unit="18.00")
    desk = psa(agreement=agreement("1 Jan"), today=date(2026, 1, 1))
    desk.apply(told(10, charges=(new,)))
    for _ in range(3):
        desk.invoice()
    desk.today = MARCH
    desk.apply(told(12, charges=(new,)))
    assert desk.next_invoice() == Decimal("17.03") + 12 * Decimal("22.00")
    added = (
        charge("addQuantity", 10, "-87.10", "17 Mar", "31 Mar", unit="18.00"),
        charge("addQuantity", 12, "104.52", "17 Mar", "31 Mar", unit="18.00"),
    )
    desk.apply(told(12, charges=(new, *added)))
    assert desk.next_invoice() == Decimal("21.29") + 12 * Decimal("22.00")


@pytest.mark.requirement("M21")
def test_a_sell_price_without_a_day_holds_from_the_day_it_was_seen():
    sold = Product(PRODUCT, "Seats", PriceRule(PriceBasis.SOURCE, updates_price=True))
    desk = psa(agreement=agreement("1 Mar", period_type="Current"), today=date(2026, 2, 10))
    desk.apply(told(10, sold, unit_sell=Decimal("22.00")))
    desk.invoice()
    desk.today = MARCH
    desk.apply(told(10, sold, unit_sell=Decimal("24.00")))
    assert desk.live() == [values(10, "1 Jan", "19 Mar"), values(10, "20 Mar", price="24.00")]
    assert not desk.plan(told(10, sold, unit_sell=Decimal("24.00"))).steps


CHANGES = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 25)), min_size=1, max_size=6)


@given(CHANGES, st.booleans(), st.sampled_from(list(DecreasePolicy)), st.booleans())
@settings(deadline=None)
@pytest.mark.requirement("M20", "B33")
def test_whatever_is_told_without_days_a_second_plan_is_empty_and_every_day_is_billed_as_it_was_seen(
    changes, advance, decreases, crash
):
    desk = psa(
        agreement=agreement("1 Jan" if advance else "1 Feb", period_type="Future" if advance else "Current"),
        decreases=decreases,
        edits=EditPolicy.OVERWRITE,
        today=date(2026, 1, 1),
    )
    desk.apply(told(5))
    seen = [(date(2026, 1, 1), Decimal(5))]
    for quantity, days in changes:
        desk.today += timedelta(days=days)
        _keep_invoicing(desk, advance)
        if crash:
            desk.crash(0, told(quantity))
        desk.apply(told(quantity))
        if seen[-1][1] != quantity:
            seen.append((desk.today, Decimal(quantity)))
        assert not desk.plan(told(quantity)).steps
    while desk.first < date(2026, 12, 1):
        desk.today = max(desk.today, desk.first)
        owed = [due.amount for line in desk.apply(told(changes[-1][0])).lines for due in line.credits]
        desk.invoice()
    wanted = sum(_held(seen, date(2026, 1, 1) + n * DAY) * 22 / _month(date(2026, 1, 1) + n * DAY) for n in range(334))
    billed = sum(desk.invoices, Decimal(0)) - sum(owed, Decimal(0))
    assert abs(billed - wanted) <= Decimal("0.02") * (len(desk.rows) + 1) * 12


def _keep_invoicing(desk, advance):
    while desk.first <= desk.today.replace(day=1) - (0 if advance else 31) * DAY:
        desk.invoice()


def _held(seen, when):
    return next(quantity for starts, quantity in reversed(seen) if starts <= when)


def _month(when):
    return (_next_month(when) - when.replace(day=1)).days


def _next_month(when):
    return (when.replace(day=28) + 4 * DAY).replace(day=1)


@pytest.mark.requirement("M20")
def test_a_cost_that_is_told_without_a_day_does_not_part_the_rows():
    desk = invoiced_ten()
    plan = desk.apply(replace(told(10, unit_cost=Decimal("19.00"))))
    assert {step.reason for step in plan.steps} <= {Reason.COST_CHANGED, Reason.NEW, Reason.REPAIRED}
    assert desk.next_invoice() == 10 * Decimal("22.00")
