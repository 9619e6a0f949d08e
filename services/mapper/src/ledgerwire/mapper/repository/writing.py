"""What looks and reports leave in the mapper's tables: one statement a table, however many records there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.db.session import Unit
from ledgerwire.mapper.records import NewRevision, StoredRecord, finding_row

PLAIN = (
    "account_id", "record_id", "connection_id", "source_id", "correlation_id", "record_type", "ledger_connection_id",
    "number", "customer", "invoice_type", "record_date", "total", "currency", "unposted_id", "closed_at", "revision",
    "announcements", "hold_reason", "settled_outcome", "settled_revision", "settled_at", "particulars",
)  # fmt: skip
"""Columns of a record's row that are its attributes as they are."""
_KEY = ("account_id", "record_id")
_ROW = (*PLAIN, "state", "choices", "findings", "settled_findings")
_JSON = "CAST(CAST(:rows AS text) AS json)"

_PUT = text(
    f"INSERT INTO mapper.record AS known ({', '.join(_ROW)})"
    f" SELECT {', '.join(_ROW)} FROM json_populate_recordset(CAST(NULL AS mapper.record), {_JSON})"
    f" ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET"
    f" {', '.join(f'{name} = excluded.{name}' for name in _ROW if name not in _KEY)}, updated_at = now(),"
    " state_at = CASE WHEN known.state <> excluded.state THEN now() ELSE known.state_at END"
)
_REVISION = {
    "account_id": "uuid", "record_id": "uuid", "revision": "integer", "outcome": "text", "fingerprint": "text",
    "mapping_version": "integer", "ledger_connection_id": "uuid", "input_hash": "text", "documents_hash": "text",
    "findings": "jsonb", "processed_record_ids": "bigint[]", "gl_lines": "jsonb", "gl_total": "numeric",
    "source_total": "numeric", "correlation_id": "text",
}  # fmt: skip
_BYTES = ("input", "documents", "trace")
_REVISION_COLUMNS = ", ".join((*_REVISION, *_BYTES))
_ADD_REVISIONS = text(
    f"INSERT INTO mapper.revision ({_REVISION_COLUMNS}) SELECT {_REVISION_COLUMNS} FROM ROWS FROM ("
    f"json_to_recordset({_JSON}) AS ({', '.join(f'{name} {kind}' for name, kind in _REVISION.items())}),"
    f" {', '.join(f'unnest(CAST(:{name} AS bytea[]))' for name in _BYTES)}) AS made ({_REVISION_COLUMNS})"
)
_ENTRY = {"account_id": "uuid", "record_id": "uuid", "step": "text", "detail": "jsonb", "correlation_id": "text"}
_ADD_TIMELINE = text(
    f"INSERT INTO mapper.timeline ({', '.join(_ENTRY)}) SELECT {', '.join(_ENTRY)} FROM json_to_recordset({_JSON})"
    f" AS entry ({', '.join(f'{name} {kind}' for name, kind in _ENTRY.items())})"
)


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a record's timeline, before it is written."""

    record: StoredRecord
    step: str
    detail: dict[str, Any]


async def put_records(unit: Unit, records: Sequence[StoredRecord]) -> None:
    """Write the rows of different records as they stand now; `state_at` moves only with the state."""
    if records:
        await unit.execute(_PUT, {"rows": _json([_record_row(record) for record in records])})


async def put_record(unit: Unit, record: StoredRecord) -> None:
    """Write one record's row as it stands now."""
    await put_records(unit, (record,))


async def add_revisions(unit: Unit, revisions: Sequence[tuple[StoredRecord, NewRevision]]) -> None:
    """Store revisions under their records' (already raised) numbers; revisions are never changed."""
    if not revisions:
        return
    made = {name: [getattr(new, name) for _, new in revisions] for name in _BYTES}
    await unit.execute(_ADD_REVISIONS, {"rows": _json([_revision_row(*each) for each in revisions]), **made})


async def add_steps(unit: Unit, steps: Sequence[Step]) -> None:
    """Steps of records' ways, in the transaction that took them, in their order."""
    if not steps:
        return
    rows = [
        {
            "account_id": each.record.account_id,
            "record_id": each.record.record_id,
            "step": each.step,
            "detail": each.detail,
            "correlation_id": each.record.correlation_id,
        }
        for each in steps
    ]
    await unit.execute(_ADD_TIMELINE, {"rows": _json(rows)})


async def add_timeline(unit: Unit, record: StoredRecord, step: str, **detail: Any) -> None:
    """One step of the record's way, in the transaction that took it."""
    await add_steps(unit, (Step(record, step, detail),))


def _json(rows: Sequence[dict[str, Any]]) -> str:
    return canonical_bytes(rows).decode()


def _record_row(record: StoredRecord) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(record, name) for name in PLAIN}
    row["state"] = record.state.value
    row["choices"] = record.choices
    row["findings"] = [finding_row(item) for item in record.findings]
    row["settled_findings"] = [finding_row(item) for item in record.settled_findings]
    return row


def _revision_row(record: StoredRecord, new: NewRevision) -> dict[str, Any]:
    own: dict[str, UUID | int | str] = {
        "account_id": record.account_id,
        "record_id": record.record_id,
        "revision": record.revision,
        "correlation_id": record.correlation_id,
    }
    made = {name: getattr(new, name) for name in _REVISION if name not in own and name != "findings"}
    return {**own, **made, "findings": [finding_row(item) for item in new.findings]}
