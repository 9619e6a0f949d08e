"""A record is on its way only where work or a message about it exists; else nobody would ever finish it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
import pytest

from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.session import Database
from ledgerwire.common.settings import Settings
from ledgerwire.poster.reconciliation import repository

ACCOUNT, PSA = UUID(int=71), UUID(int=72)
MARCH = (date(2026, 3, 1), date(2026, 3, 31))


class Rows:
    """Writes rows as an administrator."""

    def __init__(self, connection: asyncpg.Connection[Any], database: Database) -> None:
        self._connection = connection
        self._database = database

    async def record(self, *, touched: str = "1 hour", state: str = "mapped") -> UUID:
        made = uuid4()
        await self._connection.execute(
            "INSERT INTO mapper.record (account_id, record_id, connection_id, record_type, source_id, state, record_date,"
            " correlation_id, updated_at) VALUES ($1, $2, $3, 'invoice', $4, $5, '2026-03-14', 'c', now() - $6::interval)",
            ACCOUNT, made, PSA, str(made), state, _interval(touched),
        )  # fmt: skip
        return made

    async def work(self, service: str, key: str, kind: str, record: UUID) -> None:
        await self._connection.execute(
            f"INSERT INTO {service}.work (account_id, connection_id, work_key, kind, priority, due_at, correlation_id, found_by,"
            " payload) VALUES ($1, $2, $3, $4, 0, 'infinity', 'c', 't', jsonb_build_object('record_id', $5::text))",
            ACCOUNT, PSA, key, kind, str(record),
        )  # fmt: skip

    async def message(self, service: str, record: UUID, taken_by: str = "", age: str = "1 hour") -> None:
        message = uuid4()
        await self._connection.execute(
            f"INSERT INTO {service}.outbox (message_id, account_id, type, subject, data, correlation_id, created_at,"
            " published_at) VALUES ($1, $2, 't', $3, '', 'c', now() - $4::interval, now())",
            message, ACCOUNT, str(record), _interval(age),
        )  # fmt: skip
        if taken_by:
            await self._connection.execute(
                f"INSERT INTO {taken_by}.inbox (consumer, message_id, account_id) VALUES ('q', $1, $2)",
                message,
                ACCOUNT,
            )

    async def read(self) -> dict[UUID, repository.RecordRow]:
        async with self._database.account(ACCOUNT) as unit:
            return await repository.records(unit, PSA, *MARCH, [], rest=timedelta(minutes=10))

    async def announced(self, *records: UUID) -> frozenset[UUID]:
        async with self._database.account(ACCOUNT) as unit:
            return await repository.announced(unit, records)


def _interval(text: str) -> timedelta:
    count, unit = text.split()
    return timedelta(**{f"{unit.rstrip('s')}s": int(count)})


@pytest.fixture
async def rows(settings: Settings) -> AsyncIterator[Rows]:
    parts = urlsplit(settings.database_admin_url)
    address = urlunsplit(parts._replace(path=urlsplit(settings.database_url).path))
    connection = await asyncpg.connect(address, timeout=10)
    database = open_database(settings, "poster")
    yield Rows(connection, database)
    await database.close()
    await connection.close()


@pytest.mark.requirement("D1")
async def test_work_and_messages_not_taken_yet_keep_a_record_on_its_way(rows: Rows) -> None:
    names = ("idle", "mapping", "settling", "posting", "to poster", "taken", "to mapper", "told", "old")
    made = {name: await rows.record() for name in names}
    await rows.work("mapper", f"map:{made['mapping']}", "map", made["mapping"])
    await rows.work("mapper", "settle:1", "settle", made["settling"])
    await rows.work("poster", str(made["posting"]), "post", made["posting"])
    await rows.message("mapper", made["to poster"])
    await rows.message("mapper", made["taken"], taken_by="poster")
    await rows.message("poster", made["to mapper"])
    await rows.message("poster", made["told"], taken_by="mapper")
    await rows.message("mapper", made["old"], age="25 days")
    found = await rows.read()
    moving = {name for name, record in made.items() if found[record].own.moving}
    assert moving == {"mapping", "settling", "posting", "to poster", "to mapper"}


async def test_what_was_touched_just_now_is_on_its_way(rows: Rows) -> None:
    old, new = await rows.record(touched="11 minutes"), await rows.record(touched="1 minute")
    found = await rows.read()
    assert (found[old].own.moving, found[new].own.moving) == (False, True)


async def test_what_mapper_is_being_told_of_is_known(rows: Rows) -> None:
    told, heard, unknown = uuid4(), uuid4(), uuid4()
    await rows.message("ingest", told)
    await rows.message("ingest", heard, taken_by="mapper")
    assert await rows.announced(told, heard, unknown) == {told}
