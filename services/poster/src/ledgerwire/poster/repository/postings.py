"""SQL that moves postings: those of one call, or of one transaction, in one statement."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, text, update

from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.db.models.poster import PostingRow
from ledgerwire.common.db.session import Unit
from ledgerwire.poster.domain.posting import PostingState
from ledgerwire.poster.records import Case, StoredPosting
from ledgerwire.poster.repository.expense_groups import stands_for_group
from ledgerwire.poster.to_post import Moved, ToPost

_PUT = text(
    """
    INSERT INTO poster.posting AS p (account_id, posting_id, record_id, connection_id, ordinal, kind, number, revision, document,
                                     document_hash, state, contact_id, edition, reverses, findings, correlation_id)
    SELECT CAST(:account_id AS uuid), posting_id, record_id, CAST(:connection_id AS uuid), ordinal, kind, number, revision, document, document_hash, state,
           contact_id, edition, reverses, CAST(findings AS jsonb), correlation_id
      FROM unnest(CAST(:posting_id AS uuid[]), CAST(:record_id AS uuid[]), CAST(:ordinal AS int[]), CAST(:kind AS text[]),
                  CAST(:number AS text[]), CAST(:revision AS int[]), CAST(:document AS bytea[]),
                  CAST(:document_hash AS text[]), CAST(:state AS text[]), CAST(:contact_id AS text[]),
                  CAST(:edition AS int[]), CAST(:reverses AS uuid[]), CAST(:findings AS text[]),
                  CAST(:correlation_id AS text[]))
        AS sent (posting_id, record_id, ordinal, kind, number, revision, document, document_hash, state, contact_id, edition,
                 reverses, findings, correlation_id)
    ON CONFLICT (account_id, posting_id) DO UPDATE
       SET connection_id = excluded.connection_id, number = excluded.number, revision = excluded.revision,
           document = excluded.document, document_hash = excluded.document_hash, state = excluded.state,
           contact_id = excluded.contact_id, findings = excluded.findings, updated_at = now()
    """
)
_STANDS_FOR = text(
    """
    INSERT INTO poster.document_record (account_id, posting_id, record_id)
    SELECT CAST(:account_id AS uuid), posting_id, record_id
      FROM unnest(CAST(:posting_id AS uuid[]), CAST(:record_id AS uuid[])) AS sent (posting_id, record_id)
    ON CONFLICT DO NOTHING
    """
)
_SET = text(
    """
    WITH moved AS (
        SELECT *
          FROM unnest(CAST(:posting_id AS uuid[]), CAST(:state AS text[]), CAST(:findings AS text[]), CAST(:ledger_id AS text[]),
                      CAST(:ledger_total AS numeric[]), CAST(:choices_revision AS int[]), CAST(:choices_done AS int[]))
            AS moved (posting_id, state, findings, ledger_id, ledger_total, choices_revision, choices_done)
    ), without AS (
        DELETE FROM poster.document_record AS d USING moved
         WHERE d.account_id = :account_id AND d.posting_id = moved.posting_id AND d.leaving
           AND moved.state IN ('posted', 'posted_draft') AND moved.ledger_total IS NOT NULL
    )
    UPDATE poster.posting AS p
       SET state = moved.state, findings = CAST(moved.findings AS jsonb), updated_at = now(),
           ledger_id = coalesce(moved.ledger_id, p.ledger_id), ledger_total = coalesce(moved.ledger_total, p.ledger_total),
           choices_revision = coalesce(moved.choices_revision, p.choices_revision),
           choices_done = coalesce(moved.choices_done, p.choices_done)
      FROM moved
     WHERE p.account_id = :account_id AND p.posting_id = moved.posting_id
    """
)
_CLOSE_ROUND = text(
    """
    UPDATE poster.posting AS p
       SET choices_revision = closed.revision, choices_done = closed.done,
           findings = CASE WHEN closed.shared THEN p.findings ELSE '[]' END
      FROM unnest(CAST(:owner AS uuid[]), CAST(:revision AS int[]), CAST(:done AS int[]), CAST(:shared AS boolean[]))
        AS closed (owner, revision, done, shared)
     WHERE p.account_id = :account_id AND p.record_id = closed.owner
    """
)


async def put_posting(unit: Unit, connection_id: UUID, target: ToPost, state: PostingState) -> None:
    """Insert or revise the posting of a document; the ledger id, once known, stays."""
    await put_postings(unit, connection_id, [(target, state)])


async def put_postings(unit: Unit, connection_id: UUID, targets: Sequence[tuple[ToPost, PostingState]]) -> None:
    """The same for several documents of different postings."""
    sent = [(target, target.case.decided, state) for target, state in targets]
    await unit.execute(
        _PUT,
        {
            "account_id": unit.account_id,
            "connection_id": connection_id,
            "posting_id": [target.posting_id for target, _, _ in sent],
            "record_id": [decided.owner_id for _, decided, _ in sent],
            "ordinal": [target.ordinal for target, _, _ in sent],
            "kind": [str(target.document.kind) for target, _, _ in sent],
            "number": [target.document.number for target, _, _ in sent],
            "revision": [decided.document_revision for _, decided, _ in sent],
            "document": [canonical_bytes(target.document) for target, _, _ in sent],
            "document_hash": [target.wanted_hash for target, _, _ in sent],
            "state": [str(state) for _, _, state in sent],
            "contact_id": [target.contact_id for target, _, _ in sent],
            "edition": [target.edition for target, _, _ in sent],
            "reverses": [target.reverses for target, _, _ in sent],
            "findings": [_findings(target.warnings) for target, _, _ in sent],
            "correlation_id": [decided.correlation_id for _, decided, _ in sent],
        },
    )
    own = [(target.posting_id, decided.record_id) for target, decided, _ in sent if decided.group_id is None]
    if own:
        ids = {"posting_id": [posting for posting, _ in own], "record_id": [record for _, record in own]}
        await unit.execute(_STANDS_FOR, {"account_id": unit.account_id, **ids})
    for target, decided, _ in sent:
        if decided.group_id is not None:
            await stands_for_group(unit, target.posting_id, decided.group_id)


async def set_posting(
    unit: Unit,
    posting: UUID,
    state: PostingState,
    *,
    ledger_id: str | None = None,
    ledger_total: Decimal | None = None,
    findings: Sequence[Finding] = (),
    choices: tuple[int, int] | None = None,
) -> None:
    """Move a posting to a state; see `Moved`."""
    await set_postings(unit, [Moved(posting, state, ledger_id, ledger_total, findings, choices)])


async def set_postings(unit: Unit, moved: Sequence[Moved]) -> None:
    """Move several postings. A document whose total was seen to be as it was sent is without those that left it."""
    await unit.execute(
        _SET,
        {
            "account_id": unit.account_id,
            "posting_id": [item.posting_id for item in moved],
            "state": [str(item.state) for item in moved],
            "findings": [_findings(item.findings) for item in moved],
            "ledger_id": [item.ledger_id for item in moved],
            "ledger_total": [item.ledger_total for item in moved],
            "choices_revision": [item.choices[0] if item.choices else None for item in moved],
            "choices_done": [item.choices[1] if item.choices else None for item in moved],
        },
    )


async def keep_rate(unit: Unit, posting: StoredPosting, rate: Decimal | None) -> None:
    """Remember the rate at which the ledger has a document that is about to leave it: what replaces it keeps it (M15)."""
    if rate is not None and rate != posting.document.currency_rate:
        document = canonical_bytes(replace(posting.document, currency_rate=rate))
        await unit.execute(
            update(PostingRow).where(PostingRow.posting_id == posting.posting_id).values(document=document)
        )


async def forget_document(unit: Unit, posting: UUID, *, voided: str | None = None) -> None:
    """The posting has no document in the ledger any more; `voided` is the id of the one that we took out ourselves."""
    values: dict[str, Any] = {"ledger_id": None, "ledger_total": None}
    if voided is not None:
        values["gone_ids"] = func.array_append(PostingRow.gone_ids, voided)
    await unit.execute(update(PostingRow).where(PostingRow.posting_id == posting).values(**values))


async def touch_postings(unit: Unit, postings: Collection[UUID]) -> None:
    """The ledger has these documents as far as was looked just now."""
    await unit.execute(update(PostingRow).where(PostingRow.posting_id.in_(postings)).values(updated_at=func.now()))


async def next_edition(unit: Unit, posting: UUID) -> None:
    """The next document of this posting takes a number of its own: the ledger keeps that of a voided one."""
    await unit.execute(
        update(PostingRow).where(PostingRow.posting_id == posting).values(edition=PostingRow.edition + 1)
    )


async def close_rounds(unit: Unit, cases: Sequence[Case]) -> None:
    """These records are settled: what was found is told, and what people chose so far is past.

    What was found about a document that others share is told of each of them, so it stays.
    """
    closed = {case.decided.owner_id: case for case in cases}
    await unit.execute(
        _CLOSE_ROUND,
        {
            "account_id": unit.account_id,
            "owner": list(closed),
            "revision": [case.choices[0] for case in closed.values()],
            "done": [case.choices[1] for case in closed.values()],
            "shared": [case.decided.group_id is not None for case in closed.values()],
        },
    )


def _findings(findings: Sequence[Finding]) -> str:
    return json.dumps([{"code": item.code, "params": item.params} for item in findings])
