"""A message may come again, late and out of order, to any of several consumers: the books and our own rows stay as they are."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.processes import eventually
from tests.e2e.test_graceful_stop import nothing_was_done_again
from tests.e2e.world import ALL, World, open_world

from ledgerwire.common.settings import Settings
from ledgerwire.common.telemetry import CONSUMED

INVOICES = (*range(39001, 39007), *range(39011, 39016), 39033, 39040, 39050)
MOST_AGAIN = 4
MACHINERY = {"inbox", "outbox", "work", "lease"}
"""What a delivery may touch; every other table must be as it was."""

pytestmark = pytest.mark.e2e


class Again:
    """Lets each message be published one to five times: the relay finds it unpublished again."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._chance = random.Random(seed)  # noqa: S311 - a schedule, no secret
        self._left: dict[tuple[str, int], int] = {}

    async def some(self) -> int:
        """Once more for a part of what was published and has deliveries left; how many there were."""
        chosen = [
            (service, number)
            for service in ALL
            for number in await self._published(service)
            if self._remaining((service, number)) and self._chance.random() < 0.5
        ]
        await self._once_more(chosen)
        for each in chosen:
            self._left[each] -= 1
        return len(chosen)

    async def all(self) -> int:
        """Once more for every message."""
        chosen = [(service, number) for service in ALL for number in await self._published(service)]
        await self._once_more(chosen)
        return len(chosen)

    def _remaining(self, message: tuple[str, int]) -> int:
        return self._left.setdefault(message, self._chance.randint(0, MOST_AGAIN))

    async def _published(self, service: str) -> list[int]:
        rows = await self._world.rows(f"SELECT id FROM {service}.outbox WHERE published_at IS NOT NULL ORDER BY id")
        return [row["id"] for row in rows]

    async def _once_more(self, chosen: Iterable[tuple[str, int]]) -> None:
        for service in ALL:
            numbers = [number for owner, number in chosen if owner == service]
            await self._world.rows(f"UPDATE {service}.outbox SET published_at = NULL WHERE id = ANY($1)", numbers)


def duplicates() -> float:
    """Messages that the consumers of this process knew already."""
    return sum(
        sample.value
        for metric in CONSUMED.collect()
        for sample in metric.samples
        if sample.name.endswith("_total") and sample.labels["result"] == "duplicate"
    )


async def everything(world: World) -> dict[str, list[Any]]:
    """Every row of every service that is neither a message nor work."""
    tables = await world.rows(
        "SELECT table_schema || '.' || table_name AS name FROM information_schema.tables"
        " WHERE table_schema = ANY($1) AND table_name <> ALL($2)",
        list(ALL),
        list(MACHINERY),
    )
    names = sorted(row["name"] for row in tables)
    return {
        name: [row["row"] for row in await world.rows(f"SELECT t::text AS row FROM {name} t ORDER BY 1")]
        for name in names
    }


@pytest.mark.requirement("R5")
async def test_messages_delivered_up_to_five_times_to_two_consumers_of_each_queue_change_nothing(
    settings: Settings, tmp_path: Path, broker_url: str
) -> None:
    async with open_world(settings, tmp_path, services=["ingest"], broker=broker_url) as world:
        for services in (("mapper", "poster"), ("mapper",), ("poster",)):
            await world.serve(*services)
        again, known = Again(world, seed=5), duplicates()
        await world.close(*INVOICES)
        sent = 0
        for _ in range(3 * MOST_AGAIN):  # while the records are on their way
            sent += await again.some()
        await world.settled(*INVOICES)
        while some := await again.some():
            sent += some
            await world.quiet()
        await eventually(lambda: duplicates() - known >= sent, "all of them came again")
        await world.quiet()
        world.books_are_clean()
        await nothing_was_done_again(world)

        before, calls = await everything(world), len(world.writes())
        known, sent = duplicates(), await again.all()
        assert sent >= 3 * len(INVOICES)
        await eventually(lambda: duplicates() - known >= sent, "every message came again")
        await world.quiet()
        assert await everything(world) == before
        assert len(world.writes()) == calls
        posted = Counter(row["number"] for row in await world.rows("SELECT number FROM poster.posting"))
        assert set(posted.values()) == {1}
        assert not await world.rows("SELECT 1 FROM mapper.dead_letter UNION ALL SELECT 1 FROM poster.dead_letter")
