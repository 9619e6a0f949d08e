"""The SQL of pushes over HTTP: keys by their hash, and what was answered to a post."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select, text

from ledgerwire.common.db.models.billing import PushKey, PushReceipt
from ledgerwire.common.db.session import Unit

_SOURCE_OF_KEY = text("SELECT account_id, source FROM billing.source_of_key(:key_hash)")
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('ledgerwire.push:' || :account_id || ':' || :source, 0))")


async def source_of_key(unit: Unit, key_hash: bytes) -> tuple[UUID, str] | None:
    """Account and source of a key; for the system unit."""
    row = (await unit.execute(_SOURCE_OF_KEY, {"key_hash": key_hash})).one_or_none()
    return None if row is None else (row.account_id, row.source)


async def add_key(unit: Unit, source: str, key_hash: bytes, by: str) -> None:
    """Let a key push to a source."""
    await unit.execute(insert(PushKey).values(account_id=unit.account_id, source=source, key_hash=key_hash, made_by=by))


async def drop_keys(unit: Unit, source: str) -> int:
    """No key there is of a source is good any more; how many there were."""
    result = await unit.execute(delete(PushKey).where(PushKey.source == source).returning(PushKey.key_hash))
    return len(result.all())


async def keys(unit: Unit) -> list[Row[Any]]:
    """Sources with their keys: who made them and when."""
    query = select(PushKey.source, PushKey.made_by, PushKey.made_at).order_by(PushKey.source, PushKey.made_at)
    return list(await unit.execute(query))


async def take_turn(unit: Unit, source: str) -> None:
    """One post of a source after the other, so that the same one sent twice at once is taken once."""
    await unit.execute(_TURN, {"account_id": str(unit.account_id), "source": source})


async def receipt(unit: Unit, source: str, idempotency_key: str) -> Row[Any] | None:
    """What was answered to a post under its sender's key."""
    query = select(PushReceipt.body_hash, PushReceipt.rows, PushReceipt.changed)
    wanted = query.where(PushReceipt.source == source, PushReceipt.idempotency_key == idempotency_key)
    return (await unit.execute(wanted)).one_or_none()


async def keep_receipt(
    unit: Unit, source: str, idempotency_key: str, body_hash: str, counts: tuple[int, int], kept_for: timedelta
) -> None:
    """Remember an answer, and forget those that are older than anybody repeats a post."""
    rows, changed = counts
    await unit.execute(
        insert(PushReceipt).values(
            account_id=unit.account_id,
            source=source,
            idempotency_key=idempotency_key,
            body_hash=body_hash,
            rows=rows,
            changed=changed,
        )
    )
    await unit.execute(delete(PushReceipt).where(PushReceipt.received_at < func.now() - kept_for))
