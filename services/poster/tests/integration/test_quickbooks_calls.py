"""What a group of documents costs at a ledger that takes one a call."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from .test_quickbooks import MANY, TO_COPY, desk, document

__all__ = ["desk"]


@pytest.mark.requirement("D19")
async def test_quickbooks_is_called_once_a_document_and_ten_times_for_all_together(desk: Any) -> None:
    world = desk.world
    ids = world.copies(TO_COPY, MANY, batched=False)
    await world.close(*ids)
    since = len(world.sandbox.world.journal)
    await world.serve("poster")
    async with world.held_back("poster"):
        await desk.decide(*[(one, document(desk, one, like=TO_COPY)) for one in ids])
    await world.batched(*ids)
    entries = world.sandbox.world.journal.entries("quickbooks", since_seq=since, kind="http")
    calls = Counter(f"{one.method} {one.path.rsplit('/', 1)[-1]}" for one in entries if "/v3/company/" in one.path)
    assert calls["POST invoice"] == MANY
    assert calls.total() - MANY <= 10, "so fifty cost at most 1.2 each, the set-up and a new customer included"
