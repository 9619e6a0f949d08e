"""Connections under any role, to the database of the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import asyncpg
import pytest

from ledgerwire.common.db.dsn import database_name
from ledgerwire.common.settings import Settings

Connect = Callable[..., Awaitable["asyncpg.Connection"]]


@pytest.fixture
async def connect(settings: Settings) -> AsyncIterator[Connect]:
    """Open a connection as a role (default: superuser), working for an account if one is given."""
    async with AsyncExitStack() as stack:

        async def open_connection(role: str | None = None, account: object = None) -> asyncpg.Connection:
            if role is None:
                database = database_name(settings.database_url)
                connection = await asyncpg.connect(settings.database_admin_url, database=database)
            else:
                password = settings.role_password(role)
                connection = await asyncpg.connect(settings.database_url, user=role, password=password)
            stack.push_async_callback(connection.close)
            if account is not None:
                await connection.execute("SELECT set_config('app.account_id', $1, false)", str(account))
            return connection

        yield open_connection
