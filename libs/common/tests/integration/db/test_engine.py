"""The pools notice by themselves what the server did to their connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from ledgerwire.common.db.bootstrap import admin_dsn
from ledgerwire.common.db.dsn import database_name
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.session import Database
from ledgerwire.common.settings import Settings
from ledgerwire.common.work.destination import is_passing


async def test_work_goes_on_after_the_server_ended_every_connection(settings: Settings) -> None:
    database = open_database(settings, "mapper")
    try:
        async with database.system() as unit:
            await unit.execute(text("SELECT 1"))
        await _end_all_connections(settings)
        async with database.system() as unit:
            assert (await unit.execute(text("SELECT 2"))).scalar() == 2
    finally:
        await database.close()


@pytest.mark.parametrize(
    "broken",
    [asyncpg.InterfaceError("connection is closed"), asyncpg.ConnectionDoesNotExistError("closed in the middle")],
    ids=lambda error: type(error).__name__,
)
async def test_a_connection_that_breaks_while_it_is_set_up_is_passing_trouble_and_the_next_one_works(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, broken: Exception
) -> None:
    async def breaks(*_: object, **__: object) -> None:
        raise broken

    database = open_database(settings, "mapper")
    try:
        with monkeypatch.context() as while_away:
            while_away.setattr(asyncpg.Connection, "set_type_codec", breaks)
            with pytest.raises(OperationalError) as caught:
                async with database.system():
                    pass
        assert is_passing(caught.value)
        async with database.system() as unit:
            assert (await unit.execute(text("SELECT 1"))).scalar() == 1
    finally:
        await database.close()


async def test_a_connection_cut_in_the_middle_of_an_answer_is_passing_trouble(settings: Settings) -> None:
    """The driver then knows neither what it was doing nor an error that SQLAlchemy would translate."""
    database = open_database(settings, "mapper")
    try:
        with pytest.raises(OperationalError) as caught:
            await _cut_off(database)
        assert is_passing(caught.value)
    finally:
        await database.close()


async def test_a_server_that_vanishes_without_a_word_is_passing_trouble(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TCP keeps a connection for ever to which nothing is to be sent: whoever waited for the answer would wait as long."""
    monkeypatch.setattr("ledgerwire.common.db.engine.ANSWER_SECONDS", 0.5)
    async with _way_to(settings) as (by_the_way, vanish):
        database = open_database(by_the_way, "mapper")
        try:
            async with database.system() as unit:
                await unit.execute(text("SELECT 1"))
            vanish.set()
            async with asyncio.timeout(20):
                with pytest.raises((OSError, DBAPIError)) as caught:
                    async with database.system() as unit:
                        await unit.execute(text("SELECT 2"))
            assert is_passing(caught.value)
            vanish.clear()
            async with database.system() as unit:
                assert (await unit.execute(text("SELECT 3"))).scalar() == 3
        finally:
            await database.close()


@asynccontextmanager
async def _way_to(settings: Settings) -> AsyncIterator[tuple[Settings, asyncio.Event]]:
    """The server behind a way that, while the event is set, loses what passes and keeps the connection."""
    server, vanished = urlsplit(settings.database_url), asyncio.Event()
    tasks: set[asyncio.Task[None]] = set()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                if not vanished.is_set():
                    writer.write(data)
        finally:
            writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(server.hostname, server.port)
        tasks.update(asyncio.create_task(pass_on(*way)) for way in ((reader, back), (there, writer)))

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    place = server.netloc.rpartition(":")[0]
    try:
        url = urlunsplit(server._replace(netloc=f"{place}:{port}"))
        yield settings.model_copy(update={"database_url": url}), vanished
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _cut_off(database: Database) -> None:
    async with database.system() as unit:
        await unit.execute(text("SELECT 1"))
        raise asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")


async def _end_all_connections(settings: Settings) -> None:
    admin = await asyncpg.connect(admin_dsn(settings))
    try:
        ended = await admin.fetch(
            "SELECT pg_terminate_backend(pid, 5000) AS gone FROM pg_stat_activity WHERE datname = $1",
            database_name(settings.database_url),
        )
        assert [row["gone"] for row in ended] == [True]
    finally:
        await admin.close()


async def test_a_single_statement_commits_by_itself_and_is_alone(settings: Settings) -> None:
    database = open_database(settings, "mapper")
    try:
        async with database.single() as unit:
            first = (await unit.execute(text("SELECT pg_current_xact_id()::text"))).scalar_one()
            with pytest.raises(RuntimeError, match="commits by itself"):
                await unit.execute(text("SELECT 1"))
            async with database.system() as other:
                status = await other.execute(
                    text("SELECT pg_xact_status(CAST(CAST(:id AS text) AS xid8))"), {"id": first}
                )
                assert status.scalar_one() == "committed", "before the block has ended"
        async with database.system() as unit:  # the connection is as it was
            ids = [(await unit.execute(text("SELECT pg_current_xact_id()::text"))).scalar_one() for _ in range(2)]
            assert ids[0] == ids[1]
    finally:
        await database.close()


async def test_connections_are_kept_after_the_server_went_away_while_the_clock_was_ahead(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    database = open_database(settings, "mapper")
    try:
        with monkeypatch.context() as ahead:
            ahead.setattr(time, "time", lambda: real() + 2_700)
            await _processes(database, at_once=1)
            await _end_all_connections(settings)
            await _processes(database, at_once=1)
        assert len({one for _ in range(5) for one in await _processes(database, at_once=2)}) == 2
    finally:
        await database.close()


async def test_when_one_connection_breaks_the_older_ones_are_not_handed_out_again(settings: Settings) -> None:
    """They lead to the same server, which may have gone without a word to any of them."""
    database = open_database(settings, "mapper")
    try:
        older = set(await _processes(database, at_once=3))
        with pytest.raises(DBAPIError):
            async with database.system() as unit:
                await unit.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        assert older.isdisjoint(await _processes(database, at_once=3))
    finally:
        await database.close()


async def _processes(database: Database, *, at_once: int) -> list[int]:
    """The server's processes behind so many transactions that are open together."""
    async with AsyncExitStack() as stack:
        units = [await stack.enter_async_context(database.system()) for _ in range(at_once)]
        return [int((await unit.execute(text("SELECT pg_backend_pid()"))).scalar() or 0) for unit in units]
