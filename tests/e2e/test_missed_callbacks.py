"""Callbacks may be lost, doubled, late or switched off: the sweep and the watch see to it that nothing is missed or doubled."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.processes import eventually
from tests.e2e.world import World, open_world

from ledgerwire.common.settings import Settings

INVOICES = (39001, 39002, 39033)
OPEN_TO_COPY = 39003

pytestmark = pytest.mark.e2e

EAGER = {"sweep_interval_seconds": 1}


async def receipts(world: World) -> int:
    return int((await world.rows("SELECT count(*) AS n FROM ingest.receipt"))[0]["n"])


@pytest.mark.requirement("D6")
async def test_the_sweep_finds_what_no_callback_announced(settings: Settings, tmp_path: Path) -> None:
    async with open_world(settings, tmp_path, sync=EAGER) as world:
        world.arm("lost_callback", "connectwise", times=None)
        await world.close(*INVOICES)
        await world.settled(*INVOICES)
        world.books_are_clean()
        assert await receipts(world) == 0
        found = await world.rows("SELECT DISTINCT correlation_id FROM ingest.timeline WHERE step = 'sweep'")
        assert len(found) == len(INVOICES)


async def test_a_callback_that_was_switched_off_or_deleted_comes_back(settings: Settings, tmp_path: Path) -> None:
    async with open_world(settings, tmp_path, sync=EAGER) as world:
        table = world.psa.state.tables["callbacks"]
        [callback] = table.values()
        callback["inactiveFlag"] = True
        await eventually(lambda: not callback["inactiveFlag"], "the callback is switched on again")
        table.clear()
        await world.callback_registered()

        async def both_counted() -> bool:
            [row] = await world.rows("SELECT repairs FROM ingest.callback_registration")
            return bool(row["repairs"] == 2)

        await eventually(both_counted, "both repairs are counted")
        await world.close(INVOICES[0])
        await world.settled(INVOICES[0])
        assert await receipts(world) >= 1


@pytest.mark.requirement("M1", "B25")
async def test_three_hundred_old_batched_invoices_edited_once_each_make_no_document(world: World) -> None:
    ids = world.copies(OPEN_TO_COPY, 300, batched=True)
    before = len(world.batches())
    for invoice_id in ids:
        world.edit(invoice_id, {"internalNotes": "called the customer"})
    await world.psa.callbacks.drain()
    assert await receipts(world) == len(ids)
    await world.quiet(seconds=60)
    assert not world.writes()
    assert not world.documents()
    assert len(world.batches()) == before
    states = await world.rows(
        "SELECT state, findings->0->>'code' AS code, count(*) AS n FROM mapper.record GROUP BY 1, 2"
    )
    assert [(row["state"], row["code"], row["n"]) for row in states] == [("skipped", "ALREADY_BATCHED", len(ids))]


@pytest.mark.requirement("B25")
async def test_doubled_and_reordered_callbacks_are_harmless(world: World) -> None:
    world.arm("duplicate_callback", "connectwise", times=None, path_regex=rf"/{INVOICES[0]}$")
    world.arm("reordered_callback", "connectwise", times=2, params={"seconds": 0.5})
    await world.close(*INVOICES)
    for invoice_id in INVOICES:
        world.edit(invoice_id, {"internalNotes": "thanks"})
    await world.psa.callbacks.drain()
    await world.settled(*INVOICES)
    await world.quiet()
    world.books_are_clean()
    revisions = await world.rows("SELECT revision FROM mapper.record")
    assert {row["revision"] for row in revisions} == {1}


@pytest.mark.requirement("B34")
async def test_our_own_batch_does_not_call_us_back_into_a_loop(world: World) -> None:
    [callback] = world.psa.state.tables["callbacks"].values()
    assert callback["isSelfSuppressedFlag"]
    callback["isSelfSuppressedFlag"] = False  # a tenant on which the flag does not work
    await world.close(INVOICES[0])
    await world.settled(INVOICES[0])
    await world.quiet()
    stored = await world.rows("SELECT ignored, count(*) AS n FROM ingest.receipt GROUP BY 1 ORDER BY 1 NULLS FIRST")
    assert [(row["ignored"], row["n"]) for row in stored] == [(None, 1), ("own write", 1)]
    assert len(await world.rows("SELECT 1 FROM ingest.outbox")) == 1
    world.books_are_clean()
