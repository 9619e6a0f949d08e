"""Receipts and expenses count against the month's rounding budget like invoices (D13)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from .build_purchases import BUYING, bought, document, receipt, spent, stop


def budgeted(amount):
    return replace(BUYING, rounding=replace(BUYING.rounding, monthly_budget=Decimal(amount)))


def uneven(settings):
    """A receipt of two exact lines of 333.335, of which whole cents can only show 333.34 twice."""
    rows = [bought(entry, "333.335", price=Decimal("333.335")) for entry in (201, 202)]
    return receipt(*rows, taxes=("66.67",), settings=settings)


def spent_unevenly(settings):
    given = spent("733.34", "66.67", net="666.67", tax_row="66.67", settings=settings)
    [row, tax] = given.bill
    half = replace(row, line=replace(row.line, total=Decimal("333.335")))
    other = replace(half, ids=(605, 606))
    return replace(given, bill=(half, other, tax))


@pytest.mark.requirement("D13", "M16", "M17")
@pytest.mark.parametrize("made", [uneven, spent_unevenly])
def test_the_months_budget_binds_what_is_bought_and_spent_too(made):
    given = made(budgeted("0.05"))
    assert document(replace(given, rounding_used=Decimal("0.04"))).lines[-1].net == Decimal("-0.01")
    over = replace(given, rounding_used=Decimal("0.05"))
    finding = stop(over)
    assert (finding.code, finding.params["used"]) == ("ROUNDING_BUDGET_EXCEEDED", "0.05")
    assert document(replace(over, choices=("ACCEPT_ROUNDING",))).total == Decimal("733.34")
    assert document(made(BUYING)).total == Decimal("733.34"), "no budget, no limit"
