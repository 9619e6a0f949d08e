from dataclasses import replace
from decimal import Decimal

import pytest

from ledgerwire.common.ledger.document import DocumentKind, LineRole
from ledgerwire.mapper.domain.parts import InvoiceCase
from ledgerwire.mapper.domain.rounding import limit
from ledgerwire.mapper.domain.settings import RoundingPolicy

from .build import SETTINGS, document, gl_line, mapped, source, stop, stops


def with_rounding(**changes):
    return replace(SETTINGS, rounding=replace(SETTINGS.rounding, **changes))


def cable(net="525.00", quantity="100", price="5.2456"):
    return gl_line(101, net, quantity=Decimal(quantity), price=Decimal(price), description="Cat 6 cable")


def amounts(made):
    return [(line.quantity, line.unit_amount, line.net, line.role) for line in made.lines]


@pytest.mark.requirement("M11")
@pytest.mark.parametrize(
    ("net", "quantity", "price"),
    [("58.12", "1234", "0.0471"), ("471.25", "3.25", "145"), ("0.00", "0.5", "0"), ("100.00", "-2", "50")],
)
def test_the_exact_product_is_kept_as_sold(net, quantity, price):
    line = gl_line(101, net, quantity=Decimal(quantity), price=Decimal(price), taxable=False)
    result = mapped(source(line, gl_line(102, "1.00", taxable=False), tax="0.00"))
    made = result.documents[0].lines[0]
    assert (made.quantity, made.unit_amount, made.net) == (abs(Decimal(quantity)), Decimal(price), Decimal(net))
    assert result.findings == ()


@pytest.mark.requirement("A132", "M11", "D13")
def test_a_line_that_does_not_multiply_out_is_posted_once_at_its_total_with_the_figures_told():
    result = mapped(source(cable(), tax="52.50"))
    [made] = result.documents[0].lines
    assert (made.quantity, made.unit_amount, made.net) == (Decimal(1), Decimal("525.00"), Decimal("525.00"))
    assert made.description == "Cat 6 cable (100 x 5.2456)"
    [finding] = result.findings
    assert finding.message == (
        "Posted. 'Cat 6 cable': 100 x 5.2456 is 524.56, ConnectWise has 525.00 (0.44); posted as 1 x 525.00. "
        "Cause: ConnectWise rounds the unit price to 5.25 before it multiplies."
    )


@pytest.mark.requirement("M11")
def test_prices_of_five_decimals_are_never_cut_to_four():
    result = mapped(source(cable("2272.60", "48230", "0.04712"), tax="227.26"))
    assert result.documents[0].lines[0].net == Decimal("2272.60")
    assert [finding.code for finding in result.findings] == ["ROUNDING_APPLIED"]


@pytest.mark.requirement("A132")
def test_by_line_policy_quantity_and_price_stay_and_a_rounding_line_follows():
    settings = with_rounding(policy=RoundingPolicy.LINE)
    made = document(source(cable("10.01", "3", "3.3353"), tax="1.00", settings=settings))
    assert amounts(made) == [(Decimal(3), Decimal("3.3353"), Decimal("10.01"), LineRole.SALE)]
    made = document(source(cable("10.02", "3", "3.3353"), tax="1.00", settings=settings))
    assert amounts(made) == [
        (Decimal(3), Decimal("3.3353"), Decimal("10.01"), LineRole.SALE),
        (Decimal(1), Decimal("0.01"), Decimal("0.01"), LineRole.ROUNDING),
    ]
    assert (made.lines[1].account_code, made.lines[1].tax_type, made.lines[1].item_code) == ("860", "BASEXCLUDED", None)
    made = document(source(cable(), tax="52.50", settings=settings))
    assert amounts(made) == [(Decimal(1), Decimal("525.00"), Decimal("525.00"), LineRole.SALE)]


def arms(count=2):
    """Lines of exactly 333.335: two make 666.67, of which whole cents can only show 333.34 twice."""
    return [gl_line(100 + n, "333.335", price=Decimal("333.335")) for n in range(count)]


@pytest.mark.requirement("A133", "D13", "M11", "M25")
def test_one_adjustment_line_ties_the_total_and_says_why():
    result = mapped(source(*arms(), tax="66.67"))
    [made] = result.documents
    assert made.total == Decimal("733.34")
    tie = made.lines[-1]
    assert (tie.role, tie.net, tie.account_code, tie.tax_type, tie.tax_amount) == (
        LineRole.ADJUSTMENT,
        Decimal("-0.01"),
        "860",
        "BASEXCLUDED",
        Decimal(0),
    )
    [finding] = result.findings
    assert finding.message == (
        "Posted. -0.01 added to Rounding: ConnectWise 733.34, Xero 733.35. "
        "Cause: 2 GL lines with fractions of a cent, from unit prices with fractions of a cent."
    )


