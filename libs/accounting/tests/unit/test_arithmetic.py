"""What Xero will compute is known before it is asked, to the cent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerwire.accounting.xero.arithmetic import differences, foretell, line_net, line_tax
from ledgerwire.common.ledger.document import DocumentLine, LedgerDocument, LineRole

RATES = {"OUTPUT": Decimal(10), "TAX015": Decimal(15), "NONE": Decimal(0)}

Documents = Callable[..., LedgerDocument]
Lines = Callable[..., DocumentLine]


@pytest.mark.parametrize(
    ("quantity", "unit_amount", "net"),
    [
        ("1234", "0.0471", "58.12"),
        ("1234", "0.04712", "58.12"),
        ("1", "58.15", "58.15"),
        ("14.5", "128.35", "1861.08"),
        ("1", "0.005", "0.01"),
        ("1", "-0.005", "-0.01"),
        ("-3", "0.3350", "-1.01"),
        ("0.33335", "3", "1.00"),
        ("0", "145.00", "0.00"),
    ],
)
def test_a_line_is_quantity_times_price_at_four_decimals_rounded_half_up(
    quantity: str, unit_amount: str, net: str
) -> None:
    assert line_net(Decimal(quantity), Decimal(unit_amount)) == Decimal(net)


@pytest.mark.parametrize(
    ("net", "rate", "tax"),
    [("34.25", "10", "3.43"), ("-34.25", "10", "-3.43"), ("25.06", "15", "3.76"), ("100", "0", "0")],
)
def test_tax_is_rounded_on_the_line(net: str, rate: str, tax: str) -> None:
    assert line_tax(Decimal(net), Decimal(rate)) == Decimal(tax)


def worked_example(document: Documents, line: Lines, taxes: list[str], *, override: bool) -> LedgerDocument:
    """Three lines at 15 %, whose tax is 11.45 on the total and 11.44 by line."""
    lines = [
        line(net, tax, tax_type="TAX015", tax_override=override)
        for net, tax in zip(["25.06", "25.61", "25.63"], taxes, strict=True)
    ]
    return document("INV-87", *lines)


@pytest.mark.requirement("M11")
def test_tax_on_the_total_would_be_a_cent_off_and_is_stopped(document: Documents, line: Lines) -> None:
    printed = replace(
        worked_example(document, line, ["3.76", "3.84", "3.84"], override=False),
        tax=Decimal("11.45"),
        total=Decimal("87.75"),
    )
    foretold = foretell(printed, RATES)
    assert (foretold.net, foretold.tax, foretold.total) == (Decimal("76.30"), Decimal("11.44"), Decimal("87.74"))
    [finding] = differences(printed, foretold)
    assert finding.code == "TAX_TOTAL_DIFFERS"
    assert finding.message == (
        "INV-87 was not sent: Xero would compute 11.44 tax, the ConnectWise invoice shows 11.45."
    )


@pytest.mark.requirement("M11")
def test_tax_overrides_bring_it_to_the_printed_total(document: Documents, line: Lines) -> None:
    overridden = worked_example(document, line, ["3.76", "3.84", "3.85"], override=True)
    foretold = foretell(overridden, RATES)
    assert (foretold.net, foretold.tax, foretold.total) == (Decimal("76.30"), Decimal("11.45"), Decimal("87.75"))
    assert differences(overridden, foretold) == ()


@pytest.mark.requirement("M11")
def test_a_rounding_line_brings_it_to_the_printed_total(document: Documents, line: Lines) -> None:
    plain = worked_example(document, line, ["3.76", "3.84", "3.84"], override=False)
    cent = line("0.01", "0.00", tax_type="NONE", account_code="860", role=LineRole.ROUNDING)
    plugged = document("INV-87", *plain.lines, cent)
    foretold = foretell(plugged, RATES)
    assert (foretold.net, foretold.tax, foretold.total) == (Decimal("76.31"), Decimal("11.44"), Decimal("87.75"))
    assert differences(plugged, foretold) == ()


def test_a_price_of_five_decimals_is_stopped_and_quantity_one_is_not(document: Documents, line: Lines) -> None:
    fine = line("58.15", "5.82", quantity=Decimal(1234), unit_amount=Decimal("0.04712"))
    [finding] = differences(document("INV-1", fine), foretell(document("INV-1", fine), RATES))[:1]
    assert (finding.code, finding.line) == ("LINE_TOTAL_DIFFERS", 0)
    assert finding.message == "INV-1 was not sent: Xero would make 58.12 of line 1, ConnectWise has 58.15."
    whole = line("58.15", "5.82")
    assert differences(document("INV-1", whole), foretell(document("INV-1", whole), RATES)) == ()


def test_lines_that_are_off_but_cancel_out_are_stopped_too(document: Documents, line: Lines) -> None:
    crossed = document(
        "INV-1",
        line("100.01", "10.00", unit_amount=Decimal("100.00")),
        line("99.99", "10.00", unit_amount=Decimal("100.00")),
    )
    assert [finding.code for finding in differences(crossed, foretell(crossed, RATES))] == ["LINE_TOTAL_DIFFERS"] * 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"net": Decimal("100.01"), "total": Decimal("110.01")}, "LINE_TOTAL_DIFFERS"),
        ({"total": Decimal("110.01")}, "LINE_TOTAL_DIFFERS"),
        ({"tax": Decimal("10.01")}, "TAX_TOTAL_DIFFERS"),
    ],
)
def test_a_header_that_its_lines_do_not_add_up_to_is_stopped(
    document: Documents, changes: dict[str, Any], code: str
) -> None:
    wrong = document("INV-1", **changes)
    assert [finding.code for finding in differences(wrong, foretell(wrong, RATES))] == [code]


def test_fractions_that_round_to_nothing_are_named_for_what_they_are(document: Documents, line: Lines) -> None:
    tiny = document("INV-1", line("0.01", "0.00", unit_amount=Decimal("0.004")))
    assert [finding.code for finding in differences(tiny, foretell(tiny, RATES))] == ["ZERO_DOCUMENT"]


def test_a_zero_document_for_a_zero_invoice_is_fine(document: Documents, line: Lines) -> None:
    zero = document("INV-1", line("100.00", "10.00"), line("-100.00", "-10.00"))
    assert differences(zero, foretell(zero, RATES)) == ()


def test_a_tax_type_that_is_not_known_is_left_to_xero_to_refuse(document: Documents, line: Lines) -> None:
    unknown = document("INV-1", line("100.00", "7.77", tax_type="TAX999"))
    assert differences(unknown, foretell(unknown, RATES)) == ()


amounts = st.decimals(min_value=-99999, max_value=99999, places=4)


@given(quantity=amounts, unit=amounts, rate=st.decimals(min_value=0, max_value=30, places=3))
def test_every_line_and_its_tax_are_the_nearest_cent(quantity: Decimal, unit: Decimal, rate: Decimal) -> None:
    net = line_net(quantity, unit)
    exact = quantity * unit
    assert abs(net - exact) <= Decimal("0.005")
    assert net == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert line_net(-quantity, unit) == -net
    tax = line_tax(net, rate)
    assert abs(tax - net * rate / 100) <= Decimal("0.005")
    assert line_tax(-net, rate) == -tax
