"""A run by hand takes one type of one company, as far as chosen, and nothing else."""

from __future__ import annotations

from datetime import date

import pytest

from ledgerwire.common.ids import account_id
from ledgerwire.common.record_type import RecordType
from ledgerwire.ingest.bootstrap import open_runs
from ledgerwire.ingest.runs import RunRefusedError, Selection

from .test_other_lists import adjust, sources

ACCOUNT = account_id("harbourline")


async def start(world, record_type: RecordType, **chosen):
    async with open_runs(world.settings) as runs:
        return await runs.start(ACCOUNT, Selection(record_type, **chosen))


@pytest.mark.requirement("A108", "A109", "A110", "A123")
async def test_a_run_hands_over_what_is_chosen_of_one_type_and_that_once(world) -> None:
    await world.apply(callback={"register": False}, procurement=True, real_time=False)
    world.close(*world.open_ids(3))
    adjust(world, 41)
    adjust(world, 42)
    bought = await start(world, RecordType.PROCUREMENT, numbers=("42-adjustment", "INV-9999"))
    assert (bought.offered, bought.missing) == (("42-adjustment",), ("INV-9999",))
    assert await sources(world) == {("procurement", "42-adjustment")}
    again = await start(world, RecordType.PROCUREMENT)
    assert (set(again.offered), again.announced) == ({"41-adjustment", "42-adjustment"}, 1)
    none = await start(world, RecordType.INVOICE, through=date(2020, 1, 1))
    assert (none.offered, none.announced, none.missing) == ((), 0, ())
    sold = await start(world, RecordType.INVOICE)
    listed = await _listed(world)
    assert set(sold.offered) == listed
    assert {each for kind, each in await sources(world) if kind == "invoice"} == listed
    rows = await world.rows("SELECT DISTINCT correlation_id FROM ingest.outbox WHERE subject IS NOT NULL")
    assert {row["correlation_id"] for row in rows} == {bought.run_id, again.run_id, sold.run_id}


async def _listed(world) -> set[str]:
    """What stands on ConnectWise's list at this moment (A111)."""
    return {
        str(number)
        for number in world.state.unposted_rows
        if world.state.tables["invoices"][number]["status"]["isClosed"]
    }


@pytest.mark.requirement("A117", "A110")
async def test_a_run_that_cannot_be_told_apart_is_refused(world) -> None:
    await world.apply(callback={"register": False})
    with pytest.raises(RunRefusedError, match="off"):
        await start(world, RecordType.EXPENSE)
    with pytest.raises(RunRefusedError, match="no company"):
        await start(world, RecordType.INVOICE, company="Nobody")
