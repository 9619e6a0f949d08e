"""What waits in a service's work table, counted for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from ledgerwire.common.db.session import Unit
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.work.model import Priority


@dataclass(frozen=True, slots=True)
class WaitingWork:
    """Rows of one connection, kind and priority.

    Attributes:
        due: to be done now. later: put off (retry, rate limit). parked: until something wakes them. They add up to all.
        oldest: since when the oldest of them waits.
        code: why the most of those put off or parked wait, None where nothing says it.
        later_for: those put off, by the code that they wait for; "" where nothing says it.
    """

    account_id: UUID
    connection_id: UUID
    kind: str
    priority: Priority
    due: int
    later: int
    parked: int
    oldest: timedelta
    code: str | None
    later_for: Mapping[str, int]

    @property
    def rows(self) -> int:
        """All of them."""
        return self.due + self.later + self.parked


async def waiting_work(unit: Unit, schema: ServiceSchema) -> list[WaitingWork]:
    """Everything that waits, without the rows of recurring work (which are named after their kind and never end)."""
    rows = await unit.execute(
        text(
            "WITH counted AS (SELECT account_id, connection_id, kind, priority, last_code,"
            " count(*) FILTER (WHERE due_at <= clock_timestamp()) AS due,"
            " count(*) FILTER (WHERE due_at > clock_timestamp() AND due_at < 'infinity') AS later,"
            " count(*) FILTER (WHERE due_at = 'infinity') AS parked, min(first_due_at) AS first_due_at"
            f" FROM {schema.work} WHERE work_key <> kind GROUP BY account_id, connection_id, kind, priority, last_code)"
            " SELECT account_id, connection_id, kind, priority, CAST(sum(due) AS bigint) AS due,"
            " CAST(sum(later) AS bigint) AS later, CAST(sum(parked) AS bigint) AS parked,"
            " clock_timestamp() - min(first_due_at) AS oldest,"
            " (array_agg(last_code ORDER BY later + parked DESC, last_code)"
            " FILTER (WHERE later + parked > 0 AND last_code IS NOT NULL))[1] AS code,"
            " coalesce(jsonb_object_agg(coalesce(last_code, ''), later) FILTER (WHERE later > 0), '{}') AS later_for"
            " FROM counted GROUP BY account_id, connection_id, kind, priority"
            " ORDER BY account_id, connection_id, priority, kind"
        )
    )
    return [
        WaitingWork(
            row.account_id,
            row.connection_id,
            row.kind,
            Priority(row.priority),
            row.due,
            row.later,
            row.parked,
            max(row.oldest, timedelta(0)),
            row.code,
            row.later_for,
        )
        for row in rows
    ]
