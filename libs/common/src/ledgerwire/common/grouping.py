"""Calls that come while one is under way are carried out together by the next: a group commit, a grouped look-up.

Nothing waits for company: the first call goes at once, so that a lone call costs what it would have cost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Grouped(Generic[Item, Result]):
    """Joins calls into groups.

    Args:
        carry_out: does a group; one result or exception per item, in order. What it raises is every item's.
        limit: items in one group.
        at_once: groups under way together.
    """

    def __init__(
        self,
        carry_out: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        limit: int = 200,
        at_once: int = 2,
    ) -> None:
        self._carry_out = carry_out
        self._limit = limit
        self._at_once = at_once
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._working: set[asyncio.Task[None]] = set()
        self._groups = 0

    async def ask(self, item: Item) -> Result:
        """The item's result, once its group is done. Cancelled while it waits, it joins no group."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._groups < self._at_once:
            self._groups += 1
            task = asyncio.create_task(self._work())
            self._working.add(task)
            task.add_done_callback(self._working.discard)
        return await future

    async def close(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._working, return_exceptions=True)

    async def _work(self) -> None:
        try:
            while group := self._next():
                await self._carry(group)
        finally:
            # in the step that saw nothing waiting: whoever asks after it finds one worker fewer and starts another
            self._groups -= 1

    async def _carry(self, group: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            outcomes = await self._carry_out([item for item, _ in group])
        except Exception as error:  # noqa: BLE001 - each caller learns it
            outcomes = [error] * len(group)
        except asyncio.CancelledError:
            for _, future in group:
                future.cancel()
            raise
        for (_, future), outcome in zip(group, outcomes, strict=True):
            _settle(future, outcome)

    def _next(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        group: list[tuple[Item, asyncio.Future[Result]]] = []
        while self._waiting and len(group) < self._limit:
            item, future = self._waiting.popleft()
            if not future.done():
                group.append((item, future))
        return group


def _settle(future: asyncio.Future[Result], outcome: Result | Exception) -> None:
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
