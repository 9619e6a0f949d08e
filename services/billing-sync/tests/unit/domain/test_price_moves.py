"""A price that moves in days that are invoiced: which day it begins to bill, and what of it nobody bills."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ledgerwire.billing_sync.domain.rules import PriceBasis, PriceRule
from ledgerwire.billing_sync.domain.wanting import Product, wanted_line

from .build import PRODUCT, RULES, agreement, charge, codes, day, held, psa, said, subscription, wanted

CODE = "BS_RETAIL_PRICE_CHANGED"
MARKUP = Product(PRODUCT, "Business Premium", PriceRule(PriceBasis.MARKUP, Decimal(20), updates_price=True))


def told(quantity, *charges, **changes):
    return wanted_line(subscription(quantity, "28 Jan", **changes), charges, MARKUP, RULES, customer="Acme")


def moved(plan):
    """(old, new, date, what is billed) of each price that a plan says to have changed."""
    found = [finding for line in plan.lines for finding in line.findings if finding.code == CODE]
    assert all(said(finding) for finding in found)
    return [tuple(finding.params[name] for name in ("old", "new", "date", "billed")) for finding in found]


def stood(*spans, next_invoice="1 Apr", **changes):
    """An agreement with rows for what was held, its invoices made up to the next one."""
    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(wanted(*spans, updates_price=True, **changes))
    while desk.agreement.next_invoice < day(next_invoice):
        desk.invoice()
    return desk


@pytest.mark.requirement("M20", "M21", "F1: BS_RETAIL_PRICE_CHANGED")
def test_a_price_that_rose_in_invoiced_days_is_said_where_seats_change_in_the_same_look():
    """Two seats at 12.00 plus 20 %, 13.00 from 28 February, seven from 2 March, March invoiced: 2 x 1.20 x (1/28 + 1)."""
    lines = [charge("new", 2, "24.00", "28 Jan", "27 Feb")]
    desk = psa(agreement=agreement("1 Feb"))
    desk.apply(told(2, *lines))
    desk.invoice()
    desk.invoice()
    assert desk.first == day("1 Apr")
    lines += [
        charge("renew", 2, "26.00", "28 Feb", "27 Mar", unit="13.00"),
        charge("addQuantity", 2, "-24.14", "2 Mar", "27 Mar", unit="13.00"),
        charge("addQuantity", 7, "84.50", "2 Mar", "27 Mar", unit="13.00"),
    ]
    plan = desk.apply(told(7, *lines, changed_on=day("2 Mar")))
    lost = "billed from 01 Apr 2026 on, and 2.49 USD for 28 Feb 2026 to 31 Mar 2026 is not billed"
    assert moved(plan) == [("14.40", "15.60", "28 Feb 2026", lost)]
    assert codes(plan) == ["BS_COST_PRICE_CHANGED", CODE]
    again = desk.plan(told(7, *lines, changed_on=day("2 Mar")))
    assert (again.steps, codes(again)) == ((), [])
    # five seats more at 15.60 for 2 to 31 March, and seven of them in April
    assert desk.invoice() == Decimal("75.48") + 7 * Decimal("15.60")


@pytest.mark.requirement("M21", "F1: BS_RETAIL_PRICE_CHANGED")
def test_each_price_that_begins_before_the_next_invoice_is_said_with_its_own_days():
    desk = stood(held(10, "5 Feb"))
    assert desk.first == day("1 Apr")
    line = wanted(
        held(10, "5 Feb", "9 Mar"), held(10, "10 Mar", "19 Mar", price="24.00"), held(10, "20 Mar", price="23.00"),
        updates_price=True,
    )  # fmt: skip
    assert moved(desk.apply(line)) == [
        ("22.00", "24.00", "10 Mar 2026", "6.45 USD for 10 Mar 2026 to 19 Mar 2026 is not billed"),
        ("24.00", "23.00", "20 Mar 2026",
         "billed from 01 Apr 2026 on, and 3.87 USD for 20 Mar 2026 to 31 Mar 2026 is not billed"),
    ]  # fmt: skip
    assert moved(desk.apply(line)) == []


@pytest.mark.requirement("M21", "F1: BS_RETAIL_PRICE_CHANGED")
def test_a_price_that_fell_in_invoiced_days_says_what_is_billed_too_much():
    desk = stood(held(10, "5 Feb"))
    line = wanted(held(10, "5 Feb", "16 Mar"), held(10, "17 Mar", price="20.00"), updates_price=True)
    too_much = "billed from 01 Apr 2026 on, and 9.68 USD too much is billed for 17 Mar 2026 to 31 Mar 2026"
    assert moved(desk.apply(line)) == [("22.00", "20.00", "17 Mar 2026", too_much)]


@pytest.mark.requirement("M21", "F1: BS_RETAIL_PRICE_CHANGED")
def test_what_was_said_of_one_price_is_not_counted_again_with_the_next():
    """From 22.00 to 24.00 on 10 March, said in March; to 25.00 from 20 March, shown in April: one more for its days."""
    desk = stood(held(10, "5 Feb"))
    first = (held(10, "5 Feb", "9 Mar"), held(10, "10 Mar", price="24.00"))
    assert len(moved(desk.apply(wanted(*first, updates_price=True)))) == 1
    desk.invoice()
    assert desk.first == day("1 May")
    late = (first[0], replace(first[1], ends=day("19 Mar")), held(10, "20 Mar", price="25.00"))
    lost = "billed from 01 May 2026 on, and 13.87 USD for 20 Mar 2026 to 30 Apr 2026 is not billed"
    assert moved(desk.apply(wanted(*late, updates_price=True))) == [("24.00", "25.00", "20 Mar 2026", lost)]


@pytest.mark.requirement("M21", "F1: BS_RETAIL_PRICE_CHANGED")
def test_a_price_of_days_that_are_not_invoiced_is_billed_from_its_day_on():
    desk = stood(held(10, "5 Feb"))
    line = wanted(held(10, "5 Feb", "4 Apr"), held(10, "5 Apr", price="24.00"), updates_price=True)
    assert moved(desk.apply(line)) == [("22.00", "24.00", "05 Apr 2026", "billed from 05 Apr 2026 on")]
    assert moved(desk.apply(line)) == []


@pytest.mark.requirement("M21", "F1: BS_RETAIL_PRICE_CHANGED")
def test_another_rule_begins_with_the_first_day_it_can_bill_and_leaves_nothing_unbilled():
    desk = stood(held(10, "5 Feb"))
    line = wanted(held(10, "5 Feb", price="25.00"), updates_price=True)
    assert moved(desk.apply(line)) == [("22.00", "25.00", "01 Apr 2026", "billed from 01 Apr 2026 on")]
    assert moved(desk.apply(line)) == []


@pytest.mark.requirement("M21", "F1: BS_RETAIL_PRICE_CHANGED")
def test_a_price_that_rose_before_the_seats_ended_is_said_although_no_row_ever_says_it():
    desk = stood(held(10, "5 Feb"))
    line = wanted(
        held(10, "5 Feb", "9 Mar"), held(10, "10 Mar", "31 Mar", price="24.00"), updates_price=True
    )  # fmt: skip
    lost = "14.19 USD for 10 Mar 2026 to 31 Mar 2026 is not billed"
    assert moved(desk.apply(line)) == [("22.00", "24.00", "10 Mar 2026", lost)]
    assert moved(desk.apply(line)) == []
