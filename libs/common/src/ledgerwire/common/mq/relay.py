"""The relay: publishes a schema's outbox, accounts in turn, and marks each message after its confirmation.

It holds no transaction while it publishes. A crash between confirmation and mark publishes a message again under the same
id, which the consumers' inboxes remove. One relay per schema works at a time, by a lease; a second process stands by.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from datetime import timedelta
from time import monotonic
from typing import Final
from uuid import UUID, uuid4, uuid5

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.crashpoints import declare, reach
from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import LeaseLost
from ledgerwire.common.events import first_of
from ledgerwire.common.mq.outbox_rows import OutboxRows
from ledgerwire.common.mq.transport import Transport, UnroutableError
from ledgerwire.common.redaction import redact_text
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.telemetry import PUBLISH_FAILED, PUBLISHED
from ledgerwire.common.work.lease import Lease, LeaseTerms, take

_log = structlog.get_logger(__name__)

BATCH: Final = 500
LOOK_AT: Final = 4 * BATCH
"""Rows read to choose a batch from, shared by the accounts that have some waiting."""
RELAY_TERMS: Final = LeaseTerms(ttl=timedelta(seconds=10), renew_every=timedelta(seconds=2), grace=timedelta(seconds=0))
"""No grace: two relays at once only publish twice."""


def relay_terms(lease: timedelta) -> LeaseTerms:
    """The relay's terms where workers hold connections for `lease`: a shorter lease makes a restart resume sooner."""
    ttl = min(lease, RELAY_TERMS.ttl)
    return LeaseTerms(ttl=ttl, renew_every=ttl / 5, grace=timedelta(0))


FEW: Final = 50
GATHERING: Final = 0.02
"""Seconds for the next batch to gather after one of fewer than `FEW`: under a steady stream a batch for every handful would cost
more than the messages. What comes after a rest goes at once."""
_NOBODY: Final = UUID(int=0)
_PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
_REST: Final = 1.0
_UNROUTABLE_REST: Final = 5.0
_PRUNE_EVERY: Final = timedelta(hours=1)
KEEP: Final = timedelta(days=30)
"""How long published rows and inbox ids stay: longer than any message can still arrive a second time."""

READ = declare("relay.read", "messages are read from the outbox, none is published")
CONFIRMED = declare("relay.confirmed", "messages are confirmed by the broker and not yet marked as published")
MARKED = declare("relay.marked", "messages are marked as published")


