"""Invoices over HTTP: records, closed invoices, GL entries and the whole invoice in one call."""

from fastapi import FastAPI, Request, Response

from ledgerwire.sandbox.connectwise.errors import invalid_field, record_not_found
from ledgerwire.sandbox.connectwise.gl import entry_row
from ledgerwire.sandbox.connectwise.invoices import EDITABLE_WHEN_CLOSED, InvoiceDesk
from ledgerwire.sandbox.connectwise.lines import InvoiceLine
from ledgerwire.sandbox.connectwise.listing import candidates
from ledgerwire.sandbox.connectwise.replies import Replies, json_body, public
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.writing import accepted_fields, patched_fields

_TOTALS = frozenset(
    {
        "serviceTotal", "expenseTotal", "productTotal", "previousProgressApplied", "agreementAmount",
        "downpaymentApplied", "subtotal", "total", "remainingDownpayment", "salesTax", "payments", "credits",
        "balance", "glBatch", "unbatchedBatch", "closedBy",
    }
)  # fmt: skip
"""Computed by the PSA: what a client sends for them is ignored."""


class InvoiceRoutes:
    """`/finance/invoices` and its neighbours."""

    def __init__(self, state: ConnectWiseState, desk: InvoiceDesk, replies: Replies) -> None:
        self._state = state
        self._desk = desk
        self._replies = replies

    def register(self, app: FastAPI) -> None:
        """Add the routes."""
        add = app.router.add_route
        add("/finance/invoices", self.listing, methods=["GET"])
        add("/finance/invoices/count", self.count, methods=["GET"])
        add("/finance/invoices", self.create, methods=["POST"])
        add("/finance/invoices/{record_id:int}", self.read, methods=["GET"])
        add("/finance/invoices/{record_id:int}", self.replace, methods=["PUT"])
        add("/finance/invoices/{record_id:int}", self.patch, methods=["PATCH"])
        add("/finance/invoices/{record_id:int}", self.delete, methods=["DELETE"])
        add("/finance/closedInvoices/{record_id:int}", self.change_closed, methods=["PUT", "PATCH"])
        add("/finance/invoices/{record_id:int}/glEntries/", self.gl_entries, methods=["GET"])
        add("/finance/invoices/{record_id:int}/glEntries", self.gl_entries, methods=["GET"])
        add("/finance/invoices/{record_id:int}/glEntries/{entry_id:int}", self.gl_entry, methods=["GET"])
        add("/finance/info/invoice/{record_id:int}", self.whole_invoice, methods=["GET"])

    def _invoice(self, request: Request) -> Row:
        return self._desk.invoice(int(request.path_params["record_id"]))

    async def listing(self, request: Request) -> Response:
        rows = candidates(self._state.tables["invoices"], request.query_params)
        return self._replies.listing(request, "Invoice", rows)

    async def count(self, request: Request) -> Response:
        return self._replies.count(request, "Invoice", list(self._state.tables["invoices"].values()))

    async def read(self, request: Request) -> Response:
        return self._replies.record(request, self._invoice(request))

    async def create(self, request: Request) -> Response:
        fields = accepted_fields(self._state, "invoices", "Invoice", await json_body(request))
        given = {name: value for name, value in fields.items() if name not in _TOTALS}
        row = self._desk.create(given, self._state.actor())
        return self._replies.record(request, row, 201)

    async def replace(self, request: Request) -> Response:
        """PUT resets every writable field that the body leaves out, except the status."""
        invoice = self._invoice(request)
        fields = accepted_fields(self._state, "invoices", "Invoice", await json_body(request))
        kept = _TOTALS | {"id", "status", "_info"}
        reset = dict.fromkeys(set(invoice) - kept)
        return self._saved(request, {**reset, **fields})

    async def patch(self, request: Request) -> Response:
        invoice = self._invoice(request)
        return self._saved(
            request, patched_fields(self._state, "invoices", "Invoice", invoice, await json_body(request))
        )

    def _saved(self, request: Request, changes: Row) -> Response:
        writable = {name: value for name, value in changes.items() if name not in _TOTALS}
        number = int(request.path_params["record_id"])
        row = self._desk.edit(number, writable, self._state.actor())
        return self._replies.record(request, row)

    async def delete(self, request: Request) -> Response:
        self._desk.delete(int(request.path_params["record_id"]), self._state.actor())
        return Response(status_code=204)

    async def change_closed(self, request: Request) -> Response:
        """The only way to change a closed invoice: its status and its internal notes."""
        invoice, body = self._invoice(request), await json_body(request)
        if not self._desk.is_closed(invoice):
            raise invalid_field("Invoice", "status", "The invoice is not closed.")
        changes = (
            patched_fields(self._state, "invoices", "Invoice", invoice, body)
            if request.method == "PATCH"
            else accepted_fields(self._state, "invoices", "Invoice", body)
        )
        refused = sorted(set(changes) - EDITABLE_WHEN_CLOSED)
        if refused:
            message = "A closed invoice accepts a new status and internal notes only."
            raise invalid_field("Invoice", refused[0], message)
        return self._saved(request, changes)

    def _entries(self, request: Request) -> list[Row]:
        invoice = self._invoice(request)
        return [entry_row(self._state, entry) for entry in self._state.gl_entries.get(int(invoice["id"]), [])]

    async def gl_entries(self, request: Request) -> Response:
        return self._replies.listing(request, "GLEntry", self._entries(request))

    async def gl_entry(self, request: Request) -> Response:
        wanted = int(request.path_params["entry_id"])
        for row in self._entries(request):
            if row["id"] == wanted:
                return self._replies.record(request, row)
        raise record_not_found("GLEntry", wanted)

    async def whole_invoice(self, request: Request) -> Response:
        """InvoiceInfo: the invoice with its products, times, expenses and agreement amounts."""
        invoice = self._invoice(request)
        lines = list(enumerate(self._state.invoice_lines.get(int(invoice["id"]), []), start=1))
        info = {
            "invoice": public(invoice),
            "products": [_product(number, line) for number, line in lines if line.kind in {"RP", "AP", "SD"}],
            "timeEntries": [_time(number, line) for number, line in lines if line.kind == "R"],
            "expenses": [_expense(number, line) for number, line in lines if line.kind == "RE"],
            "agreementBillingInfo": [_agreement(line) for _, line in lines if line.kind in {"RA", "RD"}],
        }
        return self._replies.record(request, info)


def _product(number: int, line: InvoiceLine) -> Row:
    return {
        "id": number,
        "catalogItem": {"id": line.item_id, "identifier": line.item_identifier} if line.item_identifier else None,
        "description": line.description,
        "quantity": line.quantity,
        "price": line.price,
        "cost": line.cost,
        "extPrice": line.total,
        "taxableFlag": line.taxable,
        "dropshipFlag": line.drop_shipped,
        "productClass": line.product_class,
    }


def _time(number: int, line: InvoiceLine) -> Row:
    role = {"id": line.work_role_id} if line.work_role_id else None
    return {
        "id": number,
        "workRole": role,
        "notes": line.description,
        "actualHours": line.quantity,
        "hourlyRate": line.price,
        "invoiceAmount": line.total,
    }


def _expense(number: int, line: InvoiceLine) -> Row:
    return {"id": number, "notes": line.description, "amount": line.cost, "invoiceAmount": line.total}


def _agreement(line: InvoiceLine) -> Row:
    return {"agreementName": line.description, "agreementAmount": line.total, "agreementRecId": line.agreement_id}
