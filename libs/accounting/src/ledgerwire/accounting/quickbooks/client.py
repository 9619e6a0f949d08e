"""The calls themselves: token, realm, budget, concurrency, deadline; answers are judged elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Protocol
from urllib.parse import quote, urlencode

import httpx

from ledgerwire.accounting.gate import CallGate, read_retry_after
from ledgerwire.accounting.quickbooks.config import QuickBooksConfig
from ledgerwire.accounting.quickbooks.errors import Answer, problems_of, refuse, unreadable
from ledgerwire.accounting.quickbooks.wire import group
from ledgerwire.accounting.wire import Json, decode, rows, text
from ledgerwire.common.canonical import wire_bytes
from ledgerwire.common.errors import Stopped, Transient, Waiting
from ledgerwire.common.http.client import classify_transport_error

PAGE_SIZE = 1000

_CONNECT_SECONDS = 10.0
_LEAST_SHARE = 10
_SHORT_WAIT = timedelta(seconds=2)
_SINGLE = frozenset({"CompanyInfo", "Preferences"})


class Tokens(Protocol):
    """What the client needs of a token source."""

    async def token(self) -> str:
        """A usable access token."""
        ...

    async def refresh(self, stale: str) -> str:
        """Another one than `stale`."""
        ...


def request_id(idempotency_key: str, step: str = "") -> str:
    """A `requestid`: the same key and step give the same one; short enough for single calls and batches."""
    return hashlib.sha256(f"{idempotency_key}/{step}".encode()).hexdigest()[:32]


class QuickBooksClient:
    """One company's Accounting API.

    No answer is waited for longer than the request timeout after the call was asked for, and nothing is sent when less
    than a tenth of it is left.
    """

    def __init__(
        self, config: QuickBooksConfig, http: httpx.AsyncClient, tokens: Tokens, gate: CallGate, realm_id: str
    ) -> None:
        self._config = config
        self._http = http
        self._tokens = tokens
        self._gate = gate
        self._base = f"{config.base_url}/v3/company/{quote(realm_id, safe='')}"
        self._timeout = config.request_timeout.total_seconds()
        self._slots = asyncio.Semaphore(config.concurrency)

    async def read(self, path: str, params: Mapping[str, str] | None = None) -> Json:
        """GET a JSON object. Raises Waiting, Transient or Stopped."""
        answer = await self._call("GET", self._url(path, params or {}), None)
        refuse(answer, write=False)
        return _body(answer)

    async def read_one(self, entity: str, row_id: str) -> Json | None:
        """One row by its id; None if the company has none. Raises Waiting, Transient or Stopped."""
        answer = await self._call("GET", self._url(f"/{entity.lower()}/{quote(row_id, safe='')}", {}), None)
        if answer.status == 400 and answer.codes & {"610"}:
            return None
        refuse(answer, write=False)
        row = _body(answer).get(entity)
        if not isinstance(row, dict):
            unreadable(f"no {entity} in it", write=False)
        return None if text(row, "status") == "Deleted" else row

    async def select(self, entity: str, where: str = "") -> AsyncIterator[Json]:
        """Every row of an entity that fits a condition, page by page. Raises Waiting, Transient or Stopped."""
        start = 1
        while True:
            listed = await self._page(statement(entity, where, start), entity)
            for row in listed:
                yield row
            if len(listed) < PAGE_SIZE:
                return
            start += PAGE_SIZE

    async def select_each(
        self, entities: Sequence[str], where: Mapping[str, str], refusable: Collection[str] = ()
    ) -> dict[str, list[Json]]:
        """All rows of several entities: the first page of each in one call, further ones as they are needed.

        `refusable` are those that a company may refuse to list (currencies, where it has only one): left out then.
        Raises Waiting, Transient or Stopped, also for a fault on one of the others alone.
        """
        asked = {str(place): entity for place, entity in enumerate(entities)}
        items = [
            {"bId": place, "Query": statement(entity, where.get(entity, ""), 1)} for place, entity in asked.items()
        ]
        answer = await self._call("POST", self._url("/batch", {}), wire_bytes({"BatchItemRequest": items}), safe=True)
        refuse(answer, write=False)
        answered = {text(item, "bId"): item for item in rows(_body(answer), "BatchItemResponse")}
        found: dict[str, list[Json]] = {}
        for place, entity in asked.items():
            item = answered.get(place, {})
            if not problems_of(item):
                found[entity] = _queried(item, entity)
            else:
                await self._judge(Answer(200, wire_bytes(item)), entity, may_refuse=entity in refusable)
        for entity, listed in found.items():
            start = 1 + PAGE_SIZE
            while len(listed) == start - 1:
                listed.extend(await self._page(statement(entity, where.get(entity, ""), start), entity))
                start += PAGE_SIZE
        return found

    def deadline(self) -> float:
        """The moment, by the loop's clock, at which something that begins now has to be answered."""
        return asyncio.get_running_loop().time() + self._timeout

    async def write(
        self,
        path: str,
        body: bytes,
        unique: str,
        params: Mapping[str, str] | None = None,
        *,
        deadline: float | None = None,
    ) -> Answer:
        """Send a write once under its `requestid`; validation errors are returned.

        `deadline`: of the whole that this write is a part of; its own without one.
        Raises Waiting, Transient, Ambiguous or Stopped.
        """
        url = self._url(path, {**(params or {}), "requestid": unique})
        answer = await self._call("POST", url, body, deadline=deadline)
        refuse(answer, write=True)
        return answer

    async def _judge(self, fault: Answer, entity: str, *, may_refuse: bool) -> None:
        """Raise what a fault on one query of a batch means, unless it is the refusal of a list that may be refused."""
        if fault.throttled:
            await self._gate.observe(fault.limits)
        elif may_refuse:
            return
        try:
            refuse(fault, write=False)
        except Stopped as refused:
            # No document is at fault, and no person could clear it for each of them.
            told = fault.problems[0].told
            raise Transient(f"QuickBooks did not list {entity}: {told}") from refused

    async def _page(self, query: str, entity: str) -> list[Json]:
        return _queried(await self.read("/query", {"query": query}), entity)

    def _url(self, path: str, params: Mapping[str, str]) -> str:
        query = urlencode({**params, "minorversion": str(self._config.minor_version)}, quote_via=quote)
        return f"{self._base}{path}?{query}"

    async def _call(
        self, method: str, url: str, body: bytes | None, *, safe: bool = False, deadline: float | None = None
    ) -> Answer:
        """`safe`: nothing is written, so an answer that got lost leaves nothing open."""
        if deadline is None:
            deadline = self.deadline()
        write = method != "GET" and not safe
        token = await self._tokens.token()
        answer = await self._attempt(method, url, body, token, deadline, write=write)
        if answer.token_expired:
            # Refused at the door, so nothing was written.
            token = await self._tokens.refresh(token)
            answer = await self._attempt(method, url, body, token, deadline, write=write)
        return answer

    async def _attempt(
        self, method: str, url: str, body: bytes | None, token: str, deadline: float, *, write: bool
    ) -> Answer:
        try:
            async with asyncio.timeout_at(deadline):
                await self._slots.acquire()
        except TimeoutError as error:
            raise Transient("No call could be made in time: all places are taken") from error
        try:
            await self._admission(deadline)
            if self._left(deadline) < self._timeout / _LEAST_SHARE:
                # Sent now, it could only end as an open outcome.
                raise Transient("No call could be made in time")
            answer = await self._exchange(method, url, body, token, deadline, write=write)
            if answer.throttled:
                await self._gate.observe(answer.limits)
            return answer
        finally:
            self._slots.release()

    async def _admission(self, deadline: float) -> None:
        """Take a call from the budget. The limit by the second is waited out here, the others by whoever asked."""
        while True:
            try:
                await self._gate.take()
            except Waiting as waiting:
                short = waiting.after is not None and waiting.after <= _SHORT_WAIT
                if not short or waiting.after is None or self._left(deadline) < self._timeout / 2:
                    raise
                await asyncio.sleep(max(waiting.after.total_seconds(), 0.01))
            else:
                return

    def _left(self, deadline: float) -> float:
        return deadline - asyncio.get_running_loop().time()

    async def _exchange(
        self, method: str, url: str, body: bytes | None, token: str, deadline: float, *, write: bool
    ) -> Answer:
        headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = self._http.build_request(
            method,
            url,
            content=body,
            headers=headers,
            timeout=httpx.Timeout(self._timeout, connect=_CONNECT_SECONDS),
        )
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._http.send(request)
        except (httpx.RequestError, TimeoutError) as error:
            raise classify_transport_error(error, method_is_write=write) from error
        return Answer(
            response.status_code,
            response.content,
            response.headers.get("intuit_tid", ""),
            read_retry_after(response.headers.get("Retry-After")),
        )


def statement(entity: str, where: str = "", start: int = 1) -> str:
    """One page of a query, in an order that stays the same from page to page."""
    condition = f" where {where}" if where else ""
    order = "" if entity in _SINGLE else " orderby Id"
    return f"select * from {entity}{condition}{order} startposition {start} maxresults {PAGE_SIZE}"


def _queried(holder: Json, entity: str) -> list[Json]:
    """The rows of one query, which names no entity where it found none.

    Raises Transient: without its QueryResponse it says nothing.
    """
    if not isinstance(holder.get("QueryResponse"), dict):
        unreadable("no QueryResponse in it", write=False)
    return rows(group(holder, "QueryResponse"), entity)


def _body(answer: Answer) -> Json:
    body = decode(answer.body)
    if body is None:
        unreadable("no JSON object", write=False)
    return body
