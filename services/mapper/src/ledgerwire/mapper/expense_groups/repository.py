"""All SQL of the mapper over groups of expenses, and on what poster sent of them."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.dialects.postgresql import insert as upsert

from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.db.document_turns import take_turns
from ledgerwire.common.db.models.mapper import ExpenseGroup, ExpenseGroupMember, Record, Revision
from ledgerwire.common.db.session import Unit
from ledgerwire.mapper import repository as rows_of
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.expense_groups.model import GroupChange, Member, ShownGroup, StoredGroup
from ledgerwire.mapper.looking import DECIDED
from ledgerwire.mapper.records import StoredRecord, decode_documents, decode_trace

_SENT = text(
    """
    SELECT owner_id, record_id FROM poster.documents_sent_for_mapper WHERE owner_id = ANY(:ids)
     UNION
    SELECT g.group_id, r.record_id
      FROM mapper.expense_group g
      JOIN mapper.expense_group_member m ON m.account_id = g.account_id AND m.group_id = g.group_id
      JOIN mapper.record r ON r.account_id = m.account_id AND r.record_id = m.record_id
     WHERE g.group_id = ANY(:ids) AND r.state NOT IN ('no_effect', 'skipped')
       AND (SELECT true FROM poster.batches_for_mapper b
             WHERE b.account_id = r.account_id AND b.record_id = r.record_id AND b.revision = r.revision)
    """
).bindparams(bindparam("ids", type_=ARRAY(PGUUID(as_uuid=True))))
_STANDS_FOR = text("SELECT owner_id FROM poster.documents_sent_for_mapper WHERE record_id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(PGUUID(as_uuid=True)))
)
_LEFT_IN = text(
    """
    SELECT sent.record_id
      FROM poster.documents_sent_for_mapper sent
      LEFT JOIN mapper.expense_group_member m ON m.account_id = sent.account_id AND m.record_id = sent.record_id
     WHERE sent.record_id = ANY(:ids) AND sent.owner_id NOT IN (sent.record_id, coalesce(m.group_id, sent.record_id))
    """
).bindparams(bindparam("ids", type_=ARRAY(PGUUID(as_uuid=True))))

_BLOCKED_BY = text(
    """
    SELECT r.record_id FROM mapper.record r
     WHERE r.state = 'stopped' AND r.connection_id = ANY(CAST(:connections AS uuid[])) AND EXISTS (
           SELECT 1 FROM jsonb_array_elements(r.findings) AS told
            WHERE told ->> 'code' = :code
              AND string_to_array(told -> 'params' ->> 'blocking', ', ') && CAST(:numbers AS text[]))
    """
)


async def groups(unit: Unit, connection_id: UUID, record_ids: Iterable[UUID], keys: Iterable[str]) -> list[StoredGroup]:
    """The groups that these records are in, or their documents that were sent; and those that take expenses of these keys."""
    table = ExpenseGroup.__table__
    ids = list(record_ids)
    own = select(ExpenseGroupMember.group_id).where(ExpenseGroupMember.record_id.in_(ids))
    standing = await _standing(unit, ids)
    rows = await unit.execute(
        select(table)
        .where(table.c.connection_id == connection_id)
        .where(or_(table.c.group_id.in_(own), table.c.group_id.in_(standing), table.c.key.in_(list(keys))))
        .order_by(table.c.number)
    )
    found = list(rows)
    group_ids = [row.group_id for row in found]
    there = await sent(unit, group_ids)
    members = await _members(unit, group_ids, there)
    return [_group(row, members.get(row.group_id, ()), there.get(row.group_id, ())) for row in found]


async def _standing(unit: Unit, record_ids: Sequence[UUID]) -> list[UUID]:
    """Whose documents that were sent stand for those of these that poster was told of and that are in no group now."""
    grouped = select(ExpenseGroupMember.record_id).where(ExpenseGroupMember.record_id.in_(record_ids))
    told = select(Record.record_id).where(Record.record_id.in_(record_ids), Record.announcements > 0)
    left = list((await unit.execute(told.where(Record.record_id.not_in(grouped)))).scalars())
    return list((await unit.execute(_STANDS_FOR, {"ids": left})).scalars()) if left else []


def _group(row: Any, members: Sequence[Member], stands_for: Collection[UUID]) -> StoredGroup:
    return StoredGroup(
        group_id=row.group_id,
        ledger_connection_id=row.ledger_connection_id,
        number=row.number,
        key=row.key,
        dated=row.dated,
        revision=row.revision,
        documents=decode_documents(row.documents),
        documents_hash=row.documents_hash,
        members=tuple(members),
        stands_for=frozenset(stands_for),
    )


async def _members(unit: Unit, group_ids: Sequence[UUID], there: dict[UUID, set[UUID]]) -> dict[UUID, list[Member]]:
    member, record, revision = ExpenseGroupMember.__table__, Record.__table__, Revision.__table__
    rows = await unit.execute(
        select(
            member.c.group_id, member.c.record_id, member.c.revision, record.c.source_id, record.c.number,
            record.c.state, revision.c.documents,
            ((record.c.settled_outcome == "batched") & (record.c.settled_revision == record.c.revision)).label("batched"),
        )
        .join(record, (record.c.account_id == member.c.account_id) & (record.c.record_id == member.c.record_id))
        .join(
            revision,
            (revision.c.account_id == member.c.account_id)
            & (revision.c.record_id == member.c.record_id)
            & (revision.c.revision == member.c.revision),
        )
        .where(member.c.group_id.in_(group_ids))
        .order_by(func.length(record.c.number), record.c.number, record.c.record_id)
    )  # fmt: skip
    found: dict[UUID, list[Member]] = {}
    for row in rows:
        [share] = decode_documents(row.documents)
        one = Member(
            record_id=row.record_id,
            source_id=row.source_id,
            number=row.number or row.source_id,
            revision=row.revision,
            share=share,
            sent=row.record_id in there.get(row.group_id, ()),
            without=row.state == RecordState.NO_EFFECT,
            carries=bool(row.batched) and row.state in DECIDED,
        )
        found.setdefault(row.group_id, []).append(one)
    return found


async def sent(unit: Unit, ids: Sequence[UUID]) -> dict[UUID, set[UUID]]:
    """Which of these (groups, or records that go by themselves) have a document in the ledger, or may, and whose it is.

    A batch was made over a document: of a group whose document is gone, and to be made again, those with a batch are in it,
    unless a person accepted that it is gone.
    """
    found: dict[UUID, set[UUID]] = {}
    for row in await unit.execute(_SENT, {"ids": list(ids)}):
        found.setdefault(row.owner_id, set()).add(row.record_id)
    return found


async def left_in_documents(unit: Unit, record_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these have a share in a group's document in the ledger, or may, and are not in that group any more."""
    return frozenset((await unit.execute(_LEFT_IN, {"ids": list(record_ids)})).scalars())


