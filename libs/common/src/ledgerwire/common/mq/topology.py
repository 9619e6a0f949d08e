"""Exchanges and queues as data; `declare` makes them, `verify` only looks. A type without a consumer here enters no outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ledgerwire.common.contracts import (
    document_ready_v1,
    document_settled_v1,
    record_closed_v1,
    seats_sync_requested_v1,
)

EXCHANGE: Final = "ledgerwire"
DELIVERY_LIMIT: Final = 20
"""A backstop for crashes while a message is in hand; work has its own count of attempts."""
MAX_LENGTH: Final = 1_000_000
"""A full queue refuses the publish, and the row stays in the outbox: back-pressure shows where it can be counted."""
_WITHOUT_LIMIT: Final = 1_000_000_000
"""RabbitMQ 4 counts deliveries of a queue without a limit to 20 and then drops; 3.10 does not know -1."""


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue: the one consumer that reads it and the message types it is bound to."""

    name: str
    service: str
    types: tuple[str, ...]

    @property
    def dead(self) -> str:
        """Where messages go that the broker gave up on; watched and drained by the same service."""
        return f"{self.name}.dead"

    @property
    def arguments(self) -> Mapping[str, str | int]:
        """Quorum, bounded, at-least-once dead-lettering (which needs reject-publish)."""
        return MappingProxyType(
            {
                "x-queue-type": "quorum",
                "x-delivery-limit": DELIVERY_LIMIT,
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": self.dead,
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
                "x-max-length": MAX_LENGTH,
            }
        )

    @property
    def dead_arguments(self) -> Mapping[str, str | int]:
        """Neither TTL nor length: a dead message waits until its service has it in its table."""
        return MappingProxyType({"x-queue-type": "quorum", "x-delivery-limit": _WITHOUT_LIMIT})


RECORD_CLOSED: Final = Queue("mapper.record-closed", "mapper", (record_closed_v1.TYPE,))
DOCUMENT_READY: Final = Queue("poster.document-ready", "poster", (document_ready_v1.TYPE,))
DOCUMENT_SETTLED: Final = Queue("mapper.document-settled", "mapper", (document_settled_v1.TYPE,))
SEATS_SYNC_REQUESTED: Final = Queue("billing.seats-sync-requested", "billing", (seats_sync_requested_v1.TYPE,))

QUEUES: Final = (RECORD_CLOSED, DOCUMENT_READY, DOCUMENT_SETTLED, SEATS_SYNC_REQUESTED)


class TopologyMismatchError(Exception):
    """The broker has a queue or exchange of that name with other properties; the message says which and what to do."""


def queues_for(message_type: str) -> tuple[Queue, ...]:
    """The queues a message type is delivered to; empty for a type nobody consumes."""
    return tuple(queue for queue in QUEUES if message_type in queue.types)


def queue_named(name: str) -> Queue:
    """The queue called `name`; KeyError if the topology does not have it."""
    for queue in QUEUES:
        if queue.name == name:
            return queue
    raise KeyError(name)
