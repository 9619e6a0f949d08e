"""Makes roles and the database, once per server, as often as it is called."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

from ledgerwire.common.db.dsn import database_name, driver_dsn
from ledgerwire.common.db.roles import DIRECTORY, OWNER, login_roles
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.settings import Settings

_BOOTSTRAP_LOCK = 0x6C77_0001
_NO_LOGIN = "NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT"
_LOGIN = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT"

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


def admin_dsn(settings: Settings) -> str:
    """The administrator's address; ConfigurationError when none is set."""
    url = settings.database_admin_url
    if not url:
        raise ConfigurationError(
            "LEDGERWIRE_DATABASE_ADMIN_URL is empty: set the address of a role that may create roles and databases"
        )
    return driver_dsn(url)


async def bootstrap(settings: Settings) -> None:
    """Create what is missing and set the passwords.

    Roles belong to the whole server, so every caller of one server takes its turn under a lock in the maintenance
    database (the one the administrator's address names). Nothing is ever dropped here.
    """
    async with _maintenance(admin_dsn(settings)) as connection:
        await _create_roles(connection)
        await _set_passwords(connection, settings)
        await _create_database(connection, database_name(settings.database_url))


@asynccontextmanager
async def _maintenance(dsn: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _BOOTSTRAP_LOCK)
        yield connection
    finally:
        await connection.close()  # ends the session, and with it the lock


async def _create_roles(connection: Connection) -> None:
    known = {row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
    wanted = {OWNER: _NO_LOGIN, DIRECTORY: _NO_LOGIN} | dict.fromkeys(login_roles(), _LOGIN)
    for role, attributes in wanted.items():
        if role not in known:
            await connection.execute(f"CREATE ROLE {role} {attributes}")
    if not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        # migrations run as these two; an administrator that is no superuser must be their member to become them
        await connection.execute(f"GRANT {OWNER}, {DIRECTORY} TO CURRENT_USER")


async def _set_passwords(connection: Connection, settings: Settings) -> None:
    for role in login_roles():
        password = settings.role_password(role)
        if password:
            literal = await connection.fetchval("SELECT quote_literal($1::text)", password)
            await connection.execute(f"ALTER ROLE {role} PASSWORD {literal}")


async def _create_database(connection: Connection, name: str) -> None:
    quoted = await connection.fetchval("SELECT quote_ident($1::text)", name)
    if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        await connection.execute(f"CREATE DATABASE {quoted} ENCODING 'UTF8' TEMPLATE template0")
    await connection.execute(f"REVOKE ALL ON DATABASE {quoted} FROM PUBLIC")
    await connection.execute(f"GRANT CONNECT, CREATE ON DATABASE {quoted} TO {OWNER}")
    await connection.execute(f"GRANT CONNECT ON DATABASE {quoted} TO {', '.join(login_roles())}")
