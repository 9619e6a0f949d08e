"""The way into the Accounting API: token, tenant, scope, limits, idempotency, then the endpoint."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.core.middleware import MARKS
from ledgerwire.sandbox.xero.call import SYSTEM, Answer, Call, RefusedError, exception, not_found
from ledgerwire.sandbox.xero.idempotency import KEY_LENGTH, KeyMismatchError, Stored, fingerprint
from ledgerwire.sandbox.xero.identity import Access
from ledgerwire.sandbox.xero.query.where import QueryParseError
from ledgerwire.sandbox.xero.routes.table import ROUTES, SCOPES, is_known, pattern_of
from ledgerwire.sandbox.xero.state import XeroState
from ledgerwire.sandbox.xero.wire import Json, encode

BASE_PATH = "/api.xro/2.0/"
ENTERED = "ledgerwire.xero.entered"


@dataclass(frozen=True, slots=True)
class Gateway:
    """Serves every path under the API's base."""

    state: XeroState
    clock: VirtualClock
    faults: Faults

    async def handle(self, request: Request) -> Response:
        """Answer one API request."""
        body = await request.body()
        fired: list[str] = []
        answer = self._answer(request, body, fired)
        if fired:
            mark_fault(request, ",".join(fired))
        headers = {"Xero-Correlation-Id": str(uuid4()), **answer.headers}
        return Response(answer.body, answer.status, headers, answer.content_type)

    def _answer(self, request: Request, body: bytes, fired: list[str]) -> Answer:
        now = self.clock.now()
        segments = [segment for segment in request.url.path.removeprefix(BASE_PATH).split("/") if segment]
        headers = {name.casefold(): value for name, value in request.headers.items()}
        try:
            access = self._authorise(request, headers, segments, now)
        except RefusedError as refused:
            return refused.answer
        entered = bool(request.scope.get(ENTERED, True))
        verdict = self.state.limits.count(access.consent.client_id, self.state.tenant_id, now, entered=entered)
        if verdict.problem is not None:
            return Answer(429, b"", "text/plain", verdict.headers)
        call = Call(
            state=self.state,
            faults=self.faults,
            now=now,
            method=request.method,
            path=request.url.path,
            segments=segments,
            query={name.casefold(): value for name, value in request.query_params.items()},
            headers=headers,
            body=body,
            app_name=access.consent.client_id,
            fired=fired,
        )
        answer = self._once(call, str(request.url.query), access)
        return Answer(answer.status, answer.body, answer.content_type, {**answer.headers, **verdict.headers})

    def _authorise(self, request: Request, headers: dict[str, str], segments: list[str], now: datetime) -> Access:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        access = self.state.identity.access(token.strip()) if scheme.casefold() == "bearer" else None
        if access is None:
            raise RefusedError(_unauthorised(401, "AuthenticationUnsuccessful", "invalid_token"))
        if access.expires <= now:
            expired = access.expires.strftime("%m/%d/%Y %H:%M:%S")
            raise RefusedError(_unauthorised(401, f"TokenExpired: token expired at {expired}", "invalid_token"))
        app = self.state.identity.apps.get(access.consent.client_id)
        named = headers.get("xero-tenant-id")
        foreign = named != self.state.tenant_id and not (named is None and app is not None and app.custom_connection)
        revoked = self.faults.take(SYSTEM, request.method, request.url.path, {"revoked_token"})
        if revoked is not None:
            mark_fault(request, revoked.name)
        if foreign or revoked or not access.consent.reaches(self.state.tenant_id):
            raise RefusedError(_unauthorised(403, "AuthenticationUnsuccessful"))
        if segments and not _in_scope(segments[0].casefold(), request.method, access.consent.scopes):
            raise RefusedError(_unauthorised(401, "AuthorizationUnsuccessful", "insufficient_scope"))
        return access

    def _once(self, call: Call, query: str, access: Access) -> Answer:
        """Run a write under its Idempotency-Key once in six minutes, whatever its answer was."""
        key = call.headers.get("idempotency-key")
        if not key or call.method not in {"POST", "PUT", "PATCH"}:
            return self._run(call)
        if len(key) > KEY_LENGTH:
            return self._key_problem(f"Idempotency Key: the maximum length is {KEY_LENGTH} characters.")
        client_id = access.consent.client_id
        request = fingerprint(call.method, f"{call.path}?{query}", call.body)
        try:
            stored = self.state.idempotency.find(client_id, key, request, call.now)
        except KeyMismatchError:
            return self._key_problem(f"Idempotency Key: {key} is used with a different request.")
        if stored is not None:
            return Answer(stored.status, stored.body, stored.content_type)
        answer = self._run(call)
        kept = Stored(request, call.now, answer.status, answer.body, answer.content_type)
        self.state.idempotency.keep(client_id, key, kept)
        return answer

    def _key_problem(self, text: str) -> Answer:
        if self.state.switches.idempotency_mismatch == "elements":
            elements = [{"ValidationErrors": [{"Message": text}]}]
            return exception(10, "ValidationException", "A validation exception occurred", elements)
        return exception(10, "ValidationException", text)

    def _run(self, call: Call) -> Answer:
        handler = ROUTES.get((call.method, pattern_of(call.segments)))
        if handler is None:
            known = is_known(call.segments)
            return Answer(405, b"Method Not Allowed", "text/html; charset=utf-8") if known else not_found()
        try:
            return handler(call, *call.segments[1::2])
        except RefusedError as refused:
            return refused.answer
        except QueryParseError as error:
            return exception(16, "QueryParseException", str(error))


def mark_fault(request: Request, name: str) -> None:
    """Tell the journal which fault decided this answer."""
    marks: dict[str, str] = request.scope.setdefault(MARKS, {})
    marks["fault"] = name


def _in_scope(resource: str, method: str, granted: str) -> bool:
    """Whether a grant opens a resource for a method; what is no resource is for the router to refuse."""
    scopes = set(granted.split())
    wanted = SCOPES.get(resource)
    if wanted is None or scopes & set(wanted):
        return True
    return method == "GET" and bool(scopes & {f"{scope}.read" for scope in wanted})


def _unauthorised(status: int, detail: str, error: str | None = None) -> Answer:
    body: Json = {
        "Type": None,
        "Title": "Unauthorized" if status == 401 else "Forbidden",
        "Status": status,
        "Detail": detail,
        "Instance": str(uuid4()),
        "Extensions": {},
    }
    headers = {"WWW-Authenticate": f'Bearer error="{error}"'} if error else {}
    return Answer(status, encode(body), headers=headers)
