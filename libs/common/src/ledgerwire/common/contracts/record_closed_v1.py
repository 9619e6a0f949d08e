"""record.closed.v1: ingest, sweep, runs and replay tell mapper that a record may have closed. A hint only (M1)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from ledgerwire.common.contracts.envelope import Data

TYPE = "record.closed.v1"


class RecordClosedV1(Data):
    """Look at this record now.

    Attributes:
        connection_id: the ConnectWise connection the record lives on.
        record_type: kind of record, see `common.record_type`.
        source_id: the record's id in ConnectWise (invoice id, unpostedProductId or expenseDetailId).
        found_by: what noticed it.
        urgent: true for a person waiting (callback, retry), false for bulk (sweep, replay of a group).
    """

    record_id: UUID
    connection_id: UUID
    record_type: Literal["invoice", "procurement", "expense"]
    source_id: str
    found_by: Literal["callback", "sweep", "replay", "retry"]
    urgent: bool = True
