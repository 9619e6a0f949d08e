"""Four regimes of sales tax, and an engine that works it out instead."""

from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.sandbox.connectwise.export import export
from ledgerwire.sandbox.connectwise.export_request import ExportRequest
from ledgerwire.sandbox.connectwise.unposted import taxable_levels, unposted_row

from .conftest import Make, close, invoice, line

ALL = ExportRequest(invoices=True)


def level(number: int, rate: str, xref: str, **flags: bool) -> dict[str, Any]:
    word = ("One", "Two", "Three")[number - 1]
    shown = {f"level{word}Rate": Decimal(rate), f"level{word}TaxCodeXref": xref}
    return shown | {f"level{word}{what}Flag": value for what, value in flags.items()}


CODES = {
    "TX": {**level(1, "6.25", "TX-STATE", Services=False), **level(2, "2", "TX-AUS", Services=False)},
    "VAT20": level(1, "20", "20% VAT"),
    "VAT0": level(1, "0", "Zero rated"),
    "BC": {**level(1, "5", "GST"), **level(2, "7", "PST-BC", Services=False)},
    "GST": level(1, "10", "GST on Income"),
}


def taxed(kind: str, net: str, *tax: str, **changes: Any):
    return line(kind, net, taxable=True, tax_by_level=tuple(Decimal(one) for one in tax), **changes)


def closed(make_state: Make, code: str, tax: str, *lines, **changes):
    net = sum(one.total for one in lines)
    row = invoice(1, str(net + Decimal(tax)), tax, taxCode={"id": 1, "name": code}, taxableFlag=True, **changes)
    state = make_state(row, lines={1: list(lines)})
    state.tables["tax_codes"][1] = {"id": 1, "identifier": code, **CODES[code]}
    close(state, 1)
    return state


def exported(state):
    [transaction] = export(state, ALL)["transactions"]
    return transaction


@pytest.mark.requirement("M12")
def test_sales_tax_of_state_and_city_leaves_labour_out_at_every_level(make_state: Make) -> None:
    goods = taxed("RP", "100.00", "6.25", "2.00")
    state = closed(make_state, "TX", "8.25", goods, taxed("R", "80.00"), line("R", "20.00"))
    header = exported(state)
    assert [(one["taxLevel"], one["taxableAmount"], one["taxAmount"]) for one in header["taxLevels"]] == [
        (1, Decimal("100.00"), Decimal("6.25")),
        (2, Decimal("100.00"), Decimal("2.00")),
    ]
    assert (header["stateTax"], header["countyTax"], header["taxGroupRate"]) == (
        Decimal("6.25"),
        Decimal("2.00"),
        Decimal("8.25"),
    )
    assert (header["stateTaxXref"], header["countyTaxXref"]) == ("TX-STATE", "TX-AUS")
    product, labour = header["detail"][:2]
    assert [one["taxableFlag"] for one in product["taxLevels"]] == [True, True]
    assert ([one["taxableFlag"] for one in labour["taxLevels"]], labour["taxable2Flag"]) == ([False, False], False)
    assert [one["total"] for one in header["detail"] if one["glTypeId"] == "ST"] == [Decimal("-6.25"), Decimal("-2.00")]


@pytest.mark.requirement("M12")
def test_two_level_tax_takes_goods_at_both_and_services_at_the_first(make_state: Make) -> None:
    lines = (taxed("RP", "100.00", "5.00", "7.00"), taxed("R", "40.00", "2.00"))
    state = closed(make_state, "BC", "14.00", *lines)
    header = exported(state)
    assert [(one["taxCodeXref"], one["taxableAmount"], one["taxAmount"]) for one in header["taxLevels"]] == [
        ("GST", Decimal("140.00"), Decimal("7.00")),
        ("PST-BC", Decimal("100.00"), Decimal("7.00")),
    ]
    goods, service = header["detail"][:2]
    assert (goods["taxRatePercent"], service["taxRatePercent"]) == (12, 5)
    assert (goods["taxable2Flag"], service["taxable2Flag"]) == (True, False)
    row = unposted_row(state, 1)
    assert (row["stateTaxXref"], row["stateTaxAmount"]) == ("GST", Decimal("7.00"))
    assert (row["countyTaxXref"], row["countyTaxAmount"]) == ("PST-BC", Decimal("7.00"))


def test_a_line_exempt_from_one_level_by_its_cross_reference_is_not_taxed_there(make_state: Make) -> None:
    state = closed(make_state, "BC", "5.00", taxed("RP", "100.00", "5.00", "0.00"))
    header = exported(state)
    assert [one["taxableAmount"] for one in header["taxLevels"]] == [Decimal("100.00"), Decimal(0)]
    assert [one["taxableFlag"] for one in header["detail"][0]["taxLevels"]] == [True, False]


@pytest.mark.requirement("M12")
@pytest.mark.parametrize(
    ("code", "tax", "shares"),
    [("VAT20", "20.00", ("20.00",)), ("VAT0", "0.00", ("0.00",)), ("GST", "10.00", ("10.00",))],
)
def test_one_level_taxes_are_exported_with_their_rate_even_when_it_is_zero(make_state, code, tax, shares) -> None:
    header = exported(closed(make_state, code, tax, taxed("R", "100.00", *shares), line("R", "30.00")))
    assert [(one["taxableAmount"], one["taxAmount"]) for one in header["taxLevels"]] == [
        (Decimal("100.00"), Decimal(tax))
    ]
    rates = [one.get("taxRatePercent") for one in header["detail"][:2]]
    assert rates == [CODES[code]["levelOneRate"], None]


@pytest.mark.requirement("M9")
def test_the_flag_of_a_down_payment_that_was_taxed_before_is_exported(make_state: Make) -> None:
    labour = taxed("R", "100.00", "10.00")
    state = closed(make_state, "GST", "10.00", labour, downpaymentPreviouslyTaxedFlag=True)
    assert exported(state)["taxDpAppliedFlag"] is True
    assert exported(closed(make_state, "GST", "10.00", labour))["taxDpAppliedFlag"] is False


def test_an_engines_amount_is_one_entry_without_levels_whatever_the_code_says(make_state: Make) -> None:
    row = invoice(1, "108.31", "8.31", taxableFlag=True)
    state = make_state(row, lines={1: [taxed("RP", "100.00", "8.31")]})
    state.tables["tax_integrations"][1] = {"id": 1, "taxIntegrationType": "Avalara", "enabledFlag": True}
    close(state, 1)
    header = exported(state)
    assert (header["useAvalaraFlag"], header["sendAvalaraTaxFlag"], header["salesTax"]) == (True, True, Decimal("8.31"))
    assert (header["taxLevels"], "stateTax" in header) == ([], False)
    assert [one["total"] for one in header["detail"] if one["glTypeId"] == "ST"] == [Decimal("-8.31")]
    shown = unposted_row(state, 1)
    assert (shown["avalaraTaxFlag"], shown["salesTaxAmount"], "stateTaxAmount" in shown) == (
        True,
        Decimal("8.31"),
        False,
    )
    assert taxable_levels(state, 1) == []
    state.tables["tax_integrations"][1]["enabledFlag"] = False
    assert exported(state)["useAvalaraFlag"] is True
