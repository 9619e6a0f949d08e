"""QuickBooks Online on one host: identity server, discovery and the accounting API."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Fault, Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.core.middleware import MARKS, Answer, AsgiApp, Receive, Scope, Send, SystemMiddleware
from ledgerwire.sandbox.quickbooks.gateway import BASE_PATH, ENTERED, Gateway, trace_id
from ledgerwire.sandbox.quickbooks.identity import DEAD, App, OAuthError
from ledgerwire.sandbox.quickbooks.refusals import throttled
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.sandbox.quickbooks.wire import SYSTEM, Json, encode, to_xml

TOKEN_PATH = "/oauth2/v1/tokens/bearer"  # noqa: S105 - a path
SCOPE = "com.intuit.quickbooks.accounting"
_HARD = "x-include-refresh-token-hard-expires-in"
_SERVER_ERROR = b"<html><head><title>500 Internal Server Error</title></head><body></body></html>"


def create_app(state: QuickBooksState, clock: VirtualClock, journal: Journal, faults: Faults) -> AsgiApp:
    """The whole of QuickBooks as one ASGI app, journaled as system "quickbooks" and open to faults by name."""
    identity = IdentityRoutes(state, clock, faults)
    gateway = Gateway(state, clock, faults)
    discovery = ("/.well-known/openid_configuration", "/.well-known/openid_sandbox_configuration")
    inner = Starlette(
        routes=[
            Route(TOKEN_PATH, identity.token, methods=["POST"]),
            Route("/v2/oauth2/tokens/revoke", identity.revoke, methods=["POST"]),
            Route("/connect/oauth2", identity.authorize, methods=["GET"]),
            *(Route(path, identity.discovery, methods=["GET"]) for path in discovery),
            Route(BASE_PATH + "{realm}/{path:path}", gateway.handle, methods=["GET", "POST"]),
        ],
    )

    def render_429(_fault: Fault) -> Answer:
        body = throttled(clock.now())
        if state.switches.throttle_format == "json":
            return Answer(429, encode(body), [(b"content-type", b"application/json;charset=UTF-8")])
        return Answer(429, to_xml(body), [(b"content-type", b"application/xml;charset=UTF-8")])

    journaled = SystemMiddleware(
        inner,
        system=SYSTEM,
        journal=journal,
        faults=faults,
        render_429=render_429,
        render_500=lambda _fault: Answer(500, _SERVER_ERROR, [(b"content-type", b"text/html;charset=UTF-8")]),
        latency=lambda: state.switches.latency_seconds,
    )
    return _InFlight(journaled, state)


class _InFlight:
    """Counts a company's calls from arrival to answer; one too many is marked, and refused inside."""

    def __init__(self, app: AsgiApp, state: QuickBooksState) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not str(scope["path"]).startswith(BASE_PATH):
            await self._app(scope, receive, send)
            return
        limits = self._state.limits
        scope[ENTERED] = limits.enter()
        try:
            await self._app(scope, receive, send)
        finally:
            if scope[ENTERED]:
                limits.leave()


@dataclass(frozen=True, slots=True)
class IdentityRoutes:
    """The identity server."""

    state: QuickBooksState
    clock: VirtualClock
    faults: Faults

    async def token(self, request: Request) -> Response:
        """Both grants of the token endpoint."""
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
        try:
            app = self._client(request)
            if self.faults.take(SYSTEM, request.method, request.url.path, {"revoked_token"}):
                marks: dict[str, str] = request.scope.setdefault(MARKS, {})
                marks["fault"] = "revoked_token"
                return _refused(OAuthError("invalid_grant", DEAD))
            tokens = self._grant(app, form)
        except OAuthError as error:
            return _refused(error)
        if request.headers.get(_HARD, "").casefold() == "true":
            value = str(tokens["refresh_token"])
            tokens["x_refresh_token_hard_expires_in"] = self.state.identity.hard_expiry_seconds(value, self.clock.now())
        return JSONResponse(tokens, headers={"Cache-Control": "no-cache, no-store", "intuit_tid": trace_id()})

    async def revoke(self, request: Request) -> Response:
        """End a consent by one of its tokens, in JSON or as a form; answers 200 with nothing."""
        raw = (await request.body()).decode("utf-8", "replace")
        try:
            sent = json.loads(raw) if raw.lstrip().startswith("{") else dict(parse_qsl(raw))
            self.state.identity.revoke(self._client(request), str(sent.get("token", "")))
        except ValueError:
            return _refused(OAuthError("invalid_request"))
        except OAuthError as error:
            return _refused(error)
        return Response(b"", 200)

    async def authorize(self, request: Request) -> Response:
        """The consent page of a user who always agrees: straight back with a code and the company."""
        query = request.query_params
        redirect_uri = query.get("redirect_uri", "")
        if query.get("response_type") != "code" or not redirect_uri or SCOPE not in query.get("scope", ""):
            return PlainTextResponse("invalid_request", 400)
        try:
            code = self.state.identity.authorize(query.get("client_id", ""), redirect_uri, self.clock.now())
        except OAuthError as error:
            return PlainTextResponse(error.code, 400)
        answer = {"code": code, "state": query.get("state", ""), "realmId": self.state.realm_id}
        return RedirectResponse(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(answer)}", 302)

    async def discovery(self, request: Request) -> Response:
        """Where everything is, on the host that was asked."""
        base = str(request.base_url).rstrip("/")
        return JSONResponse(
            {
                "issuer": f"{base}/op/v1",
                "authorization_endpoint": f"{base}/connect/oauth2",
                "token_endpoint": f"{base}{TOKEN_PATH}",
                "userinfo_endpoint": f"{base}/v1/openid_connect/userinfo",
                "revocation_endpoint": f"{base}/v2/oauth2/tokens/revoke",
                "jwks_uri": f"{base}/op/v1/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "email", "profile", "address", "phone"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }
        )

    def _grant(self, app: App, form: Mapping[str, str]) -> Json:
        identity, now = self.state.identity, self.clock.now()
        match form.get("grant_type"):
            case "refresh_token":
                overlap = timedelta(seconds=self.state.switches.refresh_overlap_seconds)
                return identity.refresh(app, form.get("refresh_token", ""), now, overlap)
            case "authorization_code":
                return identity.exchange(app, form.get("code", ""), form.get("redirect_uri", ""), now)
            case _:
                raise OAuthError("unsupported_grant_type")

    def _client(self, request: Request) -> App:
        """Credentials from Basic authentication. Raises OAuthError invalid_client."""
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            text = base64.b64decode(encoded, validate=True).decode() if scheme.casefold() == "basic" else ""
        except (binascii.Error, UnicodeDecodeError) as error:
            raise OAuthError("invalid_client", status=401) from error
        client_id, _, secret = text.partition(":")
        return self.state.identity.authenticate(client_id, secret)


def _refused(error: OAuthError) -> Response:
    described = {"error_description": error.description} if error.description else {}
    return JSONResponse({"error": error.code, **described}, error.status, headers={"intuit_tid": trace_id()})
