"""Takes a queue's messages into work rows: one transaction holds inbox ids, doorbells and dead letters, then come the acks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import structlog
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.contracts.registry import model_for
from ledgerwire.common.crashpoints import declare, reach
from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.deadletters.model import DeadLetter
from ledgerwire.common.deadletters.store import write
from ledgerwire.common.errors import Poison
from ledgerwire.common.mq.topology import Queue
from ledgerwire.common.mq.transport import Received, Transport
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.telemetry import CONSUMED
from ledgerwire.common.work.destination import describe, is_of_the_schema, is_passing, root_cause
from ledgerwire.common.work.model import Doorbell
from ledgerwire.common.work.store import WorkStore

_log = structlog.get_logger(__name__)

ToDoorbells = Callable[[Envelope, Any], Sequence[Doorbell]]
"""A service's pure function from an envelope and its decoded body to the work it rings for."""

RECEIVED = declare("consumer.received", "a batch is written, neither committed nor acknowledged")
ACCEPTED = declare("consumer.accepted", "a batch is committed and its messages are not yet acknowledged")


@dataclass(slots=True)
class _Taken:
    """What one batch becomes in its transaction."""

    doorbells: list[Doorbell] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    duplicates: int = 0


class Consumer:
    """Accepts the batches of one queue for one service.

    Args:
        to_doorbells: pure; an exception it raises buries that message alone.
        wake: the worker's event, set once the batch is committed.
    """

    def __init__(
        self, database: Database, schema: ServiceSchema, queue: Queue, to_doorbells: ToDoorbells, wake: asyncio.Event
    ) -> None:
        self._database = database
        self._schema = schema
        self._queue = queue
        self._to_doorbells = to_doorbells
        self._wake = wake
        self._work = WorkStore(schema)
        self._insert_ids = text(
            f"INSERT INTO {schema.inbox} (consumer, message_id, account_id) SELECT :consumer, message_id, account_id"
            " FROM unnest(CAST(:message_id AS uuid[]), CAST(:account_id AS uuid[])) AS arrived (message_id, account_id)"
            " ON CONFLICT (consumer, message_id) DO NOTHING RETURNING message_id"
        )

    async def subscribe(self, transport: Transport) -> None:
        """Take the queue's messages, and those of its dead queue, from `transport`."""
        await transport.subscribe(self._queue.name, self.accept)
        await transport.subscribe(self._queue.dead, self.accept_dead)

    async def accept(self, batch: Sequence[Received]) -> None:
        """Take a batch; a message that cannot be stored is buried alone and never holds up the others."""
        await self._one_by_one_on_bad_data(batch, self._take)
        reach(ACCEPTED)

    async def accept_dead(self, batch: Sequence[Received]) -> None:
        """Bring what the broker gave up on into the dead letter table."""
        await self._one_by_one_on_bad_data(batch, self._take_dead)

    async def _one_by_one_on_bad_data(
        self, batch: Sequence[Received], take: Callable[[Unit, Sequence[Received]], Any]
    ) -> None:
        try:
            async with self._database.system() as unit:
                await take(unit, batch)
        except DBAPIError as error:
            if is_passing(error) or is_of_the_schema(error):
                raise
            if len(batch) == 1:
                async with self._database.system() as unit:
                    await self._bury(unit, [_letter(self._queue.name, batch[0], "UNSTORABLE", describe(error))])
                return
            for received in batch:
                await self._one_by_one_on_bad_data([received], take)

    async def _take(self, unit: Unit, batch: Sequence[Received]) -> None:
        fresh = await self._fresh_ids(unit, batch)
        taken = _Taken()
        for received in batch:
            self._sort(received, fresh, taken)
        await self._work.ring(unit, taken.doorbells)
        await self._bury(unit, taken.dead)
        reach(RECEIVED)
        self._count(batch, taken)
        if taken.doorbells:
            unit.after_commit(self._wake.set)

    async def _fresh_ids(self, unit: Unit, batch: Sequence[Received]) -> set[UUID]:
        envelopes = {item.envelope.id: item.envelope for item in batch if item.envelope is not None}
        if not envelopes:
            return set()
        ordered = sorted(envelopes)
        result = await unit.execute(
            self._insert_ids,
            {
                "consumer": self._queue.name,
                "message_id": ordered,
                "account_id": [envelopes[message_id].accountid for message_id in ordered],
            },
        )
        return set(result.scalars())

    def _sort(self, received: Received, fresh: set[UUID], taken: _Taken) -> None:
        envelope = received.envelope
        if envelope is None:
            poison = received.poison or Poison("it is no message of ours")
            taken.dead.append(_letter(self._queue.name, received, poison.code, str(poison)))
            return
        if envelope.id not in fresh:
            taken.duplicates += 1
            return
        fresh.discard(envelope.id)  # the same message twice in one batch
        try:
            bells = self._to_doorbells(envelope, _decoded(envelope))
            taken.doorbells.extend(replace(bell, traceparent=envelope.traceparent) for bell in bells)
        except Poison as poison:
            taken.dead.append(_letter(self._queue.name, received, poison.code, str(poison)))
        except Exception as error:  # noqa: BLE001 - one message's fault must not hold up the batch
            taken.dead.append(
                _letter(self._queue.name, received, root_cause(error, "DOORBELL_FAILED"), describe(error))
            )

    async def _take_dead(self, unit: Unit, batch: Sequence[Received]) -> None:
        await self._bury(
            unit,
            [
                _letter(
                    self._queue.name,
                    received,
                    "DELIVERY_LIMIT",
                    f"the broker gave up on it: {received.headers.get('x-first-death-reason', 'no reason given')}",
                )
                for received in batch
            ],
        )

    async def _bury(self, unit: Unit, letters: Sequence[DeadLetter]) -> None:
        if not letters:
            return
        await write(unit, self._schema, letters)
        for letter in letters:
            _log.warning(
                "message.dead",
                queue=letter.queue,
                cause=letter.cause,
                message_id=letter.message_id,
                type=letter.type,
                correlation_id=letter.correlation_id,
            )

    def _count(self, batch: Sequence[Received], taken: _Taken) -> None:
        dead, duplicates = len(taken.dead), taken.duplicates
        CONSUMED.labels(self._queue.name, "taken").inc(len(batch) - dead - duplicates)
        CONSUMED.labels(self._queue.name, "duplicate").inc(duplicates)
        CONSUMED.labels(self._queue.name, "dead").inc(dead)


def _decoded(envelope: Envelope) -> Any:
    try:
        model = model_for(envelope.type)
    except KeyError:
        raise Poison(f"unknown message type or version {envelope.type}", code="UNKNOWN_MESSAGE_TYPE") from None
    try:
        return model.model_validate_json(envelope.data)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, item['loc'])) or 'body'}: {item['msg']}" for item in error.errors())
        raise Poison(f"the body is no {envelope.type}: {faults}", code="UNDECODABLE_MESSAGE") from None


def _letter(queue: str, received: Received, cause: str, detail: str) -> DeadLetter:
    envelope = received.envelope
    return DeadLetter(
        queue=queue,
        cause=cause,
        detail=detail,
        payload=received.raw,
        account_id=envelope.accountid if envelope else None,
        message_id=str(envelope.id) if envelope else received.headers.get("cloudEvents:id"),
        type=envelope.type if envelope else received.headers.get("cloudEvents:type"),
        subject=envelope.subject if envelope else received.headers.get("cloudEvents:subject"),
        headers=received.headers,
        attempts=1,
        correlation_id=envelope.correlationid if envelope else received.headers.get("cloudEvents:correlationid"),
    )
