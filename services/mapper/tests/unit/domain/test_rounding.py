"""Policies, limits, the month's budget and the cause of each rounding (M11, D13)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ledgerwire.common.ledger.document import LineRole
from ledgerwire.common.money import round_half_up, total
from ledgerwire.mapper.domain.line_amounts import price_cause
from ledgerwire.mapper.domain.settings import RoundingPolicy

from .build import SETTINGS, document, gl_line, mapped, source, stop


def with_rounding(**changes):
    return replace(SETTINGS, rounding=replace(SETTINGS.rounding, **changes))


def cable(net, quantity, price):
    return gl_line(101, net, quantity=Decimal(quantity), price=Decimal(price), description="Cat 6 cable", taxable=False)


def spread(net, quantity, price):
    settings = with_rounding(policy=RoundingPolicy.SPREAD)
    return mapped(
        source(cable(net, quantity, price), gl_line(102, "90.00", taxable=False), tax="0.00", settings=settings)
    )


@pytest.mark.requirement("D13", "M11")
@pytest.mark.parametrize(
    ("net", "quantity", "price", "parts"),
    [
        ("524.60", "100", "5.2456", [("40", "5.24"), ("60", "5.25")]),
        ("525.00", "100", "5.2456", [("100", "5.25")]),
        ("-10.01", "3", "3.3334", [("1", "-3.33"), ("2", "-3.34")]),
        ("0.02", "3", "0.0047", [("1", "0.00"), ("2", "0.01")]),
    ],
)
def test_spread_splits_a_line_into_whole_cent_parts_that_add_up_to_it(net, quantity, price, parts):
    result = spread(net, quantity, price)
    made = [line for line in result.documents[0].lines if line.source_ids == (101,)]
    assert [(str(line.quantity), str(line.unit_amount)) for line in made] == parts
    assert total(line.net for line in made) == Decimal(net)
    assert {(line.account_code, line.item_code, line.tax_type, line.role) for line in made} == {
        ("220", "LABOUR", "EXEMPTOUTPUT", LineRole.SALE)
    }
    assert all(round_half_up(line.quantity * line.unit_amount) == line.net for line in made)
    assert [item.code for item in result.findings] == ["ROUNDING_APPLIED"]


@pytest.mark.requirement("D13")
def test_a_quantity_that_is_no_whole_number_is_not_spread():
    made = spread("3.50", "1.5", "2.3145").documents[0].lines[0]
    assert (made.quantity, made.unit_amount) == (Decimal(1), Decimal("3.50"))


@pytest.mark.requirement("A132", "D13", "M25")
@pytest.mark.parametrize(
    ("quantity", "price", "net", "cause"),
    [
        ("100", "5.2456", "525.00", "ConnectWise rounds the unit price to 5.25 before it multiplies"),
        ("48230", "0.04712", "2272.60", "the unit price or quantity has more decimals than the ledger keeps"),
        ("100", "5.2456", "500.00", "the line total is not quantity x price in ConnectWise"),
    ],
)
def test_the_cause_of_a_rounded_line_is_computed(quantity, price, net, cause):
    assert price_cause(Decimal(quantity), Decimal(price), Decimal(net)).startswith(cause)
    [finding] = mapped(source(cable(net, quantity, price), tax="0.00")).findings
    assert f"Cause: {cause}" in finding.message
    assert {"found", "expected", "difference"} <= finding.params.keys()


def arms(count=2, **more):
    return [gl_line(100 + n, "333.335", **{"price": Decimal("333.335"), **more}) for n in range(count)]


@pytest.mark.requirement("A133", "D13")
@pytest.mark.parametrize(
    ("more", "cause"),
    [
        ({}, "2 GL lines with fractions of a cent, from unit prices with fractions of a cent"),
        ({"price": None}, "2 GL lines with fractions of a cent"),
    ],
)
def test_the_cause_of_an_adjustment_is_computed(more, cause):
    [finding] = [
        item for item in mapped(source(*arms(**more), tax="66.67")).findings if item.code == "ADJUSTMENT_APPLIED"
    ]
    assert finding.params["cause"] == cause


@pytest.mark.requirement("D13", "M11")
def test_a_person_may_accept_what_is_over_the_limit():
    given = source(*arms(), tax="66.67", settings=with_rounding(document_limit=Decimal(0)))
    assert stop(given).code == "ADJUSTMENT_OVER_LIMIT"
    accepted = document(replace(given, choices=("ACCEPT_ROUNDING",)))
    assert (accepted.lines[-1].net, accepted.total) == (Decimal("-0.01"), Decimal("733.34"))


@pytest.mark.requirement("D13")
def test_the_months_budget_counts_what_other_records_have_used():
    settings = with_rounding(monthly_budget=Decimal("0.05"))
    given = source(*arms(), tax="66.67", settings=settings)
    assert document(replace(given, rounding_used=Decimal("0.04"))).total == Decimal("733.34")
    over = replace(given, rounding_used=Decimal("0.05"))
    finding = stop(over)
    assert finding.message == (
        "INV-1042 needs 0.01 of rounding; 0.05 of the month's 0.05 is used already. "
        "Cause: 2 GL lines with fractions of a cent, from unit prices with fractions of a cent."
    )
    assert document(replace(over, choices=("ACCEPT_ROUNDING",))).total == Decimal("733.34")
    assert document(source(settings=settings, tax="10.00")).total == Decimal("110.00")


@pytest.mark.requirement("D13")
def test_a_budget_of_nothing_allows_no_rounding_at_all():
    settings = with_rounding(monthly_budget=Decimal(0), policy=RoundingPolicy.LINE)
    given = source(gl_line(101, "10.02", quantity=Decimal(3), price=Decimal("3.3353")), tax="1.00", settings=settings)
    assert stop(given).code == "ROUNDING_BUDGET_EXCEEDED"


@pytest.mark.requirement("M11")
def test_a_tax_difference_is_never_plugged_even_where_a_person_accepts_rounding():
    given = source(gl_line(101, "100.00"), tax="11.50", settings=with_rounding(document_limit=Decimal(10)))
    assert stop(replace(given, choices=("ACCEPT_ROUNDING",))).code == "TAX_TOTAL_DIFFERS"


@pytest.mark.requirement("M11")
def test_a_price_of_four_decimals_that_multiplies_out_is_posted_as_sold():
    made = document(source(cable("58.12", "1234", "0.0471"), tax="0.00")).lines[0]
    assert (made.quantity, made.unit_amount) == (Decimal(1234), Decimal("0.0471"))
    made = document(source(cable("58.15", "1234", "0.04712"), tax="0.00")).lines[0]
    assert (made.quantity, made.unit_amount) == (Decimal(1), Decimal("58.15"))
