"""Lines of sales and purchase documents."""

from dataclasses import dataclass
from decimal import Decimal

from ledgerwire.sandbox.quickbooks.books import taxing
from ledgerwire.sandbox.quickbooks.books.desk import Desk, named
from ledgerwire.sandbox.quickbooks.books.header import line_class
from ledgerwire.sandbox.quickbooks.refusals import business, refuse, required
from ledgerwire.sandbox.quickbooks.rules.shape import limit
from ledgerwire.sandbox.quickbooks.rules.tax import Taxed
from ledgerwire.sandbox.quickbooks.wire import ZERO, Json, cents, value_of

DESCRIPTION_LENGTH = 4_000


@dataclass(slots=True)
class Lines:
    """Built lines with what the totals need."""

    rows: list[Json]
    taxed: list[Taxed]
    net: Decimal = ZERO
    discount: Decimal = ZERO

    def add(self, line: Json, amount: Decimal | None, detail: Json) -> None:
        """Keep a line under the next number."""
        number = len(self.rows) + 1
        kept = {"Id": str(line.get("Id") or number), "LineNum": number}
        if line.get("Description"):
            kept["Description"] = line["Description"]
        shown = {"Amount": amount} if amount is not None else {}
        kind = line["DetailType"]
        name = "DescriptionLineDetail" if kind == "DescriptionOnly" else kind
        self.rows.append({**kept, **shown, "DetailType": kind, name: detail})


def sales_lines(desk: Desk, sent: Json) -> Lines:
    """Lines of an invoice or credit memo. The item decides the account; a line without one is text only."""
    lines = Lines([], [])
    taxed = taxing.applies(desk, sent)
    for line in _given(sent):
        match line["DetailType"]:
            case "SalesItemLineDetail" if value_of(line.get("SalesItemLineDetail", {}).get("ItemRef")):
                _sales_item(desk, sent, line, lines, taxed=taxed)
            case "DescriptionOnly" | "SalesItemLineDetail":
                lines.add({**line, "DetailType": "DescriptionOnly"}, None, {})
            case "DiscountLineDetail":
                _discount(desk, line, lines)
            case "SubTotalLineDetail":
                continue
            case other:
                raise refuse("500", f"Operation lines of {other} are not supported on this transaction")
    if not lines.rows:
        raise required("Line")
    lines.rows.append({"Amount": lines.net, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}})
    return lines


def purchase_lines(desk: Desk, sent: Json) -> Lines:
    """Lines of a bill or vendor credit: straight to an account, or by item."""
    lines = Lines([], [])
    taxed = taxing.applies(desk, sent)
    for line in _given(sent):
        kind = line["DetailType"]
        if kind == "DescriptionOnly":
            lines.add(line, None, {})
            continue
        if kind not in {"AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail"}:
            raise refuse("500", f"Operation lines of {kind} are not supported on this transaction")
        detail = dict(line.get(kind, {}))
        by_account = kind == "AccountBasedExpenseLineDetail"
        detail |= _expense_account(desk, detail) if by_account else _bought_item(desk, detail)
        customer = desk.reference("Customer", detail.get("CustomerRef"), "CustomerRef")
        detail |= {"CustomerRef": customer} if customer else {}
        detail["BillableStatus"] = detail.get("BillableStatus") or "NotBillable"
        if detail["BillableStatus"] == "Billable" and not customer:
            raise business("A billable line needs a customer", "CustomerRef")
        _priced(desk, sent, line, detail, lines, taxing.PURCHASE_SIDE, taxed=taxed)
    if not lines.rows:
        raise required("Line")
    return lines


def _given(sent: Json) -> list[Json]:
    rows: list[Json] = sent.get("Line", [])
    for line in rows:
        if "DetailType" not in line:
            raise required("DetailType")
        limit("Description", line.get("Description"), DESCRIPTION_LENGTH)
    return rows


def _sales_item(desk: Desk, sent: Json, line: Json, lines: Lines, *, taxed: bool) -> None:
    detail = dict(line["SalesItemLineDetail"])
    item = desk.need("Item", detail["ItemRef"], "ItemRef")
    if item["Type"] == "Category":
        raise business("A category cannot be used on a transaction", "ItemRef")
    account = item.get("IncomeAccountRef")
    detail["ItemRef"] = named("Item", item)
    if account is None:
        raise business(f"The item {item['Name']} is not for sale: it has no income account", "ItemRef")
    detail["ItemAccountRef"] = account
    _priced(desk, sent, line, detail, lines, taxing.SALES_SIDE, taxed=taxed)


def _priced(desk: Desk, sent: Json, line: Json, detail: Json, lines: Lines, side: str, *, taxed: bool) -> None:
    """Check Amount against Qty and UnitPrice, and settle class and tax of the line."""
    if line.get("Amount") is None:
        raise required("Amount")
    amount = cents(line["Amount"])
    quantity, price = detail.get("Qty"), detail.get("UnitPrice")
    if quantity is not None and price is not None:
        product = cents(quantity * price)
        if product not in {amount, detail.get("TaxInclusiveAmt")}:
            raise refuse("6070", f"Amount is not equal to UnitPrice * Qty. Supplied value:{line['Amount']}", "Amount")
    sales = side == taxing.SALES_SIDE
    code = taxing.line_code(desk, detail, taxed=taxed, sales=sales)
    kept = {key: value for key, value in detail.items() if key not in {"ClassRef", "TaxCodeRef", "TaxInclusiveAmt"}}
    net, gross = taxing.included(desk, sent, amount, {**detail, **code}, side) if taxed else (amount, {})
    lines.add(line, net, {**kept, **line_class(desk, detail), **code, **gross})
    lines.net += net
    if code and taxed:
        fixed = gross["TaxInclusiveAmt"] - net if gross else None
        lines.taxed.append(Taxed(net, str(value_of(code["TaxCodeRef"])), fixed))


def _discount(desk: Desk, line: Json, lines: Lines) -> None:
    """A discount on the lines above it: a percentage of them, or an amount."""
    detail = dict(line.get("DiscountLineDetail", {}))
    account = desk.reference("Account", detail.get("DiscountAccountRef"), "DiscountAccountRef")
    detail |= {"DiscountAccountRef": account} if account else {}
    if detail.get("PercentBased"):
        if detail.get("DiscountPercent") is None:
            raise required("DiscountPercent")
        amount = cents(lines.net * detail["DiscountPercent"] / 100)
    elif line.get("Amount") is None:
        raise required("Amount")
    else:
        amount = cents(line["Amount"])
    lines.add(line, amount, detail)
    lines.discount += amount


def _expense_account(desk: Desk, detail: Json) -> Json:
    account = desk.need("Account", detail.get("AccountRef"), "AccountRef")
    if account["AccountType"] in {"Accounts Receivable", "Accounts Payable"}:
        raise business(f"The account {account['Name']} cannot be used on a line of this transaction", "AccountRef")
    return {"AccountRef": named("Account", account)}


def _bought_item(desk: Desk, detail: Json) -> Json:
    item = desk.need("Item", detail.get("ItemRef"), "ItemRef")
    account = item.get("AssetAccountRef") if item["Type"] == "Inventory" else item.get("ExpenseAccountRef")
    if account is None:
        raise business(f"The item {item['Name']} is not for purchase: it has no expense account", "ItemRef")
    return {"ItemRef": named("Item", item), "ItemAccountRef": account}
