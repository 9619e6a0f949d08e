"""SQL over batches: one row per record revision, and which of them to look at again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text, update

from ledgerwire.common.db.models.poster import BatchRow
from ledgerwire.common.db.session import Unit
from ledgerwire.poster.domain.batch import BatchState
from ledgerwire.poster.records import Decided

_TO_WATCH = text(
    """
    SELECT b.record_id
      FROM poster.batch b
      JOIN mapper.revisions_for_poster r USING (account_id, record_id, revision)
     WHERE b.state = 'batched' AND r.ledger_connection_id = :connection
       AND b.created_at > now() - CAST(:lasting AS interval)
       AND (b.checked_at IS NULL OR b.checked_at < now() - CAST(:every AS interval))
     ORDER BY b.checked_at NULLS FIRST
     LIMIT :limit
    """
)
_PUT = text(
    """
    INSERT INTO poster.batch (account_id, record_id, revision, identifier, state, source_id, processed_record_ids, source_total,
                              batch_id, correlation_id)
    SELECT CAST(:account_id AS uuid), record_id, revision, identifier, state, source_id, CAST(string_to_array(entries, ',') AS bigint[]),
           source_total, batch_id, correlation_id
      FROM unnest(CAST(:record_id AS uuid[]), CAST(:revision AS int[]), CAST(:identifier AS text[]), CAST(:state AS text[]),
                  CAST(:source_id AS text[]), CAST(:entries AS text[]), CAST(:source_total AS numeric[]),
                  CAST(:batch_id AS bigint[]), CAST(:correlation_id AS text[]))
        AS made (record_id, revision, identifier, state, source_id, entries, source_total, batch_id, correlation_id)
    ON CONFLICT (account_id, record_id, revision) DO UPDATE
       SET state = excluded.state, batch_id = excluded.batch_id, updated_at = now()
    """
)


async def put_batch(
    unit: Unit, decided: Decided, identifier: str, state: BatchState, batch_id: int | None = None
) -> None:
    """Insert or move the batch row of a revision."""
    await put_batches(unit, [(decided, identifier, state, batch_id)])


async def put_batches(unit: Unit, batches: Sequence[tuple[Decided, str, BatchState, int | None]]) -> None:
    """The same for several records: revision, name, state, and the batch's id where it is known."""
    each = [decided for decided, _, _, _ in batches]
    await unit.execute(
        _PUT,
        {
            "account_id": unit.account_id,
            "record_id": [decided.record_id for decided in each],
            "revision": [decided.revision for decided in each],
            "identifier": [identifier for _, identifier, _, _ in batches],
            "state": [str(state) for _, _, state, _ in batches],
            "source_id": [decided.source_id for decided in each],
            "entries": [",".join(map(str, decided.processed_record_ids)) for decided in each],
            "source_total": [decided.source_total for decided in each],
            "batch_id": [batch_id for _, _, _, batch_id in batches],
            "correlation_id": [decided.correlation_id for decided in each],
        },
    )


async def set_batch(unit: Unit, decided: Decided, state: BatchState, *, choices_seen: int = 0) -> None:
    """Move the batch row of a revision that is there."""
    await unit.execute(
        update(BatchRow)
        .where(BatchRow.record_id == decided.record_id, BatchRow.revision == decided.revision)
        .values(state=str(state), choices_seen=choices_seen, updated_at=text("now()"))
    )


async def batched_to_watch(
    unit: Unit, connection_id: UUID, *, every: timedelta, lasting: timedelta, limit: int
) -> list[UUID]:
    """Records of a ledger connection, batched not longer ago than `lasting`, whose mark was not looked at for `every`."""
    values = {"connection": connection_id, "every": every, "lasting": lasting, "limit": limit}
    return [row.record_id for row in await unit.execute(_TO_WATCH, values)]


async def batches_looked_at(unit: Unit, record_ids: Sequence[UUID]) -> None:
    """These records' marks were read just now."""
    await unit.execute(
        update(BatchRow)
        .where(BatchRow.record_id.in_(record_ids), BatchRow.state == str(BatchState.BATCHED))
        .values(checked_at=text("now()"))
    )
