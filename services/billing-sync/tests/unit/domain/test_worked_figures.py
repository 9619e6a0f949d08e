"""Figures of the vendors' own examples."""

from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.billing_sync.domain.days import days_between
from ledgerwire.billing_sync.domain.held import history_of, seats_after
from ledgerwire.billing_sync.domain.preview import next_invoice_line
from ledgerwire.billing_sync.domain.pricing import share_of_term
from ledgerwire.billing_sync.domain.reconciliation import bought_figure
from ledgerwire.billing_sync.domain.wanting import wanted_line
from ledgerwire.common.money import round_half_up

from .build import FIXED, RULES, agreement, charge, day, held, psa, subscription, values, wanted

MONTH_OF_CHANGES = [
    charge("new", 10, "120.00", "5 Mar", "4 Apr"),
    charge("addQuantity", 10, "-112.25", "7 Mar", "4 Apr"),
    charge("addQuantity", 15, "168.38", "7 Mar", "4 Apr"),
    charge("addQuantity", 15, "-150.96", "10 Mar", "4 Apr"),
    charge("addQuantity", 25, "251.61", "10 Mar", "4 Apr"),
    charge("removeQuantity", 25, "-232.25", "12 Mar", "4 Apr"),
    charge("removeQuantity", 23, "213.67", "12 Mar", "4 Apr"),
    charge("removeQuantity", 23, "-195.87", "14 Mar", "4 Apr"),
    charge("removeQuantity", 20, "170.32", "14 Mar", "4 Apr"),
    charge("addQuantity", 20, "-85.16", "25 Mar", "4 Apr"),
    charge("addQuantity", 30, "127.74", "25 Mar", "4 Apr"),
]


@pytest.mark.requirement("M20", "A205")
def test_one_seat_from_15_march_comes_to_34_06_on_the_april_invoice():
    line = next_invoice_line(agreement("1 Apr"), values(1, "15 Mar"), day("1 Apr"), invoiced=False)
    assert (line.amount, line.arithmetic) == (Decimal("34.06"), "1 x 22.00 x (17/31 + 1)")


@pytest.mark.requirement("A205")
def test_without_prorating_a_part_of_a_month_is_billed_whole():
    line = next_invoice_line(agreement("1 Mar", prorate=False), values(1, "15 Mar"), day("1 Mar"), invoiced=False)
    assert line.amount == Decimal("22.00")


@pytest.mark.requirement("M20")
def test_the_month_of_changes_nets_275_23_and_is_its_seat_days():
    lines = sorted(MONTH_OF_CHANGES, key=lambda line: line.key)
    assert sum(line.subtotal for line in lines) == Decimal("275.23")
    history = history_of(subscription(30, "5 Mar"), lines)
    assert [(s.starts, s.quantity) for s in history.seats] == [
        (day("5 Mar"), 10),
        (day("7 Mar"), 15),
        (day("10 Mar"), 25),
        (day("12 Mar"), 23),
        (day("14 Mar"), 20),
        (day("25 Mar"), 30),
    ]
    spans = wanted_line(subscription(30, "5 Mar"), lines, FIXED, RULES).held
    days = sum(span.quantity * days_between(span.starts, span.ends or day("4 Apr")) for span in spans)
    assert round_half_up(days * 12 / 31) == Decimal("275.23")


@pytest.mark.requirement("M20")
def test_connectwise_bills_march_of_the_month_of_changes_at_228_77():
    spans = [held(q, a, b, price="12.00") for q, a, b in _spans()]
    desk = psa(agreement=agreement("1 Mar"), today=date(2026, 3, 1))
    desk.apply(wanted(*spans))
    assert desk.next_invoice() == Decimal("228.77")


def _spans():
    return [
        (10, "5 Mar", "6 Mar"),
        (15, "7 Mar", "9 Mar"),
        (25, "10 Mar", "11 Mar"),
        (23, "12 Mar", "13 Mar"),
        (20, "14 Mar", "24 Mar"),
        (30, "25 Mar", None),
    ]


@pytest.mark.requirement("D10")
def test_anniversaries_and_calendar_months_are_shown_side_by_side():
    spans = [held(10, "5 Mar", "4 Jun", price="12.00")]
    by_month = sum(bought_figure(spans, day(first)).amount for first in ("1 Mar", "1 Apr", "1 May", "1 Jun"))
    assert by_month == Decimal("104.52") + 120 + 120 + Decimal("16.00")
    assert by_month - 360 == Decimal("0.52")


@pytest.mark.requirement("M20")
def test_lines_in_any_order_and_several_on_one_day_give_the_seats_of_the_day():
    several = [
        charge("addQuantity", 12, "50", "20 Jun", "17 Jul"),
        charge("addQuantity", 10, "-40", "20 Jun", "17 Jul"),
        charge("removeQuantity", 12, "-50", "20 Jun", "17 Jul"),
        charge("removeQuantity", 8, "30", "20 Jun", "17 Jul"),
    ]
    assert seats_after(several) == 8
    assert (
        seats_after([charge("new", 10, "100", "1 Jun", "30 Jun"), charge("cancel", 10, "-100", "1 Jun", "30 Jun")]) == 0
    )


@pytest.mark.requirement("M21")
def test_seats_added_to_a_prepaid_year_cost_120_63():
    days = (date(2022, 6, 17) - date(2021, 12, 18)).days + 1
    assert days == 182
    assert share_of_term(Decimal("120.96"), Decimal(2), days, 365) == Decimal("120.63")
    assert Decimal("-603.13") + Decimal("723.76") == Decimal("120.63")


@pytest.mark.requirement("M20")
def test_an_example_of_june_comes_to_51_07():
    desk = psa(agreement=agreement("1 Jun"), today=date(2026, 6, 20))
    spans = held(10, "18 Jun", "19 Jun", price="10.08"), held(12, "20 Jun", price="10.08")
    desk.apply(wanted(*spans))
    assert desk.live() == [values(10, "18 Jun", "19 Jun", "10.08"), values(12, "20 Jun", None, "10.08")]
    assert desk.next_invoice() == Decimal("51.07")


@pytest.mark.requirement("M20", "M21")
def test_a_renewal_at_a_new_price_is_two_segments_whose_lines_are_rounded_each():
    """100.80 x 17/31 + 110.00 x 14/31 is 104.9548; an invoice rounds each of its two lines."""
    desk = psa(agreement=agreement("1 Jul"), today=date(2026, 7, 18))
    desk.apply(wanted(held(10, "18 Jun", "17 Jul", "10.08", "9.00"), held(10, "18 Jul", None, "11.00", "10.00")))
    july = [values(10, "18 Jun", "17 Jul", "10.08", "9.00"), values(10, "18 Jul", None, "11.00", "10.00")]
    amounts = [next_invoice_line(desk.agreement, row, desk.first, invoiced=True).amount for row in july]
    assert amounts == [Decimal("55.28"), Decimal("49.68")]
    exact = Decimal("100.80") * 17 / 31 + Decimal(110) * 14 / 31
    assert round_half_up(exact) == Decimal("104.95")
    assert desk.live() == july


@pytest.mark.requirement("M24")
def test_a_cancellation_within_seven_days_leaves_two_days_6_50():
    line = next_invoice_line(agreement("1 Jul"), values(10, "15 Jul", "16 Jul", "10.08"), day("1 Jul"), invoiced=False)
    assert line.amount == Decimal("6.50")
