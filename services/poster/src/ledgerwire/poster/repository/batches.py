"""SQL over batches: one row per record revision, and which of them to look at again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert as upsert

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


_NEW_BATCH = upsert(BatchRow)
_PUT_BATCH = _NEW_BATCH.on_conflict_do_update(
    index_elements=["account_id", "record_id", "revision"],
    set_={"state": _NEW_BATCH.excluded.state, "batch_id": _NEW_BATCH.excluded.batch_id, "updated_at": text("now()")},
)


async def put_batch(
    unit: Unit, decided: Decided, identifier: str, state: BatchState, batch_id: int | None = None
) -> None:
    """Insert or move the batch row of a revision."""
    values: dict[str, Any] = {
        "account_id": unit.account_id,
        "record_id": decided.record_id,
        "revision": decided.revision,
        "identifier": identifier,
        "state": str(state),
        "source_id": decided.source_id,
        "processed_record_ids": list(decided.processed_record_ids),
        "source_total": decided.source_total,
        "batch_id": batch_id,
        "correlation_id": decided.correlation_id,
    }
    await unit.execute(_PUT_BATCH, values)


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
