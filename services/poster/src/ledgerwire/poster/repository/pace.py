"""SQL over what was sent lately."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from ledgerwire.common.db.session import Unit

_LATELY = text(
    """
    SELECT count(DISTINCT s.submission_id) AS calls, count(DISTINCT sp.posting_id) AS documents
      FROM poster.submission s
      JOIN poster.submission_posting sp USING (account_id, submission_id)
     WHERE s.connection_id = :connection_id AND s.created_at > now() - interval '1 day'
    """
)


async def calls_and_documents(unit: Unit, connection_id: UUID) -> tuple[int, int]:
    """Calls that carried documents in the last day, and how many documents."""
    row = (await unit.execute(_LATELY, {"connection_id": connection_id})).one()
    return row.calls, row.documents
