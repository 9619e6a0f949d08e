"""What the nemesis counts: faults that struck something; the rest are told as idle."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.chaos import nemesis as module
from tests.chaos.arena import Arena
from tests.chaos.nemesis import Nemesis
from tests.chaos.plan import Plan, Planned
from tests.chaos.proxy import FaultProxy
from tests.chaos.test_proxy import LINE, client_of, echo_behind_a_proxy

LATE = Planned(0.0, "link", "latency", "services-ledger", seconds=0.1, amount=0.05, direction="both")


def nemesis_of(proxy: FaultProxy, *faults: Planned) -> Nemesis:
    arena: Any = SimpleNamespace(proxies={"services-ledger": proxy})
    return Nemesis(cast("Arena", arena), Plan(1, "short", 1.0, faults))


async def test_a_fault_on_a_link_that_nothing_passes_is_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BITES_WITHIN", 0.1)
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        assert await client.said() == LINE
        nemesis = nemesis_of(proxy, LATE)
        await nemesis.run()
        assert (dict(nemesis.done), dict(nemesis.idle)) == ({}, {"link.latency": 1})
        assert nemesis.struck == []


async def test_a_fault_on_a_link_waits_for_what_it_strikes_and_counts_once() -> None:
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        assert await client.said() == LINE
        nemesis = nemesis_of(proxy, LATE)
        running = asyncio.create_task(nemesis.run())
        assert await client.hears_nothing(3 * LATE.seconds)
        assert not running.done(), "its time begins with the first bite"
        for _ in range(3):
            assert await client.said() == LINE
        async with asyncio.timeout(5):
            await running
        assert (dict(nemesis.done), dict(nemesis.idle)) == ({"link.latency": 1}, {})
        assert nemesis.struck == [LATE]
