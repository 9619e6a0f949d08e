"""Seats of a paid year that become another product in place: no rule prices the difference, so it is listed (M21)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ledgerwire.billing_sync.domain.wanting import wanted_line
from ledgerwire.common.seats import Frequency, Motion

from .build import RULES, charge, codes, day, one_time, psa, subscription
from .test_annual_state import NEW, TERM, YEAR

END = "28 Feb 2027"
UPGRADED = (
    replace(charge("convert", 10, "-543.49", "18 Sep", END, **TERM), sku="CFQ7TTC0LCHC:0002"),
    replace(charge("convert", 10, "898.63", "18 Sep", END, **TERM | {"unit": "200.00"}), sku="CFQ7TTC0LFLX:0001"),
)
"""Ten seats at 120.96 a year become ten at 200.00 for the last 164 days: 898.63 less 543.49 is 355.14."""


def year(*lines, today="20 Sep"):
    sold = replace(subscription(10, "1 Mar", Frequency.ANNUAL, term="P1Y"), sku="CFQ7TTC0LFLX:0001")
    return wanted_line(sold, lines, YEAR, RULES, customer="Acme", today=day(today))


@pytest.mark.requirement("M21", "F1: BS_UPGRADE_NOT_BILLED")
def test_as_many_seats_of_a_dearer_product_are_listed_with_what_they_cost_until_the_year_is_over():
    desk = psa(agreement=one_time(), motion=Motion.SEAT_ANNUAL, today=day("20 Sep"))
    desk.apply(year(NEW))
    upgraded = year(NEW, *UPGRADED)
    plan = desk.plan(upgraded)
    assert (codes(plan), plan.steps) == (["BS_UPGRADE_NOT_BILLED"], ())
    assert upgraded.findings[0].message == (
        "10 seats of Business Premium for Acme, paid for until 28 Feb 2027, changed product or price on 18 Sep 2026: "
        "the net cost of 355.14 USD is not billed."
    )
    after = wanted_line(
        subscription(10, "1 Mar", Frequency.ANNUAL, term="P1Y"),
        (NEW, *UPGRADED),
        YEAR,
        RULES,
        today=day(END) + timedelta(1),
    )
    assert not after.findings


@pytest.mark.requirement("M21")
def test_seats_taken_back_and_charged_again_at_the_same_money_are_no_upgrade():
    same = replace(UPGRADED[1], subtotal=Decimal("543.49"))
    assert not year(NEW, UPGRADED[0], same).findings
