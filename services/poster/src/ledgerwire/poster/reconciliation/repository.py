"""All SQL of a reconciliation: our own rows, of mapper through the views made for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.dialects.postgresql import UUID as PGUUID

from ledgerwire.common.db.session import Unit
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.poster.reconciliation.domain.model import OwnRecord, Wanted
from ledgerwire.poster.reconciliation.domain.shares import Group, Share
from ledgerwire.poster.records import decode_documents

_IDS = bindparam("ids", type_=ARRAY(PGUUID(as_uuid=True)))
_RECORDS = text(
    """
    WITH in_hand AS MATERIALIZED (
        SELECT record_id FROM mapper.records_in_hand_for_poster WHERE kind <> 'message'
         UNION
        SELECT record_id FROM mapper.records_in_hand_for_poster h
         WHERE kind = 'message' AND created_at > now() - CAST(:kept AS interval) AND NOT EXISTS (SELECT 1 FROM poster.inbox i WHERE i.message_id = h.message_id)
         UNION
        SELECT work_key FROM poster.work WHERE kind = 'post'
         UNION
        SELECT subject FROM poster.outbox o
         WHERE created_at > now() - CAST(:kept AS interval)
           AND NOT EXISTS (SELECT 1 FROM mapper.messages_taken_for_poster t WHERE t.message_id = o.message_id)
    )
    SELECT r.*, b.batched, r.record_id::text IN (SELECT record_id FROM in_hand) AS in_hand,
           r.updated_at > clock_timestamp() - CAST(:rest AS interval) AS fresh
      FROM mapper.records_for_poster r
      LEFT JOIN LATERAL (
           SELECT bool_or(state = 'batched') AS batched FROM poster.batch
            WHERE account_id = r.account_id AND record_id = r.record_id) b ON true
     WHERE r.connection_id = :connection_id
       AND (coalesce(r.record_date, (r.updated_at AT TIME ZONE 'UTC')::date) BETWEEN :first AND :last OR r.record_id = ANY(:ids))
    """
).bindparams(_IDS)
_ANNOUNCED = text(
    """
    SELECT record_id::uuid AS record_id FROM ingest.records_announced_for_poster a
     WHERE record_id = ANY(:texts) AND created_at > now() - CAST(:kept AS interval)
       AND NOT EXISTS (SELECT 1 FROM mapper.messages_taken_for_poster t WHERE t.message_id = a.message_id)
    """
).bindparams(bindparam("texts", type_=ARRAY(TEXT)))
_POSTINGS = text(
    """
    SELECT p.record_id, p.connection_id, p.kind, p.number, p.ledger_id,
           p.reverses IS NULL AND p.state NOT IN ('void', 'released') AS counts
      FROM poster.posting p
     WHERE p.record_id = ANY(:ids) AND p.ledger_id IS NOT NULL
    """
).bindparams(_IDS)
_GROUPS = text(
    """
    SELECT group_id, ledger_connection_id, documents, record_id, source_id, share
      FROM mapper.expense_groups_for_poster
     WHERE group_id = ANY(:ids)
        OR group_id IN (SELECT group_id FROM mapper.expense_groups_for_poster WHERE record_id = ANY(:ids))
     ORDER BY group_id, length(source_id), source_id
    """
).bindparams(_IDS)
_CLAIMS = text(
    """
    SELECT p.record_id, p.connection_id, p.kind, p.number, p.ledger_id,
           p.reverses IS NULL AND p.state NOT IN ('void', 'released') AS counts
      FROM poster.posting p
     WHERE p.connection_id = :connection_id AND p.ledger_id = ANY(:ledger_ids)
    """
).bindparams(bindparam("ledger_ids", type_=ARRAY(TEXT)))


KEPT = timedelta(days=20)
"""A message older than this is not under way: the marks of those taken are kept for 30 days only."""


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record of ours, with what ConnectWise does not show afresh of receipts and expenses once they left their list.

    `dated` is None where ConnectWise gave no date; `recorded` is the day on which we wrote of it last.
    """

    record_id: UUID
    record_type: str
    source_id: str
    ledger_connection_id: UUID | None
    number: str
    customer: str
    dated: date | None
    recorded: date
    total: Decimal
    currency: str
    batched: bool
    own: OwnRecord


