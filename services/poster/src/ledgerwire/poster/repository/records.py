"""SQL over what poster knows of a record: its latest revision, postings, batch and timeline."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.dialects.postgresql import insert as upsert

from ledgerwire.common.canonical import canonical_bytes, from_canonical
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.db.models.poster import (
    BatchRow,
    DocumentRecordRow,
    PosterTimeline,
    PostingRow,
)
from ledgerwire.common.db.session import Unit
from ledgerwire.common.ledger.document import DocumentKind, LedgerDocument
from ledgerwire.common.work.model import WorkItem
from ledgerwire.poster.domain.batch import BatchState
from ledgerwire.poster.domain.posting import PostingState
from ledgerwire.poster.records import Case, Decided, StoredBatch, StoredPosting, ToPost, decode_documents, document_hash

DECIDED_STATES = frozenset({"mapped", "no_effect"})

_IDS = bindparam("ids", type_=ARRAY(PGUUID(as_uuid=True)))
_REVISIONS = text(
    """
    SELECT record_id, revision, record_state, outcome, record_type, source_id, number, connectwise_connection_id,
           documents, processed_record_ids, gl_lines, gl_total, source_total, correlation_id
      FROM mapper.revisions_for_poster
     WHERE record_id = ANY(:ids)
    """
).bindparams(_IDS)
_POSTINGS = text(
    """
    SELECT p.posting_id, p.record_id, p.connection_id, p.ordinal, p.kind, p.number, p.revision, p.document, p.document_hash, p.state,
           p.contact_id, p.ledger_id, p.ledger_total, p.generation,
           (SELECT max(s.look_after)
              FROM poster.submission_posting sp
              JOIN poster.submission s USING (account_id, submission_id)
             WHERE sp.account_id = p.account_id AND sp.posting_id = p.posting_id AND s.state IN ('open', 'unknown')
           ) AS look_after
      FROM poster.posting p
     WHERE p.record_id = ANY(:ids)
     ORDER BY p.record_id, p.ordinal
    """
).bindparams(_IDS)
_BATCHES = text(
    "SELECT record_id, revision, identifier, state FROM poster.batch WHERE record_id = ANY(:ids)"
).bindparams(_IDS)
_NOW = text("SELECT clock_timestamp()")


async def load_cases(unit: Unit, items: Sequence[WorkItem]) -> list[Case]:
    """Read the latest revision, postings and batch of each item's record (its work key); unknown records are left out."""
    ids = [UUID(item.work_key) for item in items]
    decided = {row.record_id: _decided(row) for row in await unit.execute(_REVISIONS, {"ids": ids})}
    postings: dict[UUID, list[StoredPosting]] = {}
    for row in await unit.execute(_POSTINGS, {"ids": ids}):
        postings.setdefault(row.record_id, []).append(_posting(row))
    batches: dict[tuple[UUID, int], StoredBatch] = {}
    for row in await unit.execute(_BATCHES, {"ids": ids}):
        batches[row.record_id, row.revision] = StoredBatch(row.revision, row.identifier, BatchState(row.state))
    return [
        Case(
            item=item,
            decided=decided[record_id],
            postings=tuple(postings.get(record_id, ())),
            batch=batches.get((record_id, decided[record_id].revision)),
        )
        for item, record_id in zip(items, ids, strict=True)
        if record_id in decided
    ]


def _decided(row: Any) -> Decided:
    return Decided(
        record_id=row.record_id,
        revision=row.revision,
        decided=row.record_state in DECIDED_STATES,
        record_type=row.record_type,
        source_id=row.source_id,
        number=row.number,
        connectwise_connection_id=row.connectwise_connection_id,
        documents=decode_documents(row.documents) if row.documents else (),
        processed_record_ids=tuple(row.processed_record_ids or ()),
        source_total=row.source_total,
        gl_lines={int(entry): Decimal(amount) for entry, amount in row.gl_lines.items()},
        gl_total=row.gl_total,
        correlation_id=row.correlation_id,
    )


def _posting(row: Any) -> StoredPosting:
    return StoredPosting(
        posting_id=row.posting_id,
        record_id=row.record_id,
        connection_id=row.connection_id,
        ordinal=row.ordinal,
        kind=DocumentKind(row.kind),
        number=row.number,
        revision=row.revision,
        document=from_canonical(row.document, LedgerDocument),
        document_hash=row.document_hash,
        state=PostingState(row.state),
        contact_id=row.contact_id,
        ledger_id=row.ledger_id,
        generation=row.generation,
        look_after=row.look_after,
        ledger_total=row.ledger_total,
    )


