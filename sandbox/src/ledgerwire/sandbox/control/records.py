"""Receipts, stock movements and expenses as people make them, and what people do to any record's batch."""

from typing import Any, TypeVar, get_args

import msgspec
from fastapi import FastAPI, Request

from ledgerwire.sandbox.connectwise.batches import batch_records
from ledgerwire.sandbox.connectwise.expense_desk import expense_key
from ledgerwire.sandbox.connectwise.expenses import Expense, ExpenseStatus
from ledgerwire.sandbox.connectwise.interface_records import InterfaceRecord, Procurement, RecordKey, RecordKind
from ledgerwire.sandbox.connectwise.receipts import Receipt
from ledgerwire.sandbox.connectwise.stock_movements import Adjustment, Transfer
from ledgerwire.sandbox.connectwise.unbatching import rebatch_record, unbatch_record
from ledgerwire.sandbox.connectwise.unposted_products import expense_row, procurement_row
from ledgerwire.sandbox.control.http import ControlError, body_of, required, route
from ledgerwire.sandbox.world import World

DEFAULT_MEMBER = 152
_PROCUREMENT: dict[str, type[Procurement]] = {"receipt": Receipt, "adjustment": Adjustment, "transfer": Transfer}
Fact = TypeVar("Fact")


def fact_from(fields: Any, kind: type[Fact]) -> Fact:
    """A receipt, movement or expense from JSON. Raises ControlError for unknown or missing fields."""
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise ControlError(f"not a {kind.__name__}: {error}") from error


def key_from(body: dict[str, Any]) -> RecordKey:
    """`{"kind": "invoice|procurement|expense", "id": …}` as the interface's key."""
    kind = required(body, "kind")
    if kind not in get_args(RecordKind):
        raise ControlError(f"kind is one of {', '.join(get_args(RecordKind))}")
    number = required(body, "id")
    return RecordKey(kind, str(number) if kind == "procurement" else int(number))


class RecordControl:
    """`/connectwise/procurement`, `/connectwise/expenses` and `/connectwise/records` of the control API."""

    def __init__(self, world: World) -> None:
        self._cw = world.connectwise

    def register(self, app: FastAPI) -> None:
        """Add the routes."""
        route(app, "POST", "/connectwise/procurement", self.add_procurement)
        route(app, "POST", "/connectwise/procurement/amend", self.amend)
        route(app, "POST", "/connectwise/expenses", self.add_expense)
        route(app, "POST", "/connectwise/expenses/{expense_id:int}/status", self.set_status)
        route(app, "POST", "/connectwise/records/unbatch", self.unbatch)
        route(app, "POST", "/connectwise/records/rebatch", self.rebatch)
        route(app, "POST", "/connectwise/records/batch", self.batch)
        route(app, "POST", "/connectwise/records/reload", self.reload)
        route(app, "POST", "/connectwise/records/remove", self.remove)

    @staticmethod
    def _procurement(body: dict[str, Any]) -> Procurement:
        for name, kind in _PROCUREMENT.items():
            if name in body:
                return fact_from(body[name], kind)
        raise ControlError(f"one of {', '.join(_PROCUREMENT)} is required")

    def _shown(self, record: InterfaceRecord) -> Any:
        return procurement_row(self._cw.state, record)

    async def add_procurement(self, request: Request) -> Any:
        """`{"receipt" | "adjustment" | "transfer": {…}, "member"}`: it is on the unposted list at once."""
        body = await body_of(request)
        fact, member, desk = self._procurement(body), _member(body), self._cw.procurement
        if isinstance(fact, Receipt):
            return self._shown(desk.receive(fact, member))
        return self._shown(desk.adjust(fact) if isinstance(fact, Adjustment) else desk.transfer(fact))

    async def amend(self, request: Request) -> Any:
        """`{"id": unposted product id, "receipt" | …: {…}}`: other figures, while it is in no batch."""
        body = await body_of(request)
        return self._shown(self._cw.procurement.amend(str(required(body, "id")), self._procurement(body)))

    async def add_expense(self, request: Request) -> Any:
        """`{"expense": {…}, "member"}`: listed at once when its status is an approved one."""
        body = await body_of(request)
        expense = self._cw.expenses.enter(fact_from(required(body, "expense"), Expense), _member(body))
        record = self._cw.state.interface.get(expense_key(expense.expense_id))
        return expense_row(self._cw.state, record) if record else {"expenseDetailId": expense.expense_id}

    async def set_status(self, request: Request) -> Any:
        body = await body_of(request)
        status = required(body, "status")
        if status not in get_args(ExpenseStatus):
            raise ControlError(f"status is one of {', '.join(get_args(ExpenseStatus))}")
        number = int(request.path_params["expense_id"])
        self._cw.expenses.set_status(number, status, _member(body))
        return self._cw.state.tables["expense_entries"][number]

    async def unbatch(self, request: Request) -> Any:
        """`{"kind", "id", "member"}`: one record leaves its batch, which stays; answers the batch's reference."""
        body = await body_of(request)
        return unbatch_record(self._cw.state, key_from(body), _member(body))

    async def rebatch(self, request: Request) -> Any:
        """The record goes back into that batch with the entries that it has now."""
        body = await body_of(request)
        return rebatch_record(self._cw.state, key_from(body), _member(body))

    async def batch(self, request: Request) -> Any:
        """`{"records": [{"kind", "id"}], "name", "member"}`: a batch made by hand."""
        body = await body_of(request)
        keys, name = [key_from(one) for one in required(body, "records")], str(required(body, "name"))
        batch_records(self._cw.state, keys, name, _member(body))
        return next(row for row in self._cw.state.tables["batches"].values() if row["batchIdentifier"] == name)

    async def reload(self, request: Request) -> Any:
        """Entries frozen anew by today's mapping, as taking the record back and closing it again does."""
        key = key_from(await body_of(request))
        if key.kind == "invoice":
            raise ControlError("an invoice is set to GL Reload and closed")
        if key.kind == "expense":
            self._cw.expenses.reload(int(key.id))
        else:
            self._cw.procurement.reload(str(key.id))
        return {"entries": [entry.id for entry in self._cw.state.entries_of(key)]}

    async def remove(self, request: Request) -> Any:
        """A receipt or movement is taken back."""
        key = key_from(await body_of(request))
        if key.kind != "procurement":
            raise ControlError("only a receipt or movement can be taken back")
        self._cw.procurement.remove(str(key.id))
        return {"removed": key.id}


def _member(body: dict[str, Any]) -> int:
    return int(body.get("member", DEFAULT_MEMBER))
