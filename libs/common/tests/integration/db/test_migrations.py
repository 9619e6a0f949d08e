from __future__ import annotations

import asyncio

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
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


async def test_an_empty_database_is_brought_to_head_and_matches_the_models(empty_database_settings: Settings):
    await bootstrap(empty_database_settings)
    assert await migrate.current_revision(empty_database_settings) is None

    await migrate.upgrade(empty_database_settings)

    assert await migrate.current_revision(empty_database_settings) == migrate.head_revision()
    assert await differences(empty_database_settings) == []


async def test_every_revision_goes_down_one_and_up_again(empty_database_settings: Settings):
    await bootstrap(empty_database_settings)
    revisions = [script.revision for script in ScriptDirectory(str(migrate._MIGRATIONS)).walk_revisions()][::-1]
    for revision in revisions:
        await migrate.upgrade(empty_database_settings, revision)
        await migrate.downgrade(empty_database_settings, "-1")
        await migrate.upgrade(empty_database_settings, revision)
    assert await migrate.current_revision(empty_database_settings) == migrate.head_revision()
    assert await differences(empty_database_settings) == []


async def test_going_down_to_nothing_keeps_the_roles_and_comes_up_again(empty_database_settings: Settings):
    await bootstrap(empty_database_settings)
    await migrate.upgrade(empty_database_settings)
    await migrate.downgrade(empty_database_settings, "base")

    connection = await asyncpg.connect(empty_database_settings.database_admin_url)
    roles = {row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
    await connection.close()
    assert {OWNER, DIRECTORY, *login_roles()} <= roles

    await migrate.upgrade(empty_database_settings)
    assert await differences(empty_database_settings) == []


async def test_parallel_bootstraps_and_migrations_of_one_database_take_turns(empty_database_settings: Settings):
    await asyncio.gather(*(bootstrap(empty_database_settings) for _ in range(4)))
    await asyncio.gather(*(migrate.upgrade(empty_database_settings) for _ in range(3)))
    assert await migrate.current_revision(empty_database_settings) == migrate.head_revision()


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


async def test_a_role_logs_in_with_its_own_password_where_one_is_set(settings: Settings):
    # every role's own password is the suite's, so that tests beside this one are not locked out
    own = " ".join(f"{role}={settings.role_password(role)}" for role in login_roles())
    update = {"database_password": SecretStr("for nobody"), "database_passwords": SecretStr(own)}
    changed = settings.model_copy(update=update)
    await bootstrap(changed)
    for role in login_roles():
        connection = await asyncpg.connect(changed.database_url, user=role, password=changed.role_password(role))
        await connection.close()


async def test_without_an_administrator_bootstrap_says_which_setting_is_missing(empty_database_settings: Settings):
    with pytest.raises(ConfigurationError, match="LEDGERWIRE_DATABASE_ADMIN_URL"):
        await bootstrap(empty_database_settings.model_copy(update={"database_admin_url": ""}))
