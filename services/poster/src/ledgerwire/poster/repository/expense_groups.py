"""SQL over documents that stand for several records: who they are, and which of them have a batch (M17)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PGUUID

from ledgerwire.common.db.session import Unit
from ledgerwire.poster.records import StoredPosting
from ledgerwire.poster.repository.records import postings_of_owners

_LEAVING = text(
    """
    UPDATE poster.document_record d
       SET leaving = NOT EXISTS (
           SELECT 1 FROM mapper.expense_groups_for_poster g WHERE g.group_id = :group_id AND g.record_id = d.record_id)
     WHERE d.posting_id = :posting_id
    """
)
_THERE = text(
    """
    INSERT INTO poster.document_record (account_id, posting_id, record_id)
    SELECT g.account_id, :posting_id, g.record_id FROM mapper.expense_groups_for_poster g WHERE g.group_id = :group_id
        ON CONFLICT DO NOTHING
    """
)
_LEFT = text("DELETE FROM poster.document_record WHERE posting_id = :posting_id AND leaving")
_ELSEWHERE = """
    WITH meant (asked, owner_id, record_id) AS ({meant})
    SELECT DISTINCT meant.asked, p.posting_id, p.record_id AS other, p.number
      FROM meant
      JOIN poster.document_record d ON d.record_id = meant.record_id
      JOIN poster.posting p ON p.account_id = d.account_id AND p.posting_id = d.posting_id
     WHERE p.record_id <> meant.owner_id AND p.reverses IS NULL
       AND (p.ledger_id IS NOT NULL OR p.state IN ('posting', 'unknown', 'voiding'))
       AND NOT EXISTS (
           SELECT 1 FROM poster.posting r
            WHERE r.account_id = p.account_id AND r.record_id = p.record_id AND r.reverses = p.posting_id
              AND r.state IN ('posted', 'posted_draft'))
     ORDER BY p.number, p.posting_id
    """
_OWNERS = """
    SELECT g.group_id, g.group_id, g.record_id FROM mapper.expense_groups_for_poster g WHERE g.group_id = ANY(:ids)
     UNION
    SELECT alone.id, alone.id, alone.id FROM unnest(CAST(:ids AS uuid[])) AS alone (id)
    """
_RECORDS = """
    SELECT one.record_id, one.owner_id, one.record_id
      FROM unnest(CAST(:ids AS uuid[]), CAST(:owners AS uuid[])) AS one (record_id, owner_id)
    """
_OF_OWNERS, _OF_RECORDS = text(_ELSEWHERE.format(meant=_OWNERS)), text(_ELSEWHERE.format(meant=_RECORDS))
_TO_COME = text(
    """
    SELECT g.group_id, g.source_id
      FROM mapper.expense_groups_for_poster g
     WHERE g.group_id = ANY(:ids) AND NOT EXISTS (
           SELECT 1 FROM poster.document_record d JOIN poster.posting p USING (account_id, posting_id)
            WHERE d.account_id = g.account_id AND d.record_id = g.record_id AND p.record_id = g.group_id
              AND p.ledger_id IS NOT NULL)
       AND NOT EXISTS (
           SELECT 1 FROM mapper.revisions_for_poster r JOIN poster.batch b USING (account_id, record_id, revision)
            WHERE r.account_id = g.account_id AND r.record_id = g.record_id AND b.state = 'batched')
    """
).bindparams(bindparam("ids", type_=ARRAY(PGUUID(as_uuid=True))))

_STANDS_FOR_BATCHED = text(
    """
    SELECT EXISTS (
        SELECT 1
          FROM poster.posting p
          JOIN poster.document_record d ON d.account_id = p.account_id AND d.posting_id = p.posting_id
          JOIN mapper.expense_groups_for_poster g
            ON g.account_id = p.account_id AND g.group_id = p.record_id AND g.record_id = d.record_id
          JOIN poster.batch b ON b.account_id = d.account_id AND b.record_id = d.record_id AND b.state = 'batched'
         WHERE p.posting_id = :posting_id)
    """
)
_FORGET_LEFT = text(
    """
    DELETE FROM poster.document_record d
     USING poster.posting p
     WHERE p.posting_id = :posting_id AND d.account_id = p.account_id AND d.posting_id = p.posting_id
       AND NOT EXISTS (
           SELECT 1 FROM mapper.expense_groups_for_poster g
            WHERE g.account_id = p.account_id AND g.group_id = p.record_id AND g.record_id = d.record_id)
    """
)
_ACCEPTED_GONE = text(
    """
    SELECT DISTINCT g.group_id
      FROM mapper.expense_groups_for_poster g
      JOIN poster.document_record d ON d.account_id = g.account_id AND d.record_id = g.record_id
      JOIN poster.posting p ON p.account_id = d.account_id AND p.posting_id = d.posting_id AND p.record_id = g.group_id
      JOIN poster.batch b ON b.account_id = d.account_id AND b.record_id = d.record_id AND b.state = 'batched'
     WHERE g.group_id = ANY(:ids) AND p.state = 'released' AND p.ledger_id IS NULL AND p.updated_at > b.updated_at
    """
).bindparams(bindparam("ids", type_=ARRAY(PGUUID(as_uuid=True))))


async def stands_for_group(unit: Unit, posting: UUID, group_id: UUID) -> None:
    """A posting stands for the records that are in the group now; for others as long as the ledger may have them in it."""
    values = {"posting_id": posting, "group_id": group_id}
    await unit.execute(_LEAVING, values)
    await unit.execute(_THERE, values)


async def forget_leaving(unit: Unit, posting: UUID) -> None:
    """The ledger has the document without those that leave it."""
    await unit.execute(_LEFT, {"posting_id": posting})


async def stands_for_batched(unit: Unit, posting: UUID) -> bool:
    """Whether one of those that the document stands for, and who are to be in it, has a batch."""
    return bool((await unit.execute(_STANDS_FOR_BATCHED, {"posting_id": posting})).scalar_one())


async def forget_left(unit: Unit, posting: UUID) -> None:
    """The ledger does not have the document: those that are not to be in it have no share there."""
    await unit.execute(_FORGET_LEFT, {"posting_id": posting})


async def with_accepted_gone(unit: Unit, group_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Of which groups a record has a batch over a document that a person accepted to be gone."""
    return frozenset((await unit.execute(_ACCEPTED_GONE, {"ids": list(group_ids)})).scalars())


