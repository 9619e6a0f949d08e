"""Invoices, credit memos, bills and vendor credits."""

from decimal import Decimal

from ledgerwire.sandbox.quickbooks.books import taxing
from ledgerwire.sandbox.quickbooks.books.desk import Desk, named
from ledgerwire.sandbox.quickbooks.books.header import header, terms
from ledgerwire.sandbox.quickbooks.books.lines import Lines, purchase_lines, sales_lines
from ledgerwire.sandbox.quickbooks.refusals import business, refuse
from ledgerwire.sandbox.quickbooks.wire import Json, cents, value_of


def sales_document(desk: Desk, name: str, sent: Json, before: Json | None) -> Json:
    """A checked invoice or credit memo with its totals."""
    customer = desk.need("Customer", sent.get("CustomerRef"), "CustomerRef")
    currency = customer.get("CurrencyRef", {}).get("value") or desk.state.home_currency
    row = {**header(desk, name, sent, str(currency), before), "CustomerRef": named("Customer", customer)}
    if name == "Invoice":
        row |= terms(desk, sent, customer.get("SalesTermRef"), row["TxnDate"])
    lines = sales_lines(desk, sent)
    factor = _taxable_part(desk, sent, lines)
    code = value_of(customer.get("DefaultTaxCodeRef")) if customer.get("Taxable", True) else None
    detail, tax = taxing.document_tax(desk, sent, lines.taxed, taxing.SALES_SIDE, code, factor)
    row |= {"Line": lines.rows, "ApplyTaxAfterDiscount": bool(sent.get("ApplyTaxAfterDiscount"))}
    return _totalled(desk, row, lines.net - lines.discount + tax, detail)


def purchase_document(desk: Desk, name: str, sent: Json, before: Json | None) -> Json:
    """A checked bill or vendor credit with its totals."""
    vendor = desk.need("Vendor", sent.get("VendorRef"), "VendorRef")
    currency = vendor.get("CurrencyRef", {}).get("value") or desk.state.home_currency
    sent = {**sent, "VendorRef": named("Vendor", vendor)}
    row = header(desk, name, sent, str(currency), before)
    if name == "Bill":
        row |= terms(desk, sent, vendor.get("TermRef"), row["TxnDate"])
    row["APAccountRef"] = control_account(desk, sent.get("APAccountRef"), "Accounts Payable", "APAccountRef")
    lines = purchase_lines(desk, sent)
    detail, tax = taxing.document_tax(desk, sent, lines.taxed, taxing.PURCHASE_SIDE, None)
    row["Line"] = lines.rows
    return _totalled(desk, row, lines.net + tax, detail)


def control_account(desk: Desk, reference: object, account_type: str, where: str) -> Json:
    """The receivable or payable account: the one named, else the company's first. Raises RefusedError 6430."""
    account = desk.find("Account", reference, where)
    if account is None:
        account = next((row for row in desk.state.all("Account") if row["AccountType"] == account_type), None)
    if account is None or account["AccountType"] != account_type:
        raise refuse("6430", f"An account of type {account_type} is needed", where)
    return named("Account", account)


def _taxable_part(desk: Desk, sent: Json, lines: Lines) -> Decimal:
    """What a discount leaves taxable; in the United States only where tax comes after the discount."""
    before_tax = bool(sent.get("ApplyTaxAfterDiscount")) or not desk.state.is_us
    if not before_tax or not lines.discount or not lines.net:
        return Decimal(1)
    return (lines.net - lines.discount) / lines.net


def _totalled(desk: Desk, row: Json, total: Decimal, detail: Json | None) -> Json:
    if total < 0:
        raise business("The transaction amount must be 0 or greater", "TotalAmt")
    row.pop("TxnTaxDetail", None)
    if detail is not None:
        row["TxnTaxDetail"] = detail
    if not desk.state.is_us:
        row.setdefault("GlobalTaxCalculation", "TaxExcluded")
    row["TotalAmt"] = total
    if desk.state.multi_currency and "CustomerRef" in row:
        row["HomeTotalAmt"] = cents(total * row["ExchangeRate"])
    return row


def check_links(desk: Desk, name: str, row: Json, before: Json) -> None:
    """What payments have applied must still fit the document and its customer or vendor."""
    applied = desk.state.applied(name, str(row["Id"]))
    if applied > row["TotalAmt"]:
        raise business(f"Payments of {applied} are applied to this transaction; its total cannot be less", "TotalAmt")
    party = "CustomerRef" if "CustomerRef" in row else "VendorRef"
    if applied and row[party]["value"] != before[party]["value"]:
        raise business("A transaction with payments keeps its customer or vendor", party)
