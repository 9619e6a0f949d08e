"""Expenses over HTTP: entries, and reports that are submitted, approved, rejected and reversed."""

from fastapi import FastAPI, Request, Response

from ledgerwire.sandbox.connectwise.errors import invalid_field, record_not_found
from ledgerwire.sandbox.connectwise.expense_desk import EDITABLE, ExpenseDesk
from ledgerwire.sandbox.connectwise.expense_rows import expense_from
from ledgerwire.sandbox.connectwise.expenses import ExpenseStatus
from ledgerwire.sandbox.connectwise.replies import Replies, json_body
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.writing import accepted_fields, patched_fields

_ENTRIES = "/expense/entries"
_TABLE, _ENTITY = "expense_entries", "ExpenseEntry"
_SUBMITTED: ExpenseStatus = "PendingApproval"
_APPROVED: dict[str, ExpenseStatus] = {
    "PendingApproval": "ApprovedByTierOne",
    "PendingProjectApproval": "ApprovedByTierOne",
    "ApprovedByTierOne": "ApprovedByTierTwo",
}
_REJECTED: dict[str, ExpenseStatus] = {
    "PendingApproval": "Rejected",
    "PendingProjectApproval": "Rejected",
    "ApprovedByTierOne": "RejectBySecondTier",
}
_COMPUTED = frozenset({"status", "invoiceAmount", "billAmount", "agreementAmount", "expenseReport", "invoice"})


def _next(action: str, status: str) -> ExpenseStatus | None:
    """What an action makes of an expense in a status; None where it does nothing."""
    if action == "submit":
        return _SUBMITTED if status in EDITABLE else None
    if action == "reverse":
        return "Open" if status not in EDITABLE else None
    return (_APPROVED if action == "approve" else _REJECTED).get(status)


class ExpenseRoutes:
    """`/expense/entries` and the actions of `/expense/reports`."""

    def __init__(self, state: ConnectWiseState, desk: ExpenseDesk, replies: Replies) -> None:
        self._state = state
        self._desk = desk
        self._replies = replies

    def register(self, app: FastAPI) -> None:
        """Add the routes."""
        add = app.router.add_route
        add(_ENTRIES, self.listing, methods=["GET"])
        add(f"{_ENTRIES}/count", self.count, methods=["GET"])
        add(_ENTRIES, self.create, methods=["POST"])
        add(f"{_ENTRIES}/{{record_id:int}}", self.read, methods=["GET"])
        add(f"{_ENTRIES}/{{record_id:int}}", self.change, methods=["PUT", "PATCH"])
        add(f"{_ENTRIES}/{{record_id:int}}", self.delete, methods=["DELETE"])
        add("/expense/reports/{record_id:int}/{action}", self.act, methods=["POST"])

    def _rows(self) -> list[Row]:
        return list(self._state.tables[_TABLE].values())

    def _row(self, request: Request) -> Row:
        number = int(request.path_params["record_id"])
        self._desk.expense(number)
        return self._state.tables[_TABLE][number]

    async def listing(self, request: Request) -> Response:
        return self._replies.listing(request, _ENTITY, self._rows())

    async def count(self, request: Request) -> Response:
        return self._replies.count(request, _ENTITY, self._rows())

    async def read(self, request: Request) -> Response:
        return self._replies.record(request, self._row(request))

    async def create(self, request: Request) -> Response:
        fields = accepted_fields(self._state, _TABLE, _ENTITY, await json_body(request))
        number = self._state.next_id(_TABLE)
        self._desk.enter(expense_from(self._state, fields, number, None, self._state.actor()), self._state.actor())
        return self._replies.record(request, self._state.tables[_TABLE][number], 201)

    async def change(self, request: Request) -> Response:
        row, body = self._row(request), await json_body(request)
        if request.method == "PATCH":
            changes = patched_fields(self._state, _TABLE, _ENTITY, row, body)
            fields = {**row, **{name: value for name, value in changes.items() if name not in _COMPUTED}}
        else:
            fields = accepted_fields(self._state, _TABLE, _ENTITY, body)
        number = int(row["id"])
        expense = expense_from(self._state, fields, number, self._desk.expense(number), self._state.actor())
        self._desk.change(expense, self._state.actor())
        return self._replies.record(request, self._state.tables[_TABLE][number])

    async def delete(self, request: Request) -> Response:
        self._desk.delete(int(self._row(request)["id"]), self._state.actor())
        return Response(status_code=204)

    async def act(self, request: Request) -> Response:
        """Submit, approve (the next tier), reject or reverse the whole report."""
        number, action = int(request.path_params["record_id"]), str(request.path_params["action"])
        if (
            action not in {"submit", "approve", "reject", "reverse"}
            or number not in self._state.tables["expense_reports"]
        ):
            raise record_not_found("ExpenseReport", number)
        moved = [
            self._desk.set_status(expense.expense_id, wanted, self._state.actor())
            for expense in self._desk.on_report(number)
            if (wanted := _next(action, expense.status)) is not None
        ]
        if not moved:
            raise invalid_field("ExpenseReport", "status", f"There is nothing to {action}.")
        return self._replies.json(request, {"success": True, "message": f"{len(moved)} expense(s)"})
