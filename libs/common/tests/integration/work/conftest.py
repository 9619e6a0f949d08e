"""A worker's surroundings: one service's database, doorbells, handlers that record what they were given."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from ledgerwire.common.db.engine import open_database
from ledgerwire.common.events import first_of
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.work.engine import Worker
from ledgerwire.common.work.lease import LeaseTerms
from ledgerwire.common.work.model import Doorbell, Priority
from ledgerwire.common.work.store import WorkStore

SCHEMA = ServiceSchema("mapper")
QUICK = LeaseTerms(
    ttl=timedelta(milliseconds=400), renew_every=timedelta(milliseconds=100), grace=timedelta(milliseconds=300)
)


class Desk:
    """What the tests do to the work table, and look at in it."""

    schema = SCHEMA
    terms = QUICK

    def __init__(self, database):
        self.database = database
        self.store = WorkStore(SCHEMA)
        self.account = uuid4()

    def bell(self, key, connection, *, account=None, kind="map", priority=Priority.URGENT, **others):
        return Doorbell(
            account_id=account or self.account,
            connection_id=connection,
            work_key=key,
            kind=kind,
            priority=priority,
            correlation_id=f"c-{key}",
            found_by="callback",
            **others,
        )

    async def ring(self, *bells):
        async with self.database.system() as unit:
            await self.store.ring(unit, bells)

    async def one(self, sql, **parameters):
        async with self.database.system() as unit:
            return (await unit.execute(text(sql), parameters)).one()

    async def row(self, key):
        return await self.one("SELECT *, due_at = 'infinity' AS parked FROM mapper.work WHERE work_key = :key", key=key)

    async def served(self):
        """True while somebody holds a lease."""
        return (await self.one("SELECT count(*) FROM tenants.lease WHERE holder IS NOT NULL")).count > 0

    async def evict(self, group):
        """End a group's lease under it, as a takeover does."""
        await self.one(
            "SELECT tenants.lease_release('mapper', CAST(:connection AS uuid), :fence)",
            connection=group.connection_id,
            fence=group.fence,
        )

    async def execute(self, sql, **parameters):
        async with self.database.system() as unit:
            await unit.execute(text(sql), parameters)

    async def count(self, table="mapper.work"):
        return (await self.one(f"SELECT count(*) FROM {table}")).count

    async def empty(self):
        return await self.count() == 0

    def worker(self, handler, **others):
        handlers = handler if isinstance(handler, dict) else {"map": handler}
        settings = {"terms": QUICK, "poll": timedelta(milliseconds=20)} | others
        return Worker(self.database, SCHEMA, handlers, **settings)

    @asynccontextmanager
    async def running(self, *workers):
        stop = asyncio.Event()
        tasks = [asyncio.create_task(worker.run(stop)) for worker in workers]
        try:
            yield tasks
        finally:
            stop.set()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def until(self, condition, seconds=10):
        deadline = monotonic() + seconds
        while True:
            outcome = condition()
            if asyncio.iscoroutine(outcome):
                outcome = await outcome
            if outcome:
                return
            assert monotonic() < deadline, "the condition did not become true in time"
            await asyncio.sleep(0.01)


class Recorder:
    """A handler that settles every item with `done` and remembers whom it served, when, and under which fence."""

    def __init__(self, seconds=0.0):
        self.keys = []
        self.groups = []
        self.spans = []
        self._seconds = seconds

    async def __call__(self, group):
        began = monotonic()
        if self._seconds:
            await first_of(asyncio.Event(), timeout=self._seconds)  # the work takes that long
        for item in group.items:
            async with group.unit() as unit:
                await group.done(unit, item)
            self.keys.append(item.work_key)
        self.groups.append((group.connection_id, len(group.items)))
        self.spans.append((group.connection_id, group.fence, began, monotonic()))


@pytest.fixture
async def database(settings):
    database = open_database(settings, SCHEMA.name)
    yield database
    await database.close()


@pytest.fixture
def desk(database):
    return Desk(database)


@pytest.fixture
def recorder():
    return Recorder


@pytest.fixture
def connection():
    return UUID(int=1)
