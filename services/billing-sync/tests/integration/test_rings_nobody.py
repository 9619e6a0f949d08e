"""What billing sync writes starts no posting: callbacks for records that are posted stay silent, and its own member is told apart."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ledgerwire.sandbox.core.serving import serve

from . import story
from .conftest import World

POSTED = ("invoice", "expense", "purchaseorder")
"""What postings start from."""


@asynccontextmanager
async def rung() -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """An address that keeps what it is sent."""
    heard: list[dict[str, Any]] = []

    async def take(request: Request) -> Response:
        heard.append(json.loads(await request.body()))
        return Response(status_code=204)

    async with serve(Starlette(routes=[Route("/{path:path}", take, methods=["POST"])])) as served:
        yield served.base_url, heard


async def register(world: World, url: str, *types: str) -> None:
    """Callbacks of the posting key, as ingest registers its own."""
    psa = await world.desk.posting(await world.desk.account(world.account_id))
    for kind in types:
        await psa.register_callback(f"{url}/callbacks/{kind}?recordId=", record_type=kind)


@pytest.mark.requirement("B34")
async def test_a_whole_sync_rings_no_callback_that_starts_a_posting_and_a_person_who_closes_an_invoice_does(
    world: World,
):
    await story.before(world)
    await world.server.callbacks.drain()
    async with rung() as (url, heard):
        await register(world, url, *POSTED, "agreement")
        plan, done = await world.sync(story.bought())
        await world.server.callbacks.drain()
        assert (done.refused, done.written) == (0, len(plan.steps))
        assert story.live(world) == story.WANTED
        told = {(each["Type"], each["MemberId"]) for each in heard}
        assert told == {("agreement", world.state.credentials.for_seats().member_identifier)}

        # the same callbacks do ring for what is posted
        await world.invoice(world.monthly)
        await world.server.callbacks.drain()
        assert "invoice" in {each["Type"] for each in heard}


@pytest.mark.requirement("B34")
async def test_with_one_key_for_both_not_even_the_agreement_rings(world: World):
    world.content["connectwise"].pop("seats")
    await world.configure()
    await story.before(world)
    await world.server.callbacks.drain()
    async with rung() as (url, heard):
        await register(world, url, *POSTED, "agreement")
        _, done = await world.sync(story.bought())
        await world.server.callbacks.drain()
        assert (done.refused, done.written > 0, heard) == (0, True, [])
