"""Expense entries in REST shape, and expenses from what a client sends."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.connectwise.conditions import as_moment
from ledgerwire.sandbox.connectwise.errors import invalid_field
from ledgerwire.sandbox.connectwise.expenses import Expense
from ledgerwire.sandbox.connectwise.export_expenses import classification_reference, member_reference
from ledgerwire.sandbox.connectwise.references import reference_or_none
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.wire import midnight

_ENTITY = "ExpenseEntry"
_CLASSES = ("NonReimbursable", "Reimbursable", "Personal")


def shown_amount(state: ConnectWiseState, expense: Expense) -> Decimal:
    """The amount as the tenant enters and lists it: with the tax, or by switch without."""
    return expense.amount - (expense.tax if state.switches.expense_amounts == "without_tax" else 0)


def expense_entry_row(state: ConnectWiseState, expense: Expense) -> Row:
    """The entry as `/expense/entries` shows it."""
    amount = shown_amount(state, expense)
    charged = amount if expense.billable == "Billable" else Decimal(0)
    is_ticket = expense.charge_to_type in {"ServiceTicket", "ProjectTicket"} and expense.charge_to_id
    return {
        "id": expense.expense_id,
        "expenseReport": {"id": expense.report_id, "name": f"Report {expense.report_id}"},
        "company": reference_or_none(state, "companies", expense.company_id),
        "chargeToId": expense.charge_to_id,
        "chargeToType": expense.charge_to_type,
        "type": reference_or_none(state, "expense_types", expense.expense_type_id),
        "member": member_reference(state, expense.member_id),
        "paymentMethod": reference_or_none(state, "payment_types", expense.payment_method_id),
        "classification": classification_reference(state, expense),
        "amount": amount,
        "billableOption": expense.billable,
        "date": midnight(expense.spent),
        "locationId": expense.location_id,
        "businessUnitId": expense.department_id,
        "notes": expense.notes or None,
        "agreement": reference_or_none(state, "agreements", expense.agreement_id),
        "invoiceAmount": charged,
        "taxes": [{"id": level, "amount": amount} for level, amount in enumerate(expense.tax_by_level, start=1)],
        "currency": reference_or_none(state, "currencies", expense.currency_id),
        "status": expense.status,
        "billAmount": charged,
        "ticket": {"id": expense.charge_to_id} if is_ticket else None,
        "project": {"id": expense.project_id} if expense.project_id else None,
    }


def _id(fields: Row, name: str) -> int | None:
    value = fields.get(name)
    return int(value["id"]) if isinstance(value, dict) and value.get("id") is not None else None


def _classification(fields: Row) -> Any:
    value = fields.get("classification")
    name = str(value.get("name", "") if isinstance(value, dict) else value or "NonReimbursable")
    wanted = name.replace("-", "").replace(" ", "")
    if wanted not in _CLASSES:
        raise invalid_field(_ENTITY, "classification", "The classification does not exist.")
    return wanted


def _day(fields: Row) -> date:
    try:
        return as_moment(str(fields["date"])).date()
    except ValueError:
        raise invalid_field(_ENTITY, "date", "The date field wants a date.") from None


def expense_from(state: ConnectWiseState, fields: Row, expense_id: int, old: Expense | None, member_id: int) -> Expense:
    """The expense that the fields of an entry describe; what REST does not show is taken from `old`.

    Raises ApiError 400 for a required field that is missing.
    """
    for name in ("amount", "date", "type", "paymentMethod"):
        if fields.get(name) is None:
            raise invalid_field(_ENTITY, name, f"The {name} field is required.", "MissingRequiredField")
    taxes = tuple(Decimal(tax.get("amount") or 0) for tax in fields.get("taxes") or ())
    on_top = sum(taxes, Decimal(0)) if state.switches.expense_amounts == "without_tax" else Decimal(0)
    shown: dict[str, Any] = {
        "member_id": _id(fields, "member") or member_id,
        "spent": _day(fields),
        "amount": Decimal(fields["amount"]) + on_top,
        "expense_type_id": _id(fields, "type") or 0,
        "payment_method_id": _id(fields, "paymentMethod") or 0,
        "classification": _classification(fields),
        "tax_by_level": taxes,
        "notes": str(fields.get("notes") or ""),
        "billable": fields.get("billableOption") or "NoDefault",
        "company_id": _id(fields, "company"),
        "charge_to_type": fields.get("chargeToType") or "ChargeCode",
        "charge_to_id": fields.get("chargeToId"),
        "project_id": _id(fields, "project"),
        "agreement_id": _id(fields, "agreement"),
        "currency_id": _id(fields, "currency"),
        "location_id": fields.get("locationId"),
        "department_id": fields.get("businessUnitId"),
    }
    if old is not None:
        return replace(old, **shown)
    return Expense(expense_id=expense_id, status="Open", **shown)
