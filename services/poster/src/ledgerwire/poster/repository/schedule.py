"""SQL over the rows of recurring work."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from ledgerwire.common.db.session import Unit

_KEYS = text("SELECT connection_id, work_key FROM poster.work WHERE work_key = ANY(:kinds)").bindparams(
    bindparam("kinds", type_=ARRAY(TEXT))
)


async def scheduled_keys(unit: Unit, kinds: Collection[str]) -> set[tuple[UUID, str]]:
    """(connection, work key) of every recurring row of these kinds (system unit)."""
    return {(row.connection_id, row.work_key) for row in await unit.execute(_KEYS, {"kinds": list(kinds)})}
