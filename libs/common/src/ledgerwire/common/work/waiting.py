"""What waits in a service's work table, counted for people."""

from __future__ import annotations

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

    @property
    def rows(self) -> int:
        """All of them."""
        return self.due + self.later + self.parked


async def waiting_work(unit: Unit, schema: ServiceSchema) -> list[WaitingWork]:
    """Everything that waits, without the rows of recurring work (which are named after their kind and never end)."""
    rows = await unit.execute(
        text(
            "SELECT account_id, connection_id, kind, priority, count(*) FILTER (WHERE due_at <= clock_timestamp()) AS due,"
            " count(*) FILTER (WHERE due_at > clock_timestamp() AND due_at < 'infinity') AS later,"
            " count(*) FILTER (WHERE due_at = 'infinity') AS parked, clock_timestamp() - min(first_due_at) AS oldest,"
            " mode() WITHIN GROUP (ORDER BY last_code) FILTER (WHERE due_at > clock_timestamp()) AS code"
            f" FROM {schema.work} WHERE work_key <> kind GROUP BY account_id, connection_id, kind, priority"
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
        )
        for row in rows
    ]
