"""Messages leave by the outbox only: written in the transaction of the change they announce, published by the relay."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from ledgerwire.common.contracts.envelope import SOURCE_PREFIX, Data, Envelope
from ledgerwire.common.contracts.registry import type_of
from ledgerwire.common.db.session import Unit
from ledgerwire.common.mq.topology import queues_for
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.telemetry import current_traceparent, new_traceparent

_SCHEMA_PREFIX = "urn:ledgerwire:message:"


class UnroutableTypeError(LookupError):
    """No consumer in the topology takes this message type, so it would wait in the outbox for ever."""


def data_schema(message_type: str) -> str:
    """The CloudEvents `dataschema` of a message type."""
    return f"{_SCHEMA_PREFIX}{message_type}"


def new_message(
    data: Data,
    *,
    account_id: UUID,
    subject: str,
    correlation_id: str,
    source: str,
    causation_id: str | None = None,
    message_id: UUID | None = None,
) -> Envelope:
    """An envelope around `data`; its type follows from the model.

    `subject` is the record id the message is about, `source` the service that says it. Derive `message_id`
    (`ids.message_id`) where saying the same thing twice must be one message; without it the id is random.
    """
    message_type = type_of(data)
    return Envelope(
        id=message_id or uuid4(),
        source=f"{SOURCE_PREFIX}{source}",
        type=message_type,
        subject=subject,
        time=datetime.now(UTC),
        dataschema=data_schema(message_type),
        accountid=account_id,
        correlationid=correlation_id,
        causationid=causation_id,
        traceparent=current_traceparent(),
        data=data.model_dump_json().encode(),
    )


COLUMNS = ("message_id", "message_type", "subject", "data", "correlation_id", "causation_id", "traceparent")
"""What `Outbox.row` gives and `Outbox.insert_from` takes, besides the account."""


class Outbox:
    """The outbox of one service. `wake` is its relay's event; None where no relay runs in this process."""

    def __init__(self, schema: ServiceSchema, wake: asyncio.Event | None = None) -> None:
        self._wake = wake
        self._schema = schema
        self._insert = text(
            f"INSERT INTO {schema.outbox} (message_id, account_id, type, subject, data, correlation_id, causation_id,"
            " traceparent) SELECT * FROM unnest(CAST(:message_id AS uuid[]), CAST(:account_id AS uuid[]),"
            " CAST(:type AS text[]), CAST(:subject AS text[]), CAST(:data AS bytea[]), CAST(:correlation_id AS text[]),"
            " CAST(:causation_id AS text[]), CAST(:traceparent AS text[])) ON CONFLICT (message_id) DO NOTHING"
        )

    async def append(self, unit: Unit, *messages: Envelope) -> int:
        """Add messages to the unit's transaction; how many were new (an id said before is not said again).

        A message without a trace goes on with the one of the work in hand, or begins one.

        Raises:
            UnroutableTypeError: the topology names no consumer for a type.
        """
        if not messages:
            return 0
        for message in messages:
            _must_be_routed(message)
        result = await unit.execute(
            self._insert,
            {
                "message_id": [message.id for message in messages],
                "account_id": [message.accountid for message in messages],
                "type": [message.type for message in messages],
                "subject": [message.subject for message in messages],
                "data": [message.data for message in messages],
                "correlation_id": [message.correlationid for message in messages],
                "causation_id": [message.causationid for message in messages],
                "traceparent": [
                    message.traceparent or unit.traces.get(message.correlationid) or new_traceparent()
                    for message in messages
                ],
            },
        )
        if result.rowcount and self._wake is not None:
            unit.after_commit(self._wake.set)
        return result.rowcount

    def gather(self, unit: Unit, message: Envelope) -> None:
        """Add a message of an id of its own together with the unit's others, before the commit; raises UnroutableTypeError."""
        _must_be_routed(message)
        unit.gather(self._append_all, message)

    async def _append_all(self, unit: Unit, messages: list[Envelope]) -> None:
        await self.append(unit, *messages)

    def insert_from(self, rows: str, account: str) -> str:
        """SQL that appends rows of a relation with `COLUMNS` under one account (an expression); for grouped writes.

        Whoever runs it calls `announce` after the commit. `rows` may be a table expression with conditions.
        """
        return (
            f"INSERT INTO {self._schema.outbox} (account_id, message_id, type, subject, data, correlation_id, causation_id,"
            f" traceparent) SELECT {account}, {', '.join(COLUMNS)} FROM {rows} ON CONFLICT (message_id) DO NOTHING"
        )

    def row(self, message: Envelope) -> tuple[Any, ...]:
        """The values of `COLUMNS` for a message that is appended by `insert_from`; raises UnroutableTypeError."""
        _must_be_routed(message)
        return (
            message.id,
            message.type,
            message.subject,
            message.data,
            message.correlationid,
            message.causationid,
            message.traceparent or new_traceparent(),
        )

    def announce(self) -> None:
        """Wake the relay: messages were committed."""
        if self._wake is not None:
            self._wake.set()


def _must_be_routed(message: Envelope) -> None:
    if not queues_for(message.type):
        raise UnroutableTypeError(f"no queue takes {message.type}; add its consumer to the topology first")
