"""The way into the accounting service: token, company, limits, request id, then the operation."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Fault, Faults
from ledgerwire.sandbox.core.middleware import MARKS
from ledgerwire.sandbox.quickbooks.batch import run_batch
from ledgerwire.sandbox.quickbooks.identity import Access
from ledgerwire.sandbox.quickbooks.operations import Played, Reply, perform, refused_reply
from ledgerwire.sandbox.quickbooks.query import run_query
from ledgerwire.sandbox.quickbooks.refusals import RefusedError, gateway_fault, refuse, throttled
from ledgerwire.sandbox.quickbooks.replay import ID_LENGTH
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.sandbox.quickbooks.wire import SYSTEM, Json, answer_time, decode, encode, to_xml

BASE_PATH = "/v3/company/"
ENTERED = "ledgerwire.quickbooks.entered"
_JSON = "application/json;charset=UTF-8"
_XML = "application/xml;charset=UTF-8"


class _StoppedError(Exception):
    """A refusal before the accounting service is reached."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@dataclass(slots=True)
class _Taken:
    """Faults that fired on one request."""

    faults: Faults
    method: str
    path: str
    fired: list[str] = field(default_factory=list)

    def take(self, *names: str) -> Fault | None:
        fault = self.faults.take(SYSTEM, self.method, self.path, set(names))
        if fault is not None:
            self.fired.append(fault.name)
        return fault


@dataclass(frozen=True, slots=True)
class Gateway:
    """Serves every path under the API's base."""

    state: QuickBooksState
    clock: VirtualClock
    faults: Faults

    async def handle(self, request: Request) -> Response:
        """Answer one API request."""
        body = await request.body()
        now = self.clock.now()
        taken = _Taken(self.faults, request.method, request.url.path)
        as_json = "json" in request.headers.get("accept", "")
        try:
            access = self._authorise(request, taken, now)
            if not self._admit(request, access, now):
                as_json = as_json and self.state.switches.throttle_format == "json"
                reply, members = Reply(429, throttled(now)), throttled(now)
            else:
                reply = self._answer(request, body, taken, now)
                members = {**reply.body, "time": answer_time(now)}
        except _StoppedError as stopped:
            reply, members, as_json = Reply(stopped.status, stopped.body), stopped.body, True
        if taken.fired:
            marks: dict[str, str] = request.scope.setdefault(MARKS, {})
            marks["fault"] = ",".join(taken.fired)
        content = encode(members) if as_json else to_xml(members)
        headers = {"intuit_tid": trace_id(), "Cache-Control": "max-age=0, no-store"}
        if reply.status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="Intuit", error="invalid_token"'
        return Response(content, reply.status, headers, _JSON if as_json else _XML)

    def _authorise(self, request: Request, taken: _Taken, now: datetime) -> Access:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        access = self.state.identity.access(token.strip()) if scheme.casefold() == "bearer" else None
        if access is None:
            raise _unauthenticated("Malformed bearer token: token is missing or unknown", now)
        if access.expires <= now:
            raise _unauthenticated(f"Token expired: expired at {answer_time(access.expires)}", now)
        if not access.consent.alive or taken.take("revoked_token"):
            raise _unauthenticated("Token revoked", now)
        granted = access.consent.realm_id
        if request.path_params["realm"] != self.state.realm_id or granted not in {None, self.state.realm_id}:
            message = "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403"
            raise _StoppedError(403, gateway_fault("3100", message, "Application is not authorized", "SERVICE", now))
        return access

    def _admit(self, request: Request, access: Access, now: datetime) -> bool:
        batch = request.path_params["path"].casefold().strip("/") == "batch"
        entered = bool(request.scope.get(ENTERED, True))
        return entered and self.state.limits.admit(self.state.realm_id, access.consent.client_id, now, batch=batch)

    def _answer(self, request: Request, body: bytes, taken: _Taken, now: datetime) -> Reply:
        """Run a request once under its request id."""
        request_id = request.query_params.get("requestid")
        batch = request.path_params["path"].casefold().strip("/") == "batch"
        try:
            if request_id is not None and not 1 <= len(request_id) <= ID_LENGTH:
                raise refuse("2130", f"requestid takes 1 to {ID_LENGTH} characters", "requestid")
            once = request.method == "POST" and request_id is not None and not batch
            kept = self.state.replays.find(str(request_id), now) if once else None
            if kept is not None:
                return Reply(kept.status, kept.body)
        except RefusedError as refused:
            return refused_reply(refused)
        try:
            reply = self._run(request, body, taken, now)
        except RefusedError as refused:
            reply = refused_reply(refused)
        if once:
            self.state.replays.keep(str(request_id), now, reply.status, reply.body)
        return reply

    def _run(self, request: Request, body: bytes, taken: _Taken, now: datetime) -> Reply:
        entity, *rest = [part for part in request.path_params["path"].split("/") if part] or [""]
        query = {name.casefold(): value for name, value in request.query_params.items()}
        played = _played(taken, entity) if request.method == "POST" and entity != "query" else Played()
        if entity == "query":
            text = body.decode("utf-8", "replace") if request.method == "POST" else query.get("query", "")
            return Reply(200, {"QueryResponse": run_query(self.state, text)})
        sent: Any = None
        if request.method == "POST":
            try:
                sent = decode(body)
            except ValueError as error:
                raise refuse("2010", f"The request body is no JSON: {error}") from error
        if entity == "batch":
            return run_batch(self.state, sent, query, now, played)
        return perform(self.state, request.method, entity, rest, sent, query, now, played)


def _played(taken: _Taken, entity: str) -> Played:
    """The faults that fire here; a batch can stop half-way, a single answer can hide its error."""
    batch = entity == "batch"
    wrong = taken.take("wrong_total")
    hidden = None if batch else taken.take("hidden_error")
    return Played(
        closed=taken.take("closed_period") is not None,
        off_by=Decimal(str(wrong.params.get("by", "0.01"))) if wrong else None,
        hidden=hidden is not None,
        hidden_saved=bool(hidden and hidden.params.get("saved")),
        midway=batch and taken.take("500_midway") is not None,
    )


def trace_id() -> str:
    """A fresh value of the intuit_tid header."""
    return f"1-{uuid4().hex[:8]}-{uuid4().hex[:24]}"


def _unauthenticated(detail: str, now: datetime) -> _StoppedError:
    message = "message=AuthenticationFailed; errorCode=003200; statusCode=401"
    return _StoppedError(401, gateway_fault("3200", message, detail, "AUTHENTICATION", now))
