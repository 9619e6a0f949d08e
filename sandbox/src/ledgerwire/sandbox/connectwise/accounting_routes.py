"""The accounting interface over HTTP: unposted lists, export, batches."""

from fastapi import FastAPI, Request, Response

from ledgerwire.sandbox.connectwise.batches import (
    batch_entries,
    batch_of,
    create_batch,
    delete_batch,
    export_batch,
)
from ledgerwire.sandbox.connectwise.conditions import compile_condition
from ledgerwire.sandbox.connectwise.errors import record_not_found
from ledgerwire.sandbox.connectwise.export import export
from ledgerwire.sandbox.connectwise.export_request import ExportRequest
from ledgerwire.sandbox.connectwise.listing import Query
from ledgerwire.sandbox.connectwise.replies import Replies, json_body, public
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.unposted import taxable_levels, unposted_invoice_ids, unposted_row
from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.core.middleware import MARKS

_BASE = "/finance/accounting"
_DETAILS = (("transactions", "detail"), ("purchaseTransactions", "purchaseDetail"), ("expenseBills", "detail"))
_KEYS = frozenset({"id", "billingLogId", "invoiceNumber"})


class AccountingRoutes:
    """`/finance/accounting/…`."""

    def __init__(self, state: ConnectWiseState, replies: Replies, faults: Faults) -> None:
        self._state = state
        self._replies = replies
        self._faults = faults

    def register(self, app: FastAPI) -> None:
        """Add the routes."""
        add = app.router.add_route
        add(f"{_BASE}/unpostedinvoices", self.unposted, methods=["GET"])
        add(f"{_BASE}/unpostedinvoices/count", self.unposted_count, methods=["GET"])
        add(f"{_BASE}/unpostedinvoices/{{record_id:int}}", self.unposted_one, methods=["GET"])
        add(f"{_BASE}/unpostedinvoices/{{record_id:int}}/taxableLevels", self.levels, methods=["GET"])
        add(f"{_BASE}/export", self.export, methods=["POST"])
        add(f"{_BASE}/batches", self.batches, methods=["GET"])
        add(f"{_BASE}/batches", self.create, methods=["POST"])
        add(f"{_BASE}/batches/count", self.batch_count, methods=["GET"])
        add(f"{_BASE}/batches/{{record_id:int}}", self.batch, methods=["GET"])
        add(f"{_BASE}/batches/{{record_id:int}}", self.delete, methods=["DELETE"])
        add(f"{_BASE}/batches/{{record_id:int}}/export", self.export_again, methods=["POST"])
        add(f"{_BASE}/batches/{{record_id:int}}/entries", self.entries, methods=["GET"])
        add(f"{_BASE}/batches/{{record_id:int}}/entries/count", self.entry_count, methods=["GET"])

    def _unposted_rows(self, request: Request) -> list[Row]:
        """The list's rows; those that the ids and numbers asked for already rule out are not even built."""
        text = Query.parse(request.query_params, None).conditions
        condition = compile_condition(text) if text else None
        numbers = unposted_invoice_ids(
            self._state, condition.ids.get("billingLogId") if condition is not None else None
        )
        if condition is not None and {path for path, _ in condition.terms} <= _KEYS:
            numbers = [number for number in numbers if condition.matches(self._keys(number))]
        return [unposted_row(self._state, number) for number in numbers]

    def _keys(self, number: int) -> Row:
        invoice = self._state.tables["invoices"][number]
        row_id = self._state.unposted_rows[number]
        return {"id": row_id, "billingLogId": number, "invoiceNumber": invoice["invoiceNumber"]}

    async def unposted(self, request: Request) -> Response:
        return self._replies.listing(request, "UnpostedInvoice", self._unposted_rows(request))

    async def unposted_count(self, request: Request) -> Response:
        return self._replies.count(request, "UnpostedInvoice", self._unposted_rows(request))

    def _unposted_invoice(self, request: Request) -> int:
        wanted = int(request.path_params["record_id"])
        for number in unposted_invoice_ids(self._state):
            if self._state.unposted_rows[number] == wanted:
                return number
        raise record_not_found("UnpostedInvoice", wanted)

    async def unposted_one(self, request: Request) -> Response:
        return self._replies.record(request, unposted_row(self._state, self._unposted_invoice(request)))

    async def levels(self, request: Request) -> Response:
        rows = taxable_levels(self._state, self._unposted_invoice(request))
        return self._replies.listing(request, "UnpostedInvoiceTaxableLevel", rows)

    async def export(self, request: Request) -> Response:
        answer = export(self._state, ExportRequest.parse(await json_body(request)))
        self._spoil(request, answer)
        return self._replies.json(request, public(answer))

    def _spoil(self, request: Request, answer: Row) -> None:
        """The `wrong_total` fault: the first amount exported no longer agrees with its header."""
        documents = [(one, member) for name, member in _DETAILS for one in answer[name] if one[member]]
        if not documents:
            return
        path = str(request.scope.get("ledgerwire.full_path", request.url.path))
        fault = self._faults.take("connectwise", "POST", path, {"wrong_total"})
        if fault:
            request.scope.get(MARKS, {})["fault"] = fault.name
            document, member = documents[0]
            detail = document[member][0]
            detail["total"] += type(detail["total"])(str(fault.params.get("by", "0.01")))

    async def batches(self, request: Request) -> Response:
        return self._replies.listing(request, "AccountingBatch", list(self._state.tables["batches"].values()))

    async def batch_count(self, request: Request) -> Response:
        return self._replies.count(request, "AccountingBatch", list(self._state.tables["batches"].values()))

    async def batch(self, request: Request) -> Response:
        return self._replies.record(request, batch_of(self._state, int(request.path_params["record_id"])))

    async def create(self, request: Request) -> Response:
        """201 with the GLExport of what was batched, not with the batch."""
        answer = create_batch(self._state, await json_body(request), self._state.actor())
        return self._replies.json(request, public(answer), 201)

    async def delete(self, request: Request) -> Response:
        delete_batch(self._state, int(request.path_params["record_id"]), self._state.actor())
        return Response(status_code=204)

    async def export_again(self, request: Request) -> Response:
        return self._replies.json(request, public(export_batch(self._state, int(request.path_params["record_id"]))))

    async def entries(self, request: Request) -> Response:
        rows = batch_entries(self._state, int(request.path_params["record_id"]))
        return self._replies.listing(request, "BatchEntry", rows)

    async def entry_count(self, request: Request) -> Response:
        rows = batch_entries(self._state, int(request.path_params["record_id"]))
        return self._replies.count(request, "BatchEntry", rows)
