"""What the lines of one day, of one month and of one invoice come to; each with the figures a clerk would check."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgerwire.billing_sync.domain.rules import PriceBasis, PriceRule
from ledgerwire.billing_sync.domain.wanting import Product, wanted_line
from ledgerwire.common.seats import Frequency

from .build import FIXED, PRODUCT, RULES, agreement, charge, codes, day, psa, subscription, values

MARKUP = Product(PRODUCT, "Azure plan", PriceRule(PriceBasis.MARKUP, Decimal(20)))
NEW = charge("new", 10, "120.00", "5 Mar", "4 Apr")


def line_of(sold, *charges, product=FIXED, rules=RULES):
    return wanted_line(sold, charges, product, rules, customer="Acme")


def changes(line):
    return [(span.starts, span.ends, span.quantity, span.unit_cost) for span in line.held]


@pytest.mark.requirement("B33", "M20")
def test_two_seats_added_and_taken_back_on_one_day_leave_ten_on_that_day():
    lines = [
        charge("addQuantity", 10, "-60.00", "10 Mar", "4 Apr"),
        charge("addQuantity", 12, "72.00", "10 Mar", "4 Apr"),
        charge("removeQuantity", 12, "-72.00", "10 Mar", "4 Apr"),
        charge("removeQuantity", 10, "60.00", "10 Mar", "4 Apr"),
    ]
    line = line_of(subscription(10, "5 Mar"), NEW, *lines)
    assert [(starts, quantity) for starts, _, quantity, _ in changes(line)] == [(day("5 Mar"), 10), (day("10 Mar"), 10)]
    assert not line.findings
    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(line_of(subscription(10, "5 Mar"), NEW))
    desk.invoice()
    plan = desk.apply(line)
    assert (plan.steps, codes(plan)) == ((), []), "no day is owed to the customer"


@pytest.mark.requirement("B33")
def test_the_same_seats_at_another_cost_are_held_without_a_gap():
    swap = [
        charge("changeBillingPlan", 10, "-60.00", "10 Mar", "4 Apr"),
        charge("changeBillingPlan", 10, "50.00", "10 Mar", "4 Apr", unit="10.00"),
    ]
    assert changes(line_of(subscription(10, "5 Mar"), NEW, *swap)) == [
        (day("5 Mar"), day("9 Mar"), 10, Decimal("12.00")),
        (day("10 Mar"), None, 10, Decimal("10.00")),
    ]


@pytest.mark.requirement("B33")
def test_seats_bought_and_cancelled_on_their_first_day_are_none():
    lines = [charge("new", 10, "120.00", "5 Mar", "4 Apr"), charge("cancel", 10, "-120.00", "5 Mar", "4 Apr")]
    assert changes(line_of(subscription(0, "5 Mar"), *lines)) == []


@pytest.mark.requirement("B33")
def test_a_day_on_two_invoices_is_what_the_later_one_says_and_g100_is_later_than_g99():
    lines = [
        charge("new", 10, "120.00", "5 Mar", "4 Apr", invoice="G99"),
        charge("new", 12, "144.00", "5 Mar", "4 Apr", invoice="G100"),
    ]
    line = line_of(subscription(12, "5 Mar"), *lines)
    assert [(starts, quantity) for starts, _, quantity, _ in changes(line)] == [(day("5 Mar"), 12)]
    assert not line.findings


@pytest.mark.requirement("M21", "A201")
def test_an_azure_month_that_comes_to_nothing_asks_for_nothing_and_the_others_go_on():
    def use(amount, first, last):
        return charge("usage", 1, amount, first, last, unit=amount, frequency=Frequency.USAGE)

    sold = subscription(1, "1 Jan", frequency=Frequency.USAGE, unit_cost=None)
    february, march = use("0.00", "1 Feb", "28 Feb"), use("50.00", "1 Mar", "31 Mar")
    desk = psa(agreement=agreement("1 Apr"))
    assert codes(desk.apply(line_of(sold, february, march, product=MARKUP))) == []
    assert [(row.effective, row.unit_price) for row in desk.live()] == [(day("1 Mar"), Decimal("60.00"))]


@pytest.mark.parametrize("invoiced", [False, True])
@pytest.mark.requirement("M20", "A201")
def test_an_azure_month_that_is_credited_whole_later_is_taken_off_or_owed(invoiced):
    def use(amount):
        return charge("usage", 1, amount, "1 Mar", "31 Mar", unit=amount, frequency=Frequency.USAGE)

    sold = subscription(1, "1 Jan", frequency=Frequency.USAGE, unit_cost=None)
    desk = psa(agreement=agreement("1 Apr"))
    desk.apply(line_of(sold, use("50.00"), product=MARKUP))
    if invoiced:
        desk.invoice()
    credited = line_of(sold, use("50.00"), use("-50.00"), product=MARKUP)
    plan = desk.apply(credited)
    assert [due.amount for due in plan.lines[0].credits] == ([Decimal("60.00")] if invoiced else [])
    assert bool(desk.live()) is invoiced
    assert not desk.plan(credited).steps


@pytest.mark.requirement("M21")
def test_each_stretch_is_sold_at_what_the_source_sold_it_for():
    """March in arrears is still open when April is charged at 24.00: it stays at 22.00."""
    sold = Product(PRODUCT, "Seats", PriceRule(PriceBasis.SOURCE, updates_price=True))
    first = replace(NEW, unit_sell=Decimal("22.00"))
    second = charge("renew", 10, "130.00", "5 Apr", "4 May", unit="13.00", unit_sell=Decimal("24.00"))
    desk = psa(agreement=agreement("1 Apr", period_type="Current"))
    desk.apply(line_of(subscription(10, "5 Mar"), first, product=sold))
    desk.apply(line_of(subscription(10, "5 Mar"), first, second, product=sold))
    assert desk.live() == [
        values(10, "5 Mar", "4 Apr", "22.00", "12.00"),
        values(10, "5 Apr", None, "24.00", "13.00"),
    ]


@pytest.mark.requirement("M21")
def test_a_refund_names_no_price_and_the_one_before_holds():
    sold = Product(PRODUCT, "Seats", PriceRule(PriceBasis.SOURCE))
    first = replace(NEW, unit_sell=Decimal("22.00"))
    fewer = [
        charge("removeQuantity", 10, "-100.00", "10 Mar", "4 Apr"),
        charge("removeQuantity", 8, "80.00", "10 Mar", "4 Apr"),
    ]
    line = line_of(subscription(8, "5 Mar", unit_sell=Decimal("24.00")), first, *fewer, product=sold)
    assert [span.unit_price for span in line.held] == [Decimal("22.00"), Decimal("22.00")]


@pytest.mark.requirement("M21", "F1: BS_ONE_OFF_NOT_BILLED")
def test_a_fee_that_no_rule_prices_is_listed_by_name_and_amount_with_the_reason():
    fee = charge("fee", 1, "100.00", "10 Mar", "10 Mar", name="Onboarding fee")
    line = line_of(subscription(10, "5 Mar"), NEW, fee)
    (listed,) = line.findings
    assert listed.message == (
        "The source charged 100.00 USD once (Onboarding fee) for Business Premium of Acme on G001; it is not billed: "
        "the price rule (fixed) prices seats, not an amount."
    )
    assert line.seats_now == 10


def quantities(*lines, now, start="1 Jan"):
    line = line_of(subscription(now, start), *lines)
    return [(span.starts, span.quantity) for span in line.held], [finding.code for finding in line.findings]


@pytest.mark.requirement("B33")
def test_lines_that_only_say_how_many_more_or_fewer_add_up():
    lines = [
        charge("new", 10, "180.00", "1 Mar", "31 Mar"),
        charge("addQuantity", 2, "17.42", "17 Mar", "31 Mar"),
        charge("removeQuantity", 1, "-5.00", "20 Mar", "31 Mar"),
    ]
    held, found = quantities(*lines, now=11, start="1 Mar")
    assert held == [(day("1 Mar"), 10), (day("17 Mar"), 12), (day("20 Mar"), 11)]
    assert found == []


@pytest.mark.requirement("B33")
def test_seats_before_the_first_line_that_says_how_many_more_follow_from_the_seats_of_now():
    """Twelve seats since January, and one line: two more on 17 March."""
    added = replace(charge("addQuantity", 2, "17.42", "17 Mar", "31 Mar"), unit_price=None)
    assert quantities(added, now=12) == ([(day("1 Jan"), 10), (day("17 Mar"), 12)], [])
    desk = psa(agreement=agreement("1 Apr"))
    desk.apply(line_of(subscription(12, "1 Jan"), added))
    assert desk.live() == [values(10, "1 Jan", "16 Mar"), values(12, "17 Mar")]


@pytest.mark.requirement("B33")
def test_seats_before_a_line_that_says_how_many_more_follow_from_the_next_renewal():
    lines = [charge("addQuantity", 2, "17.42", "17 Mar", "31 Mar"), charge("renew", 12, "216.00", "1 Apr", "30 Apr")]
    assert quantities(*lines, now=12)[0] == [(day("1 Jan"), 10), (day("17 Mar"), 12), (day("1 Apr"), 12)]


@pytest.mark.requirement("B33")
def test_both_ways_of_a_change_on_one_day_come_to_the_same_seats():
    """Two more and one fewer, as differences or as seats taken back and charged anew."""
    differences = [
        charge("addQuantity", 2, "17.42", "17 Mar", "31 Mar"),
        charge("removeQuantity", 1, "-8.71", "17 Mar", "31 Mar"),
    ]
    wholes = [
        charge("addQuantity", 10, "-87.10", "17 Mar", "31 Mar"),
        charge("addQuantity", 12, "104.52", "17 Mar", "31 Mar"),
        charge("removeQuantity", 12, "-104.52", "17 Mar", "31 Mar"),
        charge("removeQuantity", 11, "95.81", "17 Mar", "31 Mar"),
    ]
    new = charge("new", 10, "180.00", "1 Mar", "31 Mar")
    for lines in (differences, wholes):
        held, found = quantities(new, *lines, now=11, start="1 Mar")
        assert (held, found) == ([(day("1 Mar"), 10), (day("17 Mar"), 11)], [])


@pytest.mark.requirement("B33")
def test_what_is_taken_back_and_was_not_known_is_believed():
    lines = [
        charge("new", 10, "180.00", "1 Mar", "31 Mar"),
        charge("addQuantity", 11, "-95.81", "17 Mar", "31 Mar"),
        charge("addQuantity", 13, "113.23", "17 Mar", "31 Mar"),
    ]
    assert quantities(*lines, now=13, start="1 Mar")[0] == [(day("1 Mar"), 10), (day("17 Mar"), 13)]


@pytest.mark.requirement("B33")
def test_a_renewal_that_is_cancelled_on_its_day_leaves_no_seats():
    lines = [
        charge("new", 10, "120.00", "5 Mar", "4 Apr"),
        charge("renew", 10, "120.00", "5 Apr", "4 May"),
        charge("cancel", 10, "-120.00", "5 Apr", "4 May"),
    ]
    assert quantities(*lines, now=0, start="5 Mar")[0] == [(day("5 Mar"), 10)]


@pytest.mark.requirement("B33")
def test_a_cycle_that_a_later_invoice_takes_back_and_charges_again_is_held_all_the_time():
    first = charge("new", 10, "120.00", "5 Mar", "4 Apr", invoice="G1")
    again = [
        charge("new", 10, "-120.00", "5 Mar", "4 Apr", invoice="G2"),
        charge("new", 10, "110.00", "5 Mar", "4 Apr", invoice="G2", unit="11.00"),
    ]
    line = line_of(subscription(10, "5 Mar"), first, *again)
    assert changes(line) == [(day("5 Mar"), None, 10, Decimal("11.00"))]
    assert not line.findings


@pytest.mark.requirement("B33")
def test_a_plan_that_all_seats_change_to_names_the_seats():
    lines = [charge("new", 10, "120.00", "5 Mar", "4 Apr"), charge("changeBillingPlan", 10, "100.00", "5 Apr", "4 May")]
    assert quantities(*lines, now=10, start="5 Mar")[0] == [(day("5 Mar"), 10), (day("5 Apr"), 10)]


@pytest.mark.requirement("B33")
def test_a_first_month_that_is_charged_as_a_cycle_is_new():
    cycle = charge("cycleCharge", 10, "180.00", "1 Mar", "31 Mar")
    (step,) = psa(agreement=agreement("1 Mar")).plan(line_of(subscription(10, "1 Mar"), cycle)).steps
    assert step.reason.value == "new"


@pytest.mark.parametrize("quantity", ["10.5", "-3"])
@pytest.mark.requirement("F1: BS_QUANTITY_INVALID")
def test_a_line_that_charges_a_part_of_a_seat_or_fewer_than_none_stops_its_subscription(quantity):
    line = line_of(subscription(10, "1 Mar"), charge("new", quantity, "180.00", "1 Mar", "31 Mar"))
    assert [(finding.code, finding.params["quantity"]) for finding in line.findings] == [
        ("BS_QUANTITY_INVALID", quantity)
    ]
    assert line.held == ()


MOVES = [charge("new", 10, "120.00", "5 Mar", "4 Apr"), charge("renew", 10, "130.00", "5 Apr", "4 May", unit="13.00")]


@pytest.mark.requirement("M21", "B33")
def test_two_prices_that_are_written_at_once_stay_as_they_were_written():
    """Markup 20 %, cost 12.00 and from 5 April 13.00: rows at 14.40 and 15.60, and a second plan is empty."""
    line = line_of(subscription(10, "5 Mar"), *MOVES, product=MARKUP)
    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(line)
    rows = [values(10, "5 Mar", "4 Apr", "14.40", "12.00"), values(10, "5 Apr", None, "15.60", "13.00")]
    assert desk.live() == rows
    assert not desk.plan(line).steps
    desk.invoice()
    assert not desk.plan(line).steps


@pytest.mark.requirement("M21")
def test_a_cost_that_rises_later_is_written_and_the_price_of_the_row_that_exists_stays():
    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(line_of(subscription(10, "5 Mar"), MOVES[0], product=MARKUP))
    desk.apply(line_of(subscription(10, "5 Mar"), *MOVES, product=MARKUP))
    assert desk.live() == [
        values(10, "5 Mar", "4 Apr", "14.40", "12.00"),
        values(10, "5 Apr", None, "14.40", "13.00"),
    ]


@pytest.mark.requirement("M21", "B33")
def test_a_cost_that_one_line_lacks_leaves_the_others_where_they_are():
    line = line_of(subscription(10, "5 Mar"), replace(MOVES[0], unit_price=None), MOVES[1])
    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(line)
    assert [row.unit_cost for row in desk.live()] == [Decimal(0), Decimal("13.00")]
    assert not desk.plan(line).steps


LEVELS = st.lists(
    st.tuples(
        st.integers(1, 12), st.sampled_from([None, "12.00", "13.00", "14.50"]), st.sampled_from([None, "22", "24"])
    ),
    min_size=1,
    max_size=4,
)


@given(LEVELS, st.sampled_from([PriceBasis.MARKUP, PriceBasis.SOURCE, PriceBasis.FIXED]), st.booleans(), st.booleans())
@settings(deadline=None, max_examples=60)
@pytest.mark.requirement("M21", "B33")
def test_whatever_costs_and_prices_move_or_are_not_shown_a_second_plan_is_empty(levels, basis, updates, stepwise):
    sold = Product(PRODUCT, "Seats", PriceRule(basis, Decimal(20), updates_price=updates))
    lines = []
    for month, (quantity, cost, sell) in enumerate(levels, 1):
        line = charge("renew", quantity, "100.00", "1 Mar", "31 Mar")
        first = date(2026, month, 5)
        lines.append(
            replace(
                line,
                charge_start=first,
                charge_end=date(2026, month + 1, 4),
                unit_price=cost and Decimal(cost),
                unit_sell=sell and Decimal(sell),
            )
        )
    desk = psa(agreement=agreement("1 Feb", period_type="Current"))
    known = range(1, len(lines) + 1) if stepwise else [len(lines)]
    for count in known:
        line = line_of(subscription(levels[count - 1][0], "5 Jan", unit_sell=Decimal(22)), *lines[:count], product=sold)
        desk.apply(line)
        assert not desk.plan(line).steps
        desk.invoice()
        assert not desk.plan(line).steps


@pytest.mark.parametrize("before", [1, 2, 10])
@pytest.mark.requirement("B33", "M20")
def test_two_more_and_two_fewer_of_one_day_leave_the_seats_there_were(before):
    """Differences of two references: one seat stays one seat, and no day is owed."""
    new = charge("new", before, f"{before * 12}.00", "5 Mar", "4 Apr")
    moves = [
        charge("addQuantity", 2, "12.00", "20 Mar", "4 Apr", reference_id="A"),
        charge("removeQuantity", 2, "-12.00", "20 Mar", "4 Apr", reference_id="B"),
    ]
    held, found = quantities(new, *moves, now=before, start="5 Mar")
    assert (held, found) == ([(day("5 Mar"), before), (day("20 Mar"), before)], [])
