"""Which ledger documents stand for which records: what previews and reports compare with the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ledgerwire.common.db.session import Database
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.poster import repository


@dataclass(frozen=True, slots=True)
class PostedDocument:
    """One posting of a record: its place among the record's documents, and the ledger's id once it is known."""

    record_id: UUID
    ordinal: int
    kind: DocumentKind
    connection_id: UUID
    state: str
    ledger_id: str | None
    contact_id: str | None


async def posted_documents(
    database: Database, account_id: UUID, record_ids: Sequence[UUID]
) -> dict[UUID, list[PostedDocument]]:
    """The postings of these records, in order; a record without any is left out."""
    async with database.account(account_id) as unit:
        rows = await repository.postings_of(unit, record_ids)
    found: dict[UUID, list[PostedDocument]] = {}
    for row in rows:
        kind = DocumentKind(row.kind)
        posted = PostedDocument(
            row.record_id, row.ordinal, kind, row.connection_id, row.state, row.ledger_id, row.contact_id
        )
        found.setdefault(row.record_id, []).append(posted)
    return found


async def linked_contact(database: Database, account_id: UUID, connection_id: UUID, company_key: str) -> str | None:
    """The ledger contact that a company is linked to, None while there is none."""
    async with database.account(account_id) as unit:
        link = await repository.contact_link(unit, connection_id, company_key)
    return link[1] if link else None
