"""When a drain is over: nothing is left, nothing is on its way, and a second look finds the same."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.chaos import drain
from tests.chaos.arena import Arena
from tests.chaos.drain import Drain, drained, leftovers, look

ON_ITS_WAY = {"requests in flight": 1, "link services-ledger": 7}


class Quiet:
    """An arena in which nothing is left but what a test puts on its way."""

    def __init__(self) -> None:
        self.inside = SimpleNamespace(in_flight=0)
        self.link = SimpleNamespace(held=0)
        psa = SimpleNamespace(callbacks=SimpleNamespace(drain=self.drain))
        self.world = SimpleNamespace(rows=self.rows, psa=psa, sandbox=SimpleNamespace(world=self.inside))
        self.broker = SimpleNamespace(url="")
        self.proxies = {"services-ledger": self.link}
        self.slots: dict[str, Any] = {}
        self.profile = SimpleNamespace(stall_seconds=0.5, drain_seconds=30.0, patience=60.0)
        self.waits = asyncio.Event()
        self.waits.set()

    async def drain(self) -> None:
        """No callback is under way, unless a test says so."""
        await self.waits.wait()

    async def rows(self, query: str) -> list[dict[str, Any]]:
        return [] if "UNION" in query else [{"n": 0}]


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> Quiet:
    async def none(_: str) -> dict[str, int]:
        return {}

    monkeypatch.setattr(drain, "_queued", none)
    monkeypatch.setattr(drain, "APART", 0.1)
    monkeypatch.setattr(drain, "EVERY", 0.05)
    return Quiet()


async def test_a_request_that_a_vendor_holds_back_and_bytes_in_a_proxy_are_left_over(quiet: Quiet) -> None:
    arena = cast("Arena", quiet)
    assert not any((await look(arena)).values())
    quiet.inside.in_flight, quiet.link.held = 1, 7
    left = await look(arena)
    assert {name: n for name, n in left.items() if n} == ON_ITS_WAY
    ended = await drained(arena, 0)
    assert ended == Drain(None, f"nothing was settled for 0.5 s; 0 of 0 settled, left at the last look: {ON_ITS_WAY}")


async def test_one_look_that_finds_nothing_does_not_end_a_drain(quiet: Quiet, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = [0, 1, 0, 0, 0, 0, 0, 0, 0]
    taken: list[int] = []

    async def found(_: Arena) -> dict[str, int]:
        taken.append(looks[len(taken)])
        return {"requests in flight": taken[-1]}

    monkeypatch.setattr(drain, "look", found)
    assert (await drained(cast("Arena", quiet), 0)).seconds is not None
    assert len(taken) >= 4
    assert taken[-2:] == [0, 0]


async def test_what_is_under_way_for_a_moment_is_not_left_over(quiet: Quiet, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([3, 0])

    async def found(_: Arena) -> dict[str, int]:
        return {"link ingest-database": next(looks)}

    monkeypatch.setattr(drain, "look", found)
    assert await leftovers(cast("Arena", quiet)) == {"link ingest-database": 0}


def found_in_turn(monkeypatch: pytest.MonkeyPatch, looks: Iterable[dict[str, int]]) -> list[dict[str, int]]:
    """Each look finds the next of these; what was found."""
    turn, taken = iter(looks), list[dict[str, int]]()

    async def found(_: Arena) -> dict[str, int]:
        taken.append(next(turn))
        return taken[-1]

    monkeypatch.setattr(drain, "look", found)
    return taken


@pytest.mark.parametrize("flickers", ["requests in flight", "link services-ledger", "queue poster.document-ready"])
async def test_a_record_that_is_tried_again_and_again_does_not_keep_a_drain_going(
    quiet: Quiet, monkeypatch: pytest.MonkeyPatch, flickers: str
) -> None:
    found_in_turn(monkeypatch, ({"poster.work": 1, flickers: n % 5} for n in itertools.count()))
    async with asyncio.timeout(10):
        ended = await drained(cast("Arena", quiet), 1)
    assert ended.seconds is None
    assert ended.why.startswith(
        "nothing was settled for 0.5 s; 0 of 1 settled, left at the last look: {'poster.work': 1"
    )


async def test_less_that_is_left_and_more_that_is_settled_keep_a_drain_going(
    quiet: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet.profile.stall_seconds = 0.2
    taken = found_in_turn(monkeypatch, [*({"poster.work": n} for n in range(15, 0, -1)), *[{"poster.work": 0}] * 9])
    assert (await drained(cast("Arena", quiet), 0)).seconds is not None
    found_in_turn(monkeypatch, [*[{"poster.work": 1}] * 15, *[{"poster.work": 0}] * 9])
    settled = itertools.count()

    async def one_more(_: Arena) -> int:
        return next(settled)

    monkeypatch.setattr(drain, "_settled", one_more)
    assert (await drained(cast("Arena", quiet), 10)).seconds is not None
    assert len(taken) > 15


async def test_a_drain_that_always_moves_and_never_ends_is_ended(quiet: Quiet, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet.profile.drain_seconds = 1.0
    found_in_turn(monkeypatch, ({"poster.work": 10_000 - n} for n in itertools.count()))
    async with asyncio.timeout(10):
        ended = await drained(cast("Arena", quiet), 1)
    assert ended.seconds is None
    assert ended.why.startswith("it took more than 1 s; 0 of 1 settled, left at the last look: {'poster.work': 9")


async def test_a_callback_that_never_comes_to_an_end_does_not_hang_a_drain(quiet: Quiet) -> None:
    quiet.profile.drain_seconds = 0.3
    quiet.waits.clear()
    async with asyncio.timeout(10):
        ended = await drained(cast("Arena", quiet), 1)
    assert (ended.seconds, ended.why.partition(";")[0]) == (None, "it took more than 0.3 s")


async def test_what_a_look_did_not_get_an_answer_to_is_no_end_of_a_drain(
    quiet: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_answer(_: Arena) -> dict[str, int]:
        raise TimeoutError

    monkeypatch.setattr(drain, "look", no_answer)
    with pytest.raises(TimeoutError):
        await drained(cast("Arena", quiet), 0)
