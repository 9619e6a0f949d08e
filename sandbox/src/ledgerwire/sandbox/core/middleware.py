"""ASGI middleware that journals every exchange of a system and plays its transport faults."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from ledgerwire.sandbox.core.faults import TRANSPORT_FAULTS, Fault, Faults
from ledgerwire.sandbox.core.journal import Journal

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Render = Callable[[Fault], "Answer"]

MARKS = "ledgerwire.marks"
"""Scope key of a mapping in which a server names the fault that it played itself: `marks["fault"]`."""

CUT_EXTENSION = "ledgerwire.cut"
HTML_PAGE = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>We will be right back.</body></html>"


class ConnectionCutError(Exception):
    """Raised where a transport offers no way to be cut (in-process clients)."""


@dataclass(slots=True)
class Answer:
    """A complete HTTP answer."""

    status: int
    body: bytes
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


async def _read_body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(chunks)
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


class SystemMiddleware:
    """Wraps one system's app: reads the request whole, answers whole, and journals both.

    `render_429` and `render_500` give the vendor's own error bodies; `latency` is a fixed delay in seconds,
    asked for at every call so that it can be changed while running.
    """

    def __init__(
        self,
        app: AsgiApp,
        *,
        system: str,
        journal: Journal,
        faults: Faults,
        render_429: Render,
        render_500: Render,
        latency: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._app = app
        self._system = system
        self._journal = journal
        self._faults = faults
        self._render_429 = render_429
        self._render_500 = render_500
        self._latency = latency

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one exchange; other scope types pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with self._journal.arrived():
            answer, fault = await self._exchange(scope, receive)
        await self._deliver(scope, receive, send, answer, fault)

    async def _exchange(self, scope: Scope, receive: Receive) -> tuple[Answer, Fault | None]:
        """Do what the request asks and record it; the answer, and the fault that may spoil its delivery."""
        started = time.perf_counter()
        body = await _read_body(receive)
        delay = self._latency()
        if delay > 0:
            await asyncio.sleep(delay)
        method, path = scope["method"], scope["path"]
        marks: dict[str, str] = scope.setdefault(MARKS, {})
        fault = self._faults.take(self._system, method, path, TRANSPORT_FAULTS, body)
        answer, decided = await self._answer(scope, body, fault)
        self._journal.record(
            self._system,
            method,
            path,
            scope.get("query_string", b"").decode("latin-1"),
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
            body,
            answer.status,
            answer.body,
            fault.name if fault else marks.get("fault"),
            time.perf_counter() - started,
            decided=decided,
        )
        return answer, fault

    async def _answer(self, scope: Scope, body: bytes, fault: Fault | None) -> tuple[Answer, int]:
        """The answer to send, and the status that the system came to: 0 where a fault answers in its place."""
        name = fault.name if fault else None
        if fault and name == "429":
            return self._render_429(fault), 0
        if fault and name == "500_before":
            return self._render_500(fault), 0
        if name == "slow" and fault:
            await asyncio.sleep(float(fault.params.get("seconds", 2)))
        own = await self._run_app(scope, body)
        if fault and name == "500_after":
            return self._render_500(fault), own.status
        if name == "html_page":
            return Answer(200, HTML_PAGE, [(b"content-type", b"text/html; charset=utf-8")]), own.status
        return own, own.status

    async def _run_app(self, scope: Scope, body: bytes) -> Answer:
        answer = Answer(500, b"")
        chunks: list[bytes] = []
        given = False

        async def receive() -> Message:
            nonlocal given
            if given:
                return {"type": "http.disconnect"}
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = list(message.get("headers", []))
            elif message["type"] == "http.response.body":
                chunks.append(message.get("body", b""))

        await self._app(scope, receive, send)
        answer.body = b"".join(chunks)
        return answer

    async def _deliver(self, scope: Scope, receive: Receive, send: Send, answer: Answer, fault: Fault | None) -> None:
        if fault and fault.name == "timeout_after_commit":
            await _hold(receive, float(fault.params.get("seconds", 30)))
            await _cut(scope, receive)
            return
        headers = [pair for pair in answer.headers if pair[0].lower() != b"content-length"]
        if answer.status != 204:
            headers.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if fault and fault.name == "half_body":
            await send({"type": "http.response.body", "body": answer.body[: len(answer.body) // 2], "more_body": True})
            await _cut(scope, receive)
            return
        await send({"type": "http.response.body", "body": answer.body})


async def _hold(receive: Receive, seconds: float) -> None:
    """Keep the connection open and silent until the time is up or the client gives up."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        async with asyncio.timeout(seconds):
            await gone()
    except TimeoutError:
        return


async def _cut(scope: Scope, receive: Receive) -> None:
    cut = scope.get("extensions", {}).get(CUT_EXTENSION)
    if cut is None:
        raise ConnectionCutError
    cut()
    await _hold(receive, 1.0)
