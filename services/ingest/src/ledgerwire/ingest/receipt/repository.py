"""The SQL of a group of receipts of one account: receipt, message and step in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.db.direct import DirectUnit
from ledgerwire.common.mq.outbox import COLUMNS, Outbox
from ledgerwire.ingest.receipt.model import Receipt

_RECEIPT = {
    "dedupe_key": "text",
    "receipt_id": "uuid",
    "connection_id": "uuid",
    "body_hash": "text",
    "type": "text",
    "action": "text",
    "source_id": "text",
    "member": "text",
    "ignored": "text",
    "received_at": "timestamptz",
}
_STEP = {"record_id": "uuid", "detail": "text"}
_MESSAGE = dict(zip(COLUMNS, ("uuid", "text", "text", "bytea", "text", "text", "text"), strict=True))
_NO_MESSAGE = (None,) * len(COLUMNS)


class ReceiptRows:
    """Writes receipts, with the messages of those that ring."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._statement = _statement(outbox)

    async def insert(self, unit: DirectUnit, account_id: UUID, receipts: Sequence[Receipt]) -> set[UUID]:
        """Write receipts of one account; the ids of those that were not here already."""
        await unit.work_for(account_id)
        columns = zip(*(self._values(receipt) for receipt in receipts), strict=True)
        rows = await unit.fetch(self._statement, account_id, *(list(column) for column in columns))
        unit.after_commit(self._outbox.announce)
        return {row["receipt_id"] for row in rows}

    def _values(self, receipt: Receipt) -> tuple[Any, ...]:
        judged, message = receipt.judged, receipt.announcement
        own = (
            judged.dedupe_key,
            receipt.receipt_id,
            receipt.connection_id,
            judged.body_hash,
            judged.type,
            judged.action,
            judged.source_id,
            judged.member,
            judged.ignored,
            receipt.received_at,
        )
        if message is None:
            return (*own, None, None, *_NO_MESSAGE[:4], receipt.correlation_id, *_NO_MESSAGE[5:])
        detail = canonical_bytes({"action": judged.action, "source_id": judged.source_id}).decode()
        return (*own, receipt.record, detail, *self._outbox.row(message))


def _statement(outbox: Outbox) -> str:
    columns = {**_RECEIPT, **_STEP, **_MESSAGE}
    arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(columns.values(), start=2))
    kept = ("dedupe_key", *list(_RECEIPT)[1:], "correlation_id")
    ringing = "(SELECT arrived.* FROM arrived JOIN kept USING (receipt_id) WHERE message_id IS NOT NULL) AS ringing"
    return (
        f"WITH arrived AS (SELECT * FROM unnest({arrays}) AS row ({', '.join(columns)})),"
        f" kept AS (INSERT INTO ingest.receipt (account_id, {', '.join(kept)}) SELECT $1, {', '.join(kept)} FROM arrived"
        " ON CONFLICT (account_id, dedupe_key) DO NOTHING RETURNING receipt_id),"
        f" said AS ({outbox.insert_from(ringing, '$1')}),"
        " told AS (INSERT INTO ingest.timeline (account_id, record_id, step, detail, correlation_id)"
        f" SELECT $1, record_id, 'callback', CAST(detail AS jsonb), correlation_id FROM {ringing})"
        " SELECT receipt_id FROM kept"
    )
