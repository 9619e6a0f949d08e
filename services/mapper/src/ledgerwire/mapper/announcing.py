"""What a look leaves for others: the message to poster, the step in the record's timeline, the line in the log."""

from __future__ import annotations

import structlog

from ledgerwire.common.contracts.document_ready_v1 import DocumentReadyV1
from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.db.session import Unit
from ledgerwire.common.errors import LedgerwireError
from ledgerwire.common.ids import message_id
from ledgerwire.common.mq.outbox import new_message
from ledgerwire.common.work.model import Priority, WorkItem
from ledgerwire.mapper import repository
from ledgerwire.mapper.looking import Look
from ledgerwire.mapper.records import StoredRecord

_log = structlog.get_logger(__name__)

SOURCE = "mapper"


def announcement(record: StoredRecord, item: WorkItem) -> Envelope:
    """The message that the record's latest revision is ready for poster; saying it twice is one message."""
    if record.ledger_connection_id is None:
        raise LedgerwireError(f"record {record.record_id} has no ledger connection")
    data = DocumentReadyV1(
        record_id=record.record_id,
        ledger_connection_id=record.ledger_connection_id,
        revision=record.revision,
        urgent=item.priority is Priority.URGENT,
    )
    return new_message(
        data,
        account_id=record.account_id,
        subject=str(record.record_id),
        correlation_id=record.correlation_id,
        source=SOURCE,
        causation_id=item.causation_id,
        message_id=message_id("document.ready", record.record_id, record.revision, record.announcements),
    )


async def note(unit: Unit, look: Look) -> None:
    """Write the look into the record's timeline and the log."""
    record = look.record
    codes = sorted({item.code for item in record.findings})
    await repository.add_timeline(
        unit,
        record,
        look.step,
        revision=record.revision,
        codes=codes,
        announced=look.announce,
        state=record.state.value,
    )
    _log.info(
        "record.looked_at",
        account=str(record.account_id),
        record=str(record.record_id),
        number=record.number,
        step=look.step,
        state=record.state.value,
        revision=record.revision,
        codes=codes,
        announced=look.announce,
        correlation_id=record.correlation_id,
    )
