"""Payments of customers and to vendors: what they apply, and what stays unapplied."""

from decimal import Decimal

from ledgerwire.sandbox.quickbooks.books.desk import Desk, named
from ledgerwire.sandbox.quickbooks.books.documents import control_account
from ledgerwire.sandbox.quickbooks.books.header import header
from ledgerwire.sandbox.quickbooks.refusals import business, refuse, required
from ledgerwire.sandbox.quickbooks.rules.shape import limit
from ledgerwire.sandbox.quickbooks.state import linked_amounts, unapplied
from ledgerwire.sandbox.quickbooks.wire import Json, cents

_REFERENCE_LENGTH = 21


def customer_payment(desk: Desk, name: str, sent: Json, before: Json | None) -> Json:
    """Money of a customer; with a total of 0 it applies credit memos to invoices."""
    customer = desk.need("Customer", sent.get("CustomerRef"), "CustomerRef")
    limit("PaymentRefNum", sent.get("PaymentRefNum"), _REFERENCE_LENGTH)
    currency = customer.get("CurrencyRef", {}).get("value") or desk.state.home_currency
    row = {**header(desk, name, sent, str(currency), before), "CustomerRef": named("Customer", customer)}
    row["Line"] = _links(desk, name, row, ("Invoice", "CreditMemo"), "CustomerRef")
    row["TotalAmt"] = _total(sent)
    left = unapplied(row)
    if left < 0:
        raise business("The amount applied is more than the payment and its credits", "TotalAmt")
    row["DepositToAccountRef"] = _deposit_account(desk, sent)
    return row | {"UnappliedAmt": left, "ProcessPayment": False}


def bill_payment(desk: Desk, name: str, sent: Json, before: Json | None) -> Json:
    """Money to a vendor; its total is what it applies, vendor credits taken off."""
    vendor = desk.need("Vendor", sent.get("VendorRef"), "VendorRef")
    currency = vendor.get("CurrencyRef", {}).get("value") or desk.state.home_currency
    sent = {**sent, "VendorRef": named("Vendor", vendor)}
    row = header(desk, name, sent, str(currency), before)
    row |= _paid_from(desk, sent)
    row["APAccountRef"] = control_account(desk, sent.get("APAccountRef"), "Accounts Payable", "APAccountRef")
    row["Line"] = _links(desk, name, row, ("Bill", "VendorCredit"), "VendorRef")
    if not row["Line"]:
        raise required("Line")
    row["TotalAmt"] = _total(sent)
    if unapplied(row):
        raise business("TotalAmt must equal the bills paid less the credits applied", "TotalAmt")
    return row


def without_link(payment: Json, name: str, row_id: str) -> Json:
    """A payment after one of its documents was voided or deleted: that part is unapplied again.

    Where a credit went away that the rest relied on, the whole payment is unapplied.
    """

    def names(line: Json) -> bool:
        return any((link["TxnType"], str(link["TxnId"])) == (name, row_id) for link in line["LinkedTxn"])

    changed = {**payment, "Line": [line for line in payment["Line"] if not names(line)]}
    if unapplied(changed) < 0:
        changed["Line"] = []
    if "UnappliedAmt" in payment:
        changed["UnappliedAmt"] = unapplied(changed)
    return changed


def _total(sent: Json) -> Decimal:
    if sent.get("TotalAmt") is None:
        raise required("TotalAmt")
    total = cents(sent["TotalAmt"])
    if total < 0:
        raise business("The transaction amount must be 0 or greater", "TotalAmt")
    return total


def _links(desk: Desk, name: str, row: Json, allowed: tuple[str, ...], party: str) -> list[Json]:
    """Lines with what each applies. Raises RefusedError 620 for a document that cannot be linked."""
    lines: list[Json] = []
    for line in row.get("Line", []):
        links = line.get("LinkedTxn", [])
        if not links:
            continue
        if len(links) > 1:
            raise refuse("620", "A payment line links one transaction", "LinkedTxn")
        if line.get("Amount") is None:
            raise required("Amount")
        if line["Amount"] < 0:
            raise business("The amount applied must be 0 or greater", "Amount")
        kept = {key: links[0][key] for key in ("TxnId", "TxnType")}
        lines.append({"Id": str(len(lines) + 1), "Amount": cents(line["Amount"]), "LinkedTxn": [kept]})
    own = (name, str(row.get("Id")))
    for (kind, row_id), amount in linked_amounts({"Line": lines}).items():
        document = desk.state.get(kind, row_id) if kind in allowed else None
        if document is None:
            raise refuse("620", f"Transaction {kind} {row_id} cannot be linked", "LinkedTxn")
        if document[party]["value"] != row[party]["value"] or document["CurrencyRef"] != row["CurrencyRef"]:
            raise refuse("620", f"Transaction {kind} {row_id} belongs to another name or currency", "LinkedTxn")
        if amount > document["TotalAmt"] - desk.state.applied(kind, row_id, own):
            raise business(f"The amount {amount} is more than the open balance of {kind} {row_id}", "Amount")
    return lines


def _deposit_account(desk: Desk, sent: Json) -> Json:
    account = desk.find("Account", sent.get("DepositToAccountRef"), "DepositToAccountRef")
    if account is None:
        funds = (row for row in desk.state.all("Account") if row.get("AccountSubType") == "UndepositedFunds")
        account = next(funds, None)
    if account is None or account["AccountType"] not in {"Bank", "Other Current Asset"}:
        raise refuse("6430", "An account of type Bank or Other Current Asset is needed", "DepositToAccountRef")
    return named("Account", account)


def _paid_from(desk: Desk, sent: Json) -> Json:
    ways = {
        "Check": ("CheckPayment", "BankAccountRef", "Bank"),
        "CreditCard": ("CreditCardPayment", "CCAccountRef", "Credit Card"),
    }
    if sent.get("PayType") not in ways:
        raise refuse("2060", f"Invalid enumeration. Supplied value:{sent.get('PayType')}", "PayType")
    group, field, account_type = ways[sent["PayType"]]
    given = sent.get(group) or {}
    account = desk.need("Account", given.get(field), field)
    if account["AccountType"] != account_type:
        raise refuse("6430", f"An account of type {account_type} is needed", field)
    return {group: {**given, field: named("Account", account)}}
