"""The local transport: the relay hands messages straight to this process's subscribers. The outbox row is the only copy."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.mq.envelope_codec import decode, encode
from ledgerwire.common.mq.topology import queues_for
from ledgerwire.common.mq.transport import Accept, NotConfirmedError, Received, UnroutableError

_ACCEPT_SECONDS = 30.0


class LocalTransport:
    """Delivers within one process; a message is confirmed when every subscriber's transaction has committed."""

    def __init__(self, *, accept_seconds: float = _ACCEPT_SECONDS) -> None:
        self._subscribers: dict[str, Accept] = {}
        self._accept_seconds = accept_seconds
        self._open = False
        self._in_hand: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        return self._open

    async def start(self) -> None:
        self._open = True

    async def subscribe(self, queue: str, accept: Accept) -> None:
        self._subscribers[queue] = accept

    async def publish(self, messages: Sequence[Envelope]) -> Sequence[Exception | None]:
        outcomes: list[Exception | None] = [None] * len(messages)
        by_queue: dict[str, list[int]] = {}
        for index, message in enumerate(messages):
            queues = queues_for(message.type)
            if not queues:
                outcomes[index] = UnroutableError(f"no queue takes {message.type}")
            for queue in queues:
                by_queue.setdefault(queue.name, []).append(index)
        received = [_as_delivered(message) for message in messages]
        for queue_name, indices in by_queue.items():
            error = await self._deliver(queue_name, [received[index] for index in indices])
            if error is not None:
                for index in indices:
                    outcomes[index] = error
        return outcomes

    async def stop(self) -> None:
        self._open = False
        if self._in_hand:
            await asyncio.wait(self._in_hand, timeout=self._accept_seconds)

    async def _deliver(self, queue: str, batch: Sequence[Received]) -> Exception | None:
        accept = self._subscribers.get(queue)
        if accept is None:
            return UnroutableError(f"nobody in this process subscribes to {queue}")
        if not self._open:
            return NotConfirmedError("the transport is stopped")
        task = asyncio.create_task(_call(accept, batch))
        self._in_hand.add(task)
        task.add_done_callback(self._in_hand.discard)
        try:
            async with asyncio.timeout(self._accept_seconds):
                await task
        except TimeoutError:
            return NotConfirmedError(f"{queue} did not accept within {self._accept_seconds:g} s")
        except Exception as error:  # noqa: BLE001 - told to the relay, which keeps the rows
            return NotConfirmedError(f"{queue} did not accept: {type(error).__name__}: {error}")
        return None


async def _call(accept: Accept, batch: Sequence[Received]) -> None:
    await accept(batch)


def _as_delivered(message: Envelope) -> Received:
    """Through the same codec as the broker's messages, so that both transports deliver the same."""
    wire = encode(message)
    return decode(wire.headers, wire.content_type, wire.body)
