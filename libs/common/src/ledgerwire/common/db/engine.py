"""Connection pools: one for work on one account, one for message and work tables, each under its own role."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from ledgerwire.common.db.dsn import database_name, driver_dsn
from ledgerwire.common.db.roles import account_role, system_role
from ledgerwire.common.db.session import Database
from ledgerwire.common.settings import Settings

STATEMENT_TIMEOUT_MS = 15_000
LOCK_TIMEOUT_MS = 4_000
IDLE_IN_TRANSACTION_MS = 30_000
POOL_WAIT_SECONDS = 30
CONNECT_SECONDS = 10
ANSWER_SECONDS = 20.0
"""Longer than any statement may take at the server: without an answer by then the server is gone, and TCP need not notice."""


def server_settings(name: str) -> dict[str, str]:
    """What every session of ours runs under: time limits, UTC, and a name by which an operator finds it."""
    return {
        "application_name": name,
        "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        "lock_timeout": str(LOCK_TIMEOUT_MS),
        "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS),
        "timezone": "UTC",
        "jit": "off",  # statements here are short; compiling them costs more than running them
    }


class OpeningConnection(asyncpg.Connection):
    """A connection that sends what a transaction opens with in the same round trip as its BEGIN."""

    opening = ""

    def open_for(self, account_id: UUID) -> None:
        """Have the next transaction set its account together with its BEGIN, for row-level security."""
        # parsed again, so that it is digits and hyphens whatever was given
        self.opening = f"SELECT set_config('app.account_id', '{UUID(str(account_id))}', true);"

    async def execute(self, query: str, *args: object, timeout: float | None = None) -> str:  # noqa: ASYNC109
        """As the driver's; `opening` goes with the next BEGIN, once."""
        if self.opening and query.startswith("BEGIN"):
            query, self.opening = f"{query} {self.opening}", ""
        status: str = await super().execute(query, *args, timeout=timeout)
        return status


def open_engine(settings: Settings, role: str, *, pool_size: int | None = None) -> AsyncEngine:
    """A pool of connections that log in as `role` (no connection is made yet)."""
    database_name(settings.database_url)
    connect = partial(
        asyncpg.connect,
        driver_dsn(settings.database_url),
        user=role,
        password=settings.role_password(role) or None,
        server_settings=server_settings(f"ledgerwire {role}"),
        timeout=CONNECT_SECONDS,
        command_timeout=ANSWER_SECONDS,
        connection_class=OpeningConnection,
    )
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=pool_size or settings.database_pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
    )
    generations = _Generations()
    for name, heard in (
        ("connect", generations.opened),
        ("handle_error", generations.broke),
        ("checkout", generations.handed_out),
    ):
        event.listen(engine.sync_engine, name, heard)
    return engine


class _Generations:
    """Hands out no connection that the server has ended, nor one that is older than the last that broke.

    The driver knows by itself what was ended: a ping would cost three round trips. What is older is counted, for the pool would
    compare moments of the wall clock and, once that was set back, open connections anew at every turn until it has caught up.
    """

    def __init__(self) -> None:
        self._breaks = 0

    def opened(self, _: Any, record: ConnectionPoolEntry) -> None:
        record.info[_BREAKS] = self._breaks

    def broke(self, context: ExceptionContext) -> None:
        if context.is_disconnect:
            context.invalidate_pool_on_disconnect = False
            self._breaks += 1

    def handed_out(self, connection: Any, record: ConnectionPoolEntry, _: PoolProxiedConnection) -> None:
        if connection.driver_connection.is_closed() or record.info[_BREAKS] < self._breaks:
            raise DisconnectionError


_BREAKS = "breaks before it was opened"


def open_database(settings: Settings, service: str) -> Database:
    """The two pools of `service` ("ingest", "mapper", "poster", or "tenants" for the CLI's account use cases)."""
    return Database(open_engine(settings, account_role(service)), open_engine(settings, system_role(service)))
