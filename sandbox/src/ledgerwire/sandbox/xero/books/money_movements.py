"""Payments, refunds and allocations: what moves against a document and what is left of it."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from ledgerwire.sandbox.xero.books.desk import Desk, Outcome, read_date
from ledgerwire.sandbox.xero.books.kinds import CREDIT_NOTE, INVOICE, Kind
from ledgerwire.sandbox.xero.rules.lines import number
from ledgerwire.sandbox.xero.rules.rounding import CENT
from ledgerwire.sandbox.xero.wire import Json

OVERPAID = "Payment amount exceeds the amount outstanding on this document"
Advance = Literal["Overpayment", "Prepayment"]
_ZERO = Decimal("0.00")
# A document that is settled in full is approved still: nothing of it is left, and that is what Xero says.
_APPROVED = frozenset({"AUTHORISED", "PAID"})
_PAYMENT_TYPES = {
    "ACCREC": "ACCRECPAYMENT",
    "ACCPAY": "ACCPAYPAYMENT",
    "ACCRECCREDIT": "ARCREDITPAYMENT",
    "ACCPAYCREDIT": "APCREDITPAYMENT",
}


def pay(desk: Desk, sent: Json) -> Outcome:
    """Record a payment of an invoice or a refund of a credit note.

    Raises:
        NotANumberError: the amount is no number.
    """
    problems: list[str] = []
    kind, document = _paid_document(desk, sent)
    account = _account(desk, sent)
    dated = read_date(sent.get("Date"), "Date", problems) or desk.today
    amount = number(sent.get("Amount"))
    if document is None:
        problems.append("Payment must be made against an existing Invoice or CreditNote")
    if account is None:
        problems.append("Account could not be found, or cannot take payments.")
    if amount is None or amount <= 0 or amount != amount.quantize(CENT):
        problems.append("Payment amount must be greater than zero, in whole cents.")
    if problem := desk.lock_problem(dated):
        problems.append(problem)
    if problems or document is None or account is None or amount is None:
        return Outcome(sent, problems)
    if problem := _outstanding_problem(kind, document, amount):
        return Outcome(sent, [problem])
    row: Json = {
        "PaymentID": desk.state.new_id("payments"),
        "Date": dated,
        "Amount": amount.quantize(CENT),
        "BankAmount": amount.quantize(CENT),
        "Reference": sent.get("Reference") or "",
        "CurrencyRate": number(sent.get("CurrencyRate")) or document["CurrencyRate"],
        "PaymentType": _PAYMENT_TYPES[document["Type"]],
        "Status": "AUTHORISED",
        "IsReconciled": bool(sent.get("IsReconciled", False)),
        "AccountID": account["AccountID"],
        kind.id_field: document[kind.id_field],
        "UpdatedDateUTC": desk.now,
    }
    desk.state.payments.put(row)
    settle(desk, kind, document[kind.id_field])
    return Outcome(row)


def undo_payment(desk: Desk, payment_id: str, sent: Json) -> Outcome:
    """Delete a payment; what it paid is due again."""
    row = desk.state.payments.get(payment_id)
    if row is None:
        return Outcome(sent, ["An existing Payment with the specified PaymentID could not be found"])
    if row["Status"] != "AUTHORISED" or sent.get("Status") != "DELETED":
        return Outcome(sent, ["Payment not of valid status for modification"])
    if problem := desk.lock_problem(row["Date"]):
        return Outcome(sent, [problem])
    gone = desk.state.payments.put({**row, "Status": "DELETED", "UpdatedDateUTC": desk.now})
    kind = INVOICE if "InvoiceID" in row else CREDIT_NOTE
    settle(desk, kind, row[kind.id_field])
    return Outcome(gone)


def allocate(desk: Desk, credit_note_id: str, sent: Json) -> Outcome:
    """Apply part of a credit note to an invoice.

    Raises:
        NotANumberError: the amount is no number.
    """
    note = desk.state.credit_notes.get(credit_note_id)
    block = sent.get("Invoice")
    invoice = _named(desk, INVOICE, block) if isinstance(block, dict) else None
    problems: list[str] = []
    amount = number(sent.get("Amount"))
    dated = read_date(sent.get("Date"), "Date", problems)
    problems += _allocation_problems(note, invoice, amount)
    if dated is None:
        problems.append("Date is required for an allocation.")
    elif problem := desk.lock_problem(dated):
        problems.append(problem)
    if problems or note is None or invoice is None or amount is None:
        return Outcome(sent, problems)
    row: Json = {
        "AllocationID": desk.state.new_id("allocations"),
        "Amount": amount.quantize(CENT),
        "Date": dated,
        "IsDeleted": False,
        "InvoiceID": invoice["InvoiceID"],
        "CreditNoteID": note["CreditNoteID"],
    }
    desk.state.allocations.put(row)
    settle(desk, CREDIT_NOTE, note["CreditNoteID"])
    settle(desk, INVOICE, invoice["InvoiceID"])
    return Outcome(row)


def undo_allocation(desk: Desk, allocation_id: str) -> Outcome | None:
    """Take an allocation back; None when there is none of that id."""
    row = desk.state.allocations.get(allocation_id)
    if row is None or row["IsDeleted"]:
        return None
    if problem := desk.lock_problem(row["Date"]):
        return Outcome(row, [problem])
    gone = desk.state.allocations.put({**row, "IsDeleted": True})
    if "CreditNoteID" in row:
        settle(desk, CREDIT_NOTE, row["CreditNoteID"])
    settle(desk, INVOICE, row["InvoiceID"])
    return Outcome(gone)


def apply_advance(desk: Desk, invoice_id: str, advance: Advance, amount: Decimal, dated: date) -> Outcome:
    """Apply money that came before its invoice, as a person does in Xero's own screens: no payment, and no credit note."""
    invoice = desk.state.invoices.get(invoice_id)
    if invoice is None or invoice["Status"] != "AUTHORISED" or amount > invoice["AmountDue"]:
        return Outcome({}, [OVERPAID])
    row: Json = {
        "AllocationID": desk.state.new_id("allocations"),
        "Amount": amount.quantize(CENT),
        "Date": dated,
        "IsDeleted": False,
        "InvoiceID": invoice_id,
        f"{advance}ID": desk.state.new_id(advance),
    }
    desk.state.allocations.put(row)
    settle(desk, INVOICE, invoice_id)
    return Outcome(row)