@pytest.mark.requirement("A133", "M11")
@pytest.mark.parametrize(("limit", "policy"), [(Decimal(0), RoundingPolicy.DOCUMENT), (None, RoundingPolicy.STOP)])
def test_zero_allows_none_and_so_does_the_stop_policy(limit, policy):
    settings = with_rounding(document_limit=limit, policy=policy)
    finding = stop(source(*arms(), tax="66.67", settings=settings))
    assert finding.code == "ADJUSTMENT_OVER_LIMIT"
    assert (finding.params["difference"], finding.params["limit"]) == ("-0.01", "0.00")
    assert "?" not in finding.message


@pytest.mark.requirement("M11")
@pytest.mark.parametrize(("lines", "allowed"), [(1, "0.02"), (4, "0.05"), (9, "0.10"), (40, "0.10")])
def test_the_automatic_limit_is_a_cent_per_line_and_one_more_and_at_most_ten(lines, allowed):
    assert limit(InvoiceCase.of(source()), lines) == Decimal(allowed)


@pytest.mark.requirement("M11")
def test_more_than_the_automatic_limit_needs_an_explicit_choice():
    given = source(*arms(24), tax="800.00")
    assert stops(given) == ["ADJUSTMENT_OVER_LIMIT"]
    chosen = replace(given, settings=with_rounding(document_limit=Decimal("0.20")))
    assert document(chosen).lines[-1].net == Decimal("-0.12")


@pytest.mark.requirement("M3")
@pytest.mark.parametrize("off", ["0.01", "-0.01", "1.00"])
def test_gl_entries_that_are_not_the_invoice_stop_even_by_a_cent(off):
    finding = stop(source(gl_line(101, "100.00"), total=str(Decimal("110.00") + Decimal(off))))
    assert (finding.code, Decimal(finding.params["difference"])) == ("GL_OUT_OF_BALANCE", Decimal(off))


@pytest.mark.requirement("M3")
def test_a_header_that_is_not_the_invoice_stops():
    finding = stop(source(export={"header_total": Decimal("109.00")}))
    assert finding.code == "GL_OUT_OF_BALANCE"
    assert "?" not in finding.message


@pytest.mark.requirement("M11")
def test_the_rounding_account_must_exist():
    assert stop(source(settings=with_rounding(account="999"))).params["account"] == "999"
    assert stop(source(settings=with_rounding(tax_type="NOPE"))).params["purpose"] == "rounding lines"


@pytest.mark.requirement("M3")
@pytest.mark.parametrize("header", ["110.00", "-110.00"])
def test_a_credit_memo_whose_rows_are_exported_like_a_sales_is_a_credit_note_all_the_same(header):
    sold = (gl_line(101, "130.00"), gl_line(102, "-30.00", description="Kept"))
    export = {"header_total": Decimal(header)}
    given = source(*sold, tax="10.00", total="-110.00", invoice_type="CreditMemo", export=export)
    made = document(given)
    assert (made.kind, made.net, made.tax, made.total) == (
        DocumentKind.CREDIT_NOTE,
        Decimal("100.00"),
        Decimal("10.00"),
        Decimal("110.00"),
    )
    assert [(line.net, line.tax_amount) for line in made.lines] == [
        (Decimal("130.00"), Decimal("13.00")),
        (Decimal("-30.00"), Decimal("-3.00")),
    ]
    turned = source(gl_line(101, "-130.00"), gl_line(102, "30.00", description="Kept"), tax="-10.00",
                    invoice_type="CreditMemo")  # fmt: skip
    usual = document(turned)
    assert [line.net for line in usual.lines] == [line.net for line in made.lines]
    without_row = replace(given, export=replace(given.export, lines=sold))
    assert document(without_row).tax == Decimal("10.00"), "the header's tax turns with the rows"


@pytest.mark.requirement("M3")
@pytest.mark.parametrize(
    ("kind", "net", "tax", "total"),
    [
        ("Standard", "100.00", "10.00", "-110.00"),
        ("Standard", "-100.00", "-10.00", "110.00"),
        ("CreditMemo", "-100.00", "-10.00", "110.00"),
        ("CreditMemo", "100.00", "10.00", "-110.01"),
        ("CreditMemo", "120.00", "-10.00", "-130.00"),
    ],
)
def test_rows_that_say_the_opposite_of_the_total_stop_where_they_are_no_credit_memo_that_ties(kind, net, tax, total):
    given = source(gl_line(101, net), tax=tax, total=total, invoice_type=kind)
    assert stop(given).code == "GL_OUT_OF_BALANCE"
