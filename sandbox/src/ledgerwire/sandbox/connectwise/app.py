"""The ConnectWise server of one tenant, assembled."""

import ssl
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from ledgerwire.sandbox.connectwise.accounting_routes import AccountingRoutes
from ledgerwire.sandbox.connectwise.agreements.billing import AgreementBilling
from ledgerwire.sandbox.connectwise.agreements.role_routes import RoleRoutes
from ledgerwire.sandbox.connectwise.agreements.routes import add_agreement_routes
from ledgerwire.sandbox.connectwise.delivery import RETRY_DELAYS, CallbackDispatcher
from ledgerwire.sandbox.connectwise.errors import ApiError, method_not_allowed, render_429, render_500, route_not_found
from ledgerwire.sandbox.connectwise.expense_desk import ExpenseDesk
from ledgerwire.sandbox.connectwise.expense_routes import ExpenseRoutes
from ledgerwire.sandbox.connectwise.gate import Gate
from ledgerwire.sandbox.connectwise.invoice_routes import InvoiceRoutes
from ledgerwire.sandbox.connectwise.invoices import InvoiceDesk
from ledgerwire.sandbox.connectwise.payment_routes import PaymentRoutes
from ledgerwire.sandbox.connectwise.procurement_desk import ProcurementDesk
from ledgerwire.sandbox.connectwise.procurement_routes import (
    AdjustmentRoutes,
    PurchaseOrderLineRoutes,
    PurchaseOrderRoutes,
)
from ledgerwire.sandbox.connectwise.replies import Replies
from ledgerwire.sandbox.connectwise.resources import add_table_routes
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, acting_member
from ledgerwire.sandbox.connectwise.system_routes import SystemRoutes
from ledgerwire.sandbox.connectwise.unposted_routes import LISTS, UnpostedListRoutes
from ledgerwire.sandbox.connectwise.wire import encode
from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.core.middleware import AsgiApp, SystemMiddleware


@dataclass(slots=True)
class ConnectWise:
    """A tenant with its rules, its callbacks and the ASGI app that serves it."""

    state: ConnectWiseState
    desk: InvoiceDesk
    procurement: ProcurementDesk
    expenses: ExpenseDesk
    callbacks: CallbackDispatcher
    api: AsgiApp
    app: AsgiApp

    def adopt(self) -> None:
        """Give everything that was loaded closed, received or approved its general ledger entries."""
        self.desk.adopt_closed()
        self.procurement.adopt()
        self.expenses.adopt()

    async def as_person(self, member_id: int, method: str, path: str, body: Any = None) -> httpx.Response:
        """A REST request (`path` after `/apis/3.0`) made on a member's screen: no key, no faults, no limits."""
        content = encode(body) if body is not None else b""
        token = acting_member.set(member_id)
        try:
            transport = httpx.ASGITransport(self.api)
            async with httpx.AsyncClient(transport=transport, base_url="http://screen") as client:
                answer = await client.request(method, path, content=content)
        finally:
            acting_member.reset(token)
        who = self.state.member_identifier(member_id)
        data = {"member": who, "method": method, "path": path, "body": body, "status": answer.status_code}
        self.state.journal.event("connectwise", "person", data)
        return answer


def _answer(error: ApiError) -> Response:
    answer = error.answer()
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    return Response(answer.body, answer.status, headers)


async def _api_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    return _answer(error)


async def _http_error(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _answer(method_not_allowed() if status == 405 else route_not_found())


def create_connectwise(
    state: ConnectWiseState,
    faults: Faults,
    *,
    verify_receivers: ssl.SSLContext | bool = False,
    retry_delays: tuple[float, ...] = RETRY_DELAYS,
) -> ConnectWise:
    """Build the server over `state`; receivers of callbacks are trusted as `verify_receivers` says."""
    desk, procurement, expenses = InvoiceDesk(state), ProcurementDesk(state), ExpenseDesk(state)
    replies = Replies(state)
    api = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    api.add_exception_handler(ApiError, _api_error)
    api.add_exception_handler(HTTPException, _http_error)
    InvoiceRoutes(state, desk, replies).register(api)
    AccountingRoutes(state, replies, faults).register(api)
    PaymentRoutes(state, replies).register(api)
    SystemRoutes(state, replies).register(api)
    for unposted in LISTS:
        UnpostedListRoutes(state, replies, unposted).register(api)
    PurchaseOrderLineRoutes(state, replies, procurement).register(api)
    PurchaseOrderRoutes(state, replies, procurement).register(api)
    AdjustmentRoutes(state, replies, procurement).register(api)
    ExpenseRoutes(state, expenses, replies).register(api)
    add_agreement_routes(api, state, replies, AgreementBilling(state, desk))
    RoleRoutes(state, replies).register(api)
    add_table_routes(api, state, replies)
    app = SystemMiddleware(
        Gate(api, state, faults),
        system="connectwise",
        journal=state.journal,
        faults=faults,
        render_429=render_429,
        render_500=render_500,
        latency=lambda: state.switches.latency_seconds,
    )
    callbacks = CallbackDispatcher(state, faults, verify=verify_receivers, retry_delays=retry_delays)
    connectwise = ConnectWise(state, desk, procurement, expenses, callbacks, api, app)
    connectwise.adopt()
    return connectwise
