"""The calls themselves: token, tenant, budget, concurrency, deadline; answers are judged elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import quote, urlencode

import httpx

from ledgerwire.accounting.gate import CallGate, read_limits, read_retry_after
from ledgerwire.accounting.wire import Json, decode
from ledgerwire.accounting.xero.config import XeroConfig
from ledgerwire.accounting.xero.errors import Answer, permission_missing, refuse, unreadable
from ledgerwire.accounting.xero.wire import guid
from ledgerwire.common.canonical import from_vendor
from ledgerwire.common.errors import Transient
from ledgerwire.common.http.client import classify_transport_error

REQUEST_TIMEOUT = timedelta(seconds=30)

_CONNECT_SECONDS = 10.0
_LEAST_SHARE = 10


class Tokens(Protocol):
    """What the client needs of a token source."""

    async def token(self) -> str:
        """A usable access token."""
        ...

    async def refresh(self, stale: str) -> str:
        """Another one than `stale`."""
        ...


class XeroClient:
    """One organisation's Accounting API.

    No answer is waited for longer than `request_timeout` after the call was asked for, and nothing is sent when less than
    a tenth of it is left.
    """

    def __init__(
        self,
        config: XeroConfig,
        http: httpx.AsyncClient,
        tokens: Tokens,
        gate: CallGate,
        tenant_id: str,
        *,
        request_timeout: timedelta = REQUEST_TIMEOUT,
    ) -> None:
        self._config = config
        self._http = http
        self._tokens = tokens
        self._gate = gate
        self._tenant_id = tenant_id
        self._timeout = request_timeout.total_seconds()
        self._slots = asyncio.Semaphore(config.concurrency)

    async def read(
        self, path: str, params: Mapping[str, str] | None = None, *, changed_since: datetime | None = None
    ) -> Json:
        """GET a JSON object, of a list only what changed since then. Raises Waiting, Transient or Stopped."""
        query = f"?{urlencode(params, quote_via=quote)}" if params else ""
        headers = {"If-Modified-Since": f"{changed_since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"} if changed_since else {}
        answer = await self._call("GET", f"{path}{query}", None, headers)
        return _json(answer)

    async def read_one(self, path: str, params: Mapping[str, str] | None = None) -> Json | None:
        """GET one thing by its id; None when Xero does not know it. Raises Waiting, Transient or Stopped."""
        query = f"?{urlencode(params, quote_via=quote)}" if params else ""
        answer = await self._call("GET", f"{path}{query}", None, {})
        return None if answer.status == 404 else _json(answer)

    async def remove(self, path: str) -> Answer | None:
        """DELETE one thing; None when it is gone already. Raises Waiting, Transient, Ambiguous or Stopped."""
        answer = await self._call("DELETE", path, None, {})
        if answer.status == 404:
            return None
        refuse(answer, write=True)
        return answer

    async def write(self, method: str, path: str, body: bytes, idempotency_key: str) -> Answer:
        """Send a write once; a 200 or 400 answer is returned. Raises Waiting, Transient, Ambiguous or Stopped."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": idempotency_key}
        answer = await self._call(method, path, body, headers)
        refuse(answer, write=True)
        return answer

    async def _call(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        deadline = asyncio.get_running_loop().time() + self._timeout
        token = await self._tokens.token()
        answer = await self._attempt(method, path, body, headers, token, deadline)
        if answer.token_expired:
            # Refused at the door, so nothing was written; the key was not used up either.
            token = await self._tokens.refresh(token)
            answer = await self._attempt(method, path, body, headers, token, deadline)
        if answer.status == 403:
            await self._still_connected(token, answer)
        return answer

    async def _attempt(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], token: str, deadline: float
    ) -> Answer:
        try:
            async with asyncio.timeout_at(deadline):
                await self._slots.acquire()
        except TimeoutError as error:
            raise Transient("No call could be made in time: all places are taken") from error
        try:
            await self._gate.take()
            if deadline - asyncio.get_running_loop().time() < self._timeout / _LEAST_SHARE:
                # Sent now, it could only end as an open outcome.
                raise Transient("No call could be made in time")
            all_headers = {**headers, "xero-tenant-id": self._tenant_id}
            answer = await self._exchange(method, f"{self._config.base_url}{path}", body, all_headers, token, deadline)
            await self._gate.observe(answer.limits)
            return answer
        finally:
            self._slots.release()

    async def _exchange(
        self, method: str, url: str, body: bytes | None, headers: dict[str, str], token: str, deadline: float
    ) -> Answer:
        request = self._http.build_request(
            method,
            url,
            content=body,
            headers={"Accept": "application/json", **headers, "Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(self._timeout, connect=_CONNECT_SECONDS),
        )
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._http.send(request)
        except (httpx.RequestError, TimeoutError) as error:
            raise classify_transport_error(error, method_is_write=method != "GET") from error
        return Answer(
            response.status_code,
            response.content,
            read_limits(response.status_code, response.headers),
            read_retry_after(response.headers.get("Retry-After")),
        )

    async def _still_connected(self, token: str, refused: Answer) -> None:
        """Tell the two meanings of 403 apart: the organisation was disconnected, or this one thing is not allowed.

        Raises:
            Waiting: LEDGER_PERMISSION_MISSING when the organisation is still among the token's connections.
        """
        deadline = asyncio.get_running_loop().time() + self._timeout
        answer = await self._exchange("GET", self._config.connections_url, None, {}, token, deadline)
        if answer.status != 200:
            return
        listed = _tenant_ids(answer.body)
        if self._tenant_id.lower() in listed:
            raise permission_missing(refused)


def _json(answer: Answer) -> Json:
    refuse(answer, write=False)
    body = decode(answer.body)
    if body is None:
        unreadable("no JSON object", write=False)
    return body


def _tenant_ids(body: bytes) -> frozenset[str]:
    try:
        connections = from_vendor(body)
    except ValueError:
        return frozenset()
    rows = connections if isinstance(connections, list) else []
    return frozenset(guid(row, "tenantId") or "" for row in rows if isinstance(row, dict))
