"""Steps are applied one by one: what stops after any of them must not leave seats billed twice."""

import pytest

from ledgerwire.billing_sync.domain.wanting import wanted_line

from .build import FIXED, RULES, agreement, charge, day, psa, subscription

CHANGE = [
    charge("new", 10, "120.00", "1 Jan", "31 Jan"),
    charge("addQuantity", 10, "-60.00", "17 Mar", "31 Mar"),
    charge("addQuantity", 12, "72.00", "17 Mar", "31 Mar"),
]


def told(quantity, *charges, **changes):
    return wanted_line(subscription(quantity, "1 Jan", **changes), charges, FIXED, RULES, customer="Acme")


@pytest.mark.requirement("M20", "M24")
def test_a_row_that_ends_and_gets_another_cost_too_is_written_before_the_row_that_takes_over():
    """Ten seats at 18.00 end on 16 March at a cost of 12.00; twelve follow: one step alone never bills 22 seats."""
    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(told(10))
    steps = desk.plan(told(12, *CHANGE, changed_on=day("17 Mar"))).steps
    ending = [place for place, step in enumerate(steps) if step.after.ends == day("16 Mar")]
    taking = [place for place, step in enumerate(steps) if step.after.quantity == 12]
    assert (len(ending), len(taking)) == (1, 1)
    assert ending < taking
    desk.crash(0, told(12, *CHANGE, changed_on=day("17 Mar")))
    assert [desk.seats_on(day(each)) for each in ("16 Mar", "17 Mar", "1 Apr")] == [10, 0, 0]
