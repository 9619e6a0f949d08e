"""Calls that come together are carried out together; none is forgotten, none waits for company."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from ledgerwire.common.grouping import Grouped


class Doubler:
    """Doubles numbers in groups, remembers the groups, and may be held back."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.begun = asyncio.Event()
        self.free = asyncio.Event()
        self.free.set()

    async def __call__(self, numbers: Sequence[int]) -> list[int | Exception]:
        self.groups.append(list(numbers))
        self.begun.set()
        await self.free.wait()
        return [ValueError("odd") if number % 2 else number * 2 for number in numbers]


@pytest.fixture
async def doubler() -> Doubler:
    return Doubler()


async def test_a_lone_call_goes_at_once(doubler) -> None:
    assert await Grouped(doubler).ask(2) == 4
    assert doubler.groups == [[2]]


async def test_what_comes_while_a_group_is_under_way_goes_together(doubler) -> None:
    grouped = Grouped(doubler, at_once=1)
    doubler.free.clear()
    first = asyncio.create_task(grouped.ask(2))
    await doubler.begun.wait()
    others = [asyncio.create_task(grouped.ask(number)) for number in (4, 6, 8)]
    await asyncio.sleep(0)
    doubler.free.set()
    assert await asyncio.gather(first, *others) == [4, 8, 12, 16]
    assert doubler.groups == [[2], [4, 6, 8]]


async def test_a_group_has_no_more_than_its_limit(doubler) -> None:
    grouped = Grouped(doubler, limit=3, at_once=1)
    await asyncio.gather(*(grouped.ask(number) for number in range(0, 20, 2)))
    assert max(len(group) for group in doubler.groups) == 3


async def test_the_fault_of_one_is_its_own(doubler) -> None:
    grouped = Grouped(doubler, at_once=1)
    outcomes = await asyncio.gather(*(grouped.ask(number) for number in (2, 3, 4)), return_exceptions=True)
    assert outcomes[0] == 4
    assert isinstance(outcomes[1], ValueError)
    assert outcomes[2] == 8


async def test_a_group_that_fails_fails_for_everyone_in_it_and_the_next_goes_on() -> None:
    broken = True

    async def carry_out(numbers: Sequence[int]) -> list[int | Exception]:
        if broken:
            raise OSError("away")
        return list(numbers)

    grouped = Grouped(carry_out, at_once=1)
    outcomes = await asyncio.gather(grouped.ask(1), grouped.ask(2), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [OSError, OSError]
    broken = False
    assert await grouped.ask(3) == 3


async def test_whoever_asks_right_after_an_answer_is_answered(doubler) -> None:
    grouped = Grouped(doubler, at_once=1)
    async with asyncio.timeout(5):
        assert [await grouped.ask(number) for number in (2, 4, 6)] == [4, 8, 12]


async def test_whoever_gave_up_waiting_joins_no_group(doubler) -> None:
    grouped = Grouped(doubler, at_once=1)
    doubler.free.clear()
    first = asyncio.create_task(grouped.ask(2))
    await doubler.begun.wait()
    gone = asyncio.create_task(grouped.ask(4))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    doubler.free.set()
    assert await first == 4
    assert await grouped.ask(6) == 12
    assert doubler.groups == [[2], [6]]
    await grouped.close()
