"""The HTTP listener of a process: health, metrics, and the routes of its services."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from ledgerwire.common.health import Check, health_router

_GRACE_SECONDS = 10


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the process decides when to stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def compose(apps: Sequence[FastAPI], checks: Sequence[Check]) -> FastAPI:
    """One application: health first, then each service's own routes (an application with middleware keeps it)."""
    application = FastAPI(title="Ledgerwire", docs_url=None, redoc_url=None, openapi_url=None)
    application.include_router(health_router(checks))
    for app in apps:
        if app.user_middleware:
            application.mount("", app)
        else:
            application.router.routes.extend(app.routes)
    return application


async def serve_http(application: FastAPI, host: str, port: int, stop: asyncio.Event) -> None:
    """Listen until `stop`, then answer what has arrived and return."""
    server = _Server(
        uvicorn.Config(
            application,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )

    async def watch() -> None:
        await stop.wait()
        server.should_exit = True

    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(watch())
        await server.serve()
        watching.cancel()
