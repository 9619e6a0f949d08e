"""What is left of the call budgets, read without taking anything."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from ledgerwire.common.db.session import Unit
from ledgerwire.tenants.forecast import Left

_LEFT = text(
    """
    SELECT connection_id, "window" AS name, seconds, ceiling,
           greatest(ceiling - coalesce((
               SELECT sum(taken) FROM unnest(slots) WITH ORDINALITY AS slot (taken, place)
                WHERE place <= 61 - greatest(floor(extract(epoch FROM clock_timestamp()) * 60 / seconds)::bigint - b.slot, 0)
           ), 0), 0) AS left_now,
           greatest(closed_until - clock_timestamp(), interval '0') AS closed_for
      FROM tenants.budget b
     ORDER BY connection_id, seconds
    """
)


async def left(unit: Unit) -> dict[UUID, list[Left]]:
    """The windows of each connection that has called its provider; needs a system unit."""
    found: dict[UUID, list[Left]] = {}
    for row in await unit.execute(_LEFT):
        window = Left(row.name, row.seconds, int(row.ceiling), int(row.left_now), row.closed_for or timedelta(0))
        found.setdefault(row.connection_id, []).append(window)
    return found
