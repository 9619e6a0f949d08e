from decimal import Decimal

import pytest

from ledgerwire.sandbox.quickbooks.ledger import Chart, chart_of, imbalance, ledger_lines

ITEMS = [
    {"Id": "1", "Type": "Service", "IncomeAccountRef": {"value": "200"}, "ExpenseAccountRef": {"value": "310"}},
    {
        "Id": "2",
        "Type": "Inventory",
        "PurchaseCost": Decimal("12.345"),
        "IncomeAccountRef": {"value": "230"},
        "ExpenseAccountRef": {"value": "310"},
        "AssetAccountRef": {"value": "630"},
    },
]
CHART = Chart({item["Id"]: item for item in ITEMS}, receivable="610", payable="800", tax="820")


def _sales(item: str, amount: str, **detail: object) -> dict[str, object]:
    ref = {"ItemRef": {"value": item}, **detail}
    return {"Amount": Decimal(amount), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": ref}


def _document(*lines: object, total: str, tax: str = "0.00") -> dict[str, object]:
    return {
        "Id": "7",
        "TxnDate": "2026-03-17",
        "DocNumber": "INV-1",
        "CustomerRef": {"value": "4"},
        "CurrencyRef": {"value": "AUD"},
        "DepartmentRef": {"value": "9"},
        "Line": list(lines),
        "TxnTaxDetail": {"TotalTax": Decimal(tax)},
        "TotalAmt": Decimal(total),
    }


def _moved(lines):
    return [(line.role, line.account_id, line.amount) for line in lines]


@pytest.mark.requirement("M10")
def test_a_sale_is_booked_on_the_income_account_of_its_item():
    lines = ledger_lines([("Invoice", _document(_sales("1", "100.00"), total="110.00", tax="10.00"))], CHART)
    assert _moved(lines) == [
        ("line", "200", Decimal("-100.00")),
        ("tax", "820", Decimal("-10.00")),
        ("control", "610", Decimal("110.00")),
    ]
    assert {(line.name_id, line.department_id, line.currency) for line in lines} == {("4", "9", "AUD")}


def test_a_credit_memo_is_an_invoice_the_other_way_round():
    lines = ledger_lines([("CreditMemo", _document(_sales("1", "100.00"), total="100.00"))], CHART)
    assert _moved(lines) == [("line", "200", Decimal("100.00")), ("control", "610", Decimal("-100.00"))]


def test_an_inventory_item_books_its_own_cost_of_sales():
    lines = ledger_lines([("Invoice", _document(_sales("2", "90.00", Qty=Decimal(3)), total="90.00"))], CHART)
    assert ("stock", "310", Decimal("37.04")) in _moved(lines)
    assert ("stock", "630", Decimal("-37.04")) in _moved(lines)
    assert imbalance(lines) == {}


def test_a_discount_is_booked_against_the_sale():
    discount = {"Amount": Decimal("10.00"), "DetailType": "DiscountLineDetail", "DiscountLineDetail": {}}
    lines = ledger_lines([("Invoice", _document(_sales("1", "100.00"), discount, total="90.00"))], CHART)
    assert ("line", "DISCOUNT", Decimal("10.00")) in _moved(lines)
    assert imbalance(lines) == {}


def test_purchases_go_to_their_account_or_the_items():
    account = {
        "Amount": Decimal("40.00"),
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "310"}, "ClassRef": {"value": "3"}},
    }
    stock = {
        "Amount": Decimal("24.00"),
        "DetailType": "ItemBasedExpenseLineDetail",
        "ItemBasedExpenseLineDetail": {"ItemRef": {"value": "2"}},
    }
    text = {"DetailType": "DescriptionOnly"}
    lines = ledger_lines([("Bill", _document(account, stock, text, total="64.00"))], CHART)
    assert [(account, amount) for _, account, amount in _moved(lines)] == [("310", 40), ("630", 24), ("800", -64)]
    assert [line.class_id for line in lines] == ["3", "", ""]
    back = ledger_lines([("VendorCredit", _document(account, total="40.00"))], CHART)
    assert [(account, amount) for _, account, amount in _moved(back)] == [("310", -40), ("800", 40)]


def test_money_moves_between_bank_and_control_account():
    payment = _document(total="50.00")
    assert [amount for _, _, amount in _moved(ledger_lines([("Payment", payment)], CHART))] == [50, -50]
    bill_payment = {**payment, "CheckPayment": {"BankAccountRef": {"value": "90"}}}
    lines = ledger_lines([("BillPayment", bill_payment)], CHART)
    assert [(account, amount) for _, account, amount in _moved(lines)] == [("90", -50), ("800", 50)]


def test_voided_documents_leave_nothing():
    assert ledger_lines([("Invoice", _document(_sales("1", "0.00"), total="0.00"))], CHART) == []


def test_an_unbalanced_document_is_named_with_its_difference():
    lines = ledger_lines([("Invoice", _document(_sales("1", "100.00"), total="100.01"))], CHART)
    assert imbalance(lines) == {("Invoice", "7"): Decimal("0.01")}


def test_the_chart_finds_control_accounts_by_their_type():
    accounts = [
        {"Id": "5", "AccountType": "Accounts Receivable"},
        {"Id": "6", "AccountType": "Accounts Payable"},
        {"Id": "8", "AccountType": "Other Current Liability", "AccountSubType": "GlobalTaxPayable"},
    ]
    chart = chart_of(ITEMS, accounts)
    assert (chart.receivable, chart.payable, chart.tax, chart.discount) == ("5", "6", "8", "DISCOUNT")
