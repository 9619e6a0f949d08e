from dataclasses import replace
from decimal import Decimal

import pytest

from ledgerwire.common.ledger.reference import TaxRate
from ledgerwire.mapper.domain.model import TaxCode
from ledgerwire.mapper.domain.settings import TaxMode, TaxSettings

from .build import REFERENCE, SALES, SETTINGS, document, gl_line, mapped, source, stop, stops, warnings


def with_tax(**changes):
    return replace(SETTINGS, tax=replace(SETTINGS.tax, **changes))


@pytest.mark.requirement("M12")
def test_tax_is_decided_per_line_by_its_own_flag():
    made = document(source(gl_line(101, "100.00"), gl_line(102, "87.00", taxable=False), tax="10.00"))
    assert [(line.tax_type, line.tax_amount) for line in made.lines] == [
        ("OUTPUT", Decimal("10.00")),
        ("EXEMPTOUTPUT", Decimal(0)),
    ]


@pytest.mark.requirement("M12")
def test_exempt_customers_are_normal_whatever_the_products_say():
    given = source(tax="0.00", taxable=False, tax_code=None, export={"taxable": False, "tax_code": None})
    assert document(given).lines[0].tax_type == "EXEMPTOUTPUT"
    assert warnings(given) == []


@pytest.mark.requirement("M12")
def test_a_blank_tax_code_stops_only_where_there_is_something_to_tax():
    bare = gl_line(101, "100.00", tax_code=None)
    blank = {"tax_code": None}
    assert stop(source(bare, tax_code=None, export=blank)).code == "TAX_CODE_BLANK"
    assert stop(source(bare, tax="0.00", tax_code=None, export=blank)).code == "TAX_CODE_BLANK"
    untaxed = source(bare, tax="0.00", tax_code=None, taxable=False, export={**blank, "taxable": False})
    assert document(untaxed).tax == 0


@pytest.mark.requirement("M25")
def test_an_unknown_tax_code_names_the_nearest_rate_for_revenue_and_what_a_link_to_it_says():
    line = gl_line(101, "100.00", tax_code="GST10")
    finding = stop(source(line, tax_code="GST10"))
    assert finding.message == (
        "Tax code 'GST10' has no tax rate of that name in Xero. Nearest: 'GST on Income' (tax type OUTPUT)."
    )
    assert finding.entry.render_action(finding.params) == (
        "Link 'GST10' to the tax type of a rate of Xero or rename it, then Retry."
    )
    rates = (replace(REFERENCE.tax_rates[0], tax_type="GST on Income"), *REFERENCE.tax_rates[1:])
    alike = stop(source(line, tax_code="GST10", reference=replace(REFERENCE, tax_rates=rates)))
    assert alike.params["nearest"] == "'GST on Income'"


@pytest.mark.requirement("M12")
def test_a_link_wins_over_the_name_and_a_rate_is_found_by_name_reference_or_description():
    gst10 = gl_line(101, "100.00", tax_code="GST10")
    assert document(source(gst10, settings=with_tax(links={"GST10": "OUTPUT"}))).lines[0].tax_type == "OUTPUT"
    named = gl_line(101, "100.00", tax_code="gst on income")
    assert document(source(named)).lines[0].tax_type == "OUTPUT"
    by_reference = gl_line(101, "100.00", tax_code="G", tax_xref="GST on Income")
    assert document(source(by_reference)).lines[0].tax_type == "OUTPUT"
    described = replace(source(gl_line(101, "100.00", tax_code="G")), tax_codes=(TaxCode("G", "GST on Income"),))
    assert document(described).lines[0].tax_type == "OUTPUT"


def test_the_reference_of_one_level_does_not_stand_for_a_code_of_two():
    line = gl_line(101, "100.00", tax_code="BC", tax_xref="GST on Income")
    given = replace(source(line, tax="15.00"), tax_codes=(TaxCode("BC", "GST and PST", ("GST on Income", "PST")),))
    assert stops(given) == ["TAX_CODE_UNKNOWN"]


@pytest.mark.requirement("M12")
def test_the_static_mode_uses_one_type_for_every_taxable_line():
    settings = with_tax(mode=TaxMode.STATIC, static_type="OUTPUT")
    line = gl_line(101, "100.00", tax_code=None)
    assert document(source(line, settings=settings, tax_code=None)).lines[0].tax_type == "OUTPUT"


