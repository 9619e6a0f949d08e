"""Whatever ConnectWise does with a call, a record is batched once, whole, or stopped with a cause."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.e2e.world import World

INVOICE = 39001
BATCHES = {"system": "connectwise", "method": "POST", "path_regex": r"/finance/accounting/batches$"}
READS = {"system": "connectwise", "method": "GET", "path_regex": r"/finance/"}

pytestmark = pytest.mark.e2e


@pytest.mark.requirement("A112")
@pytest.mark.parametrize("fault", ["timeout_after_commit", "500_after", "html_page", "half_body"])
async def test_a_batch_whose_answer_was_lost_is_proved_by_reading_and_not_made_again(world: World, fault: str) -> None:
    world.arm(fault, **BATCHES, params={"seconds": 1})
    await world.close(INVOICE)
    await world.settled(INVOICE)
    world.books_are_clean()
    assert len(world.journal("connectwise", "POST", "/finance/accounting/batches")) == 1


async def test_a_batch_that_never_arrived_is_made_later(world: World) -> None:
    world.arm("500_before", **BATCHES)
    await world.close(INVOICE)
    await world.told_to_wait("poster", INVOICE)
    assert world.batch_name(INVOICE) is None
    await world.a_while_passes()
    await world.settled(INVOICE)
    world.books_are_clean()


@pytest.mark.parametrize("fault", ["429", "500_before", "half_body", "html_page"])
async def test_reads_that_fail_are_repeated_and_nothing_is_lost(world: World, fault: str) -> None:
    world.arm(fault, **READS, params={"retry_after": 1}, times=1)
    await world.close(INVOICE)
    await world.settled(INVOICE)
    world.books_are_clean()


@pytest.mark.requirement("M7")
async def test_a_batch_that_took_half_of_the_record_is_told_as_incomplete(world: World) -> None:
    world.arm("slow", **BATCHES, params={"seconds": 1})
    async with world.held_back("poster"):
        await world.close(INVOICE)
        await world.work_waits("poster", 1)
    await world.batch_begun(INVOICE)
    entries = world.psa.state.gl_entries[INVOICE]
    entries.append(replace(entries[-1], id=987_654))  # while the batch is being made, an entry appears beside it
    await world.stopped(INVOICE, "BATCH_INCOMPLETE")
    assert world.batch_name(INVOICE) is None
    assert len(world.documents(world.number(INVOICE))) == 1
