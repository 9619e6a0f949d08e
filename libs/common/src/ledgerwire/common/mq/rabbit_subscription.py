"""One consumer of one queue: collects a batch, has it accepted, then acknowledges; starts afresh after every break."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Final

import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage

from ledgerwire.common.events import first_of
from ledgerwire.common.mq.broker_errors import BrokerGoneError, broker_calls
from ledgerwire.common.mq.broker_topology import declare
from ledgerwire.common.mq.envelope_codec import decode
from ledgerwire.common.mq.topology import TopologyMismatchError
from ledgerwire.common.mq.transport import Accept

_log = structlog.get_logger(__name__)

_PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
_STEADY_SECONDS: Final = 5.0
"""A channel that ends sooner has failed, whatever was taken by it: each end counts against the delivery limit of all it held, and a
connection that breaks again and again would use that up within seconds."""
_LOOK_SECONDS: Final = 5.0
"""How often an idle consumer makes sure that its queue still exists: a deleted one ends consumption without a word."""


class Subscription:
    """Consumes until stopped, whatever happens to the broker in between."""

    def __init__(
        self,
        queue: str,
        accept: Accept,
        connection: Callable[[], Awaitable[AbstractConnection]],
        *,
        batch: int,
        linger_seconds: float,
        drain_seconds: float,
    ) -> None:
        self._queue_name = queue
        self._accept = accept
        self._connection = connection
        self._batch = batch
        self._linger = linger_seconds
        self._drain = drain_seconds
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._acknowledged = 0
        self.consuming = False

    def start(self) -> None:
        """Begin in the background."""
        self._task = asyncio.create_task(self._run(), name=f"consume {self._queue_name}")

    async def stop(self) -> None:
        """Cancel the consumer, let what was delivered be accepted and acknowledged, then close the channel."""
        self._stopping.set()
        if self._task is None:
            return
        _, pending = await asyncio.wait({self._task}, timeout=self._drain)
        if pending:
            # not acknowledged, so it is delivered again to somebody else
            _log.warning("consumer.drain_cut_off", queue=self._queue_name)
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            began = monotonic()
            try:
                with broker_calls():
                    await self._consume()
            except (BrokerGoneError, TopologyMismatchError) as error:
                _log.warning("consumer.interrupted", queue=self._queue_name, error=str(error))
            finally:
                self.consuming = False
            failures = 0 if monotonic() - began >= _STEADY_SECONDS else failures + 1
            if not self._stopping.is_set():
                await first_of(self._stopping, timeout=_PAUSES[min(failures, len(_PAUSES)) - 1] if failures else 0.05)

    async def _consume(self) -> None:
        connection = await self._connection()
        await declare(connection)
        channel = await connection.channel(publisher_confirms=False)
        await channel.set_qos(prefetch_count=self._batch)
        queue = await channel.get_queue(self._queue_name, ensure=False)
        arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        self._acknowledged = 0
        tag = await queue.consume(arrived.put)
        self.consuming = True
        try:
            taken = await self._pump(channel, arrived)
            if taken and not channel.is_closed:
                await queue.cancel(tag)
                await self._drain_rest(channel, arrived)
        finally:
            if not channel.is_closed:
                await channel.close()

    async def _pump(self, channel: AbstractChannel, arrived: asyncio.Queue[AbstractIncomingMessage]) -> bool:
        """Take what comes until told to stop; False where a batch was not taken.

        Nothing may be acknowledged on this channel after that: it would acknowledge that batch too, for all up to a message are.
        """
        while not self._stopping.is_set() and not channel.is_closed:
            first = await self._next(arrived)
            if first is None:
                await self._look(channel)
                continue
            batch = await self._collect(first, arrived)
            if not await self._settle(channel, batch):
                return False
        return True

    async def _next(self, arrived: asyncio.Queue[AbstractIncomingMessage]) -> AbstractIncomingMessage | None:
        """The next message; None when told to stop or when it is time to look at the queue."""
        getting = asyncio.create_task(arrived.get())
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({getting, stopping}, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            return getting.result() if getting.done() else None
        finally:
            getting.cancel()
            stopping.cancel()
            await asyncio.gather(getting, stopping, return_exceptions=True)

    async def _look(self, channel: AbstractChannel) -> None:
        if not self._stopping.is_set() and not channel.is_closed:
            await channel.get_queue(self._queue_name, ensure=True)

    async def _collect(
        self, first: AbstractIncomingMessage, arrived: asyncio.Queue[AbstractIncomingMessage]
    ) -> list[AbstractIncomingMessage]:
        batch = [first]
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._linger
        while len(batch) < self._batch:
            if arrived.empty():
                pause = deadline - loop.time()
                if pause <= 0:
                    break
                await asyncio.sleep(min(pause, 0.005))
            else:
                batch.append(arrived.get_nowait())
        return batch

    async def _settle(self, channel: AbstractChannel, batch: Sequence[AbstractIncomingMessage]) -> bool:
        """Accept, then acknowledge; False when it was not: the channel is gone or of no more use, or we stop.

        While accepting fails (the database is away) the same batch is tried again here: handed back, it would return at
        once and count against the delivery limit.
        """
        received = [decode(message.headers, message.content_type, message.body) for message in batch]
        failures = 0
        while True:
            try:
                await self._accept(received)
                break
            except Exception as error:  # noqa: BLE001 - the batch was not taken; it stays ours until the channel ends
                failures += 1
                _log.warning("consumer.not_accepted", queue=self._queue_name, count=len(batch), error=repr(error)[:300])
            await first_of(self._stopping, timeout=_PAUSES[min(failures, len(_PAUSES)) - 1])
            if self._stopping.is_set() or channel.is_closed:
                return False
        if channel.is_closed:
            return False  # accepted, but it comes again; the inbox knows it
        if not self._runs_on(batch):
            _log.error("consumer.gap_in_deliveries", queue=self._queue_name, after=self._acknowledged)
            return False
        await batch[-1].ack(multiple=True)
        self._acknowledged += len(batch)
        return True

    def _runs_on(self, batch: Sequence[AbstractIncomingMessage]) -> bool:
        """Whether the batch is all that was delivered since the last one: one that the driver lost would be acknowledged too."""
        tags = [message.delivery_tag for message in batch]
        return tags == list(range(self._acknowledged + 1, self._acknowledged + len(batch) + 1))

    async def _drain_rest(self, channel: AbstractChannel, arrived: asyncio.Queue[AbstractIncomingMessage]) -> None:
        rest = [arrived.get_nowait() for _ in range(arrived.qsize())]
        if rest:
            await self._settle(channel, rest)
