"""Nobody has to look: a record that stops and a letter that dies are in the figures, and out of them once they are mended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from tests.e2e.processes import eventually
from tests.e2e.world import World, open_world

from ledgerwire.common import figures
from ledgerwire.common.settings import Settings

INVOICE = 39001

pytestmark = pytest.mark.e2e


@pytest.fixture
async def counted(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The usual world, counted ten times a second."""
    monkeypatch.setattr(figures, "EVERY", timedelta(milliseconds=100))
    async with open_world(settings, tmp_path) as world:
        yield world


async def shown(world: World, line: str, figure: int | None) -> None:
    """Wait until a series has this figure (None: until it is gone)."""

    async def told() -> bool:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{world.settings.http_port}") as client:
            text = (await client.get("/metrics")).text
        found = [row.rpartition(" ")[2] for row in text.splitlines() if row.startswith(line)]
        return found == ([] if figure is None else [f"{figure:.1f}"])

    await eventually(told, f"{line} {figure}")


async def test_a_stopped_record_is_counted_by_its_cause_until_it_is_mended(counted: World) -> None:
    line = 'ledgerwire_stopped_records{cause="LEDGER_TOTAL_DIFFERS",service="mapper"}'
    counted.arm("wrong_total")
    await counted.close(INVOICE)
    await counted.told(INVOICE, "stopped", "LEDGER_TOTAL_DIFFERS")
    await shown(counted, line, 1)
    async with counted.desk() as desk:
        await desk.choose(counted.account_id, counted.number(INVOICE), "VOID_AND_RECREATE", "clerk", "wrong total")
    await counted.settled(INVOICE)
    await shown(counted, line, None)
