"""Create, update, delete and void, with SyncToken and sparse updates."""

from collections.abc import Callable
from typing import Any

from ledgerwire.sandbox.quickbooks.books.desk import Desk
from ledgerwire.sandbox.quickbooks.books.documents import check_links, purchase_document, sales_document
from ledgerwire.sandbox.quickbooks.books.journals import journal_entry
from ledgerwire.sandbox.quickbooks.books.lists import (
    write_account,
    write_currency,
    write_item,
    write_name,
    write_plain,
    write_setup,
    write_term,
)
from ledgerwire.sandbox.quickbooks.books.payments import bill_payment, customer_payment, without_link
from ledgerwire.sandbox.quickbooks.kinds import Kind, Operation
from ledgerwire.sandbox.quickbooks.refusals import GONE, refuse, required
from ledgerwire.sandbox.quickbooks.rules.shape import checked
from ledgerwire.sandbox.quickbooks.state import linked_amounts
from ledgerwire.sandbox.quickbooks.wire import ZERO, Json, stamp

Builder = Callable[[Desk, str, Json, Json | None], Json]

_BUILDERS: dict[str, Builder] = {
    "Customer": write_name,
    "Vendor": write_name,
    "Employee": write_name,
    "Item": write_item,
    "Account": write_account,
    "Class": write_plain,
    "Department": write_plain,
    "Term": write_term,
    "CompanyCurrency": write_currency,
    "Invoice": sales_document,
    "CreditMemo": sales_document,
    "Bill": purchase_document,
    "VendorCredit": purchase_document,
    "JournalEntry": journal_entry,
    "Payment": customer_payment,
    "BillPayment": bill_payment,
    "Preferences": write_setup,
    "CompanyInfo": write_setup,
}
_TAX_INPUTS = ("Line", "TxnTaxDetail", "GlobalTaxCalculation", "CustomerRef", "VendorRef", "ApplyTaxAfterDiscount")
_VOIDED_LINE = ("Qty", "UnitPrice", "TaxAmount", "TaxInclusiveAmt")


def save(desk: Desk, kind: Kind, body: Any) -> Json:
    """Create a row, or update one that Id and SyncToken name. Raises RefusedError; then nothing has changed."""
    sent = checked(kind.name, body)
    _allow(kind, "update" if "Id" in sent else "create")
    before = _current(desk, kind, sent) if "Id" in sent else None
    given = _sparse(before, sent) if before is not None and sent.get("sparse") else sent
    if before is not None:
        _check_dates(desk, before)
    row = {**_BUILDERS[kind.name](desk, kind.name, given, before)}
    if before is None:
        row["Id"] = desk.state.new_id(kind)
    elif kind.family == "transaction" and kind.name not in {"JournalEntry", "Payment", "BillPayment"}:
        check_links(desk, kind.name, row, before)
    saved = desk.state.put(kind.name, _stamped(desk, row, before))
    _touch_linked(desk, kind, before, saved)
    return saved


def delete(desk: Desk, kind: Kind, body: Any) -> Json:
    """Take a transaction away; what was applied to it is unapplied again."""
    _allow(kind, "delete")
    before = _current(desk, kind, _identified(body))
    _check_dates(desk, before)
    _unlink(desk, kind.name, str(before["Id"]))
    desk.state.remove(kind.name, str(before["Id"]))
    _touch_linked(desk, kind, before)
    return {"domain": "QBO", "status": "Deleted", "Id": before["Id"]}


def void(desk: Desk, kind: Kind, body: Any) -> Json:
    """Set every amount of a transaction to 0 and say so in its note; number and lines stay."""
    _allow(kind, "void")
    before = _current(desk, kind, _identified(body))
    _check_dates(desk, before)
    _unlink(desk, kind.name, str(before["Id"]))
    note = str(before.get("PrivateNote") or "")
    row = {
        **before,
        "TotalAmt": ZERO,
        "PrivateNote": f"Voided - {note}" if note else "Voided",
        "Line": [] if kind.name in {"Payment", "BillPayment"} else [_voided(line) for line in before["Line"]],
    }
    row |= {key: ZERO for key in ("HomeTotalAmt", "UnappliedAmt") if key in before}
    if "TxnTaxDetail" in before:
        row["TxnTaxDetail"] = {"TotalTax": ZERO, "TaxLine": []}
    saved = desk.state.put(kind.name, _stamped(desk, row, before))
    _touch_linked(desk, kind, before)
    return saved


def _allow(kind: Kind, operation: Operation) -> None:
    if operation not in kind.operations:
        raise refuse("500", f"Operation {operation} is not supported on {kind.name}")


def _identified(body: Any) -> Json:
    sent = body if isinstance(body, dict) else {}
    if sent.get("Id") is None:
        raise required("Id")
    return sent


def _current(desk: Desk, kind: Kind, sent: Json) -> Json:
    row_id = str(sent["Id"])
    if not row_id.isdecimal():
        raise refuse("2030", f"Id should be a valid number. Supplied value:{row_id}", "Id")
    row = desk.state.get(kind.name, row_id)
    if row is None:
        raise refuse("610", GONE, "Id")
    if sent.get("SyncToken") is None:
        raise required("SyncToken")
    if str(sent["SyncToken"]) != row["SyncToken"]:
        raise refuse(
            "5010",
            "You and another user were working on this at the same time. "
            "The other user finished before you did, so your work was not saved.",
        )
    return row


def _check_dates(desk: Desk, before: Json) -> None:
    if "TxnDate" in before:
        desk.check_open(before["TxnDate"])


def _sparse(before: Json, sent: Json) -> Json:
    """The row as it was with what was sent; tax is worked out anew where something that decides it came."""
    kept = dict(before)
    if any(key in sent for key in _TAX_INPUTS):
        kept.pop("TxnTaxDetail", None)
    return {**kept, **sent}


def _stamped(desk: Desk, row: Json, before: Json | None) -> Json:
    now = stamp(desk.now)
    created = before["MetaData"]["CreateTime"] if before else now
    token = str(int(before["SyncToken"]) + 1) if before else "0"
    meta = {"CreateTime": created, "LastUpdatedTime": now}
    return {**row, "domain": "QBO", "sparse": False, "SyncToken": token, "MetaData": meta}


def _unlink(desk: Desk, name: str, row_id: str) -> None:
    for payment_kind, payment_id in list(desk.state.links.get((name, row_id), {})):
        payment = desk.state.rows[payment_kind][payment_id]
        changed = without_link(payment, name, row_id)
        desk.state.put(payment_kind, _stamped(desk, changed, payment))


def _touch_linked(desk: Desk, kind: Kind, *payments: Json | None) -> None:
    """A payment changes the balance of what it is applied to, so that counts as changed too."""
    if kind.name not in {"Payment", "BillPayment"}:
        return
    keys = {key for payment in payments if payment for key in linked_amounts(payment)}
    for name, row_id in keys:
        row = desk.state.get(name, row_id)
        if row is not None:
            desk.state.put(name, {**row, "MetaData": {**row["MetaData"], "LastUpdatedTime": stamp(desk.now)}})


def _voided(line: Json) -> Json:
    name = line["DetailType"]
    detail = line.get(name)
    emptied = {name: {k: ZERO if k in _VOIDED_LINE else v for k, v in detail.items()}} if detail else {}
    return {**line, **({"Amount": ZERO} if "Amount" in line else {}), **emptied}
