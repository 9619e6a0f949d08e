"""SQL over submissions: calls committed before their first byte, and how they ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text, update

from ledgerwire.common.canonical import sha256_hex
from ledgerwire.common.db.models.poster import SubmissionRow
from ledgerwire.common.db.session import Unit

_OPEN = text(
    """
    INSERT INTO poster.submission (account_id, submission_id, connection_id, kind, method, path, idempotency_key, body,
                                   body_hash, fence, state, look_after)
    VALUES (:account_id, :submission_id, :connection_id, :kind, :method, :path, :key, :body, :body_hash, :fence, 'open',
            clock_timestamp() + make_interval(secs => :wait))
    """
)
_CARRIES = text(
    """
    INSERT INTO poster.submission_posting (account_id, submission_id, position, posting_id)
    SELECT CAST(:account_id AS uuid), CAST(:submission_id AS uuid), place - 1, posting_id
      FROM unnest(CAST(:posting_id AS uuid[])) WITH ORDINALITY AS carried (posting_id, place)
    """
)
_SETTLE = text(
    """
    UPDATE poster.submission SET state = 'settled', outcome = :outcome, settled_at = now()
     WHERE account_id = :account_id AND submission_id = :submission_id
    """
)
_LEFT_OPEN = text(
    """
    UPDATE poster.submission s SET state = 'settled', outcome = 'left_open', settled_at = now()
     WHERE s.connection_id = :connection AND s.state <> 'settled' AND s.look_after <= clock_timestamp()
       AND NOT EXISTS (SELECT 1 FROM poster.submission_posting carried
                        WHERE carried.account_id = s.account_id AND carried.submission_id = s.submission_id)
    """
)
_RECORD_VERDICTS = text(
    """
    UPDATE poster.submission_posting AS carried SET verdict = judged.verdict
      FROM unnest(CAST(:posting_id AS uuid[]), CAST(:verdict AS text[])) AS judged (posting_id, verdict)
     WHERE carried.account_id = :account_id AND carried.submission_id = :submission
       AND carried.posting_id = judged.posting_id
    """
)


async def open_submission(
    unit: Unit,
    *,
    submission_id: UUID,
    connection_id: UUID,
    kind: str,
    method: str,
    path: str,
    key: str,
    body: bytes,
    fence: int,
    look_after: timedelta,
    postings: Sequence[UUID],
) -> None:
    """Commit the call before its first byte: bytes, key, order of postings, and when its outcome may be looked up."""
    values = {
        "account_id": unit.account_id,
        "submission_id": submission_id,
        "connection_id": connection_id,
        "kind": kind,
        "method": method,
        "path": path,
        "key": key,
        "body": body,
        "body_hash": sha256_hex(body),
        "fence": fence,
        "wait": look_after.total_seconds(),
    }
    await unit.execute(_OPEN, values)
    if postings:
        carried = {"account_id": unit.account_id, "submission_id": submission_id, "posting_id": list(postings)}
        await unit.execute(_CARRIES, carried)


async def settle_submission(unit: Unit, submission_id: UUID, outcome: str) -> None:
    """Close a submission: every element of it has been judged, or it is proved that nothing was sent."""
    ended = {"account_id": unit.account_id, "submission_id": submission_id, "outcome": outcome}
    await unit.execute(_SETTLE, ended)


async def answered(unit: Unit, connection_id: UUID, path: str) -> bool:
    """Whether no call to this path may still be at work; those whose time is over are settled: what they did can be seen."""
    await unit.execute(
        text(
            """
            UPDATE poster.submission SET state = 'settled', outcome = 'looked_up', settled_at = now()
             WHERE connection_id = :connection AND path = :path AND state <> 'settled'
               AND look_after <= clock_timestamp()
            """
        ),
        {"connection": connection_id, "path": path},
    )
    rows = await unit.execute(
        text(
            "SELECT 1 FROM poster.submission WHERE connection_id = :connection AND path = :path AND state <> 'settled'"
        ),
        {"connection": connection_id, "path": path},
    )
    return rows.first() is None


async def settle_left_open(unit: Unit, connection_id: UUID) -> None:
    """Settle the calls without a document whose time is over: what they made is looked for by whoever needs it.

    Nobody else would, where the process was killed or the record that needed a contact or an item is skipped since.
    """
    await unit.execute(_LEFT_OPEN, {"connection": connection_id})


async def mark_unknown(unit: Unit, submission_id: UUID, look_after: timedelta) -> None:
    """The answer did not come: nobody touches its documents before the provider must have finished."""
    await unit.execute(
        update(SubmissionRow)
        .where(SubmissionRow.submission_id == submission_id)
        .values(
            state="unknown",
            look_after=text("clock_timestamp() + make_interval(secs => :wait)").bindparams(
                wait=look_after.total_seconds()
            ),
        )
    )


async def record_verdicts(unit: Unit, submission_id: UUID, verdicts: Mapping[UUID, str]) -> None:
    """Store how elements were judged, by posting."""
    await unit.execute(
        _RECORD_VERDICTS,
        {
            "account_id": unit.account_id,
            "submission": submission_id,
            "posting_id": list(verdicts),
            "verdict": list(verdicts.values()),
        },
    )


async def close_looked_up(unit: Unit, posting: UUID) -> None:
    """Settle every open submission all of whose postings have been looked up (this one being the last)."""
    await unit.execute(
        text(
            """
            WITH mine AS (
                UPDATE poster.submission_posting sp SET verdict = coalesce(verdict, 'looked_up')
                 WHERE sp.posting_id = :posting RETURNING account_id, submission_id)
            UPDATE poster.submission s SET state = 'settled', outcome = 'looked_up', settled_at = now()
              FROM mine
             WHERE s.account_id = mine.account_id AND s.submission_id = mine.submission_id AND s.state <> 'settled'
               AND NOT EXISTS (SELECT 1 FROM poster.submission_posting o
                                WHERE o.account_id = s.account_id AND o.submission_id = s.submission_id
                                  AND o.verdict IS NULL AND o.posting_id <> :posting)
            """
        ),
        {"posting": posting},
    )


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call whose outcome is open. `expires_at` ends the provider's window for its key; `expired` says that it has."""

    submission_id: UUID
    key: str
    body: bytes
    expires_at: datetime
    expired: bool


async def open_call(unit: Unit, posting: UUID, window: timedelta) -> OpenCall | None:
    """The latest call for a posting that is not settled, None if there is none."""
    rows = await unit.execute(
        text(
            """
            SELECT s.submission_id, s.idempotency_key, s.body, s.created_at + make_interval(secs => :window),
                   s.created_at + make_interval(secs => :window) <= clock_timestamp()
              FROM poster.submission_posting sp
              JOIN poster.submission s USING (account_id, submission_id)
             WHERE sp.posting_id = :posting AND sp.verdict IS NULL AND s.state <> 'settled'
             ORDER BY s.created_at DESC LIMIT 1
            """
        ),
        {"posting": posting, "window": window.total_seconds()},
    )
    row = rows.one_or_none()
    return None if row is None else OpenCall(*tuple(row))


async def reopen_submission(unit: Unit, submission_id: UUID, fence: int, look_after: timedelta) -> None:
    """The same call is about to be sent once more, by whoever holds the fence now."""
    await unit.execute(
        update(SubmissionRow)
        .where(SubmissionRow.submission_id == submission_id)
        .values(
            state="open",
            fence=fence,
            look_after=text("clock_timestamp() + make_interval(secs => :wait)").bindparams(
                wait=look_after.total_seconds()
            ),
        )
    )
