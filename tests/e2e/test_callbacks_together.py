"""A process that dies between the commit of a group of callbacks and its answers has lost none, and takes none twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from tests.e2e.test_hostile_callbacks import Delivery, genuine
from tests.e2e.world import World, open_world

from ledgerwire.common.settings import Settings

pytestmark = pytest.mark.e2e

TOGETHER = 12


def deliveries(world: World) -> list[Delivery]:
    return [genuine(world).changed(world, ID=50_000 + number, MessageId=f"m-{number}") for number in range(TOGETHER)]


async def outcomes(together: list[Delivery]) -> list[str]:
    """What each is told; "" for one that gets no answer."""
    async with httpx.AsyncClient(trust_env=False) as client:

        async def outcome(one: Delivery) -> str:
            try:
                answer = await client.post(one.url, content=one.body, headers={"x-content-signature": one.signature})
            except httpx.TransportError:
                return ""
            return str(answer.json().get("outcome", answer.status_code))

        return await asyncio.gather(*map(outcome, together))


@pytest.mark.requirement("R6", "B24", "B25")
@pytest.mark.parametrize(("point", "stored_before"), [("ingest.written", False), ("ingest.stored", True)])
async def test_what_was_committed_and_not_answered_is_a_duplicate_when_it_comes_again(
    settings: Settings, tmp_path: Path, broker_url: str, point: str, stored_before: bool
) -> None:
    async with open_world(settings, tmp_path, services=(), broker=broker_url) as world:
        victim = await world.spawned("ingest", crash_at=point)
        together = deliveries(world)
        assert set(await outcomes(together)) == {""}
        await victim.dies()
        kept = {row["dedupe_key"] for row in await world.rows("SELECT dedupe_key FROM ingest.receipt")}
        assert bool(kept) is stored_before
        await world.spawned("ingest")
        again = await outcomes(together)
        assert again.count("duplicate") == len(kept)
        assert again.count("accepted") == TOGETHER - len(kept)
        [row] = await world.rows(
            "SELECT count(*) AS n, count(DISTINCT subject) AS subjects FROM ingest.outbox"
            " JOIN ingest.receipt USING (account_id, correlation_id)"
        )
        assert (row["n"], row["subjects"]) == (TOGETHER, TOGETHER)
