"""The books as an auditor reads them: every live document flattened to signed ledger lines.

Works on documents as the API shows them, so that it can be fed from GET answers, from the journal, or from state.
Amounts are in document currency; debit is positive, credit negative. Sales lines have no account of their own: the
income account of their item decides (M10).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from ledgerwire.sandbox.quickbooks.wire import ZERO, Json, cents, day, value_of

Role = Literal["line", "tax", "control", "stock"]

_SALES_SIGNS = {"Invoice": -1, "CreditMemo": 1}
_PURCHASE_SIGNS = {"Bill": 1, "VendorCredit": -1}
_JOURNAL = "JournalEntryLineDetail"


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One movement on one account, by the account's id.

    `role`: "line" of the document, its "tax" (on `TAX` or the account given for it), its "control" line with the total
    on receivables or payables, or "stock" for the cost of sales that QuickBooks books itself when an inventory item is
    sold (at the item's purchase cost). `class_id` and `department_id` are the dimensions.
    """

    document_type: str
    document_id: str
    number: str
    dated: date
    name_id: str
    currency: str
    role: Role
    account_id: str
    class_id: str
    department_id: str
    tax_code: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Chart:
    """What flattening needs to know of the company: items by id, and where receivables, payables and tax go."""

    items: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    receivable: str = "RECEIVABLE"
    payable: str = "PAYABLE"
    tax: str = "TAX"
    discount: str = "DISCOUNT"
    undeposited: str = "UNDEPOSITED"


def chart_of(items: Iterable[Mapping[str, Any]], accounts: Iterable[Mapping[str, Any]]) -> Chart:
    """The chart of a company from its Item and Account rows."""
    found: dict[str, str] = {}
    for account in accounts:
        found.setdefault(str(account.get("AccountType")), str(account["Id"]))
        found.setdefault(str(account.get("AccountSubType")), str(account["Id"]))
    return Chart(
        items={str(item["Id"]): item for item in items},
        receivable=found.get("Accounts Receivable", "RECEIVABLE"),
        payable=found.get("Accounts Payable", "PAYABLE"),
        tax=found.get("GlobalTaxPayable", found.get("SalesTaxPayable", "TAX")),
        discount=found.get("DiscountsRefundsGiven", "DISCOUNT"),
        undeposited=found.get("UndepositedFunds", "UNDEPOSITED"),
    )


def ledger_lines(documents: Iterable[tuple[str, Mapping[str, Any]]], chart: Chart) -> list[LedgerLine]:
    """Lines of (entity, document) pairs in order; lines and documents of 0.00, voided ones too, give nothing.

    Raises KeyError for an entity that is no transaction, or an item that the chart does not know.
    """
    lines: list[LedgerLine] = []
    for name, document in documents:
        lines.extend(line for line in _FLATTEN[name](name, document, chart) if line.amount)
    return lines


def imbalance(lines: Iterable[LedgerLine]) -> dict[tuple[str, str], Decimal]:
    """Documents whose lines do not add up to nothing, with the difference (empty in sound books)."""
    sums: dict[tuple[str, str], Decimal] = {}
    for line in lines:
        key = (line.document_type, line.document_id)
        sums[key] = sums.get(key, ZERO) + line.amount
    return {key: difference for key, difference in sums.items() if difference}


def _common(name: str, document: Mapping[str, Any]) -> Json:
    party = document.get("CustomerRef") or document.get("VendorRef")
    return {
        "document_type": name,
        "document_id": str(document["Id"]),
        "number": str(document.get("DocNumber") or document.get("PaymentRefNum") or ""),
        "dated": day(document["TxnDate"]),
        "name_id": value_of(party) or "",
        "currency": value_of(document.get("CurrencyRef")) or "",
        "class_id": value_of(document.get("ClassRef")) or "",
        "department_id": value_of(document.get("DepartmentRef")) or "",
        "tax_code": "",
    }


def _money(value: Any) -> Decimal:
    return ZERO if value is None else Decimal(str(value))


def _tax_of(document: Mapping[str, Any]) -> Decimal:
    return _money((document.get("TxnTaxDetail") or {}).get("TotalTax"))


def _sales(name: str, document: Mapping[str, Any], chart: Chart) -> list[LedgerLine]:
    sign, common = _SALES_SIGNS[name], _common(name, document)
    lines: list[LedgerLine] = []
    for line in document["Line"]:
        if line["DetailType"] == "SalesItemLineDetail":
            lines += _sold(line, sign, common, chart)
        elif line["DetailType"] == "DiscountLineDetail":
            account = value_of(line.get("DiscountLineDetail", {}).get("DiscountAccountRef")) or chart.discount
            lines.append(LedgerLine(**common, role="line", account_id=account, amount=-sign * _money(line["Amount"])))
    lines.append(LedgerLine(**common, role="tax", account_id=chart.tax, amount=sign * _tax_of(document)))
    account = value_of(document.get("ARAccountRef")) or chart.receivable
    total = -sign * _money(document["TotalAmt"])
    return [*lines, LedgerLine(**common, role="control", account_id=account, amount=total)]