@dataclass(frozen=True, slots=True)
class PostingRow:
    """One posting that has a document."""

    record_id: UUID
    connection_id: UUID
    kind: DocumentKind
    number: str
    ledger_id: str
    counts: bool


async def records(
    unit: Unit, connection_id: UUID, first: date, last: date, ids: Sequence[UUID], *, rest: timedelta
) -> dict[UUID, RecordRow]:
    """Our records of the period (undated ones by the day we wrote of them), and those named; `rest` is how long untouched ones count as on their way."""
    values = {
        "connection_id": connection_id,
        "first": first,
        "last": last,
        "ids": list(ids),
        "rest": rest,
        "kept": KEPT,
    }
    return {row.record_id: _record(row) for row in await unit.execute(_RECORDS, values)}


def _record(row: Any) -> RecordRow:
    told = [*row.findings, *(row.settled_findings if row.state in {"mapped", "no_effect"} else ())]
    own = OwnRecord(
        state=row.state,
        outcome=row.settled_outcome,
        codes=tuple(dict.fromkeys(item["code"] for item in told)),
        wanted=_wanted(row),
        in_hand=row.in_hand,
        fresh=row.fresh,
    )
    return RecordRow(
        record_id=row.record_id,
        record_type=row.record_type,
        source_id=row.source_id,
        ledger_connection_id=row.ledger_connection_id,
        number=row.number or "",
        customer=row.customer or "",
        dated=row.record_date,
        recorded=row.updated_at.date(),
        total=row.total or Decimal(0),
        currency=row.currency or "",
        batched=bool(row.batched),
        own=own,
    )


def _wanted(row: Any) -> tuple[Wanted, ...] | None:
    if row.outcome is None or row.outcome == "stopped":
        return None
    return _documents(row.documents)


async def announced(unit: Unit, ids: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these records ingest has told mapper of, and mapper has not heard it yet."""
    values = {"texts": [str(one) for one in ids], "kept": KEPT}
    return frozenset(row.record_id for row in await unit.execute(_ANNOUNCED, values))


async def postings(unit: Unit, ids: Sequence[UUID]) -> list[PostingRow]:
    """The documents that our rows say stand for these records."""
    return [_posting(row) for row in await unit.execute(_POSTINGS, {"ids": list(ids)})]


async def groups(unit: Unit, ids: Sequence[UUID], companies: Mapping[UUID, str]) -> list[Group]:
    """The groups of these ids, and those that these records are in; `companies` are the names by ledger connection."""
    found: dict[UUID, Group] = {}
    for row in await unit.execute(_GROUPS, {"ids": list(ids)}):
        [share] = _documents(row.share)
        company = companies.get(row.ledger_connection_id, "")
        before = found.get(row.group_id) or Group(
            row.group_id, company, next(iter(_documents(row.documents)), None), ()
        )
        one = Share(row.record_id, row.source_id, share)
        found[row.group_id] = replace(before, shares=(*before.shares, one))
    return list(found.values())


def _documents(data: bytes) -> tuple[Wanted, ...]:
    return tuple(Wanted(item.kind, item.number, item.total, item.currency) for item in decode_documents(data))


async def claims(unit: Unit, connection_id: UUID, ledger_ids: Sequence[str]) -> list[PostingRow]:
    """Our rows about these documents of one ledger company, of any record."""
    values = {"connection_id": connection_id, "ledger_ids": list(ledger_ids)}
    return [_posting(row) for row in await unit.execute(_CLAIMS, values)]


def _posting(row: Any) -> PostingRow:
    return PostingRow(
        row.record_id, row.connection_id, DocumentKind(row.kind), row.number, row.ledger_id, bool(row.counts)
    )
