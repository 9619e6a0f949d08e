"""A lease in full use is renewed, and nobody takes over before the last unit of its holder has ended."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from ledgerwire.common.work.lease import LeaseTerms, take

LONG = LeaseTerms(ttl=timedelta(seconds=30), grace=timedelta(0))
OVER = LeaseTerms(ttl=timedelta(0), grace=timedelta(0))


async def taken(desk, connection, holder, terms):
    async with desk.database.system() as unit:
        return await take(desk.database, unit, "mapper", desk.account, connection, holder, terms)


async def test_a_lease_is_renewed_while_units_of_its_holder_are_open(desk):
    lease = await taken(desk, uuid4(), "first", LONG)
    async with desk.database.account(desk.account) as one, desk.database.account(desk.account) as two:
        await lease.check(one)
        await lease.check(two)
        async with asyncio.timeout(5):
            await lease.renew()
        await lease.check(one)


async def test_a_takeover_waits_for_the_last_unit_of_the_old_holder(desk):
    connection = uuid4()
    lease = await taken(desk, connection, "first", OVER)  # at its end already
    async with desk.database.account(desk.account) as unit:
        await lease.check(unit)
        taking = asyncio.create_task(taken(desk, connection, "second", LONG))
        await desk.until(lambda: waiting(desk))
        assert not taking.done()
    assert await taking is not None
    async with desk.database.account(desk.account) as unit:
        with pytest.raises(Exception, match="another worker"):
            await lease.check(unit)


async def waiting(desk):
    row = await desk.one(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return row.count > 0
