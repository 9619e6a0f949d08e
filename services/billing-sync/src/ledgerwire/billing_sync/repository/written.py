"""The SQL of what we wrote last into each addition."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from ledgerwire.billing_sync.domain.agreements import Written
from ledgerwire.common.canonical import canonical_bytes, from_canonical
from ledgerwire.common.db.models.billing import WrittenAddition
from ledgerwire.common.db.session import Unit


@dataclass(frozen=True, slots=True)
class Record:
    """Our record of one addition, and the company whose seats it bills."""

    company_id: int
    written: Written


async def records(unit: Unit, connection_id: UUID, company_ids: Collection[int] | None = None) -> list[Record]:
    """Our records of a connection, of all companies or these, by addition."""
    query = (
        select(WrittenAddition.company_id, WrittenAddition.body)
        .where(WrittenAddition.connection_id == connection_id)
        .order_by(WrittenAddition.addition_id)
    )
    if company_ids is not None:
        query = query.where(WrittenAddition.company_id.in_(company_ids))
    return [Record(row.company_id, from_canonical(row.body, Written)) for row in await unit.execute(query)]


async def put(unit: Unit, connection_id: UUID, company_id: int, written: Written, step_key: str) -> None:
    """Remember what an addition says by our hand."""
    values = {
        "agreement_id": written.agreement_id,
        "company_id": company_id,
        "line": written.line,
        "body": canonical_bytes(written),
        "step_key": step_key,
    }
    key = {"account_id": unit.account_id, "connection_id": connection_id, "addition_id": written.addition_id}
    await unit.execute(
        insert(WrittenAddition)
        .values(**key, **values)
        .on_conflict_do_update(index_elements=list(key), set_={**values, "written_at": func.now()})
    )


async def forget(unit: Unit, connection_id: UUID, addition_ids: Sequence[int]) -> None:
    """Drop our records of rows that a person deleted before they were invoiced."""
    if addition_ids:
        await unit.execute(
            delete(WrittenAddition).where(
                WrittenAddition.connection_id == connection_id, WrittenAddition.addition_id.in_(addition_ids)
            )
        )
