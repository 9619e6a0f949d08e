"""The SQL of payments: settlements, how far each side was read, and which documents are ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Uuid,
    all_,
    and_,
    any_,
    bindparam,
    case,
    func,
    literal,
    null,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.dialects.postgresql import insert as upsert

from ledgerwire.accounting.port import Settlement
from ledgerwire.common.canonical import canonical_bytes, from_canonical
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.db.models.payments import PaymentSyncRow, SettlementRow
from ledgerwire.common.db.models.poster import PosterTimeline
from ledgerwire.common.db.session import Unit
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.poster.payments.domain.model import Synced
from ledgerwire.poster.payments.state import EDITION, Marks, Posted, SeenBalance, SettlementState, Stored

_POSTED = """
SELECT p.ledger_id, p.record_id, p.kind, r.number, r.currency, r.source_id,
       p.reverses IS NULL AND p.edition = (
           SELECT max(q.edition) FROM poster.posting q
            WHERE q.record_id = p.record_id AND q.kind = p.kind AND q.reverses IS NULL AND q.ledger_id IS NOT NULL
              AND q.state NOT IN ('void', 'released')
       ) AS current
  FROM poster.posting p
  JOIN mapper.revisions_for_poster r ON r.record_id = p.record_id
 WHERE p.connection_id = :connection_id AND p.ledger_id IS NOT NULL AND r.record_type = 'invoice'
   AND p.kind IN ('sales_invoice', 'credit_note') AND p.state NOT IN ('void', 'released') AND {which}
 ORDER BY p.updated_at
