"""What a call does while the budget of its connection is spent."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from ledgerwire.common.errors import Ambiguous, Waiting
from ledgerwire.connectwise.testing import EXAMPLE, CountingGate, ScriptedServer, reply, scripted_client


class Silent(ScriptedServer):
    """Takes a request and never answers."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError(request)


def spent(**after: float) -> Waiting:
    return Waiting("spent", code="CONNECTWISE_RATE_LIMITED", after=timedelta(**after))


@pytest.mark.requirement("D19")
async def test_a_short_wait_for_the_budget_is_sat_out_and_the_call_made_once() -> None:
    gate, server = CountingGate(spent(milliseconds=20), spent(milliseconds=1)), ScriptedServer(reply({}))
    async with scripted_client(server, gate=gate) as psa:
        await psa.create_batch("AR-1", [1])
    assert (gate.taken, len(server.seen)) == (1, 1)


@pytest.mark.requirement("D19")
async def test_a_long_wait_for_the_budget_goes_to_whoever_asked_and_nothing_is_sent() -> None:
    gate, server = CountingGate(spent(seconds=40)), ScriptedServer()
    async with scripted_client(server, gate=gate) as psa:
        with pytest.raises(Waiting) as caught:
            await psa.create_batch("AR-1", [1])
    assert caught.value.after == timedelta(seconds=40)
    assert server.seen == []


async def test_a_call_that_waited_too_long_to_be_answered_in_time_is_not_sent() -> None:
    gate, server = CountingGate(spent(milliseconds=60)), ScriptedServer()
    async with scripted_client(server, replace(EXAMPLE, call_seconds=0.1), gate) as psa:
        with pytest.raises(Waiting):
            await psa.create_batch("AR-1", [1])
    assert server.seen == []


async def test_a_write_has_ended_when_its_time_is_over_the_wait_for_the_budget_included() -> None:

    gate = CountingGate(spent(milliseconds=100))
    async with scripted_client(Silent(), replace(EXAMPLE, call_seconds=0.4), gate) as psa:
        with pytest.raises(Ambiguous):
            await psa.create_batch("AR-1", [1])
