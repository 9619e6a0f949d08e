"""The calls: token, throttling, repetition of reads, and what a refusal means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import msgspec

from ledgerwire.common.canonical import from_vendor, wire_bytes
from ledgerwire.common.errors import LedgerwireError, Transient, Waiting
from ledgerwire.common.http.client import classify_transport_error
from ledgerwire.distributors.partnercenter.config import PartnerCenterConfig
from ledgerwire.distributors.partnercenter.tokens import SignIn

Json = dict[str, Any]
Sleep = Callable[[float], Awaitable[None]]
OpenBlobs = Callable[[str], httpx.AsyncClient]

_ATTEMPTS = 3
_THROTTLED = 429
_UNAUTHORIZED = 401
_FIRST_WAIT = 0.5
_UNREADABLE = "Partner Center gave an answer that cannot be read"
_ASK_AGAIN = timedelta(minutes=15)


class PartnerCenterClient:
    """Both hosts of one partner tenant, and the hosts of exports. Every method raises Waiting or Transient.

    `open_blobs` gives the client for the host that holds an export, or refuses the host; without it the one client is used.
    """

    def __init__(
        self,
        config: PartnerCenterConfig,
        http: httpx.AsyncClient,
        sign_in: SignIn,
        sleep: Sleep = asyncio.sleep,
        open_blobs: OpenBlobs | None = None,
    ) -> None:
        self.config = config
        self._open_blobs = open_blobs
        self._http = http
        self._sign_in = sign_in
        self._sleep = sleep
        self._correlation = str(uuid4())

    async def items(self, path: str, params: Mapping[str, str]) -> AsyncIterator[list[Json]]:
        """The pages of a collection, one after the other.

        The next call is built here from the link's header alone: addresses in links differ in form and hold mistakes.
        """
        token = ""
        while True:
            seek = {"seekOperation": "Next"} if token else {}
            extra = {"MS-ContinuationToken": token} if token else {}
            page = await self.read(path, {**params, **seek}, extra)
            yield _rows(page)
            token = _continuation(page)
            if not token:
                return

    async def read(
        self, path: str, params: Mapping[str, str] | None = None, extra: Mapping[str, str] | None = None
    ) -> Json:
        """GET from REST v1."""
        url = httpx.URL(f"{self.config.base_url}/v1{path}", params=dict(params or {}))
        return body_of(await self._call("GET", url, self.config.resource, extra or {}))

    async def graph(self, url: str) -> httpx.Response:
        """GET from Graph."""
        return await self._call("GET", httpx.URL(url), self.config.graph_resource, {})

    async def begin(self, path: str, body: Json) -> str:
        """Ask Graph for an export: the address at which it is polled."""
        url = httpx.URL(f"{self.config.graph_url}/v1.0{path}")
        response = await self._call("POST", url, self.config.graph_resource, {}, wire_bytes(body))
        location = response.headers.get("Location", "")
        if not location.startswith(self.config.graph_url):
            raise Transient("Graph did not say where the export is")
        return str(location)

    async def blob(self, url: str) -> httpx.Response:
        """GET an address that carries its own signature: our token is not for it. EgressRefused for a host that is not one."""
        try:
            where = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise Transient("The export is at an address that cannot be read") from error
        http = self._http if self._open_blobs is None else self._open_blobs(where.netloc.decode("ascii"))
        return await self._sent("GET", where, {}, None, http, self.config.blob_timeout)

    async def wait(self, seconds: float) -> None:
        """Let time pass, never more than the patience."""
        await self._sleep(min(seconds, self.config.patience.total_seconds()))

    async def _call(
        self, method: str, url: httpx.URL, resource: str, extra: Mapping[str, str], body: bytes | None = None
    ) -> httpx.Response:
        request_id, token = str(uuid4()), await self._sign_in.token(resource)
        renewed = False
        for attempt in range(1, _ATTEMPTS + 2):
            headers = {
                "Accept": "application/json",
                "Authorization": f"Bearer {token}",
                "MS-RequestId": request_id,
                "MS-CorrelationId": self._correlation,
                **extra,
                **({"Content-Type": "application/json"} if body else {}),
            }
            last = attempt == _ATTEMPTS + renewed
            try:
                response = await self._sent(method, url, headers, body)
            except Transient:
                if last:
                    raise
                await self._sleep(_FIRST_WAIT * attempt)
                continue
            if response.status_code == _UNAUTHORIZED and not renewed:
                # A token may run out while the call is repeated: its renewal takes no attempt away.
                renewed = True
                token = await self._sign_in.token(resource, stale=token)
            elif response.status_code == _THROTTLED and not last:
                await self._throttled(response)
            else:
                _refuse(response)
                return response
        raise Transient("Partner Center did not answer")

    async def _sent(
        self,
        method: str,
        url: httpx.URL,
        headers: Mapping[str, str],
        body: bytes | None,
        http: httpx.AsyncClient | None = None,
        limit: timedelta | None = None,
    ) -> httpx.Response:
        try:
            async with asyncio.timeout((limit or self.config.request_timeout).total_seconds()):
                response = await (http or self._http).request(method, url, headers=dict(headers), content=body)
        except LedgerwireError:
            raise
        except (httpx.RequestError, TimeoutError) as error:
            # An export asked for twice is two exports of the same data: nothing is left open.
            raise classify_transport_error(error, method_is_write=False) from error
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Transient(f"Partner Center answered HTTP {response.status_code}")
        return response

    async def _throttled(self, response: httpx.Response) -> None:
        wait = retry_after(response)
        if wait > self.config.patience.total_seconds():
            raise Waiting("Partner Center wants fewer calls", code="RATE_LIMITED", after=timedelta(seconds=wait))
        await self._sleep(wait)


def retry_after(response: httpx.Response, default: float = 10.0) -> float:
    """The advised wait in seconds."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else default


def body_of(response: httpx.Response) -> Json:
    """The JSON object of an answer. Raises Transient for anything else (a page of a proxy, half an answer)."""
    try:
        body = from_vendor(response.content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Transient(_UNREADABLE) from error
    if not isinstance(body, dict):
        raise Transient(_UNREADABLE)
    return body


def _refuse(response: httpx.Response) -> None:
    """Raise what a refusal means. Its own words never enter an error: they may hold names of customers."""
    status = response.status_code
    if status < httpx.codes.BAD_REQUEST:
        return
    if status == _THROTTLED:
        after = timedelta(seconds=retry_after(response))
        raise Waiting("Partner Center wants fewer calls", code="RATE_LIMITED", after=after)
    if status in {_UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        raise Waiting(f"Partner Center refuses the sign-in (HTTP {status})", code="TOKEN_REFUSED", after=_ASK_AGAIN)
    raise Transient(f"Partner Center refused the call (HTTP {status})")


def _rows(page: Json) -> list[Json]:
    """The rows of a page. One that is no object, left out, would look like one that is gone: Transient."""
    rows = page.get("items", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Transient(_UNREADABLE)
    return rows


def _continuation(page: Json) -> str:
    try:
        following = (page.get("links") or {}).get("next") or {}
        headers = following.get("headers") or []
        named = {str(one.get("key", "")).casefold(): str(one.get("value", "")) for one in headers}
    except (AttributeError, TypeError) as error:
        raise Transient(_UNREADABLE) from error
    return named.get("ms-continuationtoken", "")
