"""Seats by the month, told by state: a credit that nobody settled stays listed when the source tells of later days only."""

from decimal import Decimal

import pytest

from ledgerwire.billing_sync.domain.wanted import CreditGiven
from ledgerwire.billing_sync.domain.wanting import wanted_line

from .build import FIXED, RULES, agreement, codes, day, psa, subscription


def seats(quantity, changed_on, owed=(), settled=()):
    told = {"owed": tuple(owed), "settled": tuple(settled)}
    return wanted_line(subscription(quantity, "1 Mar", changed_on=day(changed_on)), (), FIXED, RULES, **told)


def credits_of(plan):
    return [due for line in plan.lines for due in line.credits]


def billed_for_april(desk):
    desk.invoice()
    desk.invoice()
    return desk


@pytest.mark.requirement("M20", "F1: BS_CREDIT_DUE")
def test_a_credit_of_seats_stays_listed_when_seats_change_again():
    """5 seats, 3 from 11 April, April invoiced: 22.00 x 2 x 20/30. 7 from 16 May: that credit is still due."""
    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(seats(5, "1 Mar"))
    billed_for_april(desk)
    owed = credits_of(desk.apply(seats(3, "11 Apr")))
    assert [due.amount for due in owed] == [Decimal("29.33")]
    plan = desk.apply(seats(7, "16 May", owed))
    assert [(due.starts, due.amount) for due in credits_of(plan)] == [(day("11 Apr"), Decimal("29.33"))]
    again = desk.plan(seats(7, "16 May", credits_of(plan)))
    assert (again.steps, codes(again), credits_of(again)) == ((), ["BS_CREDIT_DUE"], credits_of(plan))
    done = [CreditGiven(due.starts, due.ends, due.quantity, due.amount) for due in owed]
    assert codes(desk.plan(seats(7, "16 May", settled=done))) == []


@pytest.mark.requirement("M20", "F1: BS_CREDIT_DUE")
def test_days_that_are_compared_anew_are_listed_once():
    """5 seats, 3 from 11 April, 4 from 21 April: 22.00 x 2 x 10/30 and 22.00 x 1 x 10/30."""
    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(seats(5, "1 Mar"))
    billed_for_april(desk)
    owed = credits_of(desk.apply(seats(3, "11 Apr")))
    plan = desk.apply(seats(4, "21 Apr", owed))
    listed = [(due.starts, due.ends, due.amount) for due in credits_of(plan)]
    assert sorted(listed) == [
        (day("11 Apr"), day("20 Apr"), Decimal("14.67")),
        (day("21 Apr"), day("30 Apr"), Decimal("7.33")),
    ]
    again = desk.plan(seats(4, "21 Apr", credits_of(plan)))
    assert sorted(due.key for due in credits_of(again)) == sorted(due.key for due in credits_of(plan))
