"""One signed-in conversation with a tenant's ConnectWise: addresses, retries of reads, paging, decoding."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Hashable, Mapping
from functools import lru_cache
from typing import Any, Protocol, TypeVar, cast

import httpx
import msgspec
import stamina

from ledgerwire.common.errors import Transient, Waiting
from ledgerwire.common.http.client import classify_transport_error
from ledgerwire.connectwise.codebase import Codebase
from ledgerwire.connectwise.conditions import Condition, encode
from ledgerwire.connectwise.config import ConnectWiseConfig
from ledgerwire.connectwise.errors import Answer, failure, retry_after, unreadable
from ledgerwire.connectwise.paging import PAGE_SIZE, at_end, next_number, next_page

T = TypeVar("T")

READ_ATTEMPTS = 3
IN_PLACE_WAIT = dt.timedelta(seconds=5)
"""The longest wait in place: of a read when ConnectWise asks to slow down, of any call for the budget to open. What lasts
longer goes to the caller."""
_SENT_WITHIN = 0.5
"""The part of a call's time within which it must be sent."""
_LEAST_PAUSE = 0.01
_MAX_PAGES = 5000


class Gate(Protocol):
    """The caller's call budget for this connection."""

    async def take(self, calls: int) -> None:
        """Take `calls` from the budget; raises Waiting while the budget is spent or closed."""
        ...

    async def observe(self, status: int, retry_after: dt.timedelta | None) -> None:
        """Learn how ConnectWise answered; a 429 closes the budget for `retry_after`."""
        ...


class OpenGate:
    """A gate that is always open."""

    async def take(self, calls: int) -> None:
        del calls

    async def observe(self, status: int, retry_after: dt.timedelta | None) -> None:
        del status, retry_after


@lru_cache(maxsize=64)
def _decoder(kind: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cast("Any", kind), strict=False)


def _again(error: Exception) -> bool | dt.timedelta:
    if not isinstance(error, Transient):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= IN_PLACE_WAIT else False


