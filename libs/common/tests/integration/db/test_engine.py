"""The pools notice by themselves what the server did to their connections."""

from __future__ import annotations

import asyncpg
from sqlalchemy import text

from ledgerwire.common.db.bootstrap import admin_dsn
from ledgerwire.common.db.dsn import database_name
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.settings import Settings


async def test_work_goes_on_after_the_server_ended_every_connection(settings: Settings) -> None:
    database = open_database(settings, "mapper")
    try:
        async with database.system() as unit:
            await unit.execute(text("SELECT 1"))
        await _end_all_connections(settings)
        async with database.system() as unit:
            assert (await unit.execute(text("SELECT 2"))).scalar() == 2
    finally:
        await database.close()


async def _end_all_connections(settings: Settings) -> None:
    admin = await asyncpg.connect(admin_dsn(settings))
    try:
        ended = await admin.fetch(
            "SELECT pg_terminate_backend(pid, 5000) AS gone FROM pg_stat_activity WHERE datname = $1",
            database_name(settings.database_url),
        )
        assert [row["gone"] for row in ended] == [True]
    finally:
        await admin.close()
