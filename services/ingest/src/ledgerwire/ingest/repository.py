"""The SQL of ingest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.db.session import Unit
from ledgerwire.common.record_type import RecordType


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """The callback registration as last seen."""

    callback_id: int
    member: str | None
    repairs: int
    last_repair: str | None
    last_repair_at: datetime | None
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """What mapper knows of a record: its state, and the unposted row it saw."""

    state: str
    unposted_id: int | None
    closed_at: str | None
    total: Decimal | None


@dataclass(frozen=True, slots=True)
class SweepCounts:
    """What one sweep saw. `missed` are closes without the callback that they should have had: invoices only."""

    gate: str
    seen: int = 0
    known: int = 0
    too_young: int = 0
    announced: int = 0
    missed: int = 0

    def __add__(self, other: SweepCounts) -> SweepCounts:
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in COUNTED})


COUNTED = ("seen", "known", "too_young", "announced", "missed")


async def write_step(
    unit: Unit, account_id: UUID, record_id: UUID, step: str, detail: dict[str, Any], correlation_id: str
) -> None:
    """One step of a record's way."""
    statement = text(
        "INSERT INTO ingest.timeline (account_id, record_id, step, detail, correlation_id)"
        " VALUES (:account_id, :record_id, :step, CAST(:detail AS jsonb), :correlation_id)"
    )
    values = {
        "account_id": account_id,
        "record_id": record_id,
        "step": step,
        "detail": canonical_bytes(detail).decode(),
        "correlation_id": correlation_id,
    }
    await unit.execute(statement, values)


async def heard_since(unit: Unit, connection_id: UUID, source_ids: Sequence[str]) -> dict[str, datetime]:
    """Invoice id -> when the latest callback about it that rang was received (other records have no callbacks)."""
    statement = text(
        "SELECT source_id, max(received_at) AS at FROM ingest.receipt WHERE account_id = :account_id"
        " AND connection_id = :connection_id AND source_id = ANY (CAST(:source_ids AS text[])) AND ignored IS NULL"
        " GROUP BY source_id"
    )
    values = {"account_id": unit.account_id, "connection_id": connection_id, "source_ids": list(source_ids)}
    return {row.source_id: row.at for row in await unit.execute(statement, values)}


async def known_records(
    unit: Unit, connection_id: UUID, record_type: RecordType, source_ids: Sequence[str]
) -> dict[str, KnownRecord]:
    """Source id -> what mapper knows of the record of this type, through mapper's view."""
    statement = text(
        "SELECT source_id, state, unposted_id, closed_at, total FROM mapper.record_states_for_ingest"
        " WHERE connection_id = :connection_id AND record_type = :record_type"
        " AND source_id = ANY (CAST(:source_ids AS text[]))"
    )
    values = {"connection_id": connection_id, "record_type": record_type.value, "source_ids": list(source_ids)}
    rows = await unit.execute(statement, values)
    return {row.source_id: KnownRecord(row.state, row.unposted_id, row.closed_at, row.total) for row in rows}


async def save_sweep(
    unit: Unit, connection_id: UUID, counts: Mapping[RecordType, SweepCounts], gate: str, at: datetime
) -> None:
    """Where a finished sweep stands, over all types of record and by type."""
    total = sum(counts.values(), SweepCounts(gate))
    statement = text(
        "INSERT INTO ingest.sweep AS s (account_id, connection_id, gate, seen, known, too_young, announced, missed,"
        " missed_ever, by_type, finished_at, tried_at) VALUES (:account_id, :connection_id, :gate, :seen, :known,"
        " :too_young, :announced, CAST(:missed AS integer), CAST(:missed AS bigint), CAST(:by_type AS jsonb), :at, :at)"
        " ON CONFLICT (account_id, connection_id) DO UPDATE SET"
        " gate = excluded.gate, seen = excluded.seen, known = excluded.known, too_young = excluded.too_young,"
        " announced = excluded.announced, missed = excluded.missed, missed_ever = s.missed_ever + excluded.missed,"
        " by_type = excluded.by_type, failed_with = NULL, finished_at = excluded.finished_at, tried_at = excluded.tried_at"
    )
    values = {
        "account_id": unit.account_id,
        "connection_id": connection_id,
        "gate": gate,
        **{name: getattr(total, name) for name in COUNTED},
        "by_type": canonical_bytes(
            {kind.value: {name: getattr(each, name) for name in COUNTED} for kind, each in counts.items()}
        ).decode(),
        "at": at,
    }
    await unit.execute(statement, values)


async def save_failed_sweep(unit: Unit, connection_id: UUID, gate: str, code: str, at: datetime) -> None:
    """A sweep that could not be finished; the figures of the last good one stay."""
    statement = text(
        "INSERT INTO ingest.sweep (account_id, connection_id, gate, failed_with, tried_at)"
        " VALUES (:account_id, :connection_id, :gate, :code, :at) ON CONFLICT (account_id, connection_id)"
        " DO UPDATE SET gate = excluded.gate, failed_with = excluded.failed_with, tried_at = excluded.tried_at"
    )
    values = {"account_id": unit.account_id, "connection_id": connection_id, "gate": gate, "code": code, "at": at}
    await unit.execute(statement, values)


async def prune_receipts(unit: Unit, before: datetime) -> int:
    """Forget receipts received before a moment."""
    statement = text("DELETE FROM ingest.receipt WHERE account_id = :account_id AND received_at < :before")
    return (await unit.execute(statement, {"account_id": unit.account_id, "before": before})).rowcount


async def registration(unit: Unit, connection_id: UUID) -> RegistrationRow | None:
    """The callback registration of a connection as last seen."""
    statement = text(
        "SELECT callback_id, member, repairs, last_repair, last_repair_at, checked_at FROM ingest.callback_registration"
        " WHERE account_id = :account_id AND connection_id = :connection_id"
    )
    row = (await unit.execute(statement, _key(unit, connection_id))).mappings().first()
    return RegistrationRow(**row) if row else None


async def save_registration(
    unit: Unit,
    connection_id: UUID,
    *,
    callback_id: int,
    member_id: int | None,
    member: str | None,
    repair: str | None,
    at: datetime,
) -> None:
    """Keep what a check found; `repair` names what had to be put right, None if nothing."""
    statement = text(
        "INSERT INTO ingest.callback_registration AS r (account_id, connection_id, callback_id, member_id, member, repairs,"
        " last_repair, last_repair_at, checked_at) VALUES (:account_id, :connection_id, :callback_id, :member_id, :member,"
        " :repairs, :repair, :repaired_at, :at) ON CONFLICT (account_id, connection_id) DO UPDATE SET"
        " callback_id = excluded.callback_id, member_id = excluded.member_id,"
        " member = coalesce(excluded.member, r.member), repairs = r.repairs + excluded.repairs,"
        " last_repair = coalesce(excluded.last_repair, r.last_repair),"
        " last_repair_at = coalesce(excluded.last_repair_at, r.last_repair_at), checked_at = excluded.checked_at"
    )
    values = {
        **_key(unit, connection_id),
        "callback_id": callback_id,
        "member_id": member_id,
        "member": member,
        "repairs": 1 if repair else 0,
        "repair": repair,
        "repaired_at": at if repair else None,
        "at": at,
    }
    await unit.execute(statement, values)


def _key(unit: Unit, connection_id: UUID) -> dict[str, Any]:
    return {"account_id": unit.account_id, "connection_id": connection_id}
