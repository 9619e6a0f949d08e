"""The unposted lists of products and expenses over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response

from ledgerwire.sandbox.connectwise.conditions import compile_condition
from ledgerwire.sandbox.connectwise.errors import record_not_found
from ledgerwire.sandbox.connectwise.interface_records import InterfaceRecord, RecordKind
from ledgerwire.sandbox.connectwise.listing import Query
from ledgerwire.sandbox.connectwise.replies import Replies
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.unposted_products import (
    expense_row,
    procurement_row,
    record_levels,
    unposted_records,
)


@dataclass(frozen=True, slots=True)
class UnpostedList:
    """One list: its path, entity, the field that names the record, and how a row is made."""

    path: str
    entity: str
    kind: RecordKind
    record_field: str
    row: Callable[[ConnectWiseState, InterfaceRecord], Row]


LISTS = (
    UnpostedList(
        "/finance/accounting/unpostedprocurement",
        "UnpostedProcurement",
        "procurement",
        "unpostedProductId",
        procurement_row,
    ),
    UnpostedList("/finance/accounting/unpostedexpenses", "UnpostedExpense", "expense", "expenseDetailId", expense_row),
)


class UnpostedListRoutes:
    """List, count, one row and its tax levels."""

    def __init__(self, state: ConnectWiseState, replies: Replies, unposted: UnpostedList) -> None:
        self._state = state
        self._replies = replies
        self._list = unposted

    def register(self, app: FastAPI) -> None:
        """Add the routes."""
        add, path = app.router.add_route, self._list.path
        add(path, self.listing, methods=["GET"])
        add(f"{path}/count", self.count, methods=["GET"])
        add(f"{path}/{{record_id:int}}", self.read, methods=["GET"])
        add(f"{path}/{{record_id:int}}/taxableLevels", self.levels, methods=["GET"])

    def _keys(self, record: InterfaceRecord) -> dict[str, Any]:
        return {"id": record.row_id, self._list.record_field: record.key.id}

    def _rows(self, request: Request) -> list[Row]:
        """The list's rows; those that the ids asked for already rule out are not even built."""
        records = unposted_records(self._state, self._list.kind)
        text = Query.parse(request.query_params, None).conditions
        condition = compile_condition(text) if text else None
        if condition is not None and {path for path, _ in condition.terms} <= {"id", self._list.record_field}:
            records = [record for record in records if condition.matches(self._keys(record))]
        return [self._list.row(self._state, record) for record in records]

    async def listing(self, request: Request) -> Response:
        return self._replies.listing(request, self._list.entity, self._rows(request))

    async def count(self, request: Request) -> Response:
        return self._replies.count(request, self._list.entity, self._rows(request))

    def _record(self, request: Request) -> InterfaceRecord:
        wanted = int(request.path_params["record_id"])
        for record in unposted_records(self._state, self._list.kind):
            if record.row_id == wanted:
                return record
        raise record_not_found(self._list.entity, wanted)

    async def read(self, request: Request) -> Response:
        return self._replies.record(request, self._list.row(self._state, self._record(request)))

    async def levels(self, request: Request) -> Response:
        rows = record_levels(self._state, self._record(request))
        return self._replies.listing(request, f"{self._list.entity}TaxableLevel", rows)
