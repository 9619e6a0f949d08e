"""SQL over documents that stand for several records: who they are, and which of them have a batch (M17)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PGUUID

from ledgerwire.common.db.session import Unit

_GONE = text(
    """
    DELETE FROM poster.document_record d
     WHERE d.posting_id = :posting_id AND NOT EXISTS (
           SELECT 1 FROM mapper.expense_groups_for_poster g WHERE g.group_id = :group_id AND g.record_id = d.record_id)
    """
)
_THERE = text(
    """
    INSERT INTO poster.document_record (account_id, posting_id, record_id)
    SELECT g.account_id, :posting_id, g.record_id FROM mapper.expense_groups_for_poster g WHERE g.group_id = :group_id
        ON CONFLICT DO NOTHING
    """
)
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


async def stands_for_group(unit: Unit, posting: UUID, group_id: UUID) -> None:
    """A posting stands for the records that are in the group now, and for no other."""
    values = {"posting_id": posting, "group_id": group_id}
    await unit.execute(_GONE, values)
    await unit.execute(_THERE, values)


async def members_to_come(unit: Unit, group_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """The ids in ConnectWise of the records of each group that its document in the ledger does not stand for yet.

    One with a proved batch is none of them: its document was there, and is made again as a person chose.
    """
    found: dict[UUID, list[str]] = {}
    for row in await unit.execute(_TO_COME, {"ids": list(group_ids)}):
        found.setdefault(row.group_id, []).append(row.source_id)
    return found
