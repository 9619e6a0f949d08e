"""A value read once for many callers and read again when it is too old."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


class Expiring(Generic[T]):
    """Holds one value for `ttl`; callers that find it too old share one read.

    Age is process time, so a moved business clock or a changed system clock makes nothing older or younger.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[T]],
        ttl: timedelta,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._ttl = ttl.total_seconds()
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._value: T | None = None
        self._read_at: float | None = None
        self._begun = 0
        self._held = 0

    @property
    def last(self) -> T | None:
        """What was read last, however old; None before the first read."""
        return self._value

    async def get(self, *, fresh: bool = False) -> T:
        """The value, read again when it is too old; `fresh` wants a read begun after this call."""
        begun_before = self._begun
        known = None if fresh else self._young()
        if known is not None:
            return known
        async with self._lock:
            known = self._young()
            # Whoever waited here while another began a read after this call needs no read of its own.
            if known is not None and (not fresh or self._held > begun_before):
                return known
            return await self._again()

    def forget(self) -> None:
        """Make the next `get` read again."""
        self._read_at = None

    async def _again(self) -> T:
        self._begun += 1
        number, started = self._begun, self._monotonic()
        value = await self._read()
        self._value, self._read_at, self._held = value, started, number
        return value

    def _young(self) -> T | None:
        if self._read_at is None or self._monotonic() - self._read_at >= self._ttl:
            return None
        return self._value
