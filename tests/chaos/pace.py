"""Time as part of what is done: how long a fault lasts, when the next invoice is closed. Nothing is waited for by this."""

from __future__ import annotations

import asyncio


async def lasts(seconds: float) -> None:
    """Let so many seconds go by (none, if the moment has passed already)."""
    await asyncio.sleep(
        max(seconds, 0.0)
    )  # lint: allow sleeping-test - the length of a fault is no guess at a condition
