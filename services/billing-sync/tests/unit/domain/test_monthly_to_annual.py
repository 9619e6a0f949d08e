"""A subscription charged by the month, and paid for at once from some day on: its months are billed to the day before."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.billing_sync.domain.agreements import RowValues, Written
from ledgerwire.billing_sync.domain.pricing import PriceBasis, PriceRule
from ledgerwire.billing_sync.domain.turned import turned
from ledgerwire.billing_sync.domain.wanting import Product, wanted_line
from ledgerwire.common.seats import Frequency, Motion

from .build import FIXED, PRODUCT, RULES, agreement, charge, codes, day, one_time, psa, subscription, values

TERM = {"term": "P3Y", "term_start": day("20 Sep"), "term_end": date(2029, 9, 19)}
YEARLY = {"frequency": Frequency.ANNUAL, "unit": "250", "term_start": day("20 Sep")}
MONTH = charge("new", 10, "200.00", "20 Sep", "19 Oct", unit="20")
YEAR = charge("changeBillingPlan", 10, "2291.60", "20 Oct", "19 Sep 2027", **YEARLY)
SOLD = Product(PRODUCT, "Business Premium", PriceRule(PriceBasis.FIXED, Decimal("300.00")))


def bought(start="20 Sep", **changes):
    return subscription(10, start, Frequency.ANNUAL, **TERM | {"unit_cost": Decimal("250.00")} | changes)


def seats(effective, ends=None):
    row = RowValues(Decimal(10), Decimal("22.00"), Decimal("20.00"), day(effective), ends and day(ends))
    return Written(700, 40, PRODUCT, "sub-1", row, day(effective))


def months(sold, lines=(), rows=(), charged=(), **changes):
    """What is wanted of the monthly agreement."""
    part = turned(sold, lines, rows, charged)
    return wanted_line(part.months, part.lines, FIXED, RULES, customer="Acme", **changes)


def years(sold, lines=(), rows=(), charged=(), today="8 Nov"):
    """What is wanted of the annual agreement."""
    part = turned(sold, lines, rows, charged)
    return wanted_line(sold, lines, SOLD, RULES, customer="Acme", today=day(today), paid_from=part.day)


def monthly_desk(today="8 Nov", next_invoice="1 Dec"):
    return psa(agreement=agreement(next_invoice), today=day(today))


@pytest.mark.requirement("M20", "M22", "M24")
def test_the_months_before_the_switch_are_billed_though_both_were_read_at_once():
    """20 September to 19 October at 22.00: 10 x 22.00 x 11/30 and 10 x 22.00 x 19/31."""
    desk = monthly_desk()
    desk.apply(months(bought(), [MONTH, YEAR]))
    assert desk.live() == [values(10, "20 Sep", "19 Oct", cost="20")]
    assert desk.next_invoice() == Decimal("215.51")
    assert not desk.plan(months(bought(), [MONTH, YEAR])).steps


@pytest.mark.requirement("M20", "M22")
def test_two_whole_months_before_the_switch_are_billed_whole():
    first = charge("new", 10, "200.00", "1 Sep", "30 Sep", unit="20")
    second = charge("cycleCharge", 10, "200.00", "1 Oct", "31 Oct", unit="20")
    year = replace(YEAR, charge_start=day("1 Nov"), charge_end=day("31 Aug 2027"))
    desk = monthly_desk()
    desk.apply(months(bought("1 Sep"), [first, second, year]))
    assert desk.live() == [values(10, "1 Sep", "31 Oct", cost="20")]
    assert desk.next_invoice() == Decimal("440.00")


@pytest.mark.requirement("M22")
def test_the_year_is_charged_from_the_switch_on_the_annual_agreement():
    line = years(bought(), [MONTH, YEAR])
    assert [(each.key, each.quantity, each.starts) for each in line.charges] == [("term:2026-10-20", 10, day("20 Oct"))]
    desk = psa(agreement=one_time(), motion=Motion.SEAT_ANNUAL, today=day("8 Nov"))
    desk.apply(line, elsewhere=(seats("20 Sep", "19 Oct"),))
    assert [row.effective for row in desk.live()] == [day("20 Oct")]
    assert not desk.plan(line).steps


@pytest.mark.requirement("M20", "M24")
def test_a_monthly_row_that_stands_ends_the_day_before_the_switch():
    desk = monthly_desk("25 Sep", "1 Oct")
    desk.apply(wanted_line(subscription(10, "20 Sep"), [MONTH], FIXED, RULES, customer="Acme"))
    assert desk.live() == [values(10, "20 Sep", cost="20")]
    desk.apply(months(bought(), [MONTH, YEAR], tuple(desk.written.values())))
    assert desk.live() == [values(10, "20 Sep", "19 Oct", cost="20")]


@pytest.mark.requirement("M20", "M24", "F1: BS_CREDIT_DUE")
def test_days_after_the_switch_that_were_invoiced_by_the_month_are_a_credit_due():
    """October is invoiced: 20 to 31 October is 10 x 22.00 x 12/31."""
    desk = monthly_desk("25 Sep", "1 Oct")
    desk.apply(wanted_line(subscription(10, "20 Sep"), [MONTH], FIXED, RULES, customer="Acme"))
    desk.invoice()
    plan = desk.apply(months(bought(), [MONTH, YEAR], tuple(desk.written.values())))
    assert desk.live() == [values(10, "20 Sep", "31 Oct", cost="20")]
    assert [due.amount for due in plan.lines[0].credits] == [Decimal("85.16")]
    again = desk.plan(months(bought(), [MONTH, YEAR], tuple(desk.written.values())))
    assert (again.steps, codes(again)) == ((), ["BS_CREDIT_DUE"])


@pytest.mark.requirement("M20", "M24")
def test_a_part_of_a_month_that_was_refunded_is_not_billed():
    year = replace(YEAR, charge_start=day("10 Oct"))
    refund = charge("changeBillingPlan", 10, "-66.67", "10 Oct", "19 Oct", unit="20")
    line = months(bought(), [MONTH, refund, year])
    assert [(span.starts, span.ends, span.quantity) for span in line.held] == [(day("20 Sep"), day("9 Oct"), 10)]


@pytest.mark.requirement("M20", "M24")
def test_by_state_the_row_ends_the_day_before_the_term_and_is_not_touched_again():
    sold = bought("1 Mar", term_start=day("1 Nov"), term_end=date(2029, 10, 31))
    desk = monthly_desk("25 Oct", "1 Nov")
    desk.apply(wanted_line(subscription(10, "1 Mar", changed_on=day("1 Mar")), (), FIXED, RULES, customer="Acme"))
    desk.apply(months(sold, (), tuple(desk.written.values())))
    assert desk.live() == [values(10, "1 Mar", "31 Oct")]
    assert not desk.plan(months(sold, (), tuple(desk.written.values()))).steps


@pytest.mark.requirement("M20", "M22", "M24")
def test_by_state_a_switch_within_the_term_charges_the_days_left():
    """P1Y from 1 March, by the month to 30 September: 300.00 x 10 x 151/365 from 1 October."""
    sold = bought("1 Mar", changed_on=day("1 Oct"), term="P1Y", term_start=day("1 Mar"), term_end=day("28 Feb 2027"))
    rows = (seats("1 Mar"),)
    (charged,) = years(sold, (), rows, today="2 Oct").charges
    assert (charged.key, charged.starts, charged.ends) == ("term:2026-03-01", day("1 Oct"), day("28 Feb 2027"))
    assert charged.unit_price == Decimal("124.11")
    desk = psa(agreement=one_time(), motion=Motion.SEAT_ANNUAL, today=day("2 Oct"))
    desk.apply(years(sold, (), rows, today="2 Oct"))
    record = tuple(desk.written.values())
    later = replace(sold, changed_on=day("5 Nov"))
    assert turned(later, (), rows, record).day == day("1 Oct"), "seats that change later do not move the switch"
    assert not desk.plan(years(sold, (), rows, record, today="3 Oct")).steps


@pytest.mark.requirement("M22")
def test_a_subscription_that_was_always_paid_for_at_once_has_one_part():
    assert turned(bought(), [replace(YEAR, charge_start=day("20 Sep"))], (), ()) is None
    assert turned(subscription(10, "20 Sep"), [MONTH], (seats("20 Sep"),), ()) is None


@pytest.mark.requirement("M20", "M22")
def test_months_between_two_paid_years_are_billed_once():
    first = charge("new", 10, "2500.00", "1 Mar 2025", "28 Feb", **{**YEARLY, "term_start": day("1 Mar 2025")})
    month = charge("changeBillingPlan", 10, "200.00", "1 Mar", "31 Mar", unit="20")
    again = charge("changeBillingPlan", 10, "2291.60", "1 Apr", "28 Feb 2027", **YEARLY)
    line = months(bought("1 Mar 2025"), [first, month, again])
    assert [(span.starts, span.ends) for span in line.held] == [(day("1 Mar"), day("31 Mar"))]


@pytest.mark.requirement("M20", "M24")
def test_by_state_a_row_that_begins_after_the_switch_does_not_hide_its_day():
    """Seats were added on 28 September, so that a row begins on 1 November; the switch was on 21 October."""
    term = {"term": "P1Y", "term_start": day("20 Sep"), "term_end": day("19 Sep 2027")}
    rows = (seats("20 Sep", "31 Oct"), replace(seats("1 Nov"), addition_id=701))
    assert turned(bought(changed_on=day("21 Oct"), **term), (), rows, ()).day == day("21 Oct")
