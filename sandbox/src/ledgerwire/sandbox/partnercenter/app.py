"""Partner Center, Graph's billing exports, their blobs and the token endpoint, on one host."""

import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.core.middleware import Answer, AsgiApp, SystemMiddleware
from ledgerwire.sandbox.partnercenter import exports
from ledgerwire.sandbox.partnercenter.exports import ExportRoutes
from ledgerwire.sandbox.partnercenter.identity import OAuthError
from ledgerwire.sandbox.partnercenter.market import Subscription
from ledgerwire.sandbox.partnercenter.present import customer_item, etag, invoice_item, subscription_item
from ledgerwire.sandbox.partnercenter.state import PartnerCenterState
from ledgerwire.sandbox.partnercenter.wire import SYSTEM, Json, RefusedError, encode

TOKEN_PATH = "/organizations/oauth2/token"  # noqa: S105 - a path
Handler = Callable[[Request], Awaitable[Response]]


def create_app(state: PartnerCenterState, journal: Journal, faults: Faults) -> AsgiApp:
    """The whole as one ASGI app, journaled as system "partnercenter" and open to faults by name."""
    partner, graph = PartnerRoutes(state), ExportRoutes(state)
    one = "/v1/customers/{customer}/subscriptions/{subscription}"
    inner = Starlette(
        routes=[
            Route(TOKEN_PATH, partner.token, methods=["POST"]),
            Route("/v1/customers", _guarded(state, partner.customers), methods=["GET"]),
            Route("/v1/customers/{customer}/subscriptions", _guarded(state, partner.subscriptions), methods=["GET"]),
            Route(one, _guarded(state, partner.subscription), methods=["GET"]),
            Route(one, _guarded(state, partner.change), methods=["PATCH"]),
            Route("/v1/invoices", _guarded(state, partner.invoices), methods=["GET"]),
            Route("/v1/invoices/{invoice}", _guarded(state, partner.invoice), methods=["GET"]),
            Route(f"{exports.BASE}/reconciliation/billed/export", _guarded(state, graph.billed), methods=["POST"]),
            Route(f"{exports.BASE}/reconciliation/unbilled/export", _guarded(state, graph.unbilled), methods=["POST"]),
            Route(exports.BASE + "/operations/{id}", _guarded(state, graph.operation), methods=["GET"]),
            Route(exports.BASE + "/manifests/{id}", _guarded(state, graph.manifest), methods=["GET"]),
            Route("/blobs/{id}/{name}", _refusing(graph.blob), methods=["GET"]),
        ],
    )
    busy = encode({"statusCode": 429, "message": "Rate limit is exceeded. Try again in 1 seconds."})
    return SystemMiddleware(
        inner,
        system=SYSTEM,
        journal=journal,
        faults=faults,
        render_429=lambda _fault: Answer(429, busy, [(b"retry-after", b"1"), (b"content-type", b"application/json")]),
        render_500=lambda _fault: Answer(500, b""),
    )


