"""Runs the one migration history of all schemas: up, down, and where the database stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from ledgerwire.common.db.bootstrap import admin_dsn
from ledgerwire.common.db.dsn import database_name
from ledgerwire.common.db.roles import OWNER
from ledgerwire.common.settings import Settings

_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x6C77_0002
LOCK_TIMEOUT = "4s"
STATEMENT_TIMEOUT = "60s"


async def upgrade(settings: Settings, revision: str = "head") -> None:
    """Bring the database to `revision`, in one transaction; a parallel call waits for its turn, then finds nothing to do."""
    await _run(settings, lambda config: command.upgrade(config, revision))


async def downgrade(settings: Settings, revision: str = "-1") -> None:
    """Take the database back to `revision` ("-1" is one step, "base" everything). Roles stay."""
    await _run(settings, lambda config: command.downgrade(config, revision))


async def current_revision(settings: Settings) -> str | None:
    """The revision the database is at, None if it was never migrated."""
    connection = await asyncpg.connect(admin_dsn(settings), database=database_name(settings.database_url), timeout=10)
    try:
        if await connection.fetchval("SELECT to_regclass('ledgerwire.alembic_version')") is None:
            return None
        version: str | None = await connection.fetchval("SELECT version_num FROM ledgerwire.alembic_version")
        return version
    finally:
        await connection.close()


def head_revision() -> str:
    """The newest revision this code knows."""
    head = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    if head is None:
        raise LookupError("the package holds no migrations")
    return head


def config_for(connection: Connection) -> Config:
    """Alembic's configuration for commands on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


async def _run(settings: Settings, action: Any) -> None:
    dsn, database = admin_dsn(settings), database_name(settings.database_url)

    async def connect() -> Any:
        # asyncpg offers no way to override the database of an address but this argument
        return await asyncpg.connect(dsn, database=database, timeout=10, server_settings={"jit": "off"})

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            # before lock_timeout is set: waiting for another migration is no fault
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            await connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
            await connection.execute(text(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'"))
            await connection.execute(text(f"SET LOCAL ROLE {OWNER}"))
            await connection.execute(text("CREATE SCHEMA IF NOT EXISTS ledgerwire"))
            await connection.run_sync(lambda sync: action(config_for(sync)))
    finally:
        await engine.dispose()
