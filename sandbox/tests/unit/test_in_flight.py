"""Requests in flight: a world is at rest only once everything that was asked of it is done."""

import asyncio
from typing import Any

import pytest

from ledgerwire.sandbox.core.faults import Fault
from ledgerwire.sandbox.core.middleware import AsgiApp
from ledgerwire.sandbox.world import World, create_world


@pytest.fixture
def world() -> World:
    return create_world()


async def _ask(app: AsgiApp, *, body_comes: asyncio.Event | None = None) -> int:
    """The status of one GET over plain ASGI; the end of its body may be kept back."""
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        if body_comes is not None:
            await body_comes.wait()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "method": "GET", "path": "/nowhere", "headers": [], "query_string": b""}
    await app(scope, receive, send)
    return int(said[0]["status"])


async def _until(world: World, count: int) -> None:
    async with asyncio.timeout(5):
        while world.in_flight != count:  # noqa: ASYNC110 - a number, nothing to wait on
            await asyncio.sleep(0)


async def test_a_request_that_a_fault_slows_down_is_in_flight_until_it_is_carried_out(world: World) -> None:
    assert world.in_flight == 0
    world.faults.add(Fault("slow", "xero", params={"seconds": 0.05}))
    slow = asyncio.create_task(_ask(world.xero_asgi))
    await _until(world, 1)
    assert world.journal.entries("xero", kind="http") == []
    assert await slow == 404
    assert world.in_flight == 0
    assert len(world.journal.entries("xero", kind="http")) == 1


async def test_requests_of_all_systems_count_together_from_their_first_byte(world: World) -> None:
    comes = asyncio.Event()
    apps = (world.connectwise.app, world.xero_asgi, world.quickbooks_asgi, world.partnercenter_asgi)
    asked = [asyncio.create_task(_ask(app, body_comes=comes)) for app in apps]
    await _until(world, len(apps))
    comes.set()
    await asyncio.gather(*asked)
    assert world.in_flight == 0


async def test_a_request_that_is_given_up_is_in_flight_no_longer(world: World) -> None:
    world.faults.add(Fault("slow", "connectwise", params={"seconds": 60}))
    given_up = asyncio.create_task(_ask(world.connectwise.app))
    await _until(world, 1)
    given_up.cancel()
    await asyncio.wait({given_up})
    assert world.in_flight == 0
