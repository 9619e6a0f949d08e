"""Work that goes on to its end when whoever waits for it gives up: a refresh token that is spent must not be lost."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class Flights(Generic[Result]):
    """What is under way. Keep one instance as long as its owner: the event loop itself holds tasks weakly."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[Result]] = set()

    async def land(self, work: Coroutine[Any, Any, Result]) -> Result:
        """What `work` returns or raises; the cancellation of the caller does not reach it."""
        flight = asyncio.create_task(work)
        self._under_way.add(flight)
        flight.add_done_callback(self._landed)
        return await asyncio.shield(flight)

    def _landed(self, flight: asyncio.Task[Result]) -> None:
        """Its fault is told to whoever waits for it; where its caller gave up, the next one meets it again."""
        self._under_way.discard(flight)
        if not flight.cancelled():
            flight.exception()
