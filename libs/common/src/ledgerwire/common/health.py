"""`/live`, `/ready`, `/promises` and `/metrics`: whether the process runs, can work, and keeps what it promises."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ledgerwire.common.db.probe import ping
from ledgerwire.common.db.session import Database
from ledgerwire.common.mq.outbox_rows import OutboxRows
from ledgerwire.common.mq.transport import Transport
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.telemetry import BACKLOG_AGE, OUTBOX_AGE
from ledgerwire.common.work.store import WorkStore

CHECK_SECONDS = 3.0


class Kind(StrEnum):
    """Which question a check answers."""

    READY = "ready"
    PROMISE = "promise"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold. `ask` returns None when it does, else one sentence that says what does not."""

    name: str
    kind: Kind
    ask: Callable[[], Awaitable[str | None]]


def health_router(checks: Sequence[Check]) -> APIRouter:
    """The health routes over `checks`; 503 with the failing ones when any fails."""
    router = APIRouter(tags=["health"])

    @router.get("/live")
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/ready")
    async def ready() -> Response:
        return await _answer([check for check in checks if check.kind is Kind.READY])

    @router.get("/promises")
    async def promises() -> Response:
        return await _answer([check for check in checks if check.kind is Kind.PROMISE])

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


def database_ready(database: Database) -> Check:
    """The database answers."""

    async def ask() -> str | None:
        await ping(database)
        return None

    return Check("database", Kind.READY, ask)


def transport_ready(transport: Transport) -> Check:
    """Messages can be sent and received."""

    async def ask() -> str | None:
        return None if transport.connected else "the message broker is not reachable"

    return Check("broker", Kind.READY, ask)


def work_moves(database: Database, schema: ServiceSchema, within: timedelta = timedelta(minutes=10)) -> Check:
    """No work has been due for longer than `within` without being taken up."""
    store = WorkStore(schema)

    async def ask() -> str | None:
        async with database.system() as unit:
            age = await store.oldest_due(unit)
        BACKLOG_AGE.labels(schema.name).set(age.total_seconds() if age else 0)
        return _older(age, within, f"work of {schema.name} has been due")

    return Check(f"{schema.name}.work", Kind.PROMISE, ask)


def outbox_moves(database: Database, schema: ServiceSchema, within: timedelta = timedelta(minutes=2)) -> Check:
    """No message has waited in the outbox for longer than `within`."""
    rows = OutboxRows(schema)

    async def ask() -> str | None:
        async with database.system() as unit:
            age = await rows.oldest_waiting(unit)
        OUTBOX_AGE.labels(schema.name).set(age.total_seconds() if age else 0)
        return _older(age, within, f"a message of {schema.name} has waited in the outbox")

    return Check(f"{schema.name}.outbox", Kind.PROMISE, ask)


def _older(age: timedelta | None, within: timedelta, what: str) -> str | None:
    if age is None or age <= within:
        return None
    return f"{what} for {int(age.total_seconds())} s (promised: {int(within.total_seconds())} s)"


async def _answer(checks: Sequence[Check]) -> Response:
    outcomes = await asyncio.gather(*(_asked(check) for check in checks))
    failing = {check.name: outcome for check, outcome in zip(checks, outcomes, strict=True) if outcome is not None}
    body = {"status": "failing" if failing else "ok", "checks": len(checks), "failing": failing}
    return JSONResponse(body, status_code=503 if failing else 200)


async def _asked(check: Check) -> str | None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check.ask()
    except TimeoutError:
        return f"no answer within {CHECK_SECONDS:g} s"
    except Exception as error:  # noqa: BLE001 - whatever it is, the check fails; its text may hold secrets
        return f"the check failed ({type(error).__name__})"
