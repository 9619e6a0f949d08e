"""The callback address. ConnectWise appends the record's id and action to the address as text: any query is accepted.

The address speaks ASGI itself: under a flood of forged callbacks what a framework does for each would cost more than the
refusal.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import cache
from itertools import islice
from time import monotonic
from typing import Any

import msgspec
import structlog
from starlette.types import Receive, Scope, Send

from ledgerwire.common.telemetry import CALLBACKS
from ledgerwire.connectwise.signature import HEADER
from ledgerwire.ingest.problems import CallbackRefused, Problem
from ledgerwire.ingest.receive import BODY_LIMIT, Receiver

CALLBACK_PATH = "/callbacks/connectwise/"
REFUSALS_LOGGED = 20
"""Lines a second about refused callbacks; the rest is counted on the next line, so that a flood cannot fill the disk."""
REFUSED_AT_A_TURN = 4
"""Refusals answered in one turn of the event loop."""
_RETRY_AFTER = "2"
_HEADER = HEADER.encode()

_log = structlog.get_logger(__name__)


class CallbackAddress:
    """The ASGI application behind the callback path; a request is answered with a status, always."""

    path = CALLBACK_PATH

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._refusals = _RefusalLog()
        self._turns = _Turns()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = scope["path"].removeprefix(CALLBACK_PATH)
        if scope["method"] != "POST":
            await _answer(send, 405, b"application/json", {}, (b"allow", b"POST"))
            return
        headers = {name: value for name, value in scope["headers"] if name in {_HEADER, b"content-length"}}
        try:
            raw = await read_body(headers.get(b"content-length", b""), receive)
            if raw is None:
                return  # whoever asked has gone
            signature = headers.get(_HEADER)
            taken = await self._receiver.receive(token, raw, signature.decode("latin-1") if signature else None)
        except CallbackRefused as refused:
            self._refusals.write(refused)
            await self._turns.come()
            await _answer_problem(send, refused.problem)
            return
        except Exception:  # noqa: BLE001 - answered and logged
            # whatever it was, asking for it again is safe; a 500 would lose it
            _log.exception("callback.failed")
            await _answer_problem(send, Problem("CALLBACK_NOT_STORED"))
            return
        CALLBACKS.labels(taken.outcome).inc()
        body = {"outcome": taken.outcome, "reason": taken.reason}
        await _answer(send, 200, b"application/json", body, (b"x-correlation-id", taken.correlation_id.encode()))


class _Turns:
    """Answers refusals a few at a turn of the event loop, in order.

    Who forges sends the next one on the answer to the last. If all of a flood were answered in one turn, each step of a good
    callback's way through the database would wait for all of the flood; so it waits for a few, and as many are refused.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def come(self) -> None:
        """Wait for one's turn."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append(turn)
        if len(self._waiting) == 1:
            loop.call_soon(self._let, loop)
        await turn

    def _let(self, loop: asyncio.AbstractEventLoop) -> None:
        for turn in list(islice(self._waiting, REFUSED_AT_A_TURN)):
            if not turn.done():
                turn.set_result(None)
            self._waiting.popleft()
        if self._waiting:
            loop.call_soon(self._let, loop)


class _RefusalLog:
    """Writes so many lines a second and counts what it left out."""

    def __init__(self) -> None:
        self._second = 0
        self._written = 0
        self._left_out = 0

    def write(self, refused: CallbackRefused) -> None:
        second = int(monotonic())
        if second != self._second:
            self._second, self._written = second, 0
        if self._written >= REFUSALS_LOGGED:
            self._left_out += 1
            return
        self._written += 1
        _log.warning("callback.refused", code=refused.code, why=str(refused), left_out_before=self._left_out)
        self._left_out = 0


async def read_body(announced: bytes, receive: Receive) -> bytes | None:
    """The raw bytes of a request, None if its sender went away.

    Raises CallbackRefused CALLBACK_TOO_LARGE as soon as they are too many, by the announced length or by count.
    """
    if announced.isdigit() and int(announced) > BODY_LIMIT:
        raise CallbackRefused("CALLBACK_TOO_LARGE", "the announced length is too large")
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT:
            raise CallbackRefused("CALLBACK_TOO_LARGE", "the body is too large")
        if not message.get("more_body", False):
            return body


async def _answer_problem(send: Send, problem: Problem) -> None:
    """A problem as the caller sees it, counted."""
    CALLBACKS.labels(problem.code).inc()
    start, body = _shown(problem)
    await send({"type": "http.response.start", **start})
    await send({"type": "http.response.body", "body": body})


@cache
def _shown(problem: Problem) -> tuple[dict[str, Any], bytes]:
    """Status and headers, and the body: the same for every callback that is refused for this reason."""
    told = {"type": "about:blank", "title": problem.title, "status": problem.status, "code": problem.code}
    body = msgspec.json.encode(told)
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    if problem.send_again:
        headers.append((b"retry-after", _RETRY_AFTER.encode()))
    return {"status": problem.status, "headers": headers}, body


async def _answer(
    send: Send, status: int, content_type: bytes, body: dict[str, Any], *extra: tuple[bytes, bytes]
) -> None:
    content = msgspec.json.encode(body)
    headers = [(b"content-type", content_type), (b"content-length", str(len(content)).encode()), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
