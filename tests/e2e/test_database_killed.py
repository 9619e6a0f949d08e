"""The database dies with work in hand and recovers from its log: what was accepted is posted once and batched once."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.chaos.arena import Postgres
from tests.e2e.processes import eventually
from tests.e2e.world import World, open_world

from ledgerwire.common.db.bootstrap import bootstrap
from ledgerwire.common.db.migrate import upgrade
from ledgerwire.common.embedded import remove_postgres, start_postgres
from ledgerwire.common.settings import Settings
from ledgerwire.common.testing.postgres import settings_for
from ledgerwire.common.testing.run import TestRun

AT_EACH_KILL = (
    ("ingest.receipt", (39001, 39002, 39003, 39033)),
    ("mapper.record", (39004, 39005, 39006, 39040)),
    ("poster.submission", (39011, 39012, 39013, 39050)),
)
"""The invoices that are closed before each kill, which comes as soon as the table holds more rows than before."""

pytestmark = pytest.mark.e2e


@pytest.fixture
async def postgres(test_run: TestRun) -> AsyncIterator[Postgres]:
    """A server of this test's own, that keeps its promise of durability (fsync on)."""
    home = _directory(test_run) / "postgres"
    yield Postgres(await start_postgres(home))
    await remove_postgres(home)


def _directory(run: TestRun) -> Path:
    base = Path(tempfile.mkdtemp(prefix="killed-", dir=run.directory))
    base.chmod(0o711)  # PostgreSQL's own user must reach its data below
    return base


@pytest.fixture
async def durable(postgres: Postgres) -> Settings:
    settings = settings_for(postgres.admin_url, "killed")
    await bootstrap(settings)
    await upgrade(settings)
    return settings


async def rows_of(world: World, table: str) -> int:
    [row] = await world.rows(f"SELECT count(*) AS n FROM {table}")
    return int(row["n"])


def accepted(world: World) -> set[str]:
    """The callbacks that were answered 200, by their message ids."""
    delivered = [one.data for one in world.sandbox.world.journal.entries("connectwise", kind="callback")]
    return {str(one["message_id"]) for one in delivered if one["status"] == 200}


@pytest.mark.requirement("R8")
async def test_a_database_killed_with_work_in_hand_loses_nothing_and_doubles_nothing(
    durable: Settings, postgres: Postgres, tmp_path: Path, broker_url: str
) -> None:
    # ConnectWise does not call again for each callback that met no database: the sweep finds those
    async with open_world(durable, tmp_path, broker=broker_url, sync={"sweep_interval_seconds": 2}) as world:
        for table, invoices in AT_EACH_KILL:
            before = await rows_of(world, table)
            await world.close(*invoices)

            async def further(table: str = table, before: int = before) -> bool:
                return await rows_of(world, table) > before

            await eventually(further, f"work reaches {table}")
            await postgres.crash()
            await postgres.start()
        closed = [one for _, invoices in AT_EACH_KILL for one in invoices]
        await world.settled(*closed, seconds=60)
        await world.quiet()
        world.books_are_clean()
        kept = {row["dedupe_key"] for row in await world.rows("SELECT dedupe_key FROM ingest.receipt")}
        assert accepted(world)
        assert accepted(world) <= kept, "accepted is stored, without the sweep's help"
        assert not await world.rows("SELECT 1 FROM mapper.dead_letter UNION ALL SELECT 1 FROM poster.dead_letter")
