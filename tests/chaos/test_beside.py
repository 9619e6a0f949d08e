"""What goes on beside a run and ends by itself is not passed over in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from tests.chaos.run import _beside


async def run_beside(work: Coroutine[Any, Any, None], error: Exception | None = None) -> None:
    """A run beside which `work` goes on; it lasts until that has begun, and ends with `error`."""
    async with _beside(work):
        await asyncio.sleep(0)
        if error is not None:
            raise error


async def test_an_error_of_what_went_on_beside_is_raised() -> None:
    async def breaks() -> None:
        raise OSError("the vitals of poster-1 cannot be read")

    with pytest.raises(OSError, match="poster-1"):
        await run_beside(breaks())


async def test_what_still_goes_on_at_the_end_is_ended() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def goes_on() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with _beside(goes_on()):
        await began.wait()
    assert ended.is_set()


async def test_an_error_of_the_run_itself_is_the_one_that_is_told() -> None:
    async def breaks() -> None:
        raise OSError

    with pytest.raises(ValueError, match="the run"):
        await run_beside(breaks(), ValueError("the run"))
