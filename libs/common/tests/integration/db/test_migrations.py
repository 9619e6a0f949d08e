from __future__ import annotations

import asyncio
import time

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from ledgerwire.common.db import migrate
from ledgerwire.common.db.bootstrap import bootstrap
from ledgerwire.common.db.dsn import database_name
from ledgerwire.common.db.models import SCHEMAS, metadata
from ledgerwire.common.db.roles import DIRECTORY, OWNER, login_roles
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.settings import Settings


async def differences(settings: Settings) -> list[object]:
    def compare(connection: Connection) -> list[object]:
        options = {
            "include_schemas": True,
            "include_name": lambda name, kind, _parents: kind != "schema" or name in SCHEMAS,
            "compare_type": True,
        }
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    name = database_name(settings.database_url)

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(settings.database_admin_url, database=name)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(compare)
    finally:
        await engine.dispose()


async def test_an_empty_database_is_brought_to_head_and_matches_the_models(empty: Settings):
    await bootstrap(empty)
    assert await migrate.current_revision(empty) is None

    started = time.perf_counter()
    await migrate.upgrade(empty)
    elapsed = time.perf_counter() - started

    assert await migrate.current_revision(empty) == migrate.head_revision()
    assert await differences(empty) == []
    assert elapsed < 5  # well under 1.5 s on a quiet machine; the bound only catches a change of kind


async def test_every_revision_goes_down_one_and_up_again(empty: Settings):
    await bootstrap(empty)
    revisions = [script.revision for script in ScriptDirectory(str(migrate._MIGRATIONS)).walk_revisions()][::-1]
    for revision in revisions:
        await migrate.upgrade(empty, revision)
        await migrate.downgrade(empty, "-1")
        await migrate.upgrade(empty, revision)
    assert await migrate.current_revision(empty) == migrate.head_revision()
    assert await differences(empty) == []


async def test_going_down_to_nothing_keeps_the_roles_and_comes_up_again(empty: Settings):
    await bootstrap(empty)
    await migrate.upgrade(empty)
    await migrate.downgrade(empty, "base")

    connection = await asyncpg.connect(empty.database_admin_url)
    roles = {row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
    await connection.close()
    assert {OWNER, DIRECTORY, *login_roles()} <= roles

    await migrate.upgrade(empty)
    assert await differences(empty) == []


async def test_parallel_bootstraps_and_migrations_of_one_database_take_turns(empty: Settings):
    await asyncio.gather(*(bootstrap(empty) for _ in range(4)))
    await asyncio.gather(*(migrate.upgrade(empty) for _ in range(3)))
    assert await migrate.current_revision(empty) == migrate.head_revision()


async def test_no_role_owns_superuser_rights_or_bypasses_row_security(settings: Settings):
    connection = await asyncpg.connect(settings.database_admin_url)
    rows = await connection.fetch(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolinherit, rolcanlogin FROM pg_roles"
        " WHERE rolname LIKE 'lw\\_%'"
    )
    await connection.close()
    assert {row["rolname"] for row in rows} == {OWNER, DIRECTORY, *login_roles()}
    rights = ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolinherit")
    for row in rows:
        assert not any(row[right] for right in rights), row["rolname"]
        assert row["rolcanlogin"] == (row["rolname"] in login_roles())


async def test_each_role_gets_its_own_password(empty: Settings):
    changed = empty.model_copy(
        update={
            "database_password": type(empty.database_password)("for-all"),
            "database_passwords": type(empty.database_passwords)("lw_poster=only'poster"),
        }
    )
    await bootstrap(changed)
    connection = await asyncpg.connect(empty.database_admin_url)
    hashes = dict(
        await connection.fetch(
            "SELECT rolname, rolpassword FROM pg_authid WHERE rolname IN ('lw_poster', 'lw_mapper', 'lw_owner')"
        )
    )
    await connection.close()
    assert hashes["lw_poster"].startswith("SCRAM-SHA-256$")
    assert hashes["lw_mapper"].startswith("SCRAM-SHA-256$")
    assert hashes["lw_owner"] is None


async def test_without_an_administrator_bootstrap_says_which_setting_is_missing(empty: Settings):
    with pytest.raises(ConfigurationError, match="LEDGERWIRE_DATABASE_ADMIN_URL"):
        await bootstrap(empty.model_copy(update={"database_admin_url": ""}))