async def still_decided(unit: Unit, cases: Sequence[Case]) -> frozenset[UUID]:
    """Which of these records still are as they were read: same latest revision, not held, skipped or reopened meanwhile."""
    rows = await unit.execute(_REVISIONS, {"ids": [case.decided.record_id for case in cases]})
    now = {(row.record_id, row.revision) for row in rows if row.record_state in DECIDED_STATES}
    return frozenset(case.decided.record_id for case in cases if (case.decided.record_id, case.decided.revision) in now)


async def is_claimed(unit: Unit, connection_id: UUID, posting: UUID, ledger_id: str) -> bool:
    """Whether another posting of the connection already stands for this ledger document."""
    row = await unit.execute(
        select(PostingRow.posting_id).where(
            PostingRow.connection_id == connection_id,
            PostingRow.ledger_id == ledger_id,
            PostingRow.posting_id != posting,
        )
    )
    return row.first() is not None


async def database_now(unit: Unit) -> Any:
    """PostgreSQL's clock, which decides when an open outcome may be looked up."""
    return (await unit.execute(_NOW)).scalar_one()


async def put_posting(unit: Unit, connection_id: UUID, target: ToPost, state: PostingState, contact_id: str) -> None:
    """Insert or revise the posting of a document; the ledger id, once known, stays."""
    decided, document = target.case.decided, target.document
    values: dict[str, Any] = {
        "account_id": unit.account_id,
        "posting_id": target.posting_id,
        "record_id": decided.record_id,
        "connection_id": connection_id,
        "ordinal": target.ordinal,
        "kind": str(document.kind),
        "number": document.number,
        "revision": decided.revision,
        "document": canonical_bytes(document),
        "document_hash": document_hash(document),
        "state": str(state),
        "contact_id": contact_id,
        "findings": [],
        "correlation_id": decided.correlation_id,
    }
    changed = {
        key: values[key]
        for key in (
            "connection_id",
            "number",
            "revision",
            "document",
            "document_hash",
            "state",
            "contact_id",
            "findings",
        )
    }
    await unit.execute(
        upsert(PostingRow)
        .values(**values)
        .on_conflict_do_update(
            index_elements=["account_id", "posting_id"], set_=changed | {"updated_at": text("now()")}
        )
    )
    await unit.execute(
        upsert(DocumentRecordRow)
        .values(account_id=unit.account_id, posting_id=target.posting_id, record_id=decided.record_id)
        .on_conflict_do_nothing()
    )


async def set_posting(
    unit: Unit,
    posting: UUID,
    state: PostingState,
    *,
    ledger_id: str | None = None,
    ledger_total: Decimal | None = None,
    findings: Sequence[Finding] = (),
    new_generation: bool = False,
    forget_ledger_id: bool = False,
) -> None:
    """Move a posting to a state; an id or total that is None leaves what is stored, unless the id is to be forgotten."""
    values: dict[str, Any] = {"state": str(state), "updated_at": text("now()"), "findings": _findings(findings)}
    if ledger_id is not None:
        values["ledger_id"] = ledger_id
    if forget_ledger_id:
        values["ledger_id"] = None
    if ledger_total is not None:
        values["ledger_total"] = ledger_total
    if new_generation:
        values["generation"] = PostingRow.generation + 1
    await unit.execute(update(PostingRow).where(PostingRow.posting_id == posting).values(**values))


def _findings(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [{"code": item.code, "params": item.params} for item in findings]


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
    await unit.execute(
        upsert(BatchRow)
        .values(**values)
        .on_conflict_do_update(
            index_elements=["account_id", "record_id", "revision"],
            set_={"state": str(state), "batch_id": batch_id, "updated_at": text("now()")},
        )
    )


async def add_timeline(unit: Unit, decided: Decided, step: str, **detail: Any) -> None:
    """Write one step of a record's way."""
    await unit.execute(
        insert(PosterTimeline).values(
            account_id=unit.account_id,
            record_id=decided.record_id,
            step=step,
            detail=detail,
            correlation_id=decided.correlation_id,
        )
    )