class Session:
    """Calls for one connection. Reads are tried a few times; a write is sent once."""

    def __init__(self, http: httpx.AsyncClient, config: ConnectWiseConfig, gate: Gate | None = None) -> None:
        self._http = http
        self._config = config
        self._gate: Gate = gate or OpenGate()
        self._headers = config.headers()
        self.codebase = Codebase(http, config)

    async def get(self, path: str, kind: type[T], query: Mapping[str, str] | None = None) -> T:
        """GET one entity (or one fixed list); raises RecordMissing, Waiting, Transient or Refused."""
        return (await self._read("GET", path, kind, query))[0]

    async def post_read(self, path: str, body: bytes, kind: type[T]) -> T:
        """POST to an endpoint that only reads (the export preview); repeated like a GET."""
        return (await self._read("POST", path, kind, None, body))[0]

    async def rows(
        self,
        path: str,
        kind: type[T],
        *,
        conditions: Condition | None = None,
        fields: str | None = None,
        page_size: int = PAGE_SIZE,
        max_pages: int = _MAX_PAGES,
    ) -> list[T]:
        """Every row of a list, by navigable paging in order of id. For lists that hold still; sweeps use `forward`."""
        query = _query(conditions, fields, page_size) | {"orderBy": "id asc"}
        collected: list[T] = []
        page: int | None = 1
        while page is not None:
            found, headers = await self._read("GET", path, _list_of(kind), query | {"page": str(page)})
            collected += found
            page = next_page(headers, page, len(found), page_size) if page < max_pages else None
        return collected

    async def forward(
        self, path: str, kind: type[T], *, conditions: Condition | None = None, page_size: int = PAGE_SIZE
    ) -> AsyncIterator[list[T]]:
        """Pages of a list by forward-only paging (id above the last seen): safe while rows come and go.

        Raises Transient CONNECTWISE_PAGING_STUCK if the server does not move forward.
        """
        query = _query(conditions, None, page_size)
        last = 0
        for _ in range(_MAX_PAGES):
            found, headers = await self._read(
                "GET", path, _list_of(kind), query | {"pageId": str(last)}, forward_only=True
            )
            if found:
                yield found
            if at_end(headers, len(found), page_size):
                return
            following = next_number(headers, "pageId") or max(getattr(row, "id", 0) or 0 for row in found)
            if following <= last:
                break
            last = following
        raise Transient(f"GET {path}: forward-only paging does not move on", code="CONNECTWISE_PAGING_STUCK")

    async def write(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """One write, sent once. Raises Ambiguous when the outcome is unknown; Transient only when nothing was done."""
        return await self._call(method, path, None, body, is_write=True)

    async def _read(
        self,
        method: str,
        path: str,
        kind: type[T],
        query: Mapping[str, str] | None,
        body: bytes | None = None,
        *,
        forward_only: bool = False,
    ) -> tuple[T, httpx.Headers]:
        retries = stamina.retry_context(
            on=_again, attempts=READ_ATTEMPTS, timeout=30.0, wait_initial=0.1, wait_max=2.0, wait_jitter=0.2
        )
        async for attempt in retries:
            with attempt:
                answer = await self._call(method, path, query, body, is_write=False, forward_only=forward_only)
                return self._decode(answer, kind, method, path), answer.headers
        raise AssertionError("the last attempt returns or raises")

    async def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: bytes | None,
        *,
        is_write: bool,
        forward_only: bool = False,
    ) -> Answer:
        deadline = asyncio.get_running_loop().time() + self._config.call_seconds
        used = await self.codebase.current()
        answer = await self._send(used, deadline, method, path, query, body, is_write=is_write, forward=forward_only)
        if answer.misrouted and await self.codebase.changed_since(used):
            # Nothing was done under an address that does not exist, so even a write may go to the new one.
            used = await self.codebase.current()
            answer = await self._send(
                used, deadline, method, path, query, body, is_write=is_write, forward=forward_only
            )
        if 200 <= answer.status < 300 and not answer.misrouted:
            return answer
        raise failure(answer, method=method, path=path, is_write=is_write)

    async def _send(
        self,
        codebase: str,
        deadline: float,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: bytes | None,
        *,
        is_write: bool,
        forward: bool,
    ) -> Answer:
        """One exchange. A write has ended by `deadline`, the wait for the budget included: its sender's lease counts on it."""
        url = f"https://{self._config.api_host}/{codebase}/apis/3.0{path}"
        if query:
            url += "?" + "&".join(f"{name}={encode(value)}" for name, value in query.items())
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        if forward:
            headers["pagination-type"] = "forward-only"
        await self._admitted(deadline)
        try:
            async with asyncio.timeout_at(deadline if is_write else None):
                answer = await self._http.request(method, url, content=body, headers=headers)
        except TimeoutError as error:
            late = httpx.ReadTimeout("the answer took too long")
            raise classify_transport_error(late, method_is_write=is_write) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise classify_transport_error(error, method_is_write=is_write) from error
        await self._gate.observe(answer.status_code, retry_after(answer.headers))
        return Answer(answer.status_code, answer.headers, answer.content)

    async def _admitted(self, deadline: float) -> None:
        """Take a call from the budget; a short wait for it is sat out here, while there is time left to send."""
        clock = asyncio.get_running_loop().time
        while True:
            try:
                await self._gate.take(1)
            except Waiting as waiting:
                if waiting.after is None or waiting.after > IN_PLACE_WAIT:
                    raise
                pause = max(waiting.after.total_seconds(), _LEAST_PAUSE)
                if clock() + pause > deadline - _SENT_WITHIN * self._config.call_seconds:
                    raise
                await asyncio.sleep(pause)
            else:
                return

    def _decode(self, answer: Answer, kind: type[T], method: str, path: str) -> T:
        try:
            return decode(answer.body, kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(answer, method=method, path=path, is_write=False) from error


def _list_of(kind: type[T]) -> type[list[T]]:
    return cast("type[list[T]]", list[kind])  # type: ignore[valid-type] # a type made at run time


def decode(body: bytes, kind: type[T]) -> T:
    """Decode an answer, numbers straight to exact decimals; raises msgspec.DecodeError (ValidationError) if it does not fit."""
    found: T = _decoder(cast("Hashable", kind)).decode(body)
    return found


def _query(conditions: Condition | None, fields: str | None, page_size: int) -> dict[str, str]:
    query = {"pageSize": str(page_size)}
    if conditions is not None:
        query["conditions"] = str(conditions)
    if fields is not None:
        query["fields"] = fields
    return query
