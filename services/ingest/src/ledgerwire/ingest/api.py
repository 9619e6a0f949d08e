"""The callback address. ConnectWise appends the record's id and action to the address as text: any query is accepted."""

from __future__ import annotations

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from ledgerwire.common.telemetry import CALLBACKS
from ledgerwire.connectwise.signature import HEADER
from ledgerwire.ingest.problems import CallbackRefused, Problem
from ledgerwire.ingest.receive import BODY_LIMIT, Receiver

CALLBACK_PATH = "/callbacks/connectwise/"
_RETRY_AFTER = "2"

_log = structlog.get_logger(__name__)


def build_app(receiver: Receiver) -> FastAPI:
    """The HTTP application of ingest."""
    app = FastAPI(title="Ledgerwire ingest", docs_url=None, redoc_url=None, openapi_url=None)

    @app.post(CALLBACK_PATH + "{token}")
    async def callback(token: str, request: Request) -> JSONResponse:
        try:
            taken = await receiver.receive(token, await read_body(request), request.headers.get(HEADER))
        except CallbackRefused as refused:
            _log.warning("callback.refused", code=refused.code, why=str(refused))
            return problem_answer(refused.problem)
        except Exception:  # noqa: BLE001 - answered and logged
            # whatever it was, asking for it again is safe; a 500 would lose it
            _log.exception("callback.failed")
            return problem_answer(Problem("CALLBACK_NOT_STORED"))
        CALLBACKS.labels(taken.outcome).inc()
        headers = {"x-correlation-id": taken.correlation_id}
        return JSONResponse({"outcome": taken.outcome, "reason": taken.reason}, headers=headers)

    return app


async def read_body(request: Request) -> bytes:
    """The raw bytes of a request; CallbackRefused CALLBACK_TOO_LARGE as soon as they are too many."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > BODY_LIMIT:
        raise CallbackRefused("CALLBACK_TOO_LARGE", "the announced length is too large")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise CallbackRefused("CALLBACK_TOO_LARGE", "the body is too large")
    return bytes(body)


def problem_answer(problem: Problem) -> JSONResponse:
    """A problem as the caller sees it, counted."""
    CALLBACKS.labels(problem.code).inc()
    headers = {"retry-after": _RETRY_AFTER} if problem.send_again else {}
    body = {"type": "about:blank", "title": problem.title, "status": problem.status, "code": problem.code}
    return JSONResponse(body, problem.status, headers, media_type="application/problem+json")
