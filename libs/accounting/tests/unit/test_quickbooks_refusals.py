"""QuickBooks' error numbers in the catalogue's words, its lists in neutral terms, its payments as settlements."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.accounting.port import Expected, VerdictStatus
from ledgerwire.accounting.quickbooks.answers import judge
from ledgerwire.accounting.quickbooks.errors import Problem, problems_of
from ledgerwire.accounting.quickbooks.query import any_of
from ledgerwire.accounting.quickbooks.reference import company_of
from ledgerwire.accounting.quickbooks.refusals import finding
from ledgerwire.accounting.quickbooks.settlements import shares
from ledgerwire.accounting.quickbooks.wire import calendar_date, total_of
from ledgerwire.accounting.wire import UnreadableError, decode
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import DocumentKind

KNOWN = {
    "date": "31 Jan",
    "lock": "31 Jan",
    "open": "1 Feb",
    "currency": "USD",
    "customer": "Acme",
    "chosen": "Acme",
    "amount": "1.00",
}


@pytest.mark.requirement("F1")
@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (Problem("6140", detail="DocNumber=1 is assigned to TxnType=Invoice with TxnId=7"), "DUPLICATE_NUMBER"),
        (Problem("6200"), "PERIOD_LOCKED"),
        (Problem("6210", detail="La période comptable est clôturée"), "PERIOD_LOCKED"),
        (Problem("5010"), "STALE_OBJECT"),
        (
            Problem("6070", detail="Amount is not equal to UnitPrice * Qty. Supplied value:1861.07"),
            "LINE_TOTAL_DIFFERS",
        ),
        (Problem("6100", detail="Invalid tax code id 77"), "TAX_CODE_UNKNOWN"),
        (Problem("6160"), "TAX_CODE_UNKNOWN"),
        (Problem("6430", detail="Invalid account type"), "ACCOUNT_WRONG_TYPE"),
        (Problem("6240"), "CONTACT_NAME_TAKEN"),
        (Problem("2300"), "GL_OUT_OF_BALANCE"),
        (Problem("2500", detail="Invalid Reference Id : Names element id 583 not found"), "CONTACT_ARCHIVED"),
        (Problem("2500", detail="Invalid Reference Id : Accounts element id 5 not found"), "GL_ACCOUNT_UNKNOWN"),
        (Problem("2500", detail="Invalid Reference Id : Items element id 5 not found"), "ITEM_UNKNOWN"),
        (Problem("2500", detail="Invalid Reference Id : Klasses element id 5 not found"), "TRACKING_UNKNOWN"),
        (Problem("2500", detail="TaxRates element id 99 not found"), "TAX_CODE_UNKNOWN"),
        (Problem("2500", detail="Currencies element id CHF not found"), "CURRENCY_NOT_ENABLED"),
        (Problem("610", element="CustomerRef"), "CONTACT_ARCHIVED"),
        (Problem("610", detail="Something you're trying to use has been made inactive."), "LEDGER_REFUSED"),
        (Problem("2050", detail="Min:0 Max:21 supported. Supplied length:22", element="DocNumber"), "NUMBER_TOO_LONG"),
        (Problem("2050", detail="Max:4000", element="PrivateNote"), "LEDGER_REFUSED"),
        (
            Problem("6000", detail="The currency of the transaction is invalid for the customer"),
            "CONTACT_CURRENCY_DIFFERS",
        ),
        (Problem("6000", detail="Multi currency should be enabled to perform this"), "CURRENCY_NOT_ENABLED"),
        (
            Problem("6000", detail="Make sure all your transactions have a VAT rate before you save."),
            "TAX_CODE_UNKNOWN",
        ),
        (Problem("6000", detail="The amount 5 is more than the open balance of Invoice 1"), "PAYMENT_OVER_BALANCE"),
        (Problem("6000", detail="When you use Accounts Payable, you must choose a vendor"), "ACCOUNT_WRONG_TYPE"),
        (Problem("6000", detail="Payments of 10.00 are applied to this transaction"), "DOCUMENT_PAID"),
        (Problem("6000", detail="Etwas anderes"), "LEDGER_REFUSED"),
        (Problem("9999", message="New"), "LEDGER_REFUSED"),
    ],
)
def test_a_number_becomes_a_catalogue_code_and_keeps_its_words(problem: Problem, code: str) -> None:
    found = finding(problem, "INV-1", KNOWN)
    assert found.code == code
    assert found.params["text"] == problem.told
    assert "?" not in found.message
    assert found.entry.action


def test_both_envelopes_and_broken_ones_are_read() -> None:
    upper = {"Fault": {"Error": [{"Message": "M", "Detail": "D", "code": 6140, "element": None}]}}
    assert problems_of(upper) == (Problem("6140", "M", "D", ""),)
    assert problems_of({"fault": {"error": [{"message": "m", "code": "3200"}]}}) == (Problem("3200", "m", "", ""),)
    assert [problem.told for problem in problems_of({"Fault": {}})] == ["a fault without errors"]
    assert problems_of({"Invoice": {}}) == ()


def test_conditions_stay_short_and_escape_what_they_must() -> None:
    conditions = list(any_of("DocNumber", [f"INV-{n}" for n in range(120)] + ["INV-1", "O'Neill"]))
    assert len(conditions) > 1
    assert sum(condition.count("'INV-1'") for condition in conditions) == 1
    assert "'O\\'Neill'" in conditions[-1]
    assert all(len(condition) < 1500 for condition in conditions)
    with pytest.raises(Stopped):
        list(any_of("DocNumber", ["A\nB"]))


# what came back ---------------------------------------------------------------------------------------------------------

WANTED = Expected("INV-1", "61", date(2026, 3, 17), "AUD", Decimal(100), Decimal(10), Decimal(110), 1, customer="Acme")
ROW: dict[str, Any] = {
    "Id": "7",
    "DocNumber": "INV-1",
    "TxnDate": "2026-03-17",
    "CustomerRef": {"value": "61"},
    "CurrencyRef": {"value": "AUD"},
    "TotalAmt": Decimal(110),
    "TxnTaxDetail": {"TotalTax": Decimal(10)},
    "Line": [{"DetailType": "SalesItemLineDetail"}, {"DetailType": "SubTotalLineDetail"}],
}


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        (
            {"TotalAmt": Decimal("110.01"), "TxnTaxDetail": {"TotalTax": Decimal("10.01")}},
            "LEDGER_TOTAL_DIFFERS",
            "total",
        ),
        ({"TxnTaxDetail": {}}, "LEDGER_TOTAL_DIFFERS", "tax"),
        ({"DocNumber": "1001"}, "LEDGER_DOCUMENT_DIFFERS", "number"),
        ({"TxnDate": "2026-03-18"}, "LEDGER_DOCUMENT_DIFFERS", "date"),
        ({"CustomerRef": {"value": "62"}}, "LEDGER_DOCUMENT_DIFFERS", "contact"),
        ({"CurrencyRef": {"value": "USD"}}, "LEDGER_DOCUMENT_DIFFERS", "currency"),
        ({"Line": []}, "LEDGER_DOCUMENT_DIFFERS", "line count"),
    ],
)
def test_a_document_that_is_not_as_asked_is_mismatched(change: dict[str, Any], code: str, field: str) -> None:
    assert judge(DocumentKind.SALES_INVOICE, WANTED, ROW).status is VerdictStatus.POSTED
    verdict = judge(DocumentKind.SALES_INVOICE, WANTED, {**ROW, **change})
    [found] = verdict.findings
    assert (verdict.status, verdict.ledger_id) == (VerdictStatus.MISMATCHED, "7")
    assert (found.code, found.params["field"]) == (code, field)


def test_another_documents_id_and_a_missing_one_are_noticed() -> None:
    [found] = judge(DocumentKind.SALES_INVOICE, replace(WANTED, ledger_id="8"), ROW).findings
    assert found.params["field"] == "document id"
    with pytest.raises(UnreadableError):
        judge(DocumentKind.SALES_INVOICE, WANTED, {**ROW, "Id": ""})


@pytest.mark.parametrize("value", ["ten", True, None, Decimal("NaN")])
def test_an_amount_that_is_none_is_not_believed(value: Any) -> None:
    with pytest.raises(UnreadableError):
        total_of({"TotalAmt": value})
    with pytest.raises(UnreadableError):
        calendar_date({"TxnDate": "yesterday it was"}, "TxnDate")
    assert decode(b"[1]") is None


# payments ---------------------------------------------------------------------------------------------------------------


def payment(total: str, *lines: tuple[str, str, str]) -> dict[str, Any]:
    listed = [{"Amount": Decimal(amount), "LinkedTxn": [{"TxnId": i, "TxnType": kind}]} for kind, i, amount in lines]
    return {"Id": "9", "TxnDate": "2026-03-18", "TotalAmt": Decimal(total), "Line": listed}


@pytest.mark.requirement("M18")
@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (payment("60", ("Invoice", "1", "60")), [("1", "", "60")]),
        (payment("100", ("Invoice", "1", "60")), [("1", "", "60")]),
        (payment("0", ("Invoice", "1", "60"), ("CreditMemo", "5", "60")), [("1", "5", "60")]),
        (
            payment("30", ("Invoice", "1", "60"), ("Invoice", "2", "40"), ("CreditMemo", "5", "70")),
            [("1", "5", "60"), ("2", "5", "10"), ("2", "", "30")],
        ),
        (
            payment("0", ("CreditMemo", "5", "20"), ("CreditMemo", "6", "50"), ("Invoice", "1", "70")),
            [("1", "5", "20"), ("1", "6", "50")],
        ),
        (payment("0", ("CreditMemo", "5", "20"), ("Expense", "8", "20")), [("", "5", "20")]),
        (payment("0", ("Invoice", "1", "0"), ("CreditMemo", "5", "0")), []),
    ],
)
def test_credits_are_told_from_cash(made: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    found = [(share.invoice_id, share.credit_id, str(share.amount)) for share in shares(made)]
    assert found == expected
    assert {share.named for share in shares(made)} <= {""}


JOURNAL_57 = "JournalEntry with id 57"


@pytest.mark.requirement("D15", "M18")
@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (payment("0", ("Invoice", "1", "100"), ("JournalEntry", "57", "100")), [("1", JOURNAL_57, "100")]),
        (
            payment("50", ("JournalEntry", "57", "20"), ("Invoice", "1", "100"), ("CreditMemo", "5", "30")),
            [("1", "5", "30"), ("1", JOURNAL_57, "20"), ("1", "", "50")],
        ),
        (
            payment("50", ("Invoice", "1", "60"), ("Invoice", "2", "40"), ("JournalEntry", "57", "50")),
            [("1", JOURNAL_57, "50"), ("1", "", "10"), ("2", "", "40")],
        ),
        # money that pays a journal as well: what the journal takes is no credit
        (payment("100", ("Invoice", "1", "60"), ("JournalEntry", "57", "40")), [("1", "", "60")]),
        (
            payment("200", ("Invoice", "1", "100"), ("JournalEntry", "57", "50")) | {"UnappliedAmt": Decimal(150)},
            [("1", JOURNAL_57, "50"), ("1", "", "50")],
        ),
        (
            payment("0", ("Invoice", "1", "50"), ("CreditMemo", "5", "30"), ("JournalEntry", "57", "40"))
            | {"UnappliedAmt": Decimal(20)},
            [("1", "5", "30"), ("1", JOURNAL_57, "20")],
        ),
        (payment("0", ("Invoice", "1", "10")), [("1", "Payment with id 9", "10")]),
    ],
)
def test_cash_is_never_more_than_the_money_that_came(
    made: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    """A write-off by a journal settles an invoice, and nobody paid."""
    found = [(share.invoice_id, share.credit_id or share.named, str(share.amount)) for share in shares(made)]
    assert found == expected


# lists ------------------------------------------------------------------------------------------------------------------


def lists(**changes: Any) -> dict[str, list[dict[str, Any]]]:
    names = ("Account", "Item", "TaxCode", "TaxRate", "Class", "Department", "Term", "CompanyCurrency")
    empty: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    info = {"CompanyName": "Harbour IT", "Country": "AU"}
    prefs = {"CurrencyPrefs": {"HomeCurrency": {"value": "AUD"}}}
    return {**empty, "CompanyInfo": [info], "Preferences": [prefs], **changes}


def account(row_id: str, **fields: Any) -> dict[str, Any]:
    return {"Id": row_id, "Name": f"Account {row_id}", "AccountType": "Income", **fields}


def test_accounts_are_known_by_number_else_by_their_full_name() -> None:
    listed = [
        account("1", AcctNum="200"),
        account("2", FullyQualifiedName="Sales:Services"),
        account("3", AcctNum="300", Active=False),
        account("4", AcctNum="300", AccountType="Cost of Goods Sold"),
        account("5", AccountType="Accounts Receivable"),
        account("6", AccountType="Long Term Liability"),
    ]
    company = company_of(lists(Account=listed))
    assert {code: row.account_id for code, row in company.accounts.items()} == {
        "200": "1",
        "Sales:Services": "2",
        "300": "4",
        "Account 5": "5",
        "Account 6": "6",
    }
    shown = {row.code: row for row in company.reference.accounts}
    assert (shown["Account 5"].system, shown["Account 6"].account_class) == ("DEBTORS", "liability")
    assert company.account_code("nobody") == ""


def test_a_company_that_tracks_nothing_and_has_one_currency() -> None:
    reference = company_of(lists(Class=[{"Id": "1", "Name": "Projects"}])).reference
    assert (reference.tracking, reference.currencies, reference.lock_date) == ((), frozenset({"AUD"}), None)
    rules = reference.rules
    assert (rules.item_decides_account, rules.number_length, rules.has_drafts) == (True, 21, False)


def test_rates_come_from_what_is_in_force() -> None:
    rates = [
        {
            "Id": "1",
            "Name": "GST",
            "EffectiveTaxRate": [{"RateValue": 9, "EndDate": "2020-01-01"}, {"RateValue": Decimal("10.5")}],
        },
        {"Id": "2", "Name": "None"},
    ]
    detail = {"TaxRateDetail": [{"TaxRateRef": {"value": "1"}}, {"TaxRateRef": {"value": "2"}}]}
    codes = [
        {"Id": "7", "Name": "GST", "SalesTaxRateList": detail, "Active": False},
        {"Id": "8", "Name": "GST", "SalesTaxRateList": detail},
    ]
    company = company_of(lists(TaxCode=codes, TaxRate=rates))
    [rate] = company.reference.tax_rates
    assert (rate.tax_type, rate.rate, rate.active, company.tax_codes["GST"].code_id) == (
        "GST",
        Decimal("10.5"),
        True,
        "8",
    )


@pytest.mark.parametrize("missing", [{"CompanyInfo": []}, {"Preferences": []}, {"Account": [{"Id": "1"}]}])
def test_a_list_that_lacks_what_it_always_has_is_not_believed(missing: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError):
        company_of(lists(**missing))
