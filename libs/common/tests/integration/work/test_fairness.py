"""A tenant with a mountain of work does not keep another from being served, and the mountain makes nothing slow."""

from datetime import timedelta
from time import monotonic
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from ledgerwire.common.work.model import Priority

BUSY, QUIET, BULK = UUID(int=10), UUID(int=20), UUID(int=30)

MOUNTAIN = (
    "INSERT INTO mapper.work (account_id, connection_id, work_key, kind, priority, due_at, correlation_id, found_by)"
    " SELECT CAST(:account AS uuid), CAST(:connection AS uuid), 'm' || n, 'map', CAST(:priority AS smallint),"
    " now() - interval '1 second', 'c', 'sweep' FROM generate_series(1, :rows) AS n"
)


async def pile(desk, connection, rows, priority=Priority.BULK):
    await desk.execute(MOUNTAIN, account=uuid4(), connection=connection, rows=rows, priority=int(priority))


async def test_one_invoice_is_served_at_once_beside_twenty_thousand(desk, recorder):
    served = set()

    async def handler(group):
        async with group.unit() as unit:
            for item in group.items:
                await group.done(unit, item)
        served.add(group.connection_id)

    await pile(desk, BUSY, 20_000)
    async with desk.running(desk.worker(handler, concurrency=1)):
        await desk.until(lambda: BUSY in served)
        await desk.ring(desk.bell("one", QUIET, priority=Priority.BULK))
        await desk.until(lambda: QUIET in served, seconds=20)
    assert await desk.count() > 10_000, "while the mountain is still there"


async def test_connections_take_turns(desk):
    order = []

    async def handler(group):
        order.append(group.connection_id)
        async with group.unit() as unit:
            for item in group.items:
                await group.done(unit, item)

    for connection in (BUSY, QUIET, BULK):
        await pile(desk, connection, 30)
    async with desk.running(desk.worker(handler, concurrency=1, limit=10)):
        await desk.until(desk.empty)
    assert [len(set(order[turn : turn + 3])) for turn in range(0, 9, 3)] == [3, 3, 3]


async def test_urgent_connections_go_first_but_cannot_starve_bulk(desk):
    await pile(desk, BUSY, 5, Priority.URGENT)
    await pile(desk, BULK, 5)
    async with desk.database.system() as unit:
        chosen = await desk.store.candidates(unit, grace=timedelta(0), limit=5)
    assert [candidate.connection_id for candidate in chosen] == [BUSY, BULK]
    await desk.execute(
        "UPDATE mapper.work SET due_at = now() - interval '2 minutes' WHERE connection_id = :bulk", bulk=BULK
    )
    async with desk.database.system() as unit:
        chosen = await desk.store.candidates(unit, grace=timedelta(0), limit=5)
    assert chosen[0].connection_id == BULK, "waiting for two minutes it is as urgent, and was never served"


@pytest.mark.timeout(180)
async def test_a_hundred_thousand_rows_cost_a_claim_nothing(desk):
    await pile(desk, BUSY, 100_000)
    await desk.ring(desk.bell("one", QUIET))

    async def look():
        began = monotonic()
        async with desk.database.system() as unit:
            await desk.store.candidates(unit, grace=timedelta(0), limit=4)
            items = await desk.store.claim(unit, BUSY, limit=50, max_bytes=3_000_000)
            await desk.store.oldest_due(unit)
        assert len(items) == 50
        return monotonic() - began

    fastest = min([await look() for _ in range(5)])
    assert fastest < 1, f"three look-ups over 100,000 rows took {fastest:.3f} s"


async def test_the_claim_reads_by_index(desk):
    await pile(desk, BUSY, 5_000)
    async with desk.database.system() as unit:
        for statement, parameters in (
            (desk.store._claim, {"connection_id": BUSY, "limit": 50, "max_bytes": 3_000_000}),
            (
                desk.store._candidates,
                {
                    "service": "mapper",
                    "grace": timedelta(0),
                    "limit": 4,
                    "besides": [],
                    "starved": timedelta(minutes=1),
                },
            ),
        ):
            plan = await unit.execute(text(f"EXPLAIN {statement.text}"), parameters)
            lines = "\n".join(plan.scalars())
            assert "Seq Scan on work" not in lines, lines


async def test_the_backlog_is_drained_by_two_workers_without_losing_a_row(desk):
    seen = []

    async def handler(group):
        async with group.unit() as unit:
            for item in group.items:
                await group.done(unit, item)
        seen.extend((group.connection_id, item.work_key) for item in group.items)

    connections = [UUID(int=number) for number in range(100, 108)]
    for connection in connections:
        await pile(desk, connection, 250)
    async with desk.running(desk.worker(handler), desk.worker(handler)):
        await desk.until(desk.empty, seconds=60)
    assert len(seen) == len(set(seen)) == 2_000