@pytest.mark.requirement("M12")
def test_the_gl_amounts_mode_takes_the_only_rate_that_makes_the_printed_tax():
    settings = with_tax(mode=TaxMode.GL_AMOUNTS)
    line = gl_line(101, "100.00", tax_code="whatever")
    assert document(source(line, tax="5.00", settings=settings)).lines[0].tax_type == "HALF"
    assert stop(source(line, tax="7.00", settings=settings)).code == "TAX_CODE_UNKNOWN"
    twin = TaxRate("OUTPUT2", "GST on Sales", Decimal(10), active=True, applies_to=SALES)
    both = replace(REFERENCE, tax_rates=(*REFERENCE.tax_rates, twin))
    assert stop(source(line, settings=settings, reference=both)).code == "TAX_CODE_UNKNOWN"
    assert document(source(settings=settings, reference=both)).lines[0].tax_type == "OUTPUT"


@pytest.mark.requirement("M11", "M12")
@pytest.mark.parametrize(
    ("settings", "purpose"),
    [
        (TaxSettings(untaxed_type="NOPE"), "untaxed lines"),
        (TaxSettings(untaxed_type="EXEMPTOUTPUT", mode=TaxMode.STATIC, static_type="NOPE"), "taxable lines"),
    ],
)
def test_a_tax_type_of_the_settings_must_exist_in_the_ledger(settings, purpose):
    given = source(
        gl_line(101, "100.00"), gl_line(102, "1.00", taxable=False), settings=replace(SETTINGS, tax=settings)
    )
    assert stop(given).params["purpose"] == purpose


def test_an_archived_rate_is_no_rate():
    rates = tuple(replace(rate, active=rate.tax_type != "OUTPUT") for rate in REFERENCE.tax_rates)
    assert stops(source(reference=replace(REFERENCE, tax_rates=rates))) == ["TAX_CODE_UNKNOWN"]


@pytest.mark.requirement("M25")
def test_a_rate_that_the_account_may_not_carry_stops():
    finding = stop(source(gl_line(101, "100.00", tax_code="GST on Expenses")))
    assert finding.code == "TAX_NOT_ALLOWED_FOR_ACCOUNT"
    assert "?" not in finding.message


@pytest.mark.requirement("M11")
def test_the_printed_tax_is_met_by_overriding_lines_by_largest_remainder():
    # the ledger's own worked example: 3.76 + 3.84 + 3.84 would be 0.01 short of the printed 11.45
    rate = TaxRate("GST15", "GST 15", Decimal(15), active=True, applies_to=SALES)
    reference = replace(REFERENCE, tax_rates=(*REFERENCE.tax_rates, rate))
    lines = [gl_line(100 + n, net, tax_code="GST 15") for n, net in enumerate(("25.06", "25.61", "25.63"), start=1)]
    made = document(source(*lines, tax="11.45", reference=reference))
    assert [(line.tax_amount, line.tax_override) for line in made.lines] == [
        (Decimal("3.76"), False),
        (Decimal("3.84"), False),
        (Decimal("3.85"), True),
    ]
    assert (made.tax, made.total) == (Decimal("11.45"), Decimal("87.75"))


@pytest.mark.requirement("M11")
def test_a_tax_difference_is_never_plugged_by_an_adjustment_line():
    finding = stop(source(gl_line(101, "100.00"), tax="10.50"))
    assert finding.code == "TAX_TOTAL_DIFFERS"
    assert (finding.params["found"], finding.params["expected"]) == ("10.00", "10.50")
    untaxed = source(gl_line(101, "100.00", taxable=False), tax="10.00")
    assert stops(untaxed) == ["TAX_TOTAL_DIFFERS"]


def test_tax_rows_that_are_not_the_printed_tax_stop():
    assert "TAX_TOTAL_DIFFERS" in stops(replace(source(), invoice=replace(source().invoice, tax=Decimal("9.00"))))


def test_without_tax_rows_the_header_tells_the_tax():
    given = source()
    rows = replace(given.export, lines=given.export.lines[:1])
    assert document(replace(given, export=rows)).tax == Decimal("10.00")


def test_another_rate_in_the_ledger_is_a_warning_and_the_printed_tax_is_posted():
    line = gl_line(101, "100.00", tax_code="Reduced", tax_percent=Decimal(10))
    result = mapped(source(line, tax="10.00"))
    assert [finding.code for finding in result.findings] == ["TAX_RATE_DIFFERS"]
    assert "?" not in result.findings[0].message
    [made] = result.documents[0].lines
    assert (made.tax_amount, made.tax_override) == (Decimal("10.00"), True)
