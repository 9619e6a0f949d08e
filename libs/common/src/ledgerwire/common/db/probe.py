"""Whether the database answers."""

from __future__ import annotations

from sqlalchemy import text

from ledgerwire.common.db.session import Database

_NOTHING = text("SELECT 1")


async def ping(database: Database) -> None:
    """One round trip under the system role; raises what went wrong."""
    async with database.system() as unit:
        await unit.execute(_NOTHING)
