"""What an approved expense writes into the general ledger, once and for good."""

from collections.abc import Iterator
from decimal import Decimal

from ledgerwire.sandbox.connectwise.expenses import Expense
from ledgerwire.sandbox.connectwise.gl import frozen_entry, resolve_mapping
from ledgerwire.sandbox.connectwise.interface_records import InterfaceRecord
from ledgerwire.sandbox.connectwise.state import ConnectWiseState


def _parts(state: ConnectWiseState, expense: Expense) -> Iterator[tuple[str, Decimal, int | None]]:
    """GL type, amount and tax level of each debit; the tax apart or, by switch, left inside the amount."""
    gl_type = "EE" if expense.is_external else "EI"
    apart = state.switches.expense_tax == "separate"
    yield gl_type, expense.amount - (expense.tax if apart else 0), None
    for level, amount in enumerate(expense.tax_by_level if apart else (), start=1):
        if amount:
            yield "ET", amount, level


def freeze_expense(state: ConnectWiseState, record: InterfaceRecord, expense: Expense) -> None:
    """Give an expense its pairs of entries: what it was for, and its offset; none when either has no mapping."""
    dimensions: dict[str, int | None] = {
        "expense_type_id": expense.expense_type_id,
        "payment_method_id": expense.payment_method_id,
        "tax_code_id": expense.tax_code_id,
        "location_id": expense.location_id,
        "department_id": expense.department_id,
    }
    credit = resolve_mapping(state, "EO", dimensions)
    parts = [(part, resolve_mapping(state, part[0], dimensions)) for part in _parts(state, expense)]
    if credit is None or any(mapping is None for _, mapping in parts):
        return
    text = expense.notes or f"Expense {expense.expense_id}"
    for (gl_type, amount, level), mapping in parts:
        if mapping is None:
            continue
        offset = frozen_entry(state, record.key, "EO", -amount, text, credit)
        debit = frozen_entry(state, record.key, gl_type, amount, text, mapping, tax_level=level, offset=offset)
        record.entries += [debit, offset]
