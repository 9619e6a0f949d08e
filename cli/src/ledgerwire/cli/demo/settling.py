"""Waits until nothing is under way any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from time import monotonic

from ledgerwire.cli.clerk_list import SETTLED_WELL, UNDER_WAY
from ledgerwire.common.errors import LedgerwireError
from ledgerwire.mapper.status import ClerkRow

LOOK_EVERY = 0.2

Look = Callable[[], Awaitable[Sequence[ClerkRow]]]


class NotSettledError(LedgerwireError):
    """Some records were still under way at the deadline."""

    code = "NOT_SETTLED"


async def all_settled(
    look: Look,
    numbers: Collection[str],
    seconds: float,
    settled: Callable[[int], None],
    *,
    well: bool = False,
) -> list[ClerkRow]:
    """Look until each of these records has settled, or (`well`) is posted or without effect, and batched.

    `settled` is told how many have. With `well` the deadline ends the wait without an error: what is still stopped then is
    the result.

    Raises:
        NotSettledError: names what is still under way.
    """
    deadline = monotonic() + seconds
    while True:
        rows = [row for row in await look() if row.number in numbers]
        done = {row.number for row in rows if (row.status in SETTLED_WELL if well else row.status not in UNDER_WAY)}
        settled(len(done))
        if len(done) == len(numbers):
            return rows
        if monotonic() > deadline:
            if well and all(row.status not in UNDER_WAY for row in rows):
                return rows
            raise NotSettledError(f"after {seconds:.0f} s still under way: {_named(set(numbers) - done)}")
        await asyncio.sleep(LOOK_EVERY)


def _named(numbers: Collection[str]) -> str:
    some = sorted(numbers)
    return ", ".join(some[:10]) + (f" and {len(some) - 10} more" if len(some) > 10 else "")
