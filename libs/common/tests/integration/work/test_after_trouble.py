"""When a service works again, what waited for it goes on at once instead of sleeping its pauses out."""

from __future__ import annotations

from uuid import uuid4

import pytest

from ledgerwire.common.errors import Transient
from ledgerwire.common.work.model import Priority

ASLEEP = (
    "INSERT INTO mapper.work (account_id, connection_id, work_key, kind, priority, due_at, correlation_id, found_by,"
    " attempts, last_code) SELECT CAST(:account AS uuid), CAST(:connection AS uuid), :name || n, :kind, 1,"
    " now() + interval '14 minutes', 'c', 'sweep', CAST(:attempts AS int), CAST(:code AS text)"
    " FROM generate_series(1, :rows) AS n"
)


class Service:
    """Fails every group while it is down; remembers what it took."""

    def __init__(self):
        self.down = True
        self.failed = 0
        self.keys = set()

    async def __call__(self, group):
        if self.down:
            self.failed += 1
            raise Transient("down", code="UNREACHABLE")
        async with group.unit() as unit:
            for item in group.items:
                await group.done(unit, item)
                self.keys.add(item.work_key)


async def asleep(desk, connection, rows, name="out", *, kind="map", attempts=9, code="UNREACHABLE"):
    values = {"account": desk.account, "connection": connection, "kind": kind, "attempts": attempts, "code": code}
    await desk.execute(ASLEEP, name=name, rows=rows, **values)


async def up_again(desk, service, connection):
    """One group fails, then the service is up and something rings."""
    await desk.ring(desk.bell("first", connection, priority=Priority.BULK))
    await desk.until(lambda: service.failed)
    service.down = False
    await desk.ring(desk.bell("second", connection))


@pytest.mark.requirement("D19")
async def test_rows_put_off_while_a_service_was_down_are_woken_by_the_first_that_passes(desk, connection):
    service = Service()
    await asleep(desk, connection, 1_200)
    async with desk.running(desk.worker(service)):
        await up_again(desk, service, connection)
        await desk.until(desk.empty, seconds=30)
    assert {f"out{number}" for number in range(1, 1_201)} <= service.keys


async def test_what_waits_for_something_else_sleeps_on(desk, connection):
    service = Service()
    await asleep(desk, connection, 1)
    await asleep(desk, connection, 1, "other_code", code="BATCH_ABSENT")
    await asleep(desk, connection, 1, "no_failure", attempts=0)
    await asleep(desk, connection, 1, "other_kind", kind="settle")
    await asleep(desk, uuid4(), 1, "elsewhere")
    async with desk.running(desk.worker({"map": service, "settle": service})):
        await up_again(desk, service, connection)
        await desk.until(lambda: "out1" in service.keys, seconds=30)
    assert await desk.count() == 4
    assert service.keys == {"out1", "first", "second"}


async def test_nobody_is_woken_where_nothing_was_wrong(desk, connection):
    service = Service()
    service.down = False
    await asleep(desk, connection, 1)
    await desk.ring(desk.bell("r", connection))
    async with desk.running(desk.worker(service)):
        await desk.until(lambda: "r" in service.keys)
    assert (await desk.row("out1")).attempts == 9
