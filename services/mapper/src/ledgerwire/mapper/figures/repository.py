"""Counts over records, for gauges."""

from __future__ import annotations

from sqlalchemy import text

from ledgerwire.common.db.session import Unit
from ledgerwire.mapper.repository import STATUS

_STUCK = text(
    f"SELECT finding ->> 'code' AS cause, count(DISTINCT record_id) AS records FROM (SELECT record_id, {STATUS} AS status,"
    " CASE WHEN state IN ('mapped', 'no_effect') THEN settled_findings ELSE findings END AS told FROM mapper.record"
    " WHERE state IN ('stopped', 'dead') OR settled_outcome = 'stopped') AS standing"
    " CROSS JOIN LATERAL jsonb_array_elements(told) AS finding WHERE status IN ('stopped', 'dead')"
    " AND (finding ->> 'severity' IN ('stop', 'connection') OR finding ->> 'code' = ANY (CAST(:after_the_batch AS text[])))"
    " GROUP BY 1"
)


async def stuck_by_code(unit: Unit, after_the_batch: list[str]) -> dict[str, int]:
    """Code -> records that wait for a person because of it. `after_the_batch`: warnings that stop a posted record."""
    rows = await unit.execute(_STUCK, {"after_the_batch": after_the_batch})
    return {row.cause: row.records for row in rows}
