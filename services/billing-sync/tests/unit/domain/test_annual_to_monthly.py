"""A subscription paid by the year, and by the month from some day on: the paid days are billed once."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.billing_sync.domain.agreements import RowValues, Written
from ledgerwire.billing_sync.domain.wanting import wanted_line
from ledgerwire.common.seats import Frequency

from .build import FIXED, RULES, agreement, charge, codes, day, psa, subscription, values

YEARLY = {"frequency": Frequency.ANNUAL, "unit": "250"}
YEAR = charge("new", 10, "2500.00", "1 Mar", "28 Feb 2027", **YEARLY)
MONTH = charge("changeBillingPlan", 10, "200.00", "1 Mar 2027", "31 Mar 2027", unit="20")
ROW = RowValues(Decimal(10), Decimal("275.00"), Decimal("250.00"), day("1 Mar"), day("28 Feb 2027"))
PAID = Written(900, 41, 501, "sub-1", ROW, day("1 Mar"), "term:2026-03-01")


def told(*charges, **changes):
    return wanted_line(subscription(10, "1 Mar", **changes), charges, FIXED, RULES, customer="Acme")


def desk_on(today, next_invoice):
    return psa(agreement=agreement(next_invoice), today=day(today))


@pytest.mark.requirement("M20", "M22")
def test_a_year_that_was_paid_at_once_is_not_billed_again_by_the_month():
    """2,500.00 for the year to 28 February 2027, then 200.00 a month: March and April are 10 x 22.00 each."""
    desk = desk_on("8 Mar 2027", "1 Apr 2027")
    plan = desk.apply(told(YEAR, MONTH), elsewhere=(PAID,))
    assert desk.live() == [values(10, "1 Mar 2027", cost="20")]
    assert desk.next_invoice() == Decimal("440.00")
    assert codes(plan) == []
    assert not desk.plan(told(YEAR, MONTH), elsewhere=(PAID,)).steps


@pytest.mark.requirement("M22", "F1: BS_ONE_OFF_NOT_BILLED")
def test_a_paid_year_that_no_addition_bills_is_said_with_its_amount():
    desk = desk_on("8 Mar 2027", "1 Apr 2027")
    plan = desk.apply(told(YEAR, MONTH))
    assert desk.next_invoice() == Decimal("440.00")
    assert codes(plan) == ["BS_ONE_OFF_NOT_BILLED"]
    assert "2,500.00 USD" in plan.lines[0].findings[0].message


@pytest.mark.requirement("M22", "F1: BS_ONE_OFF_NOT_BILLED")
def test_an_addition_of_the_year_before_does_not_stand_for_the_last_paid_one():
    second = charge("cycleCharge", 10, "2500.00", "1 Mar 2027", "29 Feb 2028", **YEARLY)
    month = charge("changeBillingPlan", 10, "200.00", "1 Mar 2028", "31 Mar 2028", unit="20")
    desk = desk_on("8 Mar 2028", "1 Apr 2028")
    plan = desk.apply(told(YEAR, second, month), elsewhere=(PAID,))
    assert desk.live() == [values(10, "1 Mar 2028", cost="20")]
    assert codes(plan) == ["BS_ONE_OFF_NOT_BILLED"]


@pytest.mark.requirement("M20", "M22")
def test_seats_added_within_the_paid_year_are_no_seats_of_the_month():
    added = [
        charge("addQuantity", 10, "-205.48", "30 Jan 2027", "28 Feb 2027", **YEARLY),
        charge("addQuantity", 12, "246.58", "30 Jan 2027", "28 Feb 2027", **YEARLY),
    ]
    month = replace(MONTH, quantity=Decimal(12), subtotal=Decimal("240.00"))
    line = wanted_line(subscription(12, "1 Mar"), [YEAR, *added, month], FIXED, RULES, customer="Acme")
    assert [(span.starts, span.quantity) for span in line.held] == [(day("1 Mar 2027"), 12)]


@pytest.mark.requirement("M20", "M22")
def test_days_of_the_year_that_were_refunded_are_billed_by_the_month():
    refund = charge("changeBillingPlan", 10, "-1253.42", "30 Aug", "28 Feb 2027", **YEARLY)
    month = charge("changeBillingPlan", 10, "200.00", "30 Aug", "29 Sep", unit="20")
    desk = desk_on("2 Sep", "1 Oct")
    desk.apply(told(YEAR, refund, month), elsewhere=(PAID,))
    assert desk.live() == [values(10, "30 Aug", cost="20")]


@pytest.mark.parametrize(
    "changed_on", [None, date(2026, 3, 20), date(2027, 3, 1)], ids=["no day", "a day of the year", "the switch"]
)
@pytest.mark.requirement("M20", "M22")
def test_by_state_seats_begin_after_the_year_that_our_addition_billed(changed_on):
    desk = desk_on("8 Mar 2027", "1 Apr 2027")
    desk.apply(told(changed_on=changed_on), elsewhere=(PAID,))
    assert desk.live() == [values(10, "1 Mar 2027")]
    assert desk.next_invoice() == Decimal("440.00")


@pytest.mark.requirement("M22", "F1: BS_STANDS_ON_ANOTHER_AGREEMENT")
def test_by_state_a_year_that_still_runs_stops_the_seats_until_a_person_tells():
    desk = desk_on("25 Mar", "1 Apr")
    plan = desk.apply(told(changed_on=day("20 Mar")), elsewhere=(PAID,))
    assert (plan.steps, codes(plan)) == ((), ["BS_STANDS_ON_ANOTHER_AGREEMENT"])