class Relay:
    """Publishes the outbox of one schema. `wake` is set by `Outbox.append` after the commit."""

    def __init__(
        self,
        database: Database,
        transport: Transport,
        schema: ServiceSchema,
        *,
        poll: timedelta = timedelta(milliseconds=200),
        terms: LeaseTerms = RELAY_TERMS,
        keep: timedelta = KEEP,
    ) -> None:
        self.wake = asyncio.Event()
        self._database = database
        self._transport = transport
        self._schema = schema
        self._rows = OutboxRows(schema)
        self._poll = poll.total_seconds()
        self._terms = terms
        self._keep = keep
        self._place = uuid5(_NOBODY, f"relay:{schema.name}")
        self._holder = f"relay:{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._refused: dict[int, float] = {}
        self._failures = 0
        self._pruned_at = monotonic() - _PRUNE_EVERY.total_seconds()

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until `stop`, then once more what the last commits left."""
        while not stop.is_set():
            lease = await self._lease()
            if lease is None:
                await first_of(stop, timeout=self._terms.renew_every.total_seconds())
                continue
            try:
                async with lease.kept():
                    await self._publish_until(stop, lease)
                await lease.release()
            except LeaseLost:
                _log.warning("relay.lease_lost", service=self._schema.name)
            except (SQLAlchemyError, OSError) as error:
                _log.warning("relay.database_failed", service=self._schema.name, error=repr(error)[:300])
                await first_of(stop, timeout=1.0)

    async def publish_once(self) -> int:
        """Publish one batch; how many messages are confirmed and marked."""
        async with self._database.single() as unit:
            rows = await self._rows.waiting(unit, limit=BATCH, look_at=LOOK_AT, besides=self._resting())
        if not rows:
            return 0
        reach(READ)
        outcomes = await self._transport.publish([envelope for _, envelope in rows])
        reach(CONFIRMED)
        confirmed = [number for (number, _), outcome in zip(rows, outcomes, strict=True) if outcome is None]
        refused = [
            (number, envelope, outcome)
            for (number, envelope), outcome in zip(rows, outcomes, strict=True)
            if outcome is not None
        ]
        async with self._database.single() as unit:
            await self._rows.mark_published(unit, confirmed)
        if refused:
            async with self._database.single() as unit:
                await self._rows.mark_refused(unit, [(number, _reason(outcome)) for number, _, outcome in refused])
        reach(MARKED)
        self._account_for(confirmed, refused)
        return len(confirmed)

    async def prune(self) -> int:
        """Delete published rows and inbox ids older than `keep`, in short transactions; how many went."""
        removed = 0
        while True:
            async with self._database.system() as unit:
                batch = await self._rows.prune(unit, self._keep)
            removed += batch
            if not batch:
                return removed

    async def _lease(self) -> Lease | None:
        try:
            async with self._database.system() as unit:
                return await take(
                    self._database, unit, self._schema.name, _NOBODY, self._place, self._holder, self._terms
                )
        except (SQLAlchemyError, OSError) as error:
            _log.warning("relay.database_failed", service=self._schema.name, error=repr(error)[:300])
            return None

    async def _publish_until(self, stop: asyncio.Event, lease: Lease) -> None:
        while True:
            last_round = stop.is_set()
            self.wake.clear()
            if lease.remaining() <= timedelta(0):
                raise LeaseLost("the relay's lease ran out")
            published = await self.publish_once()
            if last_round and not published:
                return
            if monotonic() - self._pruned_at > _PRUNE_EVERY.total_seconds():
                self._pruned_at = monotonic()
                await self.prune()
            if self._failures:
                pause = _PAUSES[min(self._failures, len(_PAUSES)) - 1]
                await first_of(stop, timeout=pause)
            elif not published and not last_round:
                await first_of(self.wake, stop, timeout=self._poll)
            elif published < FEW:
                await first_of(stop, timeout=GATHERING)
                if not self.wake.is_set():  # that was all there is
                    await first_of(self.wake, stop, timeout=self._poll)

    def _resting(self) -> list[int]:
        """Rows refused a moment ago: they wait, so that they do not stand before healthy ones."""
        now = monotonic()
        self._refused = {number: until for number, until in self._refused.items() if until > now}
        return list(self._refused)

    def _account_for(self, confirmed: Sequence[int], refused: Sequence[tuple[int, Envelope, Exception]]) -> None:
        PUBLISHED.labels(self._schema.name).inc(len(confirmed))
        if not refused:
            self._failures = 0
            return
        PUBLISH_FAILED.labels(self._schema.name).inc(len(refused))
        now = monotonic()
        unroutable = [number for number, _, outcome in refused if isinstance(outcome, UnroutableError)]
        self._refused.update((number, now + _UNROUTABLE_REST) for number in unroutable)
        if confirmed:
            self._failures = 0
            self._refused.update((number, now + _REST) for number, _, _ in refused if number not in self._refused)
        elif len(unroutable) < len(refused):
            self._failures += 1  # nothing gets through: the broker is away, so everything pauses
        _, envelope, outcome = refused[0]
        _log.warning(
            "relay.refused",
            service=self._schema.name,
            count=len(refused),
            type=envelope.type,
            correlation_id=envelope.correlationid,
            error=_reason(outcome),
        )


def _reason(outcome: Exception | None) -> str:
    return redact_text(f"{type(outcome).__name__}: {outcome}")[:500]