async def in_other_documents(unit: Unit, owners: Collection[UUID]) -> dict[UUID, list[StoredPosting]]:
    """Of these (groups, or records that go by themselves), those of whose records others' documents may have a share: these.

    One that was taken back has none.
    """
    return await _postings(unit, list(await unit.execute(_OF_OWNERS, {"ids": sorted(owners)})))


async def in_documents_of_others(unit: Unit, owners: Mapping[UUID, UUID]) -> dict[UUID, list[StoredPosting]]:
    """Of these records, each with whose its documents are, those that documents of anybody else may have a share of: these."""
    values = {"ids": list(owners), "owners": list(owners.values())}
    return await _postings(unit, list(await unit.execute(_OF_RECORDS, values)))


async def _postings(unit: Unit, rows: Sequence[Any]) -> dict[UUID, list[StoredPosting]]:
    found = {posting.posting_id: posting for posting in await postings_of_owners(unit, {row.other for row in rows})}
    others: dict[UUID, list[StoredPosting]] = {}
    for row in rows:
        others.setdefault(row.asked, []).append(found[row.posting_id])
    return others


async def members_to_come(unit: Unit, group_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """The ids in ConnectWise of the records of each group that its document in the ledger does not stand for yet.

    One with a proved batch is none of them: its document was there, and is made again as a person chose.
    """
    found: dict[UUID, list[str]] = {}
    for row in await unit.execute(_TO_COME, {"ids": list(group_ids)}):
        found.setdefault(row.group_id, []).append(row.source_id)
    return found
