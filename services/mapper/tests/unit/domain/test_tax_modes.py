"""Every tax mode, in four countries, finds the one ledger rate or says which of three things is wrong (M12, A020)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ledgerwire.common.ledger.reference import TaxComponent, TaxRate
from ledgerwire.mapper.domain.model import TaxCode, TaxLevel
from ledgerwire.mapper.domain.settings import TaxMode

from .build import REFERENCE, SALES, SETTINGS, document, gl_line, mapped, source, stop, warnings


def rate(tax_type, name, *parts):
    """A rate made of (name, percent) parts; of one part without a name of its own where only a percentage is given."""
    components = tuple(TaxComponent(part, Decimal(percent)) for part, percent in parts)
    whole = sum((item.rate for item in components), Decimal(0))
    return TaxRate(tax_type, name, whole, active=True, applies_to=SALES, components=components)


CANADA = (
    rate("GSTPST", "BC: GST 5 and PST 7", ("GST", "5"), ("PST BC", "7")),
    rate("GSTONLY", "GST 5", ("GST", "5")),
    rate("HST", "HST ON", ("HST ON", "13")),
)
TEXAS = (
    rate("AUSTIN", "Texas and Austin", ("TX STATE", "6.25"), ("AUSTIN", "2")),
    rate("TEXAS", "Texas only", ("TX STATE", "6.25")),
)
BC = (TaxLevel(1, "GST", Decimal("5.00")), TaxLevel(2, "PST BC", Decimal("7.00")))
US = (TaxLevel(1, "TX STATE", Decimal("6.25")), TaxLevel(2, "AUSTIN", Decimal("2.00")))


def with_tax(**changes):
    return replace(SETTINGS, tax=replace(SETTINGS.tax, **changes))


def books(*rates):
    return replace(REFERENCE, tax_rates=(*REFERENCE.tax_rates, *rates))


def levelled(levels, rates, *lines, tax, code="BC", **more):
    export = {"tax_levels": levels, "tax_percent": None, **more.pop("export", {})}
    settings = more.pop("settings", with_tax(mode=TaxMode.PER_LEVEL))
    return source(*lines, tax=tax, settings=settings, reference=books(*rates), export=export, tax_code=code, **more)


def line(entry_id=101, net="100.00", levels=(1, 2), percent="12", **more):
    facts = {"tax_code": "BC", "tax_percent": Decimal(percent) if percent else None, "tax_levels": levels, **more}
    return gl_line(entry_id, net, **facts)


@pytest.mark.requirement("M12")
@pytest.mark.parametrize(
    ("levels", "rates", "percent", "tax", "tax_type"),
    [(BC, CANADA, "12", "12.00", "GSTPST"), (US, TEXAS, "8.25", "8.25", "AUSTIN")],
    ids=["Canada: GST and PST", "US: state and city"],
)
def test_the_levels_together_are_the_one_rate_made_of_them(levels, rates, percent, tax, tax_type):
    result = mapped(levelled(levels, rates, line(percent=percent), tax=tax))
    [made] = result.documents[0].lines
    assert (made.tax_type, made.tax_amount, result.findings) == (tax_type, Decimal(tax), ())


@pytest.mark.requirement("M12")
def test_a_line_taxed_at_some_levels_only_takes_the_rate_of_those():
    given = levelled(BC, CANADA, line(), line(102, levels=(1,)), line(103, levels=()), tax="17.00")
    made = document(given)
    assert [(each.tax_type, each.tax_amount) for each in made.lines] == [
        ("GSTPST", Decimal("12.00")),
        ("GSTONLY", Decimal("5.00")),
        ("EXEMPTOUTPUT", Decimal(0)),
    ]


@pytest.mark.requirement("M12", "M25")
def test_levels_that_no_rate_is_made_of_stop_with_their_names():
    finding = stop(levelled(BC, CANADA[1:], line(), tax="12.00"))
    assert finding.code == "TAX_CODE_UNKNOWN"
    assert finding.params["tax_code"] == "GST + PST BC"
    linked = with_tax(mode=TaxMode.PER_LEVEL, links={"GST + PST BC": "GSTPST"})
    assert document(levelled(BC, CANADA, line(), tax="12.00", settings=linked)).lines[0].tax_type == "GSTPST"
    by_code = with_tax(mode=TaxMode.PER_LEVEL, links={"BC": "HST"})
    assert document(levelled(BC, CANADA, line(percent=None), tax="13.00", settings=by_code)).lines[0].tax_type == "HST"


@pytest.mark.requirement("M12")
def test_two_rates_of_the_same_parts_are_not_guessed_between():
    twin = rate("TWIN", "GST 5 and PST 7 (old)", ("PST BC", "7"), ("GST", "5"))
    assert stop(levelled(BC, (*CANADA, twin), line(), tax="12.00")).code == "TAX_CODE_UNKNOWN"


@pytest.mark.requirement("M12")
def test_levels_without_a_cross_reference_are_a_blank_tax_code():
    bare = tuple(replace(level, xref="") for level in BC)
    given = levelled(bare, CANADA, line(tax_code=None), tax="12.00", code=None, export={"tax_code": None})
    assert stop(given).code == "TAX_CODE_BLANK"


@pytest.mark.requirement("A020")
def test_a_name_of_another_spelling_is_a_finding_of_its_own():
    near = gl_line(101, "100.00", tax_code="gst  on income")
    result = mapped(source(near, tax_code="gst  on income"))
    [finding] = result.findings
    assert (finding.code, finding.severity) == ("TAX_CODE_NEAR_MATCH", "warning")
    assert finding.message == (
        "Tax code 'gst  on income' on INV-1042 is taken for tax rate 'GST on Income' of Xero, which differs in case or spaces."
    )


@pytest.mark.requirement("A020")
def test_exact_near_unknown_and_another_rate_are_four_different_outcomes():
    assert warnings(source()) == []
    assert warnings(source(gl_line(101, "100.00", tax_code="GST ON INCOME"))) == ["TAX_CODE_NEAR_MATCH"]
    assert stop(source(gl_line(101, "100.00", tax_code="VAT"))).code == "TAX_CODE_UNKNOWN"
    higher = gl_line(101, "100.00", tax_percent=Decimal("12.5"))
    assert warnings(source(higher, tax="12.50")) == ["TAX_RATE_DIFFERS"]


@pytest.mark.requirement("A020")
def test_the_identifier_or_the_description_may_be_the_exact_name():
    coded = replace(source(gl_line(101, "100.00", tax_code="G10")), tax_codes=(TaxCode("G10", "GST on Income"),))
    assert warnings(coded) == []


@pytest.mark.requirement("A020")
def test_a_rate_difference_too_small_to_move_a_cent_is_told_all_the_same():
    small = gl_line(101, "0.10", tax_percent=Decimal("10.5"))
    assert warnings(source(small, tax="0.01")) == ["TAX_RATE_DIFFERS"]


@pytest.mark.requirement("M12")
def test_an_engines_amounts_are_taken_as_printed_under_one_type():
    settings = with_tax(mode=TaxMode.EXTERNAL, static_type="EXEMPTOUTPUT")
    lines = [gl_line(101, "100.00"), gl_line(102, "50.00"), gl_line(103, "20.00", taxable=False)]
    result = mapped(source(*lines, tax="11.39", settings=settings))
    [made] = result.documents
    assert [each.tax_amount for each in made.lines] == [Decimal("7.59"), Decimal("3.80"), Decimal(0)]
    assert [each.tax_override for each in made.lines] == [True, True, False]
    assert result.findings == ()
    assert document(source(*lines, tax="0.00", settings=settings)).tax == 0
    nothing = source(gl_line(101, "100.00", taxable=False), tax="3.00", settings=settings)
    assert stop(nothing).code == "TAX_TOTAL_DIFFERS"


@pytest.mark.requirement("M11", "M12")
@pytest.mark.parametrize(
    ("tax", "shares"),
    [("11.45", ["3.76", "3.84", "3.85"]), ("11.44", ["3.76", "3.84", "3.84"])],
    ids=["tax on the total", "tax per line"],
)
def test_the_printed_tax_is_shared_by_largest_remainder(tax, shares):
    fifteen = rate("FIFTEEN", "GST 15", ("GST 15", "15"))
    lines = [
        gl_line(101 + n, net, tax_code="GST 15", tax_percent=Decimal(15))
        for n, net in enumerate(["25.06", "25.61", "25.63"])
    ]
    result = mapped(source(*lines, tax=tax, reference=books(fifteen)))
    [made] = result.documents
    assert made.total == Decimal("76.30") + Decimal(tax)
    assert [str(each.tax_amount) for each in made.lines] == shares
    assert [each.role for each in made.lines] == ["sale"] * 3
    assert result.findings == ()


@pytest.mark.requirement("M25")
def test_a_rate_the_account_refuses_stops_and_names_both():
    deposit = gl_line(101, "100.00", gl_type="RD", account="812", non_product_id=None)
    only_revenue = TaxRate("OUTPUT", "GST on Income", Decimal(10), active=True, applies_to=SALES - {"liability"})
    books_ = replace(REFERENCE, tax_rates=(only_revenue, *REFERENCE.tax_rates[1:]))
    finding = stop(source(deposit, reference=books_))
    assert (finding.code, finding.params["name"], finding.params["account"]) == (
        "TAX_NOT_ALLOWED_FOR_ACCOUNT",
        "GST on Income",
        "812",
    )