def settle(desk: Desk, kind: Kind, row_id: str) -> None:
    """Recompute what is paid, credited and due on a document, and whether that makes it PAID."""
    rows = kind.rows(desk.state)
    document = rows.get(row_id)
    if document is None:
        return
    paid = sum(
        (
            payment["Amount"]
            for payment in desk.state.payments
            if payment["Status"] == "AUTHORISED" and payment.get(kind.id_field) == row_id
        ),
        _ZERO,
    )
    credited = sum(
        (
            allocation["Amount"]
            for allocation in desk.state.allocations
            if not allocation["IsDeleted"] and allocation.get(kind.id_field) == row_id
        ),
        _ZERO,
    )
    left = document["Total"] - paid - credited
    changed = {key: value for key, value in document.items() if key != "FullyPaidOnDate"}
    changed |= {"AmountPaid": paid, "AmountCredited": credited, "UpdatedDateUTC": desk.now}
    changed["AmountDue" if kind is INVOICE else "RemainingCredit"] = left
    changed["Status"] = "PAID" if left == 0 else "AUTHORISED"
    if left == 0:
        changed["FullyPaidOnDate"] = desk.today
    rows.put(changed)


def _paid_document(desk: Desk, sent: Json) -> tuple[Kind, Json | None]:
    for kind, field in ((INVOICE, "Invoice"), (CREDIT_NOTE, "CreditNote")):
        block = sent.get(field)
        if isinstance(block, dict):
            return kind, _named(desk, kind, block)
        if sent.get(kind.number_field):
            return kind, _named(desk, kind, {kind.number_field: sent[kind.number_field]})
    return INVOICE, None


def _named(desk: Desk, kind: Kind, block: Json) -> Json | None:
    if block.get(kind.id_field):
        return kind.rows(desk.state).get(block[kind.id_field])
    live = [row for row in kind.rows(desk.state).by_key(block.get(kind.number_field)) if row["Status"] == "AUTHORISED"]
    return live[0] if len(live) == 1 else None


def _account(desk: Desk, sent: Json) -> Json | None:
    block: Any = sent.get("Account")
    if not isinstance(block, dict):
        block = {"Code": sent.get("Code")}
    account = desk.state.account(str(block.get("AccountID") or block.get("Code") or ""))
    if account is None or account["Status"] != "ACTIVE":
        return None
    return account if account["Type"] == "BANK" or account["EnablePaymentsToAccount"] else None


def _outstanding_problem(kind: Kind, document: Json, amount: Decimal) -> str | None:
    left: Decimal = document["AmountDue" if kind is INVOICE else "RemainingCredit"]
    if document["Status"] == "PAID":
        return OVERPAID
    if document["Status"] != "AUTHORISED":
        return f"{kind.noun} must be AUTHORISED to take payments"
    return OVERPAID if amount > left else None


def _allocation_problems(note: Json | None, invoice: Json | None, amount: Decimal | None) -> list[str]:
    if note is None or note["Status"] not in _APPROVED:
        return ["Credit note must be AUTHORISED to be allocated"]
    if invoice is None:
        return ["An existing Invoice with the specified InvoiceID could not be found"]
    if amount is None or amount <= 0 or amount != amount.quantize(CENT):
        return ["Allocation amount must be greater than zero, in whole cents."]
    if invoice["Status"] not in _APPROVED:
        return ["Invoice must be AUTHORISED to take allocations"]
    return _pair_problems(note, invoice, amount)


def _pair_problems(note: Json, invoice: Json, amount: Decimal) -> list[str]:
    if note["Contact"] != invoice["Contact"] or note["Type"] != f"{invoice['Type']}CREDIT":
        return ["Allocations are made between documents of one contact and one side of the ledger."]
    if note["CurrencyCode"] != invoice["CurrencyCode"]:
        return ["Allocations are made between documents of one currency."]
    if amount > note["RemainingCredit"]:
        return ["Allocation amount exceeds the remaining credit on this document"]
    return [OVERPAID] if amount > invoice["AmountDue"] else []
