"""The driver itself, for the one path where a layer over it would cost more than the statement: receiving callbacks.

The same roles, limits and row-level security as `common.db.session`; the transaction begins and commits here only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg

from ledgerwire.common.db.dsn import driver_dsn
from ledgerwire.common.db.engine import CONNECT_SECONDS, OpeningConnection, server_settings
from ledgerwire.common.settings import Settings

COMMAND_SECONDS = 10.0
_SET_ACCOUNT = "SELECT set_config('app.account_id', $1, true)"


class DirectUnit:
    """One transaction, whose statements see the account it was begun for, or that `work_for` named since."""

    def __init__(self, connection: Any, account_id: UUID) -> None:
        self._connection = connection
        self._account_id = account_id
        self.hooks: list[Callable[[], None]] = []

    async def work_for(self, account_id: UUID) -> None:
        """From here on, until the end of the transaction or the next call, row-level security shows this account."""
        if account_id != self._account_id:
            await self._connection.execute(_SET_ACCOUNT, str(account_id))
            self._account_id = account_id

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        """The rows of one statement."""
        rows: list[Any] = await self._connection.fetch(statement, *values)
        return rows

    def after_commit(self, hook: Callable[[], None]) -> None:
        """Call `hook` (which must not block) once the transaction has committed."""
        if hook not in self.hooks:
            self.hooks.append(hook)


class DirectPool:
    """A few connections under one role, made when first needed."""

    def __init__(self, settings: Settings, role: str, *, size: int) -> None:
        self._pool = asyncpg.create_pool(
            driver_dsn(settings.database_url),
            user=role,
            password=settings.role_password(role) or None,
            server_settings=server_settings(f"ledgerwire {role} direct"),
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            min_size=0,
            max_size=size,
            connection_class=OpeningConnection,
            # settings are of the transaction only, so nothing is left to be reset
            reset=_nothing_to_reset,
        )
        self._opening = asyncio.Lock()
        self._open = False

    @asynccontextmanager
    async def transaction(self, account_id: UUID) -> AsyncIterator[DirectUnit]:
        """Begun for this account; commits on leaving, rolls back on any exception. Raises the driver's errors."""
        async with self._opening:
            if not self._open:
                await self._pool
                self._open = True
        async with self._pool.acquire() as pooled:
            connection: Any = pooled  # a proxy, whose type does not show what our class adds
            connection.open_for(account_id)
            async with connection.transaction():
                unit = DirectUnit(connection, account_id)
                yield unit
        for hook in unit.hooks:
            hook()

    async def close(self) -> None:
        """Close all connections."""
        if self._open:
            await self._pool.close()


async def _nothing_to_reset(_: Any) -> None:
    return
