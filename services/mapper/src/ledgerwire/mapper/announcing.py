"""What a look leaves for others: the message to poster, the step in the record's timeline, the line in the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog

from ledgerwire.common.contracts.document_ready_v1 import DocumentReadyV1
from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.db.session import Unit
from ledgerwire.common.errors import LedgerwireError
from ledgerwire.common.mq.outbox import new_message
from ledgerwire.common.work.model import Priority, WorkItem
from ledgerwire.mapper import repository
from ledgerwire.mapper.looking import Look
from ledgerwire.mapper.records import StoredRecord
from ledgerwire.mapper.repository import Step

_log = structlog.get_logger(__name__)

SOURCE = "mapper"


def announcement(record: StoredRecord, item: WorkItem) -> Envelope:
    """The message that the record's latest revision is ready for poster.

    It is said once because it is committed with the look that decided it. Its id is random: after a restore the same record
    gets the same revision again, and a message of before, which poster has taken, must not swallow the new one (R22).
    """
    if record.ledger_connection_id is None:
        raise LedgerwireError(f"record {record.record_id} has no ledger connection")
    data = DocumentReadyV1(
        record_id=record.record_id,
        ledger_connection_id=record.ledger_connection_id,
        revision=record.revision,
        urgent=item.priority <= Priority.URGENT,
    )
    return new_message(
        data,
        account_id=record.account_id,
        subject=str(record.record_id),
        correlation_id=record.correlation_id,
        source=SOURCE,
        causation_id=item.causation_id,
    )


async def note(unit: Unit, looks: Sequence[Look]) -> None:
    """Write looks into their records' timelines and the log."""
    steps = [Step(look.record, look.step, _detail(look)) for look in looks]
    await repository.add_steps(unit, steps)
    for entry in steps:
        record = entry.record
        _log.info(
            "record.looked_at",
            account=str(record.account_id),
            record=str(record.record_id),
            number=record.number,
            step=entry.step,
            correlation_id=record.correlation_id,
            **entry.detail,
        )


def _detail(look: Look) -> dict[str, Any]:
    record = look.record
    return {
        "revision": record.revision,
        "codes": sorted({item.code for item in record.findings}),
        "announced": look.announce,
        "state": record.state.value,
    }