def _sold(line: Mapping[str, Any], sign: int, common: Json, chart: Chart) -> list[LedgerLine]:
    """Revenue on the item's income account, and the cost that QuickBooks itself books for an inventory item."""
    detail = line["SalesItemLineDetail"]
    item = chart.items[str(value_of(detail["ItemRef"]))]
    place = {
        **common,
        "class_id": value_of(detail.get("ClassRef")) or common["class_id"],
        "tax_code": value_of(detail.get("TaxCodeRef")) or "",
    }
    income = str(value_of(item["IncomeAccountRef"]))
    lines = [LedgerLine(**place, role="line", account_id=income, amount=sign * _money(line.get("Amount")))]
    if item.get("Type") == "Inventory":
        cost = cents(_money(detail.get("Qty")) * _money(item.get("PurchaseCost")))
        for reference, amount in (("ExpenseAccountRef", -sign * cost), ("AssetAccountRef", sign * cost)):
            account = str(value_of(item[reference]))
            lines.append(LedgerLine(**{**place, "tax_code": ""}, role="stock", account_id=account, amount=amount))
    return lines


def _purchase(name: str, document: Mapping[str, Any], chart: Chart) -> list[LedgerLine]:
    sign, common = _PURCHASE_SIGNS[name], _common(name, document)
    lines: list[LedgerLine] = []
    for line in document["Line"]:
        detail = line.get(line["DetailType"]) or {}
        reference = detail.get("AccountRef")
        if "ItemRef" in detail:
            item = chart.items[str(value_of(detail["ItemRef"]))]
            reference = item["AssetAccountRef"] if item.get("Type") == "Inventory" else item["ExpenseAccountRef"]
        if reference is None:
            continue
        place = {
            **common,
            "class_id": value_of(detail.get("ClassRef")) or common["class_id"],
            "tax_code": value_of(detail.get("TaxCodeRef")) or "",
        }
        account = str(value_of(reference))
        lines.append(LedgerLine(**place, role="line", account_id=account, amount=sign * _money(line.get("Amount"))))
    lines.append(LedgerLine(**common, role="tax", account_id=chart.tax, amount=sign * _tax_of(document)))
    account = value_of(document.get("APAccountRef")) or chart.payable
    total = -sign * _money(document["TotalAmt"])
    return [*lines, LedgerLine(**common, role="control", account_id=account, amount=total)]


def _journal(name: str, document: Mapping[str, Any], chart: Chart) -> list[LedgerLine]:
    common = _common(name, document)
    lines: list[LedgerLine] = []
    for line in document["Line"]:
        detail = line.get(_JOURNAL)
        if detail is None:
            continue
        sign = 1 if detail["PostingType"] == "Debit" else -1
        place = {
            **common,
            "name_id": value_of((detail.get("Entity") or {}).get("EntityRef")) or "",
            "class_id": value_of(detail.get("ClassRef")) or common["class_id"],
            "department_id": value_of(detail.get("DepartmentRef")) or common["department_id"],
            "tax_code": value_of(detail.get("TaxCodeRef")) or "",
        }
        account = str(value_of(detail["AccountRef"]))
        lines.append(LedgerLine(**place, role="line", account_id=account, amount=sign * _money(line["Amount"])))
        tax = sign * _money(detail.get("TaxAmount"))
        lines.append(LedgerLine(**place, role="tax", account_id=chart.tax, amount=tax))
    return lines


def _payment(name: str, document: Mapping[str, Any], chart: Chart) -> list[LedgerLine]:
    common, total = _common(name, document), _money(document["TotalAmt"])
    if name == "Payment":
        money = value_of(document.get("DepositToAccountRef")) or chart.undeposited
        sides = ((money, total), (value_of(document.get("ARAccountRef")) or chart.receivable, -total))
    else:
        check, card = document.get("CheckPayment") or {}, document.get("CreditCardPayment") or {}
        money = str(value_of(check.get("BankAccountRef")) or value_of(card.get("CCAccountRef")))
        sides = ((money, -total), (value_of(document.get("APAccountRef")) or chart.payable, total))
    (account, amount), (control, opposite) = sides
    return [
        LedgerLine(**common, role="line", account_id=account, amount=amount),
        LedgerLine(**common, role="control", account_id=control, amount=opposite),
    ]


_FLATTEN = {
    "Invoice": _sales,
    "CreditMemo": _sales,
    "Bill": _purchase,
    "VendorCredit": _purchase,
    "JournalEntry": _journal,
    "Payment": _payment,
    "BillPayment": _payment,
}
