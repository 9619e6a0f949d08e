"""SQL that reads what poster knows of a record: its latest revision, postings and batch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PGUUID

from ledgerwire.common.canonical import from_canonical
from ledgerwire.common.catalogue import Finding, is_known
from ledgerwire.common.db.document_turns import take_turns
from ledgerwire.common.db.models.poster import PostingRow
from ledgerwire.common.db.session import Unit
from ledgerwire.common.ledger.document import DocumentKind, LedgerDocument
from ledgerwire.common.record_type import RecordType
from ledgerwire.common.work.model import WorkItem
from ledgerwire.poster.domain.batch import BatchState
from ledgerwire.poster.domain.posting import PostingState
from ledgerwire.poster.records import (
    Case,
    Decided,
    StoredBatch,
    StoredPosting,
    decode_documents,
    wanted_documents,
)
from ledgerwire.poster.to_post import ToPost

A_WHILE = timedelta(minutes=2)
"""A document that was posted longer ago than this may have been taken out of the ledger by a person since."""
DECIDED_STATES = frozenset({"mapped", "no_effect"})

_IDS = bindparam("ids", type_=ARRAY(PGUUID(as_uuid=True)))
_REVISIONS = text(
    """
    SELECT record_id, revision, record_state, outcome, record_type, source_id, number, connectwise_connection_id,
           ledger_connection_id, documents, processed_record_ids, gl_lines, gl_total, source_total, correlation_id, choices, group_id, group_revision,
           share_revision, follows_batch
      FROM mapper.revisions_for_poster
     WHERE record_id = ANY(:ids)
    """
).bindparams(_IDS)
_STILL = text(
    """
    SELECT record_id, revision, record_state, ledger_connection_id, group_id, group_revision
      FROM mapper.revisions_for_poster
     WHERE record_id = ANY(:ids)
    """
).bindparams(_IDS)
_POSTINGS = text(
    """
    SELECT p.posting_id, p.record_id, p.connection_id, p.ordinal, p.kind, p.number, p.revision, p.document, p.document_hash,
           p.state, p.contact_id, p.ledger_id, p.ledger_total, p.edition, p.reverses, p.gone_ids, p.choices_done,
           p.choices_revision, p.findings, p.updated_at < now() - CAST(:a_while AS interval) AS rested,
           (SELECT max(s.look_after)
              FROM poster.submission_posting sp
              JOIN poster.submission s USING (account_id, submission_id)
             WHERE sp.account_id = p.account_id AND sp.posting_id = p.posting_id AND s.state IN ('open', 'unknown')
               AND sp.verdict IS NULL
           ) AS look_after
      FROM poster.posting p
     WHERE p.record_id = ANY(:ids)
     ORDER BY p.record_id, p.ordinal, p.edition, p.posting_id
    """
).bindparams(_IDS)
_STANDING = text(
    "SELECT record_id, posting_id, connection_id, state, ledger_id FROM poster.posting WHERE record_id = ANY(:ids)"
).bindparams(_IDS)
_BATCHES = text(
    "SELECT record_id, revision, identifier, state, choices_seen FROM poster.batch WHERE record_id = ANY(:ids)"
).bindparams(_IDS)
_BEHIND = text(
    """
    SELECT meant.posting_id
      FROM unnest(CAST(:posting_id AS uuid[]), CAST(:kind AS text[]), CAST(:number AS text[]), CAST(:contact_id AS text[]))
        AS meant (posting_id, kind, number, contact_id)
     WHERE EXISTS (SELECT 1 FROM poster.posting p
                    WHERE p.connection_id = :connection AND p.state IN ('posting', 'unknown')
                      AND (p.kind, p.number, p.contact_id) = (meant.kind, meant.number, meant.contact_id)
                      AND p.posting_id <> meant.posting_id)
    """
)
_NOW = text("SELECT clock_timestamp()")


async def load_cases(unit: Unit, items: Sequence[WorkItem]) -> list[Case]:
    """Read the latest revision, postings and batches of each item's record (its work key); unknown records are left out."""
    ids = [UUID(item.work_key) for item in items]
    decided = {row.record_id: _decided(row) for row in await unit.execute(_REVISIONS, {"ids": ids})}
    postings: dict[UUID, list[StoredPosting]] = {}
    for posting in await postings_of_owners(unit, {one.owner_id for one in decided.values()}):
        postings.setdefault(posting.record_id, []).append(posting)
    batches: dict[UUID, list[StoredBatch]] = {}
    for row in await unit.execute(_BATCHES, {"ids": ids}):
        batch = StoredBatch(row.revision, row.identifier, BatchState(row.state), row.choices_seen)
        batches.setdefault(row.record_id, []).append(batch)
    return [
        _case(item, decided[record_id], postings.get(decided[record_id].owner_id, ()), batches.get(record_id, ()))
        for item, record_id in zip(items, ids, strict=True)
        if record_id in decided
    ]


async def postings_of_owners(unit: Unit, owners: Collection[UUID]) -> list[StoredPosting]:
    """The postings of these records and groups, each one's own in order."""
    if not owners:
        return []
    return [_posting(row) for row in await unit.execute(_POSTINGS, {"ids": sorted(owners), "a_while": A_WHILE})]