class PartnerRoutes:
    """The token endpoint and REST v1."""

    def __init__(self, state: PartnerCenterState) -> None:
        self._state = state

    async def token(self, request: Request) -> Response:
        """Both grants."""
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
        try:
            granted = self._state.identity.grant(form, self._state.clock.now(), rotates=self._state.switches.rotates)
        except OAuthError as error:
            refused = {"error": str(error), "error_description": "AADSTS", "error_codes": [0]}
            return JSONResponse(refused, 401 if str(error) == "invalid_client" else 400)
        return JSONResponse(granted)

    async def customers(self, request: Request) -> Response:
        """A page of customers; the next one by the token that the link's headers carry."""
        size, query = request.query_params.get("size", ""), request.query_params
        if not size.isdigit() or not int(size):
            raise RefusedError(400, "3000", "Size is required.")
        offset = 0
        if query.get("seekOperation") == "Next":
            token = request.headers.get("ms-continuationtoken", "")
            if token not in self._state.pages:
                raise RefusedError(400, "3000", "The continuation token is not valid.")
            offset = self._state.pages.pop(token)
        end = offset + min(int(size), self._state.switches.page_size)
        rows = list(self._state.market.customers.values())
        links: Json = {"self": {"uri": f"/customers?size={size}", "method": "GET", "headers": []}}
        if end < len(rows):
            header = {"key": "MS-ContinuationToken", "value": self._state.page_token(end)}
            links["next"] = {
                "uri": f"/customers?size={size}&seekOperation=Next",
                "method": "GET",
                "headers": [header],
            }
        return _collection([customer_item(row) for row in rows[offset:end]], links)

    async def subscriptions(self, request: Request) -> Response:
        """Every subscription of a customer that is visible by now, ended ones too."""
        customer = self._customer(request)
        self._state.market.settle()
        held = [row for row in self._state.market.subscriptions.values() if row.customer_id == customer]
        return _collection([subscription_item(row, self._state.switches) for row in held if self._visible(row)], {})

    async def subscription(self, request: Request) -> Response:
        """One of them."""
        return _json(subscription_item(self._held(request), self._state.switches))

    async def change(self, request: Request) -> Response:
        """Quantity, status and auto-renew; whatever is left out of auto-renew is reset. A stale etag is HTTP 400."""
        held, body, market = self._held(request), await request.json(), self._state.market
        sent = request.headers.get("if-match")
        if sent is not None and sent != etag(held):
            raise RefusedError(400, "2055", "The etag is stale.")
        if body.get("status") == "deleted":
            market.cancel(held.id)
        elif body.get("status") == "suspended" != held.status:
            market.suspend(held.id)
        else:
            market.resize(held.id, int(body.get("quantity", held.quantity)))
            market.renewing(held.id, auto_renew=bool(body.get("autoRenewEnabled", True)))
        return _json(subscription_item(held, self._state.switches))

    async def invoices(self, _request: Request) -> Response:
        """The invoices; `size` and `offset` act on legacy ones only."""
        return _collection([self._shown(invoice.number) for invoice in self._state.invoices()], {})

    async def invoice(self, request: Request) -> Response:
        """One invoice, which an app without a user may not see."""
        if request.scope["partnercenter.app_only"]:
            raise RefusedError(403, "900329", "App-only access is not supported.")
        return _json(self._shown(request.path_params["invoice"]))

    def _shown(self, number: str) -> Json:
        for one in self._state.invoices():
            if one.number == number:
                return invoice_item(one.number, one.first, one.last, one.dated, one.total, self._state.market.currency)
        raise RefusedError(404, "1000", "The invoice was not found.")

    def _customer(self, request: Request) -> str:
        customer = self._state.market.customers.get(request.path_params["customer"].casefold())
        if customer is None:
            raise RefusedError(404, "1000", "The customer was not found.")
        if customer.relationship != "reseller":
            raise RefusedError(403, "20002", "There is no commerce relationship with the customer.")
        return customer.id

    def _held(self, request: Request) -> Subscription:
        customer = self._customer(request)
        held = self._state.market.subscription(request.path_params["subscription"])
        if held.customer_id != customer or not self._visible(held):
            raise RefusedError(404, "20003", "The subscription was not found.")
        return held

    def _visible(self, held: Subscription) -> bool:
        age = self._state.clock.now() - held.created
        return age.total_seconds() >= 60 * self._state.switches.visible_after_minutes


def _guarded(state: PartnerCenterState, handler: Handler) -> Handler:
    """Only with a token that lives, and only so often."""

    async def guarded(request: Request) -> Response:
        wait = state.throttled()
        if wait is not None:
            body = {"statusCode": 429, "message": f"Rate limit is exceeded. Try again in {wait} seconds."}
            return JSONResponse(body, 429, {"Retry-After": str(wait)})
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        access = state.identity.access(token, state.clock.now())
        if access is None:
            raise RefusedError(401, "400", "Access is denied.")
        if state.switches.mfa_missing and not access.app_only:
            raise RefusedError(401, "900421", "Multi-factor authentication is required.")
        request.scope["partnercenter.app_only"] = access.app_only
        return await handler(request)

    return _refusing(guarded)


def _refusing(handler: Handler) -> Handler:
    """Refusals as the two APIs word them; the ids of the call on every answer."""

    async def answered(request: Request) -> Response:
        try:
            response = await handler(request)
        except RefusedError as error:
            body: Json = {"code": error.code, "description": str(error), "data": [], "source": "PartnerFD"}
            if not request.url.path.startswith("/v1/"):
                body = {"error": {"code": error.code, "message": str(error)}}
            response = JSONResponse(body, error.status)
        for name in ("MS-RequestId", "MS-CorrelationId"):
            response.headers[name] = request.headers.get(name) or secrets.token_hex(16)
        response.headers["MS-CV"], response.headers["MS-ServerId"] = secrets.token_hex(8), "sandbox"
        return response

    return answered


def _collection(items: list[Json], links: Json) -> Response:
    """`totalCount` counts this page."""
    attributes = {"objectType": "Collection"}
    return _json({"totalCount": len(items), "items": items, "links": links, "attributes": attributes})


def _json(body: Json) -> Response:
    return Response(encode(body), media_type="application/json; charset=utf-8")
