"""Looks at seats: every day, and when asked through the broker; one at a time, each account for itself, told as they go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest

from ledgerwire.billing_sync import syncing
from ledgerwire.billing_sync.bootstrap import build, open_requests
from ledgerwire.billing_sync.requesting import Run
from ledgerwire.common.lifecycle import serve
from ledgerwire.common.settings import Settings
from ledgerwire.sandbox.core.tls import TlsFiles

from .conftest import World, opened, sold, subscription

IN_TIME = 40.0


async def until(condition: Callable[[], Awaitable[Any]]) -> Any:
    """The first true answer of a condition on the database; fails when it does not come."""
    end = monotonic() + IN_TIME
    while not (found := await condition()):
        assert monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.05)
    return found


@asynccontextmanager
async def serving(world: World, count: int = 1, **given: Any) -> AsyncIterator[None]:
    """Billing sync as so many processes would run it, on the world's clock."""
    settings = world.settings.model_copy(update={"http_port": 0, "lease_seconds": 5.0, **given})
    stop, ready = asyncio.Event(), [asyncio.Event() for _ in range(count)]
    tasks = [asyncio.create_task(serve([build], settings, stop, clock=world.clock, ready=each)) for each in ready]
    try:
        for each in ready:
            await each.wait()
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def ended(world: World, count: int) -> list[Run]:
    """The newest runs, once so many have ended."""

    async def look() -> list[Run]:
        async with open_requests(world.settings) as requests:
            found = await requests.newest(world.account_id)
        return found if len([run for run in found if run.finished_at]) >= count else []

    return await until(look)


@pytest.mark.requirement("B34")
async def test_what_is_asked_for_goes_through_the_broker_and_becomes_a_look(world: World, broker_url: str):
    await world.set_up(apply="automatic")
    await world.post(sold(subscription()))
    async with serving(world, broker_url=broker_url):
        await ended(world, 1)  # the schedule's own first look
        await world.post(sold(subscription(quantity="12")))
        async with open_requests(world.settings) as requests:
            asked = await requests.ask(world.account_id)

            async def done() -> Run | None:
                found = await requests.answer(asked)
                return found if found and found.finished_at else None

            run = await until(done)
    assert (run.found_by, run.failed_with) == ("person", None)
    assert run.progress["written"] == run.progress["steps"] > 0
    assert [message.published for message in await _outbox(world)] == [True]
    assert (await world.desk.latest(world.account_id)).plan_id == run.plan_id


async def _outbox(world: World) -> list[Any]:
    return await world.query("SELECT published_at IS NOT NULL AS published FROM billing.outbox")


@pytest.mark.requirement("B34")
async def test_two_processes_look_once_and_every_account_for_itself(settings: Settings, tls: TlsFiles):
    async with opened(settings, tls) as world, opened(settings, tls, name="other") as other:
        for each in (world, other):
            await each.set_up(apply="automatic")
        await world.post(sold(subscription()))
        await other.post(sold(subscription(quantity="3")))
        async with serving(world, count=2):
            for each in (world, other):
                [run] = await ended(each, 1)
                assert (run.failed_with, run.progress["written"]) == (None, 1)
        assert [[str(row["quantity"]) for row in each.rows] for each in (world, other)] == [["10"], ["3"]]
        work = [await _row(each) for each in (world, other)]
        assert [len(await ended(each, 1)) for each in (world, other)] == [1, 1]
    # at rest until the next day, whoever served it
    assert all(row.last_code == "SCHEDULED" and timedelta(hours=23) < row.rests < timedelta(hours=25) for row in work)


async def _row(world: World) -> Any:
    [row] = await world.query(
        "SELECT last_code, due_at - now() AS rests FROM billing.work WHERE work_key = 'seats'"
        " AND account_id = current_setting('app.account_id')::uuid"
    )
    return row


async def test_an_account_that_wants_approval_is_planned_and_nothing_is_written(world: World):
    await world.post(sold(subscription()))
    async with serving(world):
        [run] = await ended(world, 1)
    assert (run.progress["steps"], "written" in run.progress, world.rows) == (1, False, [])


@pytest.mark.requirement("F1")
async def test_a_look_that_fails_keeps_its_code_and_comes_again_soon(world: World):
    await world.post(sold(subscription()))
    world.fail("500_before", path_regex="/company/companies", times=None)
    async with serving(world):
        [run] = await ended(world, 1)
        row = await until(lambda: _rested(world))
    assert run.failed_with == row.last_code
    assert run.failed_with is not None
    assert row.rests < timedelta(minutes=16)


async def _rested(world: World) -> Any:
    row = await _row(world)
    return row if row.last_code else None


async def test_how_far_a_long_look_is_can_be_read_while_it_goes_on(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(syncing, "TELL_EVERY", 0.05)
    await world.set_up(apply="automatic")
    await world.post(sold(*(subscription(f"sub-{number}") for number in range(3))))
    go_on = asyncio.Event()
    real = syncing.SyncSeats._sync

    async def held(self: Any, group: Any, told: Any, *, automatic: bool) -> bool:
        told("source distributor", 40, 400)
        await go_on.wait()
        return await real(self, group, told, automatic=automatic)

    monkeypatch.setattr(syncing.SyncSeats, "_sync", held)
    async with serving(world):

        async def stage() -> Any:
            async with open_requests(world.settings) as requests:
                runs = await requests.newest(world.account_id)
            return runs and runs[0].progress.get("stage")

        assert await until(stage) == "source distributor: 40 of 400"
        go_on.set()
        [run] = await ended(world, 1)
    assert "stage" not in run.progress


@pytest.mark.requirement("B34")
async def test_what_is_written_is_no_record_that_is_posted_and_rings_nobody(world: World):
    """Postings start from invoices, vouchers and expenses: nothing of that is written, and no other look follows."""
    await world.set_up(apply="automatic")
    await world.post(sold(subscription(sku="NEW:0001", name="New product")))
    known = len(world.state.journal.entries())
    async with serving(world):
        [run] = await ended(world, 1)
        row = await until(lambda: _rested(world))
    written = {
        (entry.method, entry.path.partition("/apis/3.0")[2].strip("/").split("/")[0])
        for entry in world.state.journal.entries()[known:]
        if entry.system == "connectwise" and entry.method not in {"", "GET"}
    }
    assert written == {("POST", "finance"), ("POST", "procurement")}
    paths = [entry.path for entry in world.state.journal.entries()[known:] if entry.method == "POST"]
    assert all("/finance/agreements/" in path or path.endswith("/procurement/catalog") for path in paths)
    assert (run.progress["written"], row.last_code, await _outbox(world)) == (1, "SCHEDULED", [])


async def test_a_look_that_a_process_did_not_end_is_said_to_be_cut_off_and_the_next_one_answers(world: World):
    await world.post(sold(subscription()))
    async with open_requests(world.settings) as requests:
        asked = await requests.ask(world.account_id)
        await world.query(
            "INSERT INTO billing.run (account_id, run_id, connection_id, found_by, progress, started_at)"
            " VALUES (:account, gen_random_uuid(), :connection, 'person', '{}', now())",
            account=world.account_id,
            connection=asked.connection_id,
        )
        assert (await requests.answer(asked)).finished_at is None
        async with serving(world):
            found = await ended(world, 2)
        answer = await requests.answer(asked)
    *_, first, cut = found
    assert (first.failed_with, cut.failed_with, answer.run_id) == (None, "CUT_OFF", first.run_id)