def _case(item: WorkItem, decided: Decided, postings: Sequence[StoredPosting], batches: Sequence[StoredBatch]) -> Case:
    earlier = [one for one in batches if one.revision < decided.revision and one.state is BatchState.BATCHED]
    return Case(
        item=item,
        decided=decided,
        postings=tuple(postings),
        batch=next((one for one in batches if one.revision == decided.revision), None),
        earlier_batch=max(earlier, key=lambda one: one.revision, default=None),
    )


def _decided(row: Any) -> Decided:
    documents = decode_documents(row.documents) if row.documents else ()
    return Decided(
        record_id=row.record_id,
        revision=row.revision,
        decided=row.record_state in DECIDED_STATES,
        record_type=RecordType(row.record_type),
        source_id=row.source_id,
        number=row.number,
        connectwise_connection_id=row.connectwise_connection_id,
        ledger_connection_id=row.ledger_connection_id,
        documents=documents,
        wanted=wanted_documents(documents),
        processed_record_ids=tuple(row.processed_record_ids or ()),
        source_total=row.source_total,
        gl_lines={entry: Decimal(amount) for entry, amount in row.gl_lines.items()},
        gl_total=row.gl_total,
        correlation_id=row.correlation_id,
        choices=tuple(row.choices or ()),
        group_id=row.group_id,
        group_revision=row.group_revision or 0,
        share_is_old=_share_is_old(row, documents),
        follows_batch=row.follows_batch,
    )


def _share_is_old(row: Any, documents: Sequence[LedgerDocument]) -> bool:
    """Whether a record that shares a document is not in it as it is now; one without effect is to be in none.

    There is no document where the shares of all cancel each other.
    """
    if row.group_id is None:
        return False
    if row.record_state == "no_effect":
        return bool(documents)
    return bool(row.share_revision != row.revision)


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
        look_after=row.look_after,
        ledger_total=row.ledger_total,
        edition=row.edition,
        reverses=row.reverses,
        gone_ids=tuple(row.gone_ids),
        choices_done=row.choices_done,
        choices_revision=row.choices_revision,
        rested=row.rested,
        findings=tuple(Finding(one["code"], dict(one["params"])) for one in row.findings if is_known(one["code"])),
    )


async def still_decided(unit: Unit, cases: Sequence[Case]) -> frozenset[UUID]:
    """Which of these records still are as they were read: same latest revision, not held, skipped or reopened meanwhile.

    It must be for the company whose work this is; of one that shares a document, the same document too.
    """
    rows = await unit.execute(_STILL, {"ids": [case.decided.record_id for case in cases]})
    now = {
        (row.record_id, row.revision, row.ledger_connection_id, row.group_id, row.group_revision or 0)
        for row in rows
        if row.record_state in DECIDED_STATES
    }
    read = ((case.decided, case.item.connection_id) for case in cases)
    return frozenset(
        one.record_id
        for one, here in read
        if (one.record_id, one.revision, here, one.group_id, one.group_revision) in now
    )


async def decided_in_turn(unit: Unit, cases: Sequence[Case]) -> frozenset[UUID]:
    """The same, in turn with mapper and with the work of other companies: the later one sees what the other committed."""
    await take_turns(unit, [case.decided.owner_id for case in cases])
    return await still_decided(unit, cases)


async def still_to_send(unit: Unit, cases: Sequence[Case]) -> frozenset[UUID]:
    """The same, without those whose documents are not as they were read: a call may have been made for them meanwhile.

    It may have been for another company, or for another record of the same document (M17).
    """
    decided = await decided_in_turn(unit, cases)
    now: dict[UUID, set[tuple[object, ...]]] = {case.decided.owner_id: set() for case in cases}
    for row in await unit.execute(_STANDING, {"ids": sorted(now)}):
        now[row.record_id].add((row.posting_id, row.connection_id, row.state, row.ledger_id))
    return frozenset(
        case.decided.record_id
        for case in cases
        if case.decided.record_id in decided and now[case.decided.owner_id] == _standing(case)
    )


def _standing(case: Case) -> set[tuple[object, ...]]:
    return {(item.posting_id, item.connection_id, str(item.state), item.ledger_id) for item in case.postings}


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


async def behind_another(unit: Unit, connection_id: UUID, targets: Sequence[ToPost]) -> frozenset[UUID]:
    """Which of these postings have the kind, number and contact of another one whose call is still open."""
    rows = await unit.execute(
        _BEHIND,
        {
            "connection": connection_id,
            "posting_id": [target.posting_id for target in targets],
            "kind": [str(target.document.kind) for target in targets],
            "number": [target.document.number for target in targets],
            "contact_id": [target.contact_id for target in targets],
        },
    )
    return frozenset(row.posting_id for row in rows)


async def database_now(unit: Unit) -> Any:
    """PostgreSQL's clock, which decides when an open outcome may be looked up."""
    return (await unit.execute(_NOW)).scalar_one()
