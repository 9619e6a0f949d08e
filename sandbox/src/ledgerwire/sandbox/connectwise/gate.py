"""What stands before every endpoint: routing by codebase, credentials, client id, limits."""

import base64
import binascii
import hmac
import re
import time
from collections import deque
from urllib.parse import parse_qs, urlsplit

from ledgerwire.sandbox.connectwise.agreements.roles import permits
from ledgerwire.sandbox.connectwise.errors import (
    JSON_TYPE,
    ApiError,
    cannot_route,
    forbidden,
    route_not_found,
    too_many_requests,
    unauthorized,
)
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, acting_member
from ledgerwire.sandbox.connectwise.wire import encode
from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.core.middleware import MARKS, Answer, AsgiApp, Receive, Scope, Send

_API = re.compile(r"^/(?P<codebase>[^/]+)/apis/3\.0(?P<path>/.*)$")
_COMPANY_INFO = re.compile(r"^/login/companyinfo/(?P<company>[^/]+)/?$", re.IGNORECASE)
_KEY = re.compile(r"^/(?P<codebase>[^/]+)/{1,2}system/callbackkey/index\.rails$", re.IGNORECASE)
_WINDOW = 60.0
_ALIAS = "v4_6_release"


async def respond(send: Send, answer: Answer) -> None:
    """Send a complete answer."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name), "")


def _user_of(header: str) -> tuple[str, str]:
    """Company and `public:private` of a Basic header; empty texts for anything else."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, private = base64.b64decode(token.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    company, _, public = user.partition("+")
    return company, f"{public}:{private}"


class Gate:
    """ASGI wrapper of the API: answers what the vendor's front answers and passes on the rest."""

    def __init__(self, app: AsgiApp, state: ConnectWiseState, faults: Faults) -> None:
        self._app = app
        self._state = state
        self._faults = faults
        self._calls: deque[float] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = self._front_answer(scope)
        if answer is None:
            answer = self._role_answer(scope)
        if answer is not None:
            await respond(send, answer)
            return
        match = _API.match(scope["path"])
        path = match["path"] if match else "/"
        inner = {**scope, "path": path, "raw_path": path.encode(), "ledgerwire.full_path": scope["path"]}
        token = acting_member.set(self._member(scope))
        try:
            await self._app(inner, receive, send)
        finally:
            acting_member.reset(token)

    def _member(self, scope: Scope) -> int | None:
        """The API member whose keys the call carries; None for the accounting one."""
        public = _user_of(_header(scope, b"authorization"))[1].partition(":")[0]
        seats = self._state.credentials.for_seats()
        return seats.member_id if public == seats.public_key else None

    def _role_answer(self, scope: Scope) -> Answer | None:
        """403 where the member's security role does not let the call through."""
        match = _API.match(scope["path"])
        member = self._member(scope) or self._state.credentials.member_id
        if match is None or permits(self._state, member, scope["method"], match["path"]):
            return None
        return forbidden().answer()

    def _front_answer(self, scope: Scope) -> Answer | None:
        path = scope["path"]
        target_length = len(path) + 1 + len(scope.get("query_string", b""))
        if target_length > self._state.switches.max_url_length:
            return Answer(414, b"", [])
        if company := _COMPANY_INFO.match(path):
            return self._company_info(company["company"])
        if key := _KEY.match(path):
            return self._signing_key(key["codebase"], scope)
        match = _API.match(path)
        if match is None or not self._routes(match["codebase"]):
            return cannot_route()
        try:
            return self._guarded(scope, match["path"])
        except ApiError as error:
            return error.answer()

    def _routes(self, codebase: str) -> bool:
        if codebase == self._state.site.codebase:
            return True
        return self._state.switches.codebase_alias and codebase == _ALIAS

    def _guarded(self, scope: Scope, path: str) -> Answer | None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        company = self._authenticate(headers.get("authorization", ""))
        if company is not None and company.casefold() != self._state.credentials.company_id.casefold():
            return cannot_route()
        if company is None:
            raise route_not_found() if self._state.switches.bad_auth_as_404 else unauthorized()
        self._check_client_id(headers.get("clientid"))
        if self._faults.take("connectwise", scope["method"], scope["path"], {"revoked_token"}):
            scope.get(MARKS, {})["fault"] = "revoked_token"
            raise unauthorized()
        if any(path.startswith(prefix) for prefix in self._state.switches.denied):
            raise forbidden()
        return self._limited()

    def _authenticate(self, header: str) -> str | None:
        """The company named in good credentials; None for bad ones. A foreign company is named as it is."""
        company, keys = _user_of(header)
        credentials = self._state.credentials
        if company.casefold() != credentials.company_id.casefold():
            return company or None
        known = [
            hmac.compare_digest(keys.encode(), f"{one.public_key}:{one.private_key}".encode())
            for one in (credentials, credentials.for_seats())
        ]
        return company if any(known) else None

    def _check_client_id(self, client_id: str | None) -> None:
        if self._state.switches.client_id_required and client_id != self._state.credentials.client_id:
            raise unauthorized("A valid clientId header is required.")

    def _limited(self) -> Answer | None:
        limit = self._state.switches.requests_per_minute
        now = time.monotonic()
        while self._calls and now - self._calls[0] > _WINDOW:
            self._calls.popleft()
        if limit and len(self._calls) >= limit:
            return too_many_requests(self._state.switches.rate_limit_retry_after)
        self._calls.append(now)
        return None

    def _company_info(self, company: str) -> Answer:
        site, headers = self._state.site, [(b"content-type", JSON_TYPE)]
        if company.casefold() != self._state.credentials.company_id.casefold():
            return Answer(404 if self._state.switches.unknown_company_404 else 200, b"null", headers)
        info = {
            "CompanyName": self._state.credentials.company_id,
            "Codebase": f"{site.codebase}/",
            "VersionCode": site.version.rsplit(".", 1)[0],
            "VersionNumber": site.version,
            "CompanyID": self._state.credentials.company_id,
            "IsCloud": str(site.codebase != _ALIAS),
            "SiteUrl": urlsplit(site.base_url).netloc,
        }
        return Answer(200, encode(info), headers)

    def _signing_key(self, codebase: str, scope: Scope) -> Answer:
        site = self._state.site
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        company = query.get("companyName", [""])[0].casefold() == self._state.credentials.company_id.casefold()
        if not (self._routes(codebase) and company and query.get("id") == [site.signing_key_id]):
            return cannot_route()
        body = encode({"signing_key": site.signing_key})
        if self._state.switches.signing_key_doubly_encoded:
            body = encode(body.decode())
        return Answer(200, body, [(b"content-type", b"text/html; charset=utf-8")])
