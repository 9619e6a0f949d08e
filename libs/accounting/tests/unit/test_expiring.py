"""One read for many callers, repeated when it is too old."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from ledgerwire.accounting.expiring import Expiring


class Source:
    def __init__(self) -> None:
        self.reads = 0
        self.now = 0.0
        self.broken = False
        self.entered = asyncio.Event()
        self.release = asyncio.Event()
        self.release.set()

    async def read(self) -> int:
        self.reads += 1
        self.entered.set()
        await self.release.wait()
        if self.broken:
            raise OSError("gone")
        return self.reads

    def value(self) -> Expiring[int]:
        return Expiring(self.read, timedelta(minutes=10), lambda: self.now)


async def test_callers_share_one_read_until_it_is_too_old() -> None:
    source = Source()
    value = source.value()
    assert value.last is None
    assert await asyncio.gather(*(value.get() for _ in range(20))) == [1] * 20
    source.now = 599.9
    assert await value.get() == 1
    source.now = 600.0
    assert await value.get() == 2
    assert value.last == 2


async def test_fresh_reads_again_and_forget_makes_the_next_one_read() -> None:
    source = Source()
    value = source.value()
    assert [await value.get(), await value.get(fresh=True), await value.get()] == [1, 2, 2]
    value.forget()
    assert value.last == 2
    assert await value.get() == 3


async def test_fresh_never_takes_a_read_that_began_before_it_was_asked() -> None:
    source = Source()
    value = source.value()
    source.release.clear()
    first = asyncio.create_task(value.get())
    await source.entered.wait()
    fresh = [asyncio.create_task(value.get(fresh=True)) for _ in range(5)]
    await asyncio.sleep(0)
    source.release.set()
    assert await first == 1
    assert await asyncio.gather(*fresh) == [2] * 5


async def test_a_failed_read_keeps_nothing_and_hides_nothing() -> None:
    source = Source()
    value = source.value()
    await value.get()
    source.broken = True
    with pytest.raises(OSError, match="gone"):
        await value.get(fresh=True)
    assert await value.get() == 1
    source.broken = False
    assert await value.get(fresh=True) == 3
