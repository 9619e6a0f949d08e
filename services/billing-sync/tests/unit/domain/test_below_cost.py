"""M21: a price below cost is said, and one SKU that is sold monthly and annually can have a price for each."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ledgerwire.billing_sync.domain.rules import PriceBasis, PriceRule
from ledgerwire.billing_sync.domain.wanting import wanted_line
from ledgerwire.billing_sync.settings import price_rules
from ledgerwire.common.seats import Frequency, Motion
from ledgerwire.tenants.seats_file import SeatsSection

from .build import FIXED, RULES, day, subscription


def findings(sold, *charges):
    """What is said of a subscription that sells at 22.00 a seat."""
    line = wanted_line(sold, charges, FIXED, RULES, customer="Acme", today=day("20 Mar"))
    return [(each.code, each.message, each.stops) for each in line.findings]


@pytest.mark.requirement("M21", "F1: BS_SELLS_BELOW_COST")
def test_a_year_sold_at_the_price_of_a_month_is_said_with_its_loss_and_goes_on():
    """Ten seats at 120.96 for the year under a fixed price of 22.00: 10 x 98.96 lost."""
    year = subscription(10, "1 Mar", Frequency.ANNUAL, term="P1Y", unit_cost=Decimal("120.96"))
    said = "Business Premium for Acme sells at 22.00 a seat and cycle and costs 120.96: 989.60 is lost on 10."
    assert findings(year) == [("BS_SELLS_BELOW_COST", said, False)]


@pytest.mark.requirement("M21", "F1: BS_SELLS_BELOW_COST")
def test_a_month_below_cost_is_said_and_one_at_cost_or_a_trial_is_not():
    dear = subscription(10, unit_cost=Decimal("22.01"))
    assert [code for code, _, _ in findings(dear)] == ["BS_SELLS_BELOW_COST"]
    assert findings(replace(dear, unit_cost=Decimal("22.00"))) == []
    assert findings(replace(dear, unit_cost=None)) == []
    assert "BS_SELLS_BELOW_COST" not in [code for code, _, _ in findings(replace(dear, trial=True))]


def section(**seats):
    """The seats section of an account file."""
    base = {"since": "2026-01-01", "sources": [{"name": "d", "kind": "push"}], "products": {"taxable": True}}
    return SeatsSection.model_validate({**base, **seats})


def fixed(value):
    return {"basis": "fixed", "value": value}


@pytest.mark.parametrize(
    ("seats", "monthly", "annual"),
    [
        ({"price": fixed("22")}, "22", "22"),
        ({"price": fixed("22"), "price_annual": fixed("240")}, "22", "240"),
        ({"price_annual": fixed("240")}, None, "240"),
        (
            {"price": fixed("1"), "skus": [{"sku": "A", "price": fixed("22"), "price_annual": fixed("240")}]},
            "22",
            "240",
        ),
        ({"price_annual": fixed("1"), "skus": [{"sku": "A", "price": fixed("22")}]}, "22", "22"),
    ],
)
@pytest.mark.requirement("M21")
def test_a_sku_sold_monthly_and_annually_has_a_price_for_each(seats, monthly, annual):
    rules = price_rules(section(**seats))
    expected = [value and PriceRule(PriceBasis.FIXED, Decimal(value)) for value in (monthly, annual)]
    assert [rules.of("A", motion) for motion in (Motion.SEAT_MONTHLY, Motion.SEAT_ANNUAL)] == expected
