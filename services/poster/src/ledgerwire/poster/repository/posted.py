"""SQL that only reads postings, for people's questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from ledgerwire.common.db.models.poster import DocumentRecordRow, PostingRow
from ledgerwire.common.db.session import Unit


async def postings_of(unit: Unit, record_ids: Sequence[UUID]) -> list[Row[Any]]:
    """The postings that stand for these records, by record and place; one that stands for several is told of each."""
    posting, record = PostingRow.__table__, DocumentRecordRow.__table__
    columns = [column for column in posting.c if column.name != "record_id"]
    query = (
        select(record.c.record_id, *columns)
        .join(posting, (posting.c.account_id == record.c.account_id) & (posting.c.posting_id == record.c.posting_id))
        .where(record.c.record_id.in_(record_ids))
    )
    return list(await unit.execute(query.order_by(record.c.record_id, posting.c.ordinal)))
