from decimal import ROUND_HALF_EVEN, Decimal

import pytest

from ledgerwire.sandbox.xero.rules.rounding import Rounding, line_amount, line_tax, totals

D = Decimal


@pytest.mark.parametrize(
    ("quantity", "price", "places", "expected"),
    [
        ("1234", "0.0471", 4, "58.12"),
        ("1234", "0.0471", 2, "61.70"),
        ("1234", "0.04712", 4, "58.12"),
        ("1", "58.15", 2, "58.15"),
        ("14.5", "128.35", 2, "1861.08"),
        ("-1", "0.005", 4, "-0.01"),
        ("2", "145.1234", 4, "290.25"),
        ("0", "10", 2, "0.00"),
    ],
)
def test_a_line_is_quantity_times_the_price_that_the_call_keeps(quantity, price, places, expected):
    rounding = Rounding(unit_places=places)
    assert line_amount(D(quantity), rounding.unit(D(price)), rounding) == D(expected)


@pytest.mark.parametrize(
    ("discount", "expected"),
    [({"discount_rate": D(10)}, "30.00"), ({"discount_amount": D("3.33")}, "30.00"), ({}, "33.33")],
)
def test_a_discount_comes_off_before_the_line_is_rounded(discount, expected):
    assert line_amount(D(1), D("33.33"), Rounding(), **discount) == D(expected)


@pytest.mark.parametrize(
    ("amount", "rate", "basis", "expected"),
    [
        ("25.06", "15", "Exclusive", "3.76"),
        ("25.61", "15", "Exclusive", "3.84"),
        ("25.63", "15", "Exclusive", "3.84"),
        ("34.25", "10", "Exclusive", "3.43"),
        ("-34.25", "10", "Exclusive", "-3.43"),
        ("100.00", "10", "Inclusive", "9.09"),
        ("115.00", "15", "Inclusive", "15.00"),
        ("100.00", "10", "NoTax", "0.00"),
        ("100.00", "0", "Exclusive", "0.00"),
    ],
)
def test_tax_is_rounded_on_the_line(amount, rate, basis, expected):
    assert line_tax(D(amount), D(rate), basis, Rounding()) == D(expected)


def test_half_even_is_there_for_those_who_believe_in_it():
    assert line_tax(D("34.25"), D(10), "Exclusive", Rounding(ROUND_HALF_EVEN)) == D("3.42")


@pytest.mark.requirement("M11")
@pytest.mark.parametrize(
    ("taxes", "extra", "expected"),
    [
        ((None, None, None), None, ("76.30", "11.44", "87.74")),
        (("3.76", "3.84", "3.85"), None, ("76.30", "11.45", "87.75")),
        ((None, None, None), "0.01", ("76.31", "11.44", "87.75")),
    ],
    ids=["as computed", "tax override", "rounding line"],
)
def test_the_three_ways_to_the_source_total_of_87_75(taxes, extra, expected):
    amounts = [D("25.06"), D("25.61"), D("25.63")]
    lines = [
        (amount, D(tax) if tax else line_tax(amount, D(15), "Exclusive", Rounding()))
        for amount, tax in zip(amounts, taxes, strict=True)
    ]
    if extra:
        lines.append((D(extra), D("0.00")))
    summed = totals(lines, "Exclusive")
    assert (summed.sub_total, summed.total_tax, summed.total) == tuple(D(value) for value in expected)


def test_inclusive_totals_take_the_tax_out():
    summed = totals([(D("110.00"), D("10.00"))], "Inclusive")
    assert (summed.sub_total, summed.total) == (D("100.00"), D("110.00"))
