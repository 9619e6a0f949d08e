"""The HTTP listener of a process: health, metrics, and the routes of its services."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from ledgerwire.common.health import Check, health_router

_GRACE_SECONDS = 10


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the process decides when to stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Address(Protocol):
    """Answers every path below `path` itself: what a framework does for each request would cost more than the answer."""

    @property
    def path(self) -> str: ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


Application = FastAPI | Address


def compose(apps: Sequence[Application], checks: Sequence[Check]) -> ASGIApp:
    """One application: addresses of their own first, then health, then each service's routes."""
    framework = FastAPI(title="Ledgerwire", docs_url=None, redoc_url=None, openapi_url=None)
    framework.include_router(health_router(checks))
    addresses: list[Address] = []
    for app in apps:
        if isinstance(app, FastAPI):
            framework.mount("", app)
        else:
            addresses.append(app)
    if not addresses:
        return framework

    async def by_address(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        for address in addresses:
            if scope["type"] == "http" and path.startswith(address.path):
                await address(scope, receive, send)
                return
        await framework(scope, receive, send)

    return by_address


async def serve_http(application: ASGIApp, host: str, port: int, stop: asyncio.Event) -> None:
    """Listen until `stop`, then answer what has arrived and return."""
    server = _Server(
        uvicorn.Config(
            application,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # nothing here asks who the caller is
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
