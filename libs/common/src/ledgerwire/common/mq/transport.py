"""What both transports promise: at least once, no order, nothing only in memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.errors import Poison


class NotConfirmedError(Exception):
    """A message that may or may not have arrived: it stays in the outbox and goes again under the same id."""


class UnroutableError(NotConfirmedError):
    """No queue took the message (or, with the local transport, nobody in this process subscribes to it)."""


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery: an envelope, or what arrived together with the reason it cannot be one."""

    envelope: Envelope | None
    raw: bytes
    headers: dict[str, str]
    poison: Poison | None = None


Accept = Callable[[Sequence[Received]], Awaitable[None]]
"""Takes a batch in ONE transaction; returning means it is committed. Raising means none of it was taken (it comes again)."""


class Transport(Protocol):
    """A way to get messages from outboxes to consumers."""

    @property
    def connected(self) -> bool:
        """True while messages can be sent and received."""
        ...

    async def start(self) -> None:
        """Connect and declare (and verify) the topology. A broker that is away does not stop the start: it is tried on."""
        ...

    async def publish(self, messages: Sequence[Envelope]) -> Sequence[Exception | None]:
        """Publish; per message None once it is safe with the broker (or the subscriber), else why it is not."""
        ...

    async def subscribe(self, queue: str, accept: Accept) -> None:
        """Deliver batches (up to 500 messages or 20 ms) of one queue to `accept`, acknowledging after it returned."""
        ...

    async def stop(self) -> None:
        """Stop consuming, drain what is being accepted, then close; in that order."""
        ...
