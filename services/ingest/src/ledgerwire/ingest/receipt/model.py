"""What is kept of a verified callback: the receipt, and for one that rings the message to mapper and a step of its way. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.contracts.record_closed_v1 import RecordClosedV1
from ledgerwire.common.ids import AccountId, ConnectionId, RecordId, record_id
from ledgerwire.common.mq.outbox import new_message
from ledgerwire.ingest.judgement import INVOICE, Judged


@dataclass(frozen=True, slots=True)
class Receipt:
    """One callback as it will be stored; all of it or nothing.

    Attributes:
        record: the record it is about and `announcement` the message that tells mapper; both None for one that is ignored.
    """

    account_id: UUID
    connection_id: UUID
    receipt_id: UUID
    received_at: datetime
    judged: Judged
    record: RecordId | None = None
    announcement: Envelope | None = None

    @property
    def correlation_id(self) -> str:
        """The id that finds the record's whole way from here."""
        return str(self.receipt_id)


class Keeper(Protocol):
    """Where receipts are kept."""

    async def keep(self, receipt: Receipt) -> bool:
        """True once it is committed, False if this callback is here already; raises what kept it from being stored."""
        ...


def receipt_of(
    judged: Judged, *, account_id: UUID, connection_id: UUID, receipt_id: UUID, received_at: datetime
) -> Receipt:
    """The receipt of a judged callback."""
    if judged.ignored is not None:
        return Receipt(account_id, connection_id, receipt_id, received_at, judged)
    record = record_id(AccountId(account_id), ConnectionId(connection_id), INVOICE, judged.source_id)
    data = RecordClosedV1(
        record_id=record,
        connection_id=connection_id,
        record_type="invoice",
        source_id=judged.source_id,
        found_by="callback",
    )
    announcement = new_message(
        data,
        account_id=account_id,
        subject=str(record),
        correlation_id=str(receipt_id),
        causation_id=str(receipt_id),
        source="ingest",
    )
    return Receipt(account_id, connection_id, receipt_id, received_at, judged, record, announcement)
