"""SQL that only reads postings, for people's questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from ledgerwire.common.db.models.poster import PostingRow
from ledgerwire.common.db.session import Unit


async def postings_of(unit: Unit, record_ids: Sequence[UUID]) -> list[Row[Any]]:
    """The postings of these records, by record and place."""
    query = select(PostingRow.__table__).where(PostingRow.record_id.in_(record_ids))
    return list(await unit.execute(query.order_by(PostingRow.record_id, PostingRow.ordinal)))
