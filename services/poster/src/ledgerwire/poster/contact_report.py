"""Which ledger contacts were made by us: what a person checks after a go-live, since none is made in silence (D9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from ledgerwire.common.db.session import Database
from ledgerwire.poster.repository import contact_links


@dataclass(frozen=True, slots=True)
class CreatedContact:
    """One contact made by us. `company_key` is the key of its link (see `ContactDecision`)."""

    connection_id: UUID
    company_key: str
    company_name: str
    contact_id: str
    contact_name: str
    created_at: datetime


async def created_contacts(database: Database, account_id: UUID, since: date | None) -> list[CreatedContact]:
    """Contacts made since the start of a day (UTC; None = ever), oldest first."""
    async with database.account(account_id) as unit:
        rows = await contact_links.created_links(unit, since)
    return [
        CreatedContact(
            row.connection_id,
            row.company_key,
            row.company_name,
            row.contact_id or "",
            row.contact_name or row.company_name,
            row.created_at,
        )
        for row in rows
    ]
