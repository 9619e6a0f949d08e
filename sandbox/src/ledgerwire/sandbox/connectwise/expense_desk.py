"""Entering, submitting and approving expenses: what the expense screens put onto the accounting interface."""

from calendar import monthrange
from dataclasses import replace
from datetime import date
from decimal import Decimal

from ledgerwire.sandbox.connectwise.batches import is_touched
from ledgerwire.sandbox.connectwise.errors import invalid_field, record_not_found
from ledgerwire.sandbox.connectwise.expense_rows import expense_entry_row
from ledgerwire.sandbox.connectwise.expenses import Expense, ExpenseStatus
from ledgerwire.sandbox.connectwise.export_expenses import member_reference
from ledgerwire.sandbox.connectwise.gl_expenses import freeze_expense
from ledgerwire.sandbox.connectwise.interface_records import InterfaceRecord, RecordKey
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.wire import midnight, timestamp

_FINAL = frozenset({"ApprovedByTierTwo", "ReadyToBill", "Billed", "WrittenOff", "BilledAgreement"})
EDITABLE = frozenset({"Open", "Rejected", "ErrorsCorrected", "RejectBySecondTier"})
_ENTITY = "ExpenseEntry"


def expense_key(expense_id: int) -> RecordKey:
    """The interface's key of an `expenseDetailId`."""
    return RecordKey("expense", expense_id)


class ExpenseDesk:
    """The rules of the expense screens. An approved expense is on the unposted list at once."""

    def __init__(self, state: ConnectWiseState) -> None:
        self._state = state

    def adopt(self) -> None:
        """Give loaded expenses their rows, and the approved ones their entries."""
        for expense in list(self._state.expenses.values()):
            if expense.expense_id not in self._state.tables["expense_entries"]:
                self._keep(expense)

    def enter(self, expense: Expense, member_id: int | None = None) -> Expense:
        """Add an expense in whatever status it has; with a member its callbacks go out.

        Raises ApiError 400 for an id already there.
        """
        if expense.expense_id in self._state.expenses:
            raise invalid_field(_ENTITY, "id", f"Expense {expense.expense_id} exists already.", "ObjectExists")
        entered = self._keep(expense)
        if member_id is not None:
            self._state.notify("expense_entries", expense.expense_id, "added", member_id)
        return entered

    def expense(self, expense_id: int) -> Expense:
        """The expense. Raises ApiError 404."""
        found = self._state.expenses.get(expense_id)
        if found is None:
            raise record_not_found(_ENTITY, expense_id)
        return found

    def change(self, expense: Expense, member_id: int) -> Expense:
        """Save a changed expense. Raises ApiError 400 when it is approved, pending or batched."""
        old = self.expense(expense.expense_id)
        if old.status not in EDITABLE:
            raise invalid_field(_ENTITY, "status", f"An expense that is {old.status} cannot be changed.")
        return self._keep(expense, member_id)

    def delete(self, expense_id: int, member_id: int) -> None:
        """Remove an expense that nobody is to approve. Raises ApiError 404, or 400 for any other."""
        if self.expense(expense_id).status not in EDITABLE:
            raise invalid_field(_ENTITY, "status", "The expense cannot be deleted.")
        del self._state.expenses[expense_id]
        self._state.delete("expense_entries", expense_id, member_id)

    def set_status(self, expense_id: int, status: ExpenseStatus, member_id: int) -> Expense:
        """Approve, reject or reverse. Raises ApiError 400 when an expense in a batch would leave the interface."""
        expense = replace(self.expense(expense_id), status=status)
        if not self._is_listed(expense) and is_touched(self._state, expense_key(expense_id)):
            raise invalid_field(_ENTITY, "status", "The expense is part of a batch.")
        return self._keep(expense, member_id)

    def reload(self, expense_id: int) -> None:
        """Freeze the entries anew by the mapping of today, as reversing and approving does."""
        key = expense_key(expense_id)
        if is_touched(self._state, key):
            raise invalid_field(_ENTITY, "status", "The expense is part of a batch.")
        old = self._state.interface.get(key)
        self._state.drop_record(key)
        self._list(self.expense(expense_id), old.row_id if old else None)

    def _is_listed(self, expense: Expense) -> bool:
        tier_one = self._state.switches.expenses_listed_from == "ApprovedByTierOne"
        return expense.status in _FINAL or (tier_one and expense.status == "ApprovedByTierOne")

    def _keep(self, expense: Expense, member_id: int | None = None) -> Expense:
        state = self._state
        expense = replace(expense, report_id=self._report(expense))
        state.expenses[expense.expense_id] = expense
        row = expense_entry_row(state, expense)
        kept = state.tables["expense_entries"].get(expense.expense_id)
        if kept is not None:
            row = {**row, "_info": kept.get("_info", {})}
            kept.clear()
            kept.update(row)
        else:
            state.adopt_row("expense_entries", row)
        self._total(expense)
        self._relist(expense)
        if member_id is not None:
            state.saved("expense_entries", expense.expense_id, member_id)
        return expense

    def _relist(self, expense: Expense) -> None:
        key = expense_key(expense.expense_id)
        if not self._is_listed(expense):
            self._state.drop_record(key)
        elif key in self._state.interface:
            self._state.interface[key].fact = expense
        else:
            self._list(expense, None)

    def _list(self, expense: Expense, row_id: int | None) -> None:
        state = self._state
        number = next(state.unposted_ids) if row_id is None else row_id
        record = InterfaceRecord(expense_key(expense.expense_id), expense, number, timestamp(state.clock.now()))
        freeze_expense(state, record, expense)
        state.put_record(record)

    def _report(self, expense: Expense) -> int:
        """The report that the expense is on: the one it names, else the member's of that month."""
        reports = self._state.tables["expense_reports"]
        if expense.report_id is not None:
            self._state.adopt_row("expense_reports", self._report_row(expense, expense.report_id))
            return expense.report_id
        month = (expense.member_id, expense.spent.year, expense.spent.month)
        for number, row in reports.items():
            if (int(row["member"]["id"]), row.get("year"), row.get("period")) == month:
                return number
        number = self._state.next_id("expense_reports")
        self._state.adopt_row("expense_reports", self._report_row(expense, number))
        return number

    def _report_row(self, expense: Expense, number: int) -> Row:
        start = expense.spent.replace(day=1)
        end = date(start.year, start.month, monthrange(start.year, start.month)[1])
        return {
            "id": number,
            "member": member_reference(self._state, expense.member_id),
            "year": start.year,
            "period": start.month,
            "dateStart": midnight(start),
            "dateEnd": midnight(end),
            "dueDate": midnight(end),
            "status": expense.status,
            "total": Decimal(0),
        }

    def on_report(self, report_id: int) -> list[Expense]:
        """The expenses of a report."""
        return [one for one in self._state.expenses.values() if one.report_id == report_id]

    def _total(self, expense: Expense) -> None:
        row = self._state.tables["expense_reports"][expense.report_id or 0]
        row["total"] = sum((one.amount for one in self.on_report(expense.report_id or 0)), Decimal(0))
        row["status"] = expense.status