async def sent_in_turn(unit: Unit, ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """The same, as it stays until the transaction ends: poster sends nothing of these meanwhile."""
    owners = list(ids)
    await take_turns(unit, owners)
    return await sent(unit, owners)


async def mates(unit: Unit, record_ids: Sequence[UUID]) -> list[StoredRecord]:
    """The other records of these records' groups that are not batched yet."""
    return [record for record in await neighbours(unit, record_ids) if not record.batched]


async def sharers(unit: Unit, record_ids: Sequence[UUID]) -> list[StoredRecord]:
    """The same, with those of the groups whose documents that were sent stand for these."""
    found = await neighbours(unit, record_ids, await _standing(unit, record_ids))
    return [record for record in found if not record.batched]


async def neighbours(unit: Unit, record_ids: Sequence[UUID], groups: Sequence[UUID] = ()) -> list[StoredRecord]:
    """The other records of these records' groups, and of these groups."""
    groups_of = select(ExpenseGroupMember.group_id).where(ExpenseGroupMember.record_id.in_(list(record_ids)))
    in_hand = {*groups, *(await unit.execute(groups_of)).scalars()}
    query = select(ExpenseGroupMember.record_id).where(ExpenseGroupMember.group_id.in_(in_hand))
    ids = set((await unit.execute(query)).scalars()) - set(record_ids)
    found = await rows_of.records(unit, sorted(ids)) if ids else {}
    return list(found.values())


async def beside_skipped(unit: Unit, record_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Of each document of these that still has an expense which a person skipped: one of these."""
    own, other = ExpenseGroupMember.__table__.alias("own"), ExpenseGroupMember.__table__.alias("other")
    rows = await unit.execute(
        select(own.c.group_id, own.c.record_id)
        .join(other, (other.c.account_id == own.c.account_id) & (other.c.group_id == own.c.group_id))
        .join(Record, (Record.account_id == other.c.account_id) & (Record.record_id == other.c.record_id))
        .where(own.c.record_id.in_(list(record_ids)))
        .where(Record.state == RecordState.SKIPPED.value, Record.hold_reason.is_not(None))
    )
    return frozenset({row.group_id: row.record_id for row in rows}.values())


async def grouped(unit: Unit, record_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these are in a group."""
    query = select(ExpenseGroupMember.record_id).where(ExpenseGroupMember.record_id.in_(list(record_ids)))
    return frozenset((await unit.execute(query)).scalars())


async def blocked_by(
    unit: Unit, code: str, connection_ids: Collection[UUID], numbers: Collection[str]
) -> list[StoredRecord]:
    """The records that mapper stopped with this code because of others with these numbers, of these ConnectWise connections."""
    values = {"code": code, "connections": list(connection_ids), "numbers": list(numbers)}
    ids = sorted((await unit.execute(_BLOCKED_BY, values)).scalars())
    return list((await rows_of.records(unit, ids)).values()) if ids else []


async def numbers(unit: Unit, connection_id: UUID, ledger_connection_id: UUID, first: str) -> frozenset[str]:
    """The numbers of the documents of a report that are taken: `first`, and `first` with a place behind it."""
    query = select(ExpenseGroup.number).where(
        ExpenseGroup.connection_id == connection_id,
        ExpenseGroup.ledger_connection_id == ledger_connection_id,
        ExpenseGroup.number.startswith(first, autoescape=True),
    )
    return frozenset((await unit.execute(query)).scalars())


async def put(unit: Unit, connection_id: UUID, changes: Sequence[GroupChange], leaving: Iterable[UUID]) -> None:
    """Write groups as they are now; records that leave are in none of them afterwards unless one names them."""
    gone = {*leaving, *(record for change in changes for record, _ in change.members)}
    if gone:
        await unit.execute(delete(ExpenseGroupMember).where(ExpenseGroupMember.record_id.in_(sorted(gone))))
    for change in changes:
        await _put(unit, connection_id, change)


async def _put(unit: Unit, connection_id: UUID, change: GroupChange) -> None:
    changed = {
        "key": change.key,
        "dated": change.dated,
        "revision": change.revision,
        "documents": canonical_bytes(change.documents),
        "documents_hash": change.documents_hash,
        "trace": zlib.compress(canonical_bytes(change.trace), level=6),
    }
    await unit.execute(
        upsert(ExpenseGroup)
        .values(
            account_id=unit.account_id,
            group_id=change.group_id,
            connection_id=connection_id,
            ledger_connection_id=change.ledger_connection_id,
            number=change.number,
            **changed,
        )
        .on_conflict_do_update(index_elements=["account_id", "group_id"], set_=changed | {"updated_at": func.now()})
    )
    rows = [
        {"account_id": unit.account_id, "record_id": record, "group_id": change.group_id, "revision": revision}
        for record, revision in change.members
    ]
    if rows:
        await unit.execute(upsert(ExpenseGroupMember).values(rows))


async def shown(unit: Unit, record_id: UUID) -> ShownGroup | None:
    """The group a record is in as people are shown it; None for one by itself."""
    row = (
        await unit.execute(
            select(ExpenseGroup.number, ExpenseGroup.trace, ExpenseGroup.documents)
            .join(
                ExpenseGroupMember,
                (ExpenseGroupMember.account_id == ExpenseGroup.account_id)
                & (ExpenseGroupMember.group_id == ExpenseGroup.group_id),
            )
            .where(ExpenseGroupMember.record_id == record_id)
        )
    ).one_or_none()
    return ShownGroup(row.number, decode_trace(row.trace), decode_documents(row.documents)) if row else None
