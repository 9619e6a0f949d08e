"""Seats given back within a paid year, where only the subscription's state tells: the open row is corrected, a credit stays listed."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgerwire.billing_sync.domain.rules import DecreasePolicy, OneTimePolicy, PriceBasis, PriceRule
from ledgerwire.billing_sync.domain.wanted import CreditGiven
from ledgerwire.billing_sync.domain.wanting import Product, wanted_line
from ledgerwire.common.seats import Frequency, Motion

from .build import PRODUCT, RULES, charge, codes, day, one_time, psa, subscription

SOLD = Product(PRODUCT, "Business Premium", PriceRule(PriceBasis.FIXED, Decimal("150.00")))
TERM = {"term": "P1Y", "term_start": day("12 Jan"), "term_end": day("11 Jan 2027"), "unit_cost": Decimal("120.96")}
NEXT = {**TERM, "term_start": day("12 Jan 2027"), "term_end": day("11 Jan 2028")}


def year(quantity, changed_on=None, today=None, owed=(), settled=(), lines=(), **changes):
    sold = subscription(
        quantity, "12 Jan", Frequency.ANNUAL, **TERM | {"changed_on": changed_on and day(changed_on)} | changes
    )
    told = {"today": today and day(today), "owed": tuple(owed), "settled": tuple(settled)}
    return wanted_line(sold, lines, SOLD, RULES, customer="Acme", **told)


def desk_of(**changes):
    return psa(agreement=one_time(), motion=Motion.SEAT_ANNUAL, today=day("12 Jan"), **changes)


def credits_of(plan):
    return tuple(due for line in plan.lines for due in line.credits)


def settled_as(due):
    return CreditGiven(due.starts, due.ends, due.quantity, due.amount, due.charge)


def records(*desks):
    return tuple(record for desk in desks for record in desk.written.values())


@pytest.mark.requirement("M20", "M22")
@pytest.mark.parametrize("decreases", list(DecreasePolicy))
def test_a_row_that_is_not_invoiced_is_lowered_by_the_seats_given_back(decreases):
    """8 x 150.00 from 12 January, 7 from 17 January: 1,200.00 less 150.00 x 360/365."""
    desk = desk_of(decreases=decreases)
    desk.apply(year(8, today="12 Jan"))
    fewer = year(7, "17 Jan", "17 Jan")
    plan = desk.apply(fewer)
    assert (codes(plan), desk.next_invoice()) == ([], Decimal("1052.05"))
    for later in (fewer, year(7, "17 Jan", "2 May"), year(7, today="3 May")):
        assert (codes(desk.plan(later)), desk.plan(later).steps) == ([], ())
    desk.invoice()
    assert (codes(desk.plan(fewer)), desk.plan(fewer).steps) == ([], ())


@pytest.mark.requirement("M20", "M22")
def test_seats_are_counted_on_from_the_row_that_was_lowered():
    """8, 7 from 17 January, 5 from 18 January, 9 from 12 March: each change for its own days."""
    desk = desk_of()
    desk.apply(year(8, today="12 Jan"))
    desk.apply(year(7, "17 Jan", "17 Jan"))
    desk.apply(year(5, "18 Jan", "18 Jan"))
    assert desk.next_invoice() == Decimal("756.98")  # 1,052.05 less 150.00 x 2 x 359/365
    assert not desk.plan(year(5, "18 Jan", "19 Jan")).steps
    desk.apply(year(9, "12 Mar", "12 Mar"))
    assert desk.next_invoice() == Decimal("1259.99")  # and 150.00 x 4 x 306/365
    assert not desk.plan(year(9, "12 Mar", "13 Mar")).steps


@pytest.mark.requirement("M20", "M22")
def test_lines_that_come_later_find_the_row_lowered_already():
    lines = [
        charge("new", 8, "967.68", "12 Jan", "11 Jan 2027", frequency=Frequency.ANNUAL, unit="120.96"),
        charge("removeQuantity", 8, "-954.42", "17 Jan", "11 Jan 2027", frequency=Frequency.ANNUAL, unit="120.96"),
        charge("removeQuantity", 7, "835.12", "17 Jan", "11 Jan 2027", frequency=Frequency.ANNUAL, unit="120.96"),
    ]
    for invoiced in (False, True):
        desk = desk_of()
        desk.apply(year(8, today="12 Jan"))
        desk.apply(year(7, "17 Jan", "17 Jan"))
        if invoiced:
            desk.invoice()
        plan = desk.plan(year(7, "17 Jan", "8 Feb", lines=lines))
        assert codes(plan) == []
        assert all(step.after.unit_price == Decimal("1052.05") for step in plan.steps)
        desk.apply(year(7, "17 Jan", "8 Feb", lines=lines))
        assert not desk.plan(year(7, "17 Jan", "8 Feb", lines=lines)).steps


@pytest.mark.requirement("M20", "M22", "F1: BS_CREDIT_DUE")
def test_a_credit_that_nobody_settled_stays_listed_when_seats_change_again():
    """8, invoiced; 7 from 17 January: 147.95 due. 17 from 19 October: ten seats are billed, 349.32, and 147.95 stays due."""
    desk = desk_of(one_time=OneTimePolicy.COPY)
    desk.apply(year(8, today="12 Jan"))
    desk.invoice()
    owed = credits_of(desk.apply(year(7, "17 Jan", "17 Jan")))
    assert [due.amount for due in owed] == [Decimal("147.95")]
    more = year(17, "19 Oct", "19 Oct", owed=owed)
    plan = desk.apply(more)
    assert [due.amount for due in credits_of(plan)] == [Decimal("147.95")]
    assert codes(plan) == ["BS_CREDIT_DUE"]
    [copy] = desk.copies
    assert copy.next_invoice() == Decimal("349.32")  # 150.00 x 10 x 85/365
    again = copy.plan(year(17, "19 Oct", "20 Oct", owed=credits_of(plan)), elsewhere=records(desk))
    assert (again.steps, [due.amount for due in credits_of(again)]) == ((), [Decimal("147.95")])
    done = year(17, "19 Oct", "21 Oct", settled=map(settled_as, credits_of(again)))
    quiet = copy.plan(done, elsewhere=records(desk))
    assert (quiet.steps, codes(quiet)) == ((), [])


@pytest.mark.requirement("M20", "M22", "F1: BS_CREDIT_DUE")
@pytest.mark.parametrize("over", [NEXT, {"status_now": "none"}], ids=["renewed", "still shown as the old term"])
def test_a_credit_that_nobody_settled_stays_listed_after_its_year(over):
    """150.00 x 2 x 361/365 = 296.71."""
    desk = desk_of(one_time=OneTimePolicy.COPY)
    desk.apply(year(8, today="12 Jan"))
    desk.invoice()
    owed = credits_of(desk.apply(year(6, "16 Jan", "16 Jan")))
    assert [due.amount for due in owed] == [Decimal("296.71")]
    changes = {} if "status_now" in over else over
    desk.today = day("13 Jan 2027")
    renewed = year(9, None if not changes else "12 Jan 2027", "13 Jan 2027", owed=owed, **changes)
    plan = desk.apply(renewed)
    assert [due.amount for due in credits_of(plan)] == [Decimal("296.71")]
    again = desk.plan(replace(renewed, owed=credits_of(plan)), elsewhere=records(*desk.copies))
    assert (again.steps, [due.amount for due in credits_of(again)]) == ((), [Decimal("296.71")])


@pytest.mark.requirement("M20", "F1: BS_CREDIT_DUE")
def test_a_credit_without_its_day_stays_what_it_was_when_it_was_first_seen():
    desk = desk_of()
    desk.apply(year(8, today="12 Jan"))
    desk.invoice()
    owed = credits_of(desk.plan(year(7, today="17 Jan")))
    later = credits_of(desk.plan(year(7, today="17 Mar", owed=owed)))
    assert [due.key for due in later] == [due.key for due in owed]


@given(
    st.lists(st.tuples(st.integers(1, 360), st.integers(1, 30)), min_size=1, max_size=5),
    st.sets(st.integers(0, 5)),
    st.sets(st.integers(0, 5)),
    st.sampled_from(list(DecreasePolicy)),
)
@settings(deadline=None)
@pytest.mark.requirement("M20", "M21", "M22", "D12")
def test_what_is_billed_less_what_is_listed_or_settled_is_what_was_held(changes, invoices, settles, decreases):
    """However seats change by state, whether credits are settled at once, later or never."""
    desk, older = desk_of(decreases=decreases, one_time=OneTimePolicy.COPY), []
    desk.apply(year(10, today="12 Jan"))
    seats, settled, owed, wanted = 10, [], (), Decimal(1500)
    for number, (offset, after) in enumerate(sorted(dict(changes).items())):
        on = day("12 Jan") + timedelta(days=offset)
        if number in invoices and not desk.agreement.invoiced_once:
            desk.invoice()
        wanted += Decimal(150) * (after - seats) * (365 - offset) / 365
        seats = after
        line = replace(year(after, owed=owed, settled=settled, changed_on=None), charges=_by_day(after, on))
        plan = desk.apply(line, elsewhere=records(*older))
        if desk.copies:
            older, desk = [*older, desk], desk.copies[-1]
        owed = credits_of(plan)
        if number in settles:
            settled += map(settled_as, owed)
            owed = ()
        again = desk.plan(replace(line, settled=tuple(settled), owed=owed), elsewhere=records(*older))
        assert not again.steps
        assert sum(due.amount for due in credits_of(again)) == sum(due.amount for due in owed)
    desks = [desk, *older]
    billed = sum((sum(each.invoices, Decimal(0)) for each in desks), Decimal(0))
    billed += sum((each.next_invoice() for each in desks if not each.agreement.invoiced_once), Decimal(0))
    credited = sum((each.amount for each in (*settled, *owed)), Decimal(0))
    assert abs(billed - credited - wanted) <= Decimal("0.02") * (len(changes) + 1)


def _by_day(quantity: int, on: date):
    sold = subscription(quantity, "12 Jan", Frequency.ANNUAL, **TERM | {"changed_on": on})
    return wanted_line(sold, (), SOLD, RULES, customer="Acme", today=on).charges
