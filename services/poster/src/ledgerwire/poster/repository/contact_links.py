"""SQL over contact links: bill-to company -> ledger contact."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from ledgerwire.common.db.models.poster import ContactLinkRow
from ledgerwire.common.db.session import Unit
from ledgerwire.poster.domain.contact import LinkState


async def contact_link(unit: Unit, connection_id: UUID, company_key: str) -> tuple[LinkState, str | None] | None:
    """State and contact id of a company's link on one ledger connection; None if there is none."""
    row = (
        await unit.execute(
            select(ContactLinkRow.state, ContactLinkRow.contact_id).where(
                ContactLinkRow.connection_id == connection_id, ContactLinkRow.company_key == company_key
            )
        )
    ).one_or_none()
    return None if row is None else (LinkState(row.state), row.contact_id)


async def put_contact_link(
    unit: Unit,
    connection_id: UUID,
    company_key: str,
    company_name: str,
    state: LinkState,
    contact_id: str | None = None,
    contact_name: str | None = None,
    *,
    created_by_us: bool = False,
) -> None:
    """Make or move a contact link."""
    changed = {
        "state": str(state),
        "contact_id": contact_id,
        "contact_name": contact_name,
        "created_by_us": created_by_us,
    }
    await unit.execute(
        upsert(ContactLinkRow)
        .values(
            account_id=unit.account_id,
            connection_id=connection_id,
            company_key=company_key,
            company_name=company_name,
            **changed,
        )
        .on_conflict_do_update(
            index_elements=["account_id", "connection_id", "company_key"], set_=changed | {"updated_at": text("now()")}
        )
    )


async def created_links(unit: Unit, since: date | None) -> list[Row[Any]]:
    """Links whose contact we created, since the start of a day, oldest first."""
    query = select(ContactLinkRow.__table__).where(ContactLinkRow.created_by_us)
    if since is not None:
        query = query.where(ContactLinkRow.created_at >= datetime.combine(since, time(), UTC))
    return list(await unit.execute(query.order_by(ContactLinkRow.created_at, ContactLinkRow.company_key)))
