"""Xero on one host: identity server, connections and the Accounting API."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Fault, Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.core.middleware import Answer as CoreAnswer
from ledgerwire.sandbox.core.middleware import AsgiApp, Receive, Scope, Send, SystemMiddleware
from ledgerwire.sandbox.xero.call import NOT_FOUND, SERVER_ERROR, SYSTEM
from ledgerwire.sandbox.xero.gateway import BASE_PATH, ENTERED, Gateway, mark_fault
from ledgerwire.sandbox.xero.identity import App, Consent, OAuthError
from ledgerwire.sandbox.xero.state import XeroState

_METHODS = ["GET", "PUT", "POST", "PATCH", "DELETE"]


def create_app(state: XeroState, clock: VirtualClock, journal: Journal, faults: Faults) -> AsgiApp:
    """The whole of Xero as one ASGI app, journaled as system "xero" and open to faults by name."""
    identity = IdentityRoutes(state, clock, faults)
    gateway = Gateway(state, clock, faults)
    inner = Starlette(
        routes=[
            Route("/connect/token", identity.token, methods=["POST"]),
            Route("/connect/revocation", identity.revoke, methods=["POST"]),
            Route("/identity/connect/authorize", identity.authorize, methods=["GET"]),
            # Xero's own SDKs write it with a capital.
            *(Route(path, identity.connections, methods=["GET"]) for path in ("/connections", "/Connections")),
            *(
                Route(f"{path}/{{connection_id}}", identity.disconnect, methods=["DELETE"])
                for path in ("/connections", "/Connections")
            ),
            Route(BASE_PATH + "{path:path}", gateway.handle, methods=_METHODS),
        ],
        exception_handlers={404: _not_found},
    )
    journaled = SystemMiddleware(
        inner,
        system=SYSTEM,
        journal=journal,
        faults=faults,
        render_429=_fault_429,
        render_500=_fault_500,
        latency=lambda: state.switches.latency_seconds,
    )
    return _InFlight(journaled, state)


class _InFlight:
    """Counts a tenant's calls from arrival to answer; one too many is marked, and refused inside."""

    def __init__(self, app: AsgiApp, state: XeroState) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not str(scope["path"]).startswith(BASE_PATH):
            await self._app(scope, receive, send)
            return
        limits, tenant_id = self._state.limits, self._state.tenant_id
        scope[ENTERED] = limits.enter(tenant_id)
        try:
            await self._app(scope, receive, send)
        finally:
            if scope[ENTERED]:
                limits.leave(tenant_id)