"""
_POSTED_BY_LEDGER = text(_POSTED.format(which="p.ledger_id = ANY(:ids)")).bindparams(
    bindparam("ids", type_=ARRAY(TEXT))
)
_POSTED_BY_INVOICE = text(_POSTED.format(which="r.source_id = ANY(:ids)")).bindparams(
    bindparam("ids", type_=ARRAY(TEXT))
)
_KEYS = ("account_id", "connection_id", "ledger_id")
_COLUMNS = [
    column
    for column in SettlementRow.__table__.columns
    if column.name not in {"first_synced_at", "created_at", "updated_at"}
]


def _put() -> Any:
    counted = bindparam("counted", type_=Boolean)
    given = {column.name: bindparam(column.name, type_=column.type) for column in _COLUMNS}
    statement = upsert(SettlementRow).values(
        **given, first_synced_at=case((counted, func.clock_timestamp()), else_=null())
    )
    changed: dict[str, Any] = {name: statement.excluded[name] for name in given if name not in _KEYS}
    changed["first_synced_at"] = func.coalesce(SettlementRow.first_synced_at, statement.excluded.first_synced_at)
    changed["updated_at"] = func.clock_timestamp()
    return statement.on_conflict_do_update(index_elements=list(_KEYS), set_=changed)


_PUT = _put()
_POSTED_BY_RECORD = text(_POSTED.format(which="p.record_id = ANY(:ids)")).bindparams(
    bindparam("ids", type_=ARRAY(Uuid))
)
_WAITING = (SettlementState.DUE, SettlementState.STOPPED)


async def posted_by_ledger(unit: Unit, connection_id: UUID, ledger_ids: Iterable[str]) -> dict[str, Posted]:
    """Ledger id -> the document, where Ledgerwire posted it."""
    rows = await unit.execute(_POSTED_BY_LEDGER, {"connection_id": connection_id, "ids": list(ledger_ids)})
    return {row.ledger_id: _posted(row) for row in rows}


async def posted_by_invoice(unit: Unit, connection_id: UUID, invoice_ids: Iterable[int]) -> dict[int, Posted]:
    """Invoice id -> the document that Ledgerwire posted for it and that stands for it now."""
    ids = [str(one) for one in invoice_ids]
    rows = await unit.execute(_POSTED_BY_INVOICE, {"connection_id": connection_id, "ids": ids})
    return {found.invoice_id: found for found in map(_posted, rows) if found.current}


async def posted_by_record(unit: Unit, connection_id: UUID, record_ids: Iterable[UUID]) -> dict[UUID, Posted]:
    """Record id -> the document that stands for it now."""
    rows = await unit.execute(_POSTED_BY_RECORD, {"connection_id": connection_id, "ids": list(record_ids)})
    return {found.record_id: found for found in map(_posted, rows) if found.current}


async def editions(unit: Unit, connection_id: UUID, record_ids: Iterable[UUID]) -> dict[UUID, list[Stored]]:
    """Record id -> what settled its earlier documents, and those that took them back (M8)."""
    of_records = SettlementRow.record_id == any_(literal(list(record_ids), ARRAY(Uuid)))
    found = await _stored(unit, connection_id, and_(of_records, SettlementRow.matched_by == EDITION))
    grouped: dict[UUID, list[Stored]] = {}
    for row in found.values():
        if row.record_id is not None:
            grouped.setdefault(row.record_id, []).append(row)
    return grouped


def _posted(row: Any) -> Posted:
    return Posted(
        row.ledger_id,
        row.record_id,
        int(row.source_id),
        row.number,
        DocumentKind(row.kind),
        row.currency or "",
        row.current,
    )


async def by_ledger(unit: Unit, connection_id: UUID, ledger_ids: Sequence[str]) -> dict[str, Stored]:
    """The stored settlements of these ledger documents."""
    return await _stored(unit, connection_id, SettlementRow.ledger_id == any_(literal(list(ledger_ids), ARRAY(TEXT))))


async def by_invoice(unit: Unit, connection_id: UUID, invoice_ids: Sequence[int]) -> dict[int, Stored]:
    """The stored settlements of these invoices."""
    found = await _stored(
        unit, connection_id, SettlementRow.invoice_id == any_(literal(list(invoice_ids), ARRAY(BigInteger)))
    )
    return {row.invoice_id: row for row in found.values() if row.invoice_id is not None}


async def unmatched(unit: Unit, connection_id: UUID, newer_than: timedelta) -> dict[str, Stored]:
    """Settled documents that ConnectWise did not know, as far as they are worth another look."""
    young = SettlementRow.created_at > func.now() - newer_than
    return await _stored(unit, connection_id, and_(SettlementRow.state == str(SettlementState.UNMATCHED), young))


async def waiting(unit: Unit, connection_id: UUID, limit: int, besides: Sequence[str] = ()) -> dict[str, Stored]:
    """Settlements to look at: due ones first, then those a person must act on, which may have acted."""
    ready = or_(SettlementRow.look_after.is_(None), SettlementRow.look_after <= func.clock_timestamp())
    chosen = and_(
        SettlementRow.state.in_([str(state) for state in _WAITING]),
        SettlementRow.invoice_id.is_not(None),
        SettlementRow.ledger_id != all_(literal(list(besides), ARRAY(TEXT))),
        ready,
    )
    return await _stored(unit, connection_id, chosen, limit)


async def numbered(unit: Unit, connection_id: UUID, number: str) -> list[Stored]:
    """The settlements of a document number."""
    return list((await _stored(unit, connection_id, SettlementRow.number == number)).values())


async def everything(unit: Unit, connection_id: UUID) -> list[Stored]:
    """All settlements of a connection."""
    return list((await _stored(unit, connection_id, true())).values())


async def _stored(unit: Unit, connection_id: UUID, condition: Any, limit: int | None = None) -> dict[str, Stored]:
    rows = await unit.execute(
        select(SettlementRow.__table__)
        .where(SettlementRow.connection_id == connection_id, condition)
        .order_by(SettlementRow.state, SettlementRow.updated_at, SettlementRow.ledger_id)
        .limit(limit)
    )
    return {row.ledger_id: _of_row(row) for row in rows}


def _of_row(row: Any) -> Stored:
    seen = None if row.psa_balance is None else SeenBalance(row.psa_payments, row.psa_credits, row.psa_balance)
    return Stored(
        ledger_id=row.ledger_id,
        view=from_canonical(row.ledger_view, Settlement),
        invoice_id=row.invoice_id,
        record_id=row.record_id,
        matched_by=row.matched_by,
        seen=seen,
        synced=from_canonical(row.synced, Synced),
        state=SettlementState(row.state),
        findings=tuple(Finding(item["code"], item["params"]) for item in row.findings),
        look_after=row.look_after,
        counted=row.first_synced_at is not None,
    )


async def put(unit: Unit, connection_id: UUID, rows: Iterable[Stored]) -> None:
    """Insert or replace settlements; the moment of the first success stays."""
    values = [_values(unit, connection_id, row) for row in rows]
    if values:
        await unit.execute(_PUT, values)


def _values(unit: Unit, connection_id: UUID, row: Stored) -> dict[str, Any]:
    view, seen = row.view, row.seen
    return {
        "account_id": unit.account_id,
        "connection_id": connection_id,
        "ledger_id": row.ledger_id,
        "invoice_id": row.invoice_id,
        "record_id": row.record_id,
        "number": view.number,
        "kind": str(view.kind),
        "currency": view.currency,
        "total": view.total,
        "ledger_view": canonical_bytes(view),
        "ledger_balance": view.balance,
        "cash": row.cash,
        "credited": row.credited,
        "psa_payments": seen.payments if seen else None,
        "psa_credits": seen.credits if seen else None,
        "psa_balance": seen.balance if seen else None,
        "synced": canonical_bytes(
            {
                "amounts": {str(part): amount for part, amount in row.synced.amounts.items()},
                "winners": {str(part): side for part, side in row.synced.winners.items()},
            }
        ),
        "state": str(row.state),
        "matched_by": row.matched_by,
        "findings": [{"code": item.code, "params": item.params} for item in row.findings],
        "look_after": row.look_after,
        "counted": row.counted,
    }


async def rest_until(unit: Unit, connection_id: UUID, ledger_id: str, pause: timedelta) -> None:
    """Do not look at a settlement again before `pause` is over: a write of it is about to be sent."""
    await unit.execute(
        update(SettlementRow)
        .where(SettlementRow.connection_id == connection_id, SettlementRow.ledger_id == ledger_id)
        .values(look_after=func.clock_timestamp() + pause)
    )


async def wake_left_open(unit: Unit, connection_id: UUID, listed: Sequence[int]) -> None:
    """Look again at what was open in ConnectWise and is not on the list of open and changed invoices any more."""
    await unit.execute(
        text(
            "UPDATE poster.settlement SET state = 'due' WHERE connection_id = :connection_id AND state = 'synced'"
            " AND psa_balance <> 0 AND NOT invoice_id = ANY(CAST(:listed AS bigint[]))"
        ),
        {"connection_id": connection_id, "listed": list(listed)},
    )


async def wake_onboarded(unit: Unit, connection_id: UUID) -> None:
    """Judge again what was left alone as older than the onboarding date: the date is another one now."""
    await unit.execute(
        update(SettlementRow)
        .where(SettlementRow.connection_id == connection_id, SettlementRow.state == str(SettlementState.ONBOARDED))
        .values(state=str(SettlementState.DUE))
    )


async def marks(unit: Unit, connection_id: UUID) -> Marks:
    """How far both systems were read; nothing before the first look."""
    row = (
        await unit.execute(
            select(PaymentSyncRow.since, PaymentSyncRow.ledger_mark, PaymentSyncRow.psa_mark).where(
                PaymentSyncRow.connection_id == connection_id
            )
        )
    ).first()
    return Marks() if row is None else Marks(row.since, row.ledger_mark, row.psa_mark)


async def put_marks(
    unit: Unit, connection_id: UUID, *, ledger: datetime | None, psa: datetime | None, since: date | None
) -> None:
    """Move the marks forward; one that is None, or older, stays as it is."""
    await unit.execute(
        text(
            "INSERT INTO poster.payment_sync AS s (account_id, connection_id, since, ledger_mark, psa_mark)"
            " VALUES (:account_id, :connection_id, :since, :ledger, :psa)"
            " ON CONFLICT (account_id, connection_id) DO UPDATE SET since = coalesce(excluded.since, s.since),"
            " ledger_mark = greatest(s.ledger_mark, excluded.ledger_mark),"
            " psa_mark = greatest(s.psa_mark, excluded.psa_mark)"
        ),
        {**_key(unit, connection_id), "since": since, "ledger": ledger, "psa": psa},
    )


async def put_outcome(unit: Unit, connection_id: UUID, *, written: int, failed_with: str | None) -> None:
    """How a look ended."""
    await unit.execute(
        text(
            "INSERT INTO poster.payment_sync AS s (account_id, connection_id, written, failed_with, finished_at)"
            " VALUES (:account_id, :connection_id, :written, :failed_with, clock_timestamp())"
            " ON CONFLICT (account_id, connection_id) DO UPDATE SET written = excluded.written,"
            " failed_with = excluded.failed_with, finished_at = excluded.finished_at"
        ),
        {**_key(unit, connection_id), "written": written, "failed_with": failed_with},
    )


COUNTED = ("invoices", "payments", "procurements", "expenses", "onboarding")
_MONTHS = text(
    """
    WITH firsts AS (
        SELECT min(t.at) AS at, t.record_id FROM poster.timeline t WHERE t.step = 'proved' GROUP BY t.record_id
    ), counted AS (
        SELECT f.at, r.ledger_connection_id AS connection_id, r.record_type AS type
          FROM firsts f JOIN mapper.revisions_for_poster r ON r.record_id = f.record_id
         UNION ALL
        SELECT min(s.first_synced_at), s.connection_id,
               CASE WHEN bool_or(s.matched_by = 'number') THEN 'onboarding' ELSE 'payment' END
          FROM poster.settlement s WHERE s.first_synced_at IS NOT NULL
         GROUP BY s.connection_id, coalesce(CAST(s.record_id AS text), s.ledger_id)
    )
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM') AS month, connection_id,
           count(*) FILTER (WHERE type = 'invoice') AS invoices, count(*) FILTER (WHERE type = 'payment') AS payments,
           count(*) FILTER (WHERE type = 'procurement') AS procurements,
           count(*) FILTER (WHERE type = 'expense') AS expenses,
           count(*) FILTER (WHERE type = 'onboarding') AS onboarding
      FROM counted GROUP BY 1, 2 ORDER BY 1, 2
    """
)
"""A record counts once, in the month in which its batch was proved first; a payment when it was carried over first."""


async def months(unit: Unit) -> list[dict[str, Any]]:
    """Counts by month, ledger connection and type."""
    return [dict(row) for row in (await unit.execute(_MONTHS)).mappings()]


def as_due(row: Stored, synced: Synced) -> Stored:
    """The row, to be looked at again under what was decided."""
    return replace(row, synced=synced, state=SettlementState.DUE, look_after=None)


async def add_step(unit: Unit, record_id: UUID, detail: dict[str, Any], correlation_id: str | None) -> None:
    """One step of a record's way: what was carried over for it."""
    await unit.execute(
        upsert(PosterTimeline).values(
            account_id=unit.account_id,
            record_id=record_id,
            step="settlement",
            detail=detail,
            correlation_id=correlation_id,
        )
    )


def _key(unit: Unit, connection_id: UUID) -> dict[str, Any]:
    return {"account_id": unit.account_id, "connection_id": connection_id}
