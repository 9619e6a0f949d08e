"""One worker serves a connection at a time: its lease is kept, outlasts what is sent, and ends when it should."""

import asyncio
import itertools
from datetime import timedelta
from uuid import UUID

from ledgerwire.common.errors import LeaseLost
from ledgerwire.common.work.lease import LeaseTerms, take


async def test_two_workers_never_serve_a_connection_at_once(desk, recorder):
    handler = recorder(seconds=0.02)
    connections = [UUID(int=number) for number in range(1, 4)]
    await desk.ring(*(desk.bell(f"r{number}", connections[number % 3]) for number in range(60)))
    async with desk.running(*(desk.worker(handler, limit=4) for _ in range(3))):
        await desk.until(desk.empty)
    assert sorted(handler.keys) == sorted(f"r{number}" for number in range(60))
    for connection in connections:
        spans = sorted((began, ended, fence) for place, fence, began, ended in handler.spans if place == connection)
        for (_, ended, fence), (began, _, next_fence) in itertools.pairwise(spans):
            assert began >= ended, "two groups of one connection overlapped"
            assert next_fence > fence, "the fence rises with every claim"


async def test_the_lease_is_kept_for_as_long_as_the_work_takes(desk, recorder, connection):
    slow = recorder(seconds=desk.terms.ttl.total_seconds() * 3)
    other = recorder()
    await desk.ring(desk.bell("r", connection))
    async with desk.running(desk.worker(slow)):
        await desk.until(desk.served)
        async with desk.running(desk.worker(other)):
            await desk.until(desk.empty)
    assert slow.keys == ["r"]
    assert other.keys == []


async def test_a_dead_workers_connection_is_taken_over_only_after_lease_and_grace(desk, recorder, connection):
    entered = asyncio.Event()

    async def hang(group):
        entered.set()
        await asyncio.Event().wait()

    await desk.ring(desk.bell("r", connection))
    victim = asyncio.create_task(desk.worker(hang).run(asyncio.Event()))
    await entered.wait()
    victim.cancel()  # as a killed process: nothing is released
    await asyncio.gather(victim, return_exceptions=True)
    before = await desk.one("SELECT expires_at FROM tenants.lease WHERE connection_id = :id", id=connection)
    handler = recorder()
    async with desk.running(desk.worker(handler)):
        await desk.until(lambda: handler.keys == ["r"])
    after = await desk.one("SELECT served_at, fence FROM tenants.lease WHERE connection_id = :id", id=connection)
    assert after.served_at >= before.expires_at + desk.terms.grace
    assert after.fence == 2


async def test_a_finished_workers_connection_is_free_at_once(desk, recorder, connection):
    terms = type(desk.terms)(ttl=timedelta(minutes=5), renew_every=timedelta(minutes=1), grace=timedelta(minutes=5))
    await desk.ring(desk.bell("r1", connection))
    async with desk.running(desk.worker(recorder(), terms=terms)):
        await desk.until(desk.empty)
    await desk.ring(desk.bell("r2", connection))
    async with desk.running(desk.worker(recorder(), terms=terms)):
        await desk.until(desk.empty)


async def test_a_connection_whose_group_failed_is_free_again_before_its_lease_ends(
    desk, recorder, connection, monkeypatch
):
    """As after a restart of the database: the group could not be settled, nothing of it is under way."""
    terms = LeaseTerms(ttl=timedelta(hours=1), renew_every=timedelta(minutes=1), grace=timedelta(hours=1))
    handler = recorder()
    first, second = desk.worker(recorder(), terms=terms), desk.worker(handler, terms=terms)

    async def nobody(_):
        return []

    async def gone(*_):
        monkeypatch.setattr(first, "_candidates", nobody)
        raise OSError("connection reset by peer")

    monkeypatch.setattr(first, "_call", gone)
    await desk.ring(desk.bell("one", connection))
    async with desk.running(first) as tasks:
        await desk.until(desk.served)
        async with desk.running(second):
            await desk.until(desk.empty)
        assert not tasks[0].done()
    assert handler.keys == ["one"]


async def test_a_lease_says_how_long_a_request_may_be_under_way(desk, connection):
    async with desk.database.system() as unit:
        lease = await take(desk.database, unit, "mapper", desk.account, connection, "one", desk.terms)
    assert lease.quiet_in <= timedelta(0)
    await lease.ensure(timedelta(hours=1))
    assert timedelta(minutes=59) < lease.quiet_in <= timedelta(minutes=61)


async def test_a_late_writer_is_stopped_by_the_fence(desk, connection):
    outcomes = []

    async def overtaken(group):
        await desk.evict(group)
        try:
            async with group.unit() as unit:
                await group.done(unit, group.items[0])
        except LeaseLost as error:
            outcomes.append(error.code)
            raise

    await desk.ring(desk.bell("r", connection))
    async with desk.running(desk.worker(overtaken)):
        await desk.until(lambda: outcomes)
    assert outcomes[0] == "LEASE_LOST"
    row = await desk.row("r")
    assert row.attempts == 0, "what is another's to settle is not touched"


async def test_before_a_send_the_lease_outlasts_the_request(desk, connection):
    remaining = []

    async def handler(group):
        await group.ensure_lease(timedelta(seconds=3))
        row = await desk.one("SELECT expires_at - clock_timestamp() AS left FROM tenants.lease")
        remaining.append(row.left)
        async with group.unit() as unit:
            await group.done(unit, group.items[0])

    await desk.ring(desk.bell("r", connection))
    async with desk.running(desk.worker(handler)):
        await desk.until(desk.empty)
    assert remaining[0] > timedelta(seconds=2.9)


async def test_a_lost_lease_refuses_the_send(desk, connection):
    refused = []

    async def handler(group):
        await desk.evict(group)
        try:
            await group.ensure_lease(timedelta(seconds=3))
        except LeaseLost:
            refused.append(True)
            raise

    await desk.ring(desk.bell("r", connection))
    async with desk.running(desk.worker(handler)):
        await desk.until(lambda: refused)