@dataclass(frozen=True, slots=True)
class IdentityRoutes:
    """The identity server and the list of connections."""

    state: XeroState
    clock: VirtualClock
    faults: Faults

    async def token(self, request: Request) -> Response:
        """Every grant of the token endpoint."""
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
        revoked = self.faults.take(SYSTEM, request.method, request.url.path, {"revoked_token"})
        try:
            app = self._client(request, form)
            if revoked is not None:
                mark_fault(request, revoked.name)
                return JSONResponse({"error": "invalid_grant"}, 400)
            return JSONResponse(self._grant(app, form), headers={"Cache-Control": "no-store"})
        except OAuthError as error:
            described = {"error_description": error.description} if error.description else {}
            return JSONResponse({"error": error.code, **described}, error.status)

    async def revoke(self, request: Request) -> Response:
        """Drop a refresh token and its connections; answers 200 with nothing."""
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        try:
            self.state.identity.revoke(self._client(request, form), form.get("token", ""))
        except OAuthError as error:
            return JSONResponse({"error": error.code}, error.status)
        return Response(b"", 200)

    async def authorize(self, request: Request) -> Response:
        """The consent page of a user who always agrees: straight back with a code."""
        query = request.query_params
        redirect_uri = query.get("redirect_uri", "")
        if query.get("response_type") != "code" or not redirect_uri:
            return PlainTextResponse("invalid_request", 400)
        try:
            code = self.state.identity.authorize(
                query.get("client_id", ""),
                redirect_uri,
                query.get("scope"),
                query.get("code_challenge"),
                self.clock.now(),
            )
        except OAuthError as error:
            return PlainTextResponse(error.code, 400)
        answer = {"code": code, **({"state": query["state"]} if "state" in query else {})}
        return RedirectResponse(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(answer)}", 302)

    async def connections(self, request: Request) -> Response:
        """The organisations that this token can reach."""
        consent = self._bearer(request)
        if consent is None:
            return JSONResponse(_problem("AuthenticationUnsuccessful"), 401)
        event = request.query_params.get("authEventId", consent.event_id)
        revoked = self.faults.take(SYSTEM, request.method, request.url.path, {"revoked_token"})
        if revoked is not None:
            mark_fault(request, revoked.name)
        visible = not revoked and event == consent.event_id
        reached = [one for one in self._organisations() if visible and consent.reaches(one.tenant_id)]
        return JSONResponse([self._connection(consent, one) for one in reached])

    async def disconnect(self, request: Request) -> Response:
        """Take the organisation away from the token; the refresh token stays good."""
        consent = self._bearer(request)
        if consent is None:
            return JSONResponse(_problem("AuthenticationUnsuccessful"), 401)
        wanted, reached = (
            request.path_params["connection_id"],
            [one for one in self._organisations() if consent.reaches(one.tenant_id)],
        )
        found = next((one for one in reached if self._connection_id(consent, one) == wanted), None)
        if found is None:
            return Response(NOT_FOUND, 404, media_type="text/html")
        consent.left.add(found.tenant_id)
        return Response(status_code=204)

    def _organisations(self) -> tuple[XeroState, ...]:
        return (self.state, *self.state.siblings)

    def _connection_id(self, consent: Consent, organisation: XeroState) -> str:
        return consent.connection_to(organisation.tenant_id, first=organisation is self.state)

    def _grant(self, app: App, form: Mapping[str, str]) -> dict[str, Any]:
        identity, now = self.state.identity, self.clock.now()
        match form.get("grant_type"):
            case "refresh_token":
                return identity.refresh(app, form.get("refresh_token", ""), now)
            case "client_credentials":
                return identity.client_credentials(app, form.get("scope"), now)
            case "authorization_code":
                uri = form.get("redirect_uri", "")
                return identity.exchange(app, form.get("code", ""), uri, form.get("code_verifier"), now)
            case _:
                raise OAuthError("unsupported_grant_type")

    def _client(self, request: Request, form: Mapping[str, str]) -> App:
        """Credentials from Basic authentication or from the form. Raises OAuthError invalid_client."""
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "basic":
            return self.state.identity.authenticate(form.get("client_id", ""), form.get("client_secret"))
        try:
            client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise OAuthError("invalid_client") from error
        return self.state.identity.authenticate(unquote(client_id), unquote(secret))

    def _bearer(self, request: Request) -> Consent | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        access = self.state.identity.access(token)
        return access.consent if access is not None and access.expires > self.clock.now() else None

    def _connection(self, consent: Consent, organisation: XeroState) -> dict[str, Any]:
        given = consent.given.replace(tzinfo=None).isoformat(timespec="microseconds")
        return {
            "id": self._connection_id(consent, organisation),
            "authEventId": consent.event_id,
            "tenantId": organisation.tenant_id,
            "tenantType": "ORGANISATION",
            "tenantName": organisation.organisation["Name"],
            "createdDateUtc": given,
            "updatedDateUtc": given,
        }


def _problem(detail: str) -> dict[str, Any]:
    return {"Type": None, "Title": "Unauthorized", "Status": 401, "Detail": detail, "Instance": None, "Extensions": {}}


async def _not_found(_request: Request, _error: Exception) -> Response:
    return Response(NOT_FOUND, 404, media_type="text/html")


def _fault_429(fault: Fault) -> CoreAnswer:
    problem = str(fault.params.get("problem", "minute"))
    headers = [(b"x-rate-limit-problem", problem.encode())]
    retry_after = fault.params.get("retry_after", None if problem == "concurrent" else 60)
    if retry_after is not None:
        headers.append((b"retry-after", str(retry_after).encode()))
    return CoreAnswer(429, b"", headers)


def _fault_500(_fault: Fault) -> CoreAnswer:
    return CoreAnswer(500, SERVER_ERROR, [(b"content-type", b"text/html; charset=utf-8")])
