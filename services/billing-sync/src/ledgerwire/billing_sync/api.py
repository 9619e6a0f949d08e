"""The push address: one post at a time, with the key of its source; see docs/guide/seats-push.md.

Who sends is asked before a byte of the body is read. Only so many posts are in hand at once: the rest is told to come again.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect

from ledgerwire.billing_sync.problems import PushRefused, is_known
from ledgerwire.billing_sync.pushing import KEY_PREFIX, Pushing, Sender, Taken
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.telemetry import PUSHES

PUSH_PATH = "/seats/push"
BODY_LIMIT = 8 * 1024 * 1024
IN_HAND = 4
BODY_SECONDS = 30.0
STORE_SECONDS = 20.0
RETRY_AFTER = "5"
_KEY = re.compile(rf"{KEY_PREFIX}[A-Za-z0-9_-]{{43}}")
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")

_log = structlog.get_logger(__name__)


def build_app(pushing: Pushing, *, body_limit: int = BODY_LIMIT, in_hand: int = IN_HAND) -> FastAPI:
    """The HTTP application of billing sync."""
    app = FastAPI(title="Ledgerwire billing sync", docs_url=None, redoc_url=None, openapi_url=None)
    desk = _Desk(pushing, body_limit, in_hand)

    @app.post(PUSH_PATH)
    async def push(request: Request) -> JSONResponse:
        return await desk.answer(request)

    return app


class _Desk:
    def __init__(self, pushing: Pushing, body_limit: int, in_hand: int) -> None:
        self._pushing = pushing
        self._body_limit = body_limit
        self._free = in_hand

    async def answer(self, request: Request) -> JSONResponse:
        """The answer to a post; a status, always."""
        try:
            taken = await self._taken(request)
        except PushRefused as refused:
            return _refusal(refused)
        except ClientDisconnect:
            return _refusal(PushRefused("PUSH_TOO_SLOW"))
        except Exception:  # noqa: BLE001 - answered and logged
            _log.exception("push.failed")
            return _refusal(PushRefused("PUSH_NOT_STORED"))
        PUSHES.labels(outcome="repeated" if taken.repeated else "accepted").inc()
        return JSONResponse({"rows": taken.rows, "changed": taken.changed, "repeated": taken.repeated})

    async def _taken(self, request: Request) -> Taken:
        try:
            async with asyncio.timeout(STORE_SECONDS):
                sender = await self._sender(request)
        except (TimeoutError, SQLAlchemyError, OSError) as error:
            raise PushRefused("PUSH_NOT_STORED") from error
        idempotency_key = _checked(request, self._body_limit)
        async with self._place():
            body = await self._body(request)
            return await self._stored(request, sender, body, idempotency_key)

    async def _sender(self, request: Request) -> Sender:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        sender = None
        if scheme.casefold() == "bearer" and _KEY.fullmatch(key.strip()):
            sender = await self._pushing.sender(key.strip())
        if sender is None:
            raise PushRefused("PUSH_KEY_REFUSED")
        return sender

    async def _stored(self, request: Request, sender: Sender, body: bytes, idempotency_key: str) -> Taken:
        look_now = request.query_params.get("look") == "now"
        try:
            async with asyncio.timeout(STORE_SECONDS):
                taken = await self._pushing.take(sender, body, idempotency_key=idempotency_key, look_now=look_now)
        except ConfigurationError as error:
            raise PushRefused(error.code if is_known(error.code) else "SOURCE_UNKNOWN", _detail(error)) from error
        except (TimeoutError, SQLAlchemyError, OSError) as error:
            _log.warning("push.not_stored", error=type(error).__name__, source=sender.source)
            raise PushRefused("PUSH_NOT_STORED") from error
        _log.info("push.taken", source=sender.source, rows=taken.rows, changed=taken.changed, repeated=taken.repeated)
        return taken

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """One of the few places for posts in hand: bodies are held whole, and memory is not for whoever sends most."""
        if not self._free:
            raise PushRefused("PUSH_BUSY")
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1

    async def _body(self, request: Request) -> bytes:
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > self._body_limit:
                        raise PushRefused("PUSH_TOO_LARGE", f"more than {self._body_limit} bytes")
        except TimeoutError as error:
            raise PushRefused("PUSH_TOO_SLOW") from error
        return bytes(body)


def _checked(request: Request, body_limit: int) -> str:
    """The sender's idempotency key, once the headers are in order."""
    headers = request.headers
    kind = headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind != "application/json" or headers.get("content-encoding", "identity").casefold() != "identity":
        raise PushRefused("PUSH_TYPE_REFUSED")
    announced = headers.get("content-length", "")
    if announced.isdigit() and int(announced) > body_limit:
        raise PushRefused("PUSH_TOO_LARGE", f"more than {body_limit} bytes")
    key = headers.get("idempotency-key", "")
    if key and not _IDEMPOTENCY_KEY.fullmatch(key):
        raise PushRefused("PUSH_REFUSED", "Idempotency-Key: up to 200 visible ASCII characters are expected")
    return key


def _detail(error: ConfigurationError) -> str:
    return str(error) if error.code in {"PUSH_REFUSED", "IDEMPOTENCY_KEY_REUSED"} else ""


def _refusal(refused: PushRefused) -> JSONResponse:
    problem = refused.problem
    PUSHES.labels(outcome=problem.code).inc()
    body = {"type": "about:blank", "title": problem.title, "status": problem.status, "code": problem.code}
    if problem.detail:
        body["detail"] = problem.detail
    headers = {"retry-after": RETRY_AFTER} if problem.send_again else {}
    if problem.status == 401:
        headers["www-authenticate"] = "Bearer"
    if problem.status >= 500 or problem.status in {401, 403}:
        _log.warning("push.refused", code=problem.code)
    return JSONResponse(body, problem.status, headers, media_type="application/problem+json")
