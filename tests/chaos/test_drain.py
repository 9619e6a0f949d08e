"""When a drain is over: nothing is left, nothing is on its way, and a second look finds the same."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.chaos import drain
from tests.chaos.arena import Arena
from tests.chaos.drain import drained, left_over, leftovers


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
        self.profile = SimpleNamespace(stall_seconds=0.5, patience=60.0)

    async def drain(self) -> None:
        """No callback is under way."""

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
    assert not any((await leftovers(arena)).values())
    quiet.inside.in_flight, quiet.link.held = 1, 7
    left = await leftovers(arena)
    assert {name: n for name, n in left.items() if n} == {"requests in flight": 1, "link services-ledger": 7}
    assert await drained(arena, 0) is None


async def test_one_look_that_finds_nothing_does_not_end_a_drain(quiet: Quiet, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = [0, 1, 0, 0, 0, 0, 0, 0, 0]
    taken: list[int] = []

    async def found(_: Arena) -> dict[str, int]:
        taken.append(looks[len(taken)])
        return {"requests in flight": taken[-1]}

    monkeypatch.setattr(drain, "leftovers", found)
    assert await drained(cast("Arena", quiet), 0) is not None
    assert len(taken) >= 4
    assert taken[-2:] == [0, 0]


async def test_what_is_under_way_for_a_moment_is_not_left_over(quiet: Quiet, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([3, 0])

    async def found(_: Arena) -> dict[str, int]:
        return {"link ingest-database": next(looks)}

    monkeypatch.setattr(drain, "leftovers", found)
    assert await left_over(cast("Arena", quiet)) == {"link ingest-database": 0}
