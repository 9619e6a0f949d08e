"""Over RabbitMQ: the broker may be away, and any number of workers end in the same books as one."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from tests.e2e.world import open_world

from ledgerwire.common.settings import Settings
from ledgerwire.common.testing.rabbit import Broker

FEW = (39001, 39002, 39033, 39050)
BURST = tuple(range(39001, 39007)) + tuple(range(39011, 39021)) + (39032, 39033, 39040, 39043, 39048, 39050)
"""Twenty-two of the month: agreements, standard ones, a new customer, one without effect, a rounded one, a credit memo."""

pytestmark = pytest.mark.e2e


async def test_what_arrives_while_the_broker_is_away_is_accepted_and_posted_afterwards(
    settings: Settings, tmp_path: Path, chaos_broker: Broker
) -> None:
    async with open_world(settings, tmp_path, broker=chaos_broker.url) as world:
        await chaos_broker.stop()
        await world.close(*FEW)
        await world.psa.callbacks.drain()
        delivered = [entry.data for entry in world.sandbox.world.journal.entries("connectwise", kind="callback")]
        assert [(one["attempt"], one["status"]) for one in delivered] == [(1, 200)] * len(FEW)
        assert not world.documents()
        await chaos_broker.start()
        await world.settled(*FEW, seconds=40)
        world.books_are_clean()


@pytest.mark.requirement("B25")
async def test_two_posters_and_two_mappers_at_once_keep_the_same_books(
    settings: Settings, tmp_path: Path, broker_url: str
) -> None:
    async with open_world(settings, tmp_path, services=["ingest"], broker=broker_url) as world:
        workers = [world.spawn(name, lease_seconds=1.0) for name in ("mapper", "poster") for _ in range(2)]
        for worker in workers:
            await world.running(worker)
        await world.close(*BURST)
        await world.settled(*BURST, seconds=60)
        world.books_are_clean()
        for worker in workers:
            await worker.stop()
        calls = await world.rows(
            "SELECT fence, created_at, settled_at FROM poster.submission WHERE kind <> 'contact' ORDER BY created_at"
        )
        assert {call["settled_at"] is not None for call in calls} == {True}
        fences = [call["fence"] for call in calls]
        assert fences == sorted(fences), "a later call under an earlier lease"
        for one, other in itertools.pairwise(calls):
            # one worker may have several calls under way, two workers never
            assert one["fence"] == other["fence"] or one["settled_at"] <= other["created_at"]
        records = await world.rows("SELECT DISTINCT revision FROM mapper.record")
        assert [row["revision"] for row in records] == [1]
