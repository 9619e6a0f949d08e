"""(type) -> model: the only look-up of message shapes; every version ever sent stays here."""

from __future__ import annotations

from ledgerwire.common.contracts import (
    document_ready_v1,
    document_settled_v1,
    record_closed_v1,
    seats_sync_requested_v1,
)
from ledgerwire.common.contracts.envelope import Data

MODELS: dict[str, type[Data]] = {
    record_closed_v1.TYPE: record_closed_v1.RecordClosedV1,
    document_ready_v1.TYPE: document_ready_v1.DocumentReadyV1,
    document_settled_v1.TYPE: document_settled_v1.DocumentSettledV1,
    seats_sync_requested_v1.TYPE: seats_sync_requested_v1.SeatsSyncRequestedV1,
}


def model_for(message_type: str) -> type[Data]:
    """The body model of a message type; KeyError for an unknown type or version."""
    return MODELS[message_type]


def type_of(data: Data) -> str:
    """The message type a body belongs to; KeyError for a body that is not registered."""
    for message_type, model in MODELS.items():
        if type(data) is model:
            return message_type
    raise KeyError(type(data).__name__)
