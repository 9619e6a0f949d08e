"""Documents in the simulated QuickBooks, over real connections: what is kept, told and stopped."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest

from ledgerwire.accounting.difference import differences
from ledgerwire.accounting.port import VerdictStatus
from ledgerwire.common.ledger.document import (
    ContactDecision,
    DocumentKind,
    DocumentLine,
    LedgerDocument,
    LineRole,
    Tracking,
)

INVOICE, CREDIT, BILL = DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE, DocumentKind.BILL
JOURNAL = DocumentKind.JOURNAL
VENDOR = "71"

Documents = Callable[..., LedgerDocument]
Lines = Callable[..., DocumentLine]


def only(rows: Any) -> dict[str, Any]:
    [row] = rows
    return dict(row)


async def test_an_invoice_of_every_kind_of_line_reaches_the_books_to_the_cent(
    quickbooks: Any, document: Documents, sale: Lines
) -> None:
    sydney = Tracking("Location", "Sydney")
    fifteen = {"tax_type": "Fifteen", "tax_override": True, "tracking": (sydney,)}
    rich = document(
        "INV-87",
        sale("25.06", "3.76", **fifteen),
        sale("25.61", "3.84", **{**fifteen, "tracking": (Tracking("Class", "Projects"), sydney)}),
        sale("25.63", "3.85", **fifteen),
        sale("1861.08", "186.11", quantity=Decimal("14.5"), unit_amount=Decimal("128.35"), tracking=(sydney,)),
        sale("0.33", "0.03", quantity=Decimal("0.3333333"), unit_amount=Decimal(1), tracking=(sydney,)),
        sale("-12.50", "-1.25", tracking=(sydney,)),
        sale("0.01", "0.00", account_code="860", item_code="ROUNDING", tax_type="Free", role=LineRole.ROUNDING),
        sale("0.00", "0.00", item_code=None, description="Thank you"),
        terms="net 14",
    )
    verdict = await quickbooks.send(rich)
    assert (verdict.status, verdict.findings) == (VerdictStatus.POSTED, ())
    assert (verdict.total, verdict.tax) == (Decimal("2121.56"), Decimal("196.34"))
    row = only(quickbooks.state.all("Invoice"))
    assert (row["DocNumber"], row["DueDate"], row["PrivateNote"]) == ("INV-87", "2026-03-31", "PO 77")
    assert (row["DepartmentRef"]["value"], row["SalesTermRef"]["value"]) == ("41", "51")
    priced = [(one["SalesItemLineDetail"]["Qty"], one["SalesItemLineDetail"]["UnitPrice"]) for one in row["Line"][:6]]
    assert priced[3:5] == [(Decimal("14.5"), Decimal("128.35")), (Decimal(1), Decimal("0.33"))]
    assert row["Line"][1]["SalesItemLineDetail"]["ClassRef"]["name"] == "Projects"
    assert row["Line"][7]["DetailType"] == "DescriptionOnly"
    taxes = {one["TaxLineDetail"]["TaxRateRef"]["value"]: one["Amount"] for one in row["TxnTaxDetail"]["TaxLine"]}
    assert {rate: tax for rate, tax in taxes.items() if tax} == {
        "3": Decimal("9.54"),
        "4": Decimal("1.91"),
        "1": Decimal("184.89"),
    }


@pytest.mark.requirement("D13", "M11")
@pytest.mark.parametrize("rounding", ["per_line", "per_rate"])
async def test_the_printed_tax_holds_however_the_company_rounds(
    make_quickbooks: Any, document: Documents, sale: Lines, cost: Lines, rounding: str
) -> None:
    """15 % of 25.06, 25.61 and 25.63: 11.44 line by line, 11.45 on the whole, which is what the invoice shows."""
    server = await make_quickbooks(switches={"limits_enabled": False, "tax_rounding": rounding})
    nets, taxes = ("25.06", "25.61", "25.63"), ("3.76", "3.84", "3.85")
    lines = [sale(net, tax, tax_type="Fifteen", tax_override=True) for net, tax in zip(nets, taxes, strict=True)]
    verdict = await server.send(document("INV-1", *lines))
    assert (verdict.status, verdict.total, verdict.tax) == (VerdictStatus.POSTED, Decimal("87.75"), Decimal("11.45"))
    halves = [cost("0.05", "0.01") for _ in range(3)]
    verdict = await server.send(document("B-1", *halves, kind=BILL), key="b" * 64)
    assert (verdict.status, verdict.total) == (VerdictStatus.POSTED, Decimal("0.18"))


async def test_every_call_names_its_version_and_every_write_a_request_id(
    quickbooks: Any, document: Documents, sale: Lines
) -> None:
    await quickbooks.send(document("INV-1", sale()))
    await quickbooks.ledger.find_documents(INVOICE, ["INV-1"])
    calls = [call for call in quickbooks.journal.entries() if "/v3/company/" in call.path]
    assert {parse_qs(call.query)["minorversion"][0] for call in calls} == {"75"}
    [write] = quickbooks.writes()
    assert len(parse_qs(write.query)["requestid"][0]) == 32


@pytest.mark.requirement("M10", "M11")
async def test_what_cannot_be_kept_is_stopped_before_anything_is_sent(
    quickbooks: Any, document: Documents, sale: Lines
) -> None:
    make = document
    assert quickbooks.stop(make("X" * 22, sale())) == ["NUMBER_TOO_LONG"]
    assert quickbooks.stop(make("INV-1", sale(), draft=True)) == ["DRAFTS_NOT_KEPT"]
    assert quickbooks.stop(make("INV-1", sale(item_code=None))) == ["ITEM_MISSING"]
    assert quickbooks.stop(make("INV-1", sale(item_code="OLD"))) == ["ITEM_INACTIVE"]
    assert quickbooks.stop(make("INV-1", sale(item_code="Kits"))) == ["ITEM_UNKNOWN"]
    assert quickbooks.stop(make("INV-1", sale(account_code="860"))) == ["ITEM_ACCOUNT_MISMATCH"]
    assert quickbooks.stop(make("INV-1", sale(account_code="260"))) == ["ACCOUNT_ARCHIVED", "ITEM_ACCOUNT_MISMATCH"]
    assert quickbooks.stop(make("INV-1", sale(tax_type="Old"))) == ["TAX_CODE_UNKNOWN"]
    assert quickbooks.stop(make("INV-1", sale(tax_type="GST on costs"))) == ["TAX_NOT_ALLOWED_FOR_ACCOUNT"]
    assert quickbooks.stop(make("INV\\1", sale())) == ["CHARACTER_NOT_SEARCHABLE"]
    assert quickbooks.stop(make("INV-1", sale(), currency="NZD")) == ["CURRENCY_NOT_ENABLED"]
    bill = make("B-1", sale(account_code="800", tax_type="GST on costs"), kind=BILL)
    assert quickbooks.stop(bill, VENDOR) == ["ACCOUNT_WRONG_TYPE"]
    assert quickbooks.writes() == []


async def test_our_number_is_kept_or_nothing_is_sent(make_quickbooks: Any, document: Documents, sale: Lines) -> None:
    server = await make_quickbooks(
        Preferences={"SalesFormsPrefs": {"CustomTxnNumbers": False}},
        CompanyCurrency=[],
    )
    assert server.stop(document("INV-1", sale())) == ["CUSTOM_NUMBERS_OFF"]
    assert server.writes() == []


@pytest.mark.requirement("A068", "A056")
async def test_lines_agree_where_a_document_has_one_value(
    make_quickbooks: Any, quickbooks: Any, document: Documents, sale: Lines
) -> None:
    sydney, perth = Tracking("Location", "Sydney"), Tracking("Location", "Perth")
    mixed = document("INV-1", sale(tracking=(sydney,)), sale(tracking=(perth,)))
    assert quickbooks.stop(mixed) == ["TRACKING_MIXED"]
    assert quickbooks.stop(document("INV-1", sale(tracking=(sydney,)), sale())) == ["TRACKING_MIXED"]
    cent = sale("0.01", "0.00", account_code="860", item_code="ROUNDING", tax_type="Free", role=LineRole.ROUNDING)
    assert (await quickbooks.send(document("INV-1", sale(tracking=(sydney,)), cent))).status is VerdictStatus.POSTED

    by_document = {"ClassTrackingPerTxn": True, "ClassTrackingPerTxnLine": False, "TrackDepartments": False}
    server = await make_quickbooks(Preferences={"AccountingInfoPrefs": by_document}, CompanyCurrency=[])
    projects, managed = Tracking("Class", "Projects"), Tracking("Class", "managed")
    assert server.stop(document("INV-1", sale(tracking=(projects,)), sale(tracking=(managed,)))) == ["TRACKING_MIXED"]
    assert server.stop(document("INV-1", sale(tracking=(sydney,)))) == ["TRACKING_UNKNOWN"]
    assert (await server.send(document("INV-1", sale(tracking=(managed,))))).status is VerdictStatus.POSTED
    assert only(server.state.all("Invoice"))["ClassRef"]["name"] == "Managed"


@pytest.mark.requirement("M14", "A011")
async def test_an_unknown_term_is_told_and_the_due_date_stands(
    quickbooks: Any, document: Documents, sale: Lines
) -> None:
    verdict = await quickbooks.send(document("INV-1", sale(), terms="Net 21"))
    assert (verdict.status, [finding.code for finding in verdict.findings]) == (VerdictStatus.POSTED, ["TERM_UNKNOWN"])
    assert "due 31 Mar as printed" in verdict.findings[0].message
    assert only(quickbooks.state.all("Invoice"))["DueDate"] == "2026-03-31"


# numbers in use ---------------------------------------------------------------------------------------------------------


async def test_a_number_of_another_kind_of_sales_form_is_no_obstacle(
    make_quickbooks: Any, document: Documents, sale: Lines
) -> None:
    server = await make_quickbooks(switches={"limits_enabled": False, "number_space": "sales_forms"})
    await server.send(document("INV-1", sale()))
    verdict = await server.send(document("INV-1", sale(), kind=CREDIT), key="b" * 64)
    assert verdict.status is VerdictStatus.POSTED
    again = await server.send(document("INV-1", sale(), kind=CREDIT), key="c" * 64)
    assert (again.status, again.findings[0].code) == (VerdictStatus.NUMBER_TAKEN, "DUPLICATE_NUMBER")
    assert len(list(server.state.all("CreditMemo"))) == 1


async def test_a_company_that_warns_of_repeated_bill_numbers_tells_them_by_supplier(
    make_quickbooks: Any, document: Documents, cost: Lines
) -> None:
    server = await make_quickbooks(switches={"limits_enabled": False, "bill_number_check": True})
    bill = document("4711", cost(), kind=BILL)
    assert (await server.send(bill)).status is VerdictStatus.POSTED
    assert (await server.send(bill, key="b" * 64)).status is VerdictStatus.NUMBER_TAKEN
    assert (await server.send(bill, key="c" * 64, contact="72")).status is VerdictStatus.POSTED


# the United States ------------------------------------------------------------------------------------------------------

US: dict[str, Any] = {
    "CompanyInfo": {"Country": "US"},
    "Preferences": {"CurrencyPrefs": {"MultiCurrencyEnabled": False, "HomeCurrency": {"value": "USD"}}},
    "CompanyCurrency": [],
    "Customer": [{"Id": "61", "DisplayName": "Harbour Dental"}],
    "Vendor": [{"Id": "71", "DisplayName": "Northwind Supply"}],
}


@pytest.mark.requirement("M12", "A020")
async def test_in_the_united_states_one_code_taxes_the_taxable_lines(
    make_quickbooks: Any, document: Documents, sale: Lines, cost: Lines
) -> None:
    server = await make_quickbooks(**US)
    reference = await server.ledger.reference_data()
    assert {"NON", "Fifteen"} <= {rate.tax_type for rate in reference.tax_rates}
    assert reference.base_currency == "USD"
    taxed = sale("100.00", "15.01", tax_type="Fifteen", tax_override=True)
    labour = sale("50.00", "0.00", tax_type="NON")
    verdict = await server.send(document("INV-1", taxed, labour, currency="USD"))
    assert (verdict.status, verdict.total, verdict.tax) == (VerdictStatus.POSTED, Decimal("165.01"), Decimal("15.01"))
    row = only(server.state.all("Invoice"))
    codes = [one["SalesItemLineDetail"]["TaxCodeRef"]["value"] for one in row["Line"][:2]]
    assert (codes, row["TxnTaxDetail"]["TxnTaxCodeRef"]["value"]) == (["TAX", "NON"], "13")
    read = await server.ledger.read_document(INVOICE, verdict.ledger_id)
    assert [one.tax_type for one in read.lines] == ["Fifteen", "NON"]
    mixed = document("INV-2", sale(tax_type="Fifteen", tax_override=True), sale(), currency="USD")
    assert server.stop(mixed) == ["TAX_CODES_MIXED"]
    bill = document("B-1", cost("100.00", "8.25", tax_type="NON"), kind=BILL, currency="USD")
    assert server.stop(bill, VENDOR) == ["TAX_TOTAL_DIFFERS"]
    plain = document("B-1", cost("108.25", "0.00", tax_type="NON"), kind=BILL, currency="USD")
    assert (await server.send(plain, key="b" * 64)).status is VerdictStatus.POSTED


@pytest.mark.requirement("M11", "M12")
async def test_automated_sales_tax_takes_the_printed_tax_or_stops(
    make_quickbooks: Any, document: Documents, sale: Lines
) -> None:
    prefs = {**US["Preferences"], "TaxPrefs": {"PartnerTaxEnabled": True}}
    seed = {**US, "Preferences": prefs, "automated_tax_code": "13"}
    server = await make_quickbooks(**seed)
    line = sale("100.00", "8.25", tax_type="TAX", tax_override=True)
    verdict = await server.send(document("INV-1", line, currency="USD"))
    assert (verdict.status, verdict.tax) == (VerdictStatus.POSTED, Decimal("8.25"))
    refusing = await make_quickbooks(settings={"tax_override": False}, **seed)
    assert refusing.stop(document("INV-1", line, currency="USD")) == ["TAX_TOTAL_DIFFERS"]
    right = sale("100.00", "15.00", tax_type="Fifteen")
    verdict = await refusing.send(document("INV-1", right, currency="USD"))
    assert (verdict.status, verdict.tax) == (VerdictStatus.POSTED, Decimal("15.00"))
    cents = [
        sale(net, tax, tax_type="Fifteen") for net, tax in (("25.06", "3.76"), ("25.61", "3.84"), ("25.63", "3.84"))
    ]
    assert refusing.stop(document("INV-2", *cents, currency="USD")) == ["TAX_TOTAL_DIFFERS"]


async def test_a_company_without_sales_tax_takes_untaxed_documents(
    make_quickbooks: Any, document: Documents, sale: Lines
) -> None:
    server = await make_quickbooks(
        Preferences={
            "TaxPrefs": {"UsingSalesTax": False},
            "CurrencyPrefs": {"MultiCurrencyEnabled": True, "HomeCurrency": {"value": "AUD"}},
        }
    )
    assert server.stop(document("INV-1", sale())) == ["TAX_TOTAL_DIFFERS"]
    assert (await server.send(document("INV-1", sale("100.00", "0.00")))).status is VerdictStatus.POSTED


@pytest.mark.requirement("D3")
async def test_a_posted_document_shows_no_difference_to_what_was_decided(
    quickbooks: Any, document: Documents, sale: Lines, cost: Lines, line: Lines
) -> None:
    sydney, projects = Tracking("Location", "Sydney"), Tracking("Class", "Projects")
    cent = sale("0.01", "0.00", account_code="860", item_code="ROUNDING", tax_type="Free", role=LineRole.ROUNDING)
    lines = {
        INVOICE: (sale(tracking=(sydney, projects)), cent),
        CREDIT: (sale(), sale("0.00", "0.00", item_code=None, account_code="200")),
        BILL: (cost(item_code="SWITCH", tracking=(projects, sydney)),),
        JOURNAL: (line("5.00", "0.00", account_code="310", tax_type="Free"), line("-5.00", "0.00", account_code="600")),
    }
    for kind, rows in lines.items():
        more = {"contact": None, "net": Decimal(5), "total": Decimal(5)} if kind is JOURNAL else {}
        who = {} if kind is JOURNAL else {"contact": ContactDecision("1", "Northwind Supply", "linked")}
        made = document(f"N-{kind}", *rows, kind=kind, **{**(who if kind is BILL else {}), **more})
        verdict = await quickbooks.send(made, key=str(kind))
        read = await quickbooks.ledger.read_document(kind, verdict.ledger_id)
        assert differences(made, read) == ()
        assert list(await quickbooks.ledger.read_documents(kind, [f"N-{kind}"])) == [read]
