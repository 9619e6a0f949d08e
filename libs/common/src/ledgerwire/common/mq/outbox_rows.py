"""The relay's SQL on outbox and inbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text

from ledgerwire.common.contracts.envelope import SOURCE_PREFIX, Envelope
from ledgerwire.common.db.session import Unit
from ledgerwire.common.mq.outbox import data_schema
from ledgerwire.common.schema import ServiceSchema

_PRUNE_STEP = 5000


class OutboxRows:
    """Reads what waits, marks what went, deletes what is old."""

    def __init__(self, schema: ServiceSchema) -> None:
        self._source = f"{SOURCE_PREFIX}{schema.name}"
        self._waiting = text(_waiting_sql(schema.outbox))
        self._published = text(
            f"UPDATE {schema.outbox} SET published_at = now(), attempts = attempts + 1"
            " WHERE id = ANY (CAST(:numbers AS bigint[]))"
        )
        self._refused = text(
            f"UPDATE {schema.outbox} AS waiting SET attempts = attempts + 1, last_error = refused.reason"
            " FROM unnest(CAST(:numbers AS bigint[]), CAST(:reasons AS text[])) AS refused (id, reason)"
            " WHERE waiting.id = refused.id"
        )
        self._prune = (
            text(
                f"DELETE FROM {schema.outbox} WHERE id IN (SELECT id FROM {schema.outbox}"
                " WHERE published_at < now() - CAST(:keep AS interval) LIMIT :step)"
            ),
            text(
                f"DELETE FROM {schema.inbox} WHERE (consumer, message_id) IN (SELECT consumer, message_id"
                f" FROM {schema.inbox} WHERE received_at < now() - CAST(:keep AS interval) LIMIT :step)"
            ),
        )
        self._oldest = text(
            f"{_each_account(schema.outbox)} SELECT now() - min(first.created_at) FROM accounts CROSS JOIN LATERAL ("
            f"SELECT created_at FROM {schema.outbox} AS row WHERE row.account_id = accounts.account_id"
            " AND row.published_at IS NULL ORDER BY row.id LIMIT 1) AS first"
        )

    async def waiting(
        self, unit: Unit, *, limit: int, look_at: int, besides: Sequence[int]
    ) -> list[tuple[int, Envelope]]:
        """The oldest unpublished messages of every account in turn, as (row id, envelope).

        Accounts share the `look_at` rows that are read: one alone fills the `limit`, a thousand give one or two each.
        """
        result = await unit.execute(self._waiting, {"limit": limit, "look_at": look_at, "besides": list(besides)})
        return [
            (
                row.id,
                Envelope(
                    id=row.message_id,
                    source=self._source,
                    type=row.type,
                    subject=row.subject,
                    time=row.created_at,
                    dataschema=data_schema(row.type),
                    accountid=row.account_id,
                    correlationid=row.correlation_id,
                    causationid=row.causation_id,
                    traceparent=row.traceparent,
                    data=row.data,
                ),
            )
            for row in result
        ]

    async def mark_published(self, unit: Unit, numbers: Sequence[int]) -> None:
        """Mark rows whose messages are confirmed."""
        if numbers:
            await unit.execute(self._published, {"numbers": list(numbers)})

    async def mark_refused(self, unit: Unit, refused: Sequence[tuple[int, str]]) -> None:
        """Count a failed attempt and keep its reason; the rows wait on."""
        if refused:
            await unit.execute(
                self._refused,
                {"numbers": [number for number, _ in refused], "reasons": [reason for _, reason in refused]},
            )

    async def prune(self, unit: Unit, keep: timedelta) -> int:
        """Delete one step of old rows from outbox and inbox; how many went."""
        removed = 0
        for statement in self._prune:
            removed += (await unit.execute(statement, {"keep": keep, "step": _PRUNE_STEP})).rowcount
        return removed

    async def oldest_waiting(self, unit: Unit) -> timedelta | None:
        """Age of the oldest unpublished message, None when there is none."""
        age: timedelta | None = (await unit.execute(self._oldest)).scalar_one()
        return age


def _each_account(outbox: str) -> str:
    """Steps from account to account along the index of waiting rows."""
    return (
        "WITH RECURSIVE accounts AS ("
        f"(SELECT account_id FROM {outbox} WHERE published_at IS NULL ORDER BY account_id LIMIT 1)"
        " UNION ALL SELECT following.account_id FROM accounts CROSS JOIN LATERAL ("
        f"SELECT account_id FROM {outbox} AS next WHERE next.published_at IS NULL"
        " AND next.account_id > accounts.account_id ORDER BY next.account_id LIMIT 1) AS following)"
    )


def _waiting_sql(outbox: str) -> str:
    return (
        f"{_each_account(outbox)} SELECT turn.* FROM accounts CROSS JOIN LATERAL ("
        f"SELECT row.*, row_number() OVER (ORDER BY row.id) AS place FROM {outbox} AS row"
        " WHERE row.account_id = accounts.account_id AND row.published_at IS NULL"
        " AND row.id <> ALL (CAST(:besides AS bigint[])) ORDER BY row.id LIMIT (SELECT greatest(1, least("
        "CAST(:limit AS bigint), CAST(:look_at AS bigint) / nullif(count(*), 0))) FROM accounts)) AS turn"
        " ORDER BY turn.place, turn.id LIMIT CAST(:limit AS bigint)"
    )
