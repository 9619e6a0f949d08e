"""Every connection that a service serves has its recurring rows, once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import text

from ledgerwire.common.ids import account_id
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.work.store import WorkStore
from ledgerwire.tenants.apply import apply
from ledgerwire.tenants.plan import CONNECTWISE
from ledgerwire.tenants.schedule import Scheduler

NAME = "Harbour IT"


def is_psa(entry) -> bool:
    return entry.kind == CONNECTWISE


def is_ledger(entry) -> bool:
    return entry.kind != CONNECTWISE


def scheduler(database, wake, serves, **terms) -> Scheduler:
    return Scheduler(database, WorkStore(ServiceSchema("ingest")), wake, ("sweep", "watch"), serves, **terms)


async def rows(database) -> list[tuple]:
    async with database.system() as unit:
        found = await unit.execute(
            text(
                "SELECT account_id, work_key, kind, found_by, due_at <= now() AS due FROM ingest.work"
                " ORDER BY account_id, work_key"
            )
        )
        return [tuple(row) for row in found]


async def test_each_kind_has_one_row_for_each_connection_that_is_served_and_the_worker_is_woken(
    tenants, box, account_file, ingest
):
    await apply(tenants, box, account_file(), author="test", reason="test")
    wake = asyncio.Event()
    mine = scheduler(ingest, wake, is_psa)
    assert await mine.fill() == 2
    assert wake.is_set()
    wake.clear()
    assert await mine.fill() == 0
    assert not wake.is_set()
    account = account_id(NAME)
    assert await rows(ingest) == [
        (account, "sweep", "sweep", "schedule", True),
        (account, "watch", "watch", "schedule", True),
    ]


async def test_a_connection_that_comes_later_gets_its_rows_too_and_may_be_left_alone_at_first(
    tenants, box, account_file, ingest
):
    await apply(tenants, box, account_file(), author="test", reason="test")
    mine = scheduler(ingest, asyncio.Event(), is_ledger, first_after=timedelta(minutes=5))
    assert await mine.fill() == 2
    await apply(tenants, box, account_file((NAME, "Second")), author="test", reason="test")
    assert await mine.fill() == 2
    assert {(row[0], row[-1]) for row in await rows(ingest)} == {
        (account_id(NAME), False),
        (account_id("Second"), False),
    }


async def test_two_processes_that_find_the_same_rows_missing_make_them_and_ring_for_none(
    tenants, box, account_file, ingest, monkeypatch
):
    """A row that one of them has in hand by then would be looked at a second time."""
    await apply(tenants, box, account_file(), author="test", reason="test")
    both_have_looked = asyncio.Barrier(2)
    ask = WorkStore.recurring

    async def recurring(store, unit, kinds):
        found = await ask(store, unit, kinds)
        await both_have_looked.wait()
        return found

    monkeypatch.setattr(WorkStore, "recurring", recurring)
    assert await asyncio.gather(*(scheduler(ingest, asyncio.Event(), is_psa).fill() for _ in range(2))) == [2, 2]
    async with ingest.system() as unit:
        rung = await unit.execute(text("SELECT work_key, generation FROM ingest.work ORDER BY work_key"))
        assert [tuple(row) for row in rung] == [("sweep", 1), ("watch", 1)]


async def test_an_account_without_any_connection_left_asks_for_nothing(tenants, box, account_file, ingest):
    await apply(tenants, box, account_file(), author="test", reason="test")
    assert await scheduler(ingest, asyncio.Event(), lambda entry: False).fill() == 0
