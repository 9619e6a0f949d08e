"""One closed invoice, from the callback to the batch."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.world import open_world

from ledgerwire.common.settings import Settings

INVOICE = 39001

pytestmark = pytest.mark.e2e


async def test_a_closed_invoice_is_in_the_ledger_once_to_the_cent_and_batched(
    settings: Settings, tmp_path: Path
) -> None:
    async with open_world(settings, tmp_path) as world:
        await world.close(INVOICE)
        await world.batched(INVOICE)
        await world.settled(INVOICE)
        world.books_are_clean()
        assert [row["Status"] for row in world.documents(world.number(INVOICE))] == ["AUTHORISED"]
