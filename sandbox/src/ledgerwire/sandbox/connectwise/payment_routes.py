"""Payments over HTTP: rows of an invoice, and the list of unposted payments with its two spellings."""

from fastapi import FastAPI, Request, Response

from ledgerwire.sandbox.connectwise.errors import record_not_found
from ledgerwire.sandbox.connectwise.payments import ENTITY, PaymentDesk
from ledgerwire.sandbox.connectwise.replies import Replies, json_body
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.writing import accepted_fields, patched_fields

_PAYMENTS = "/finance/invoices/{parent_id:int}/payments"
_UNPOSTED = "UnpostedPayments"


class PaymentRoutes:
    """`/finance/invoices/{id}/payments` and `/finance/accounting/unpostedpayments`."""

    def __init__(self, state: ConnectWiseState, replies: Replies) -> None:
        self._state = state
        self._desk = PaymentDesk(state)
        self._replies = replies

    def register(self, app: FastAPI) -> None:
        """Add the routes."""
        add = app.router.add_route
        add(_PAYMENTS, self.listing, methods=["GET"])
        add(_PAYMENTS, self.create, methods=["POST"])
        add(f"{_PAYMENTS}/count", self.count, methods=["GET"])
        add(f"{_PAYMENTS}/{{record_id:int}}", self.read, methods=["GET"])
        add(f"{_PAYMENTS}/{{record_id:int}}", self.change, methods=["PUT", "PATCH"])
        add(f"{_PAYMENTS}/{{record_id:int}}", self.delete, methods=["DELETE"])
        add("/finance/accounting/unpostedpayments", self.unposted, methods=["GET"])
        # the vendor spells these two with a capital
        add("/finance/accounting/unpostedPayments/count", self.unposted_count, methods=["GET"])
        add("/finance/accounting/unpostedPayments/{record_id:int}", self.unposted_one, methods=["GET"])

    async def listing(self, request: Request) -> Response:
        return self._replies.listing(request, ENTITY, self._desk.rows(_parent(request)))

    async def count(self, request: Request) -> Response:
        return self._replies.count(request, ENTITY, self._desk.rows(_parent(request)))

    async def read(self, request: Request) -> Response:
        return self._replies.record(request, self._row(request))

    async def create(self, request: Request) -> Response:
        fields = accepted_fields(self._state, "payments", ENTITY, await json_body(request))
        return self._replies.record(request, self._desk.create(_parent(request), fields, self._state.actor()), 201)

    async def change(self, request: Request) -> Response:
        row, body = self._row(request), await json_body(request)
        if request.method == "PATCH":
            changes = patched_fields(self._state, "payments", ENTITY, row, body)
        else:
            changes = accepted_fields(self._state, "payments", ENTITY, body)
        changed = self._desk.change(_parent(request), int(row["id"]), changes, self._state.actor())
        return self._replies.record(request, changed)

    async def delete(self, request: Request) -> Response:
        row = self._row(request)
        self._desk.delete(_parent(request), int(row["id"]), self._state.actor())
        return Response(status_code=204)

    async def unposted(self, request: Request) -> Response:
        return self._replies.listing(request, _UNPOSTED, self._desk.unposted())

    async def unposted_count(self, request: Request) -> Response:
        return self._replies.count(request, _UNPOSTED, self._desk.unposted())

    async def unposted_one(self, request: Request) -> Response:
        wanted = int(request.path_params["record_id"])
        for row in self._desk.unposted():
            if row["id"] == wanted:
                return self._replies.record(request, row)
        raise record_not_found(_UNPOSTED, wanted)

    def _row(self, request: Request) -> Row:
        return self._desk.row(_parent(request), int(request.path_params["record_id"]))


def _parent(request: Request) -> int:
    return int(request.path_params["parent_id"])
