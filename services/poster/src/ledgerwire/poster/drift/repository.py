"""The SQL of drift: which posted documents to look at, and what was seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from ledgerwire.common.canonical import from_canonical
from ledgerwire.common.db.session import Unit
from ledgerwire.common.ledger.document import DocumentKind, LedgerDocument
from ledgerwire.poster.domain.posting import PostingState
from ledgerwire.poster.drift.records import Looked

_TO_LOOK_AT = text(
    """
    SELECT p.posting_id, p.kind, p.number, p.ledger_id, p.state, p.document, p.contact_id, p.ledger_total,
           p.document_hash || ':' || p.revision || ':' || p.edition || ':' || p.ledger_id AS basis,
           p.choices_done > 0 OR p.findings @> '[{"code": "DOCUMENT_ACCEPTED"}]' AS chosen,
           EXISTS (SELECT 1 FROM poster.submission_posting s
                    WHERE s.account_id = p.account_id AND s.posting_id = p.posting_id AND s.verdict = 'posted') AS answered,
           l.basis AS seen_basis, l.shown, l.drift
      FROM poster.posting p
      LEFT JOIN poster.ledger_look l ON l.account_id = p.account_id AND l.posting_id = p.posting_id
     WHERE p.connection_id = :connection AND p.ledger_id IS NOT NULL AND p.state IN ('posted', 'drifted')
       AND EXISTS (
           SELECT 1
             FROM poster.document_record d
             JOIN mapper.revisions_for_poster r ON r.account_id = d.account_id AND r.record_id = d.record_id
             JOIN poster.batch b ON b.account_id = d.account_id AND b.record_id = d.record_id AND b.revision = r.revision
            WHERE d.account_id = p.account_id AND d.posting_id = p.posting_id
              AND b.state = 'batched' AND b.created_at > now() - CAST(:lasting AS interval))
       AND (l.checked_at IS NULL OR l.checked_at < now() - CAST(:every AS interval))
     ORDER BY l.checked_at NULLS FIRST
     LIMIT :limit
    """
)
_STANDS_FOR = text("SELECT record_id FROM poster.document_record WHERE posting_id = :posting ORDER BY record_id")
_PUT = text(
    "INSERT INTO poster.ledger_look (account_id, posting_id, connection_id, basis, shown, drift, checked_at) VALUES"
    " (:account_id, :posting_id, :connection_id, :basis, CAST(:shown AS jsonb), CAST(:drift AS jsonb), now())"
    " ON CONFLICT (account_id, posting_id) DO UPDATE SET basis = excluded.basis, shown = excluded.shown,"
    " drift = excluded.drift, connection_id = excluded.connection_id, checked_at = excluded.checked_at"
)
_DRIFTED = text(
    "SELECT l.drift ->> 'code' AS code, count(*) AS documents FROM poster.ledger_look l JOIN poster.posting p"
    " USING (account_id, posting_id) WHERE p.state = 'drifted' AND l.drift IS NOT NULL GROUP BY 1"
)


async def to_look_at(
    unit: Unit, connection_id: UUID, *, every: timedelta, lasting: timedelta, limit: int
) -> list[Looked]:
    """Posted documents that nobody looked at for `every`, those never looked at first; a record of each is batched."""
    values = {"connection": connection_id, "every": every, "lasting": lasting, "limit": limit}
    return [_looked(row) for row in await unit.execute(_TO_LOOK_AT, values)]


def _looked(row: Any) -> Looked:
    state = PostingState(row.state)
    # told, and not drifted any more: a person accepted it as it is, or had it made again
    settled = row.drift is not None and state is PostingState.POSTED
    counts = row.seen_basis == row.basis and not settled
    return Looked(
        posting_id=row.posting_id,
        kind=DocumentKind(row.kind),
        number=row.number,
        ledger_id=row.ledger_id,
        state=state,
        document=from_canonical(row.document, LedgerDocument),
        contact_id=row.contact_id,
        ledger_total=row.ledger_total,
        basis=row.basis,
        before=row.shown if counts else None,
        told=row.drift if counts else None,
        answered=row.answered,
        past=settled,
        accepted=row.chosen or settled,
    )


async def stands_for(unit: Unit, posting: UUID) -> list[UUID]:
    """The records whose document this is: one, or all that share it (M17)."""
    return list((await unit.execute(_STANDS_FOR, {"posting": posting})).scalars())


async def put_look(
    unit: Unit, connection_id: UUID, looked: Looked, shown: Mapping[str, str], drift: Mapping[str, Any] | None
) -> None:
    """Keep what was seen: what counts as posted from now on, and the drift people were told about."""
    values = {
        "account_id": unit.account_id,
        "posting_id": looked.posting_id,
        "connection_id": connection_id,
        "basis": looked.basis,
        "shown": json.dumps(dict(shown)),
        "drift": json.dumps(dict(drift)) if drift is not None else None,
    }
    await unit.execute(_PUT, values)


async def drifted_by_code(unit: Unit) -> dict[str, int]:
    """Code -> documents that drifted and about which nobody has decided."""
    return {row.code: row.documents for row in await unit.execute(_DRIFTED)}


async def drift_told(unit: Unit, posting: UUID) -> str | None:
    """The code of the drift that people were told of a document; None where they were told of none."""
    query = text("SELECT drift ->> 'code' FROM poster.ledger_look WHERE posting_id = :posting")
    return (await unit.execute(query, {"posting": posting})).scalar_one_or_none()
