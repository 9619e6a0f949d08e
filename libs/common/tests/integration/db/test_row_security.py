"""Tenant isolation, asked of the database's own catalogue: a table nobody thought of fails here."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import CheckConstraint, Column, Table, text
from sqlalchemy.dialects.postgresql import JSONB

from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.models import SCHEMAS, metadata
from ledgerwire.common.db.roles import SERVICES, account_role, login_roles, system_role
from ledgerwire.common.settings import Settings

TABLES = sorted(metadata.tables)
WITHOUT_ROW_SECURITY = {"tenants.callback_route", "ledgerwire.alembic_version"}
SYSTEM_TABLES = {"outbox", "inbox", "work", "dead_letter"}
SYSTEM_READS = {"tenants.lease", "tenants.budget"}

_SEEN = text("INSERT INTO ingest.timeline (account_id, record_id, step, detail) VALUES (:a, :r, 'seen', '{}')")

A, B = UUID(int=0xA), UUID(int=0xB)


def writer_of(table: str) -> str:
    return account_role(table.split(".", maxsplit=1)[0])


def sample(column: Column[Any], account: UUID, ordinal: int) -> Any:
    """A value of the column's type, the same for the same account and ordinal."""
    if column.name == "account_id":
        return account
    if isinstance(column.type, JSONB):
        return "{}"
    kind = column.type.python_type
    values: dict[type, Any] = {
        UUID: UUID(int=account.int * 1000 + ordinal),
        str: f"{account.int}-{ordinal}",
        int: account.int * 1000 + ordinal,
        bytes: bytes([account.int, ordinal]),
        datetime: datetime(2026, 1, 1, tzinfo=UTC),
        date: date(2026, 1, 1),
        bool: False,
        list: [],
    }
    return values.get(kind, 1)


def required(table: Table) -> list[Column[Any]]:
    return [
        column
        for column in table.columns
        if column.primary_key or (not column.nullable and column.server_default is None)
        if column.identity is None
    ]


async def insert(connection: asyncpg.Connection, name: str, account: UUID, ordinal: int = 1) -> None:
    columns = required(metadata.tables[name])
    if "account_id" not in [column.name for column in columns]:
        columns = [metadata.tables[name].columns["account_id"], *columns]
    names = ", ".join(f'"{column.name}"' for column in columns)
    places = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
    values = [sample(column, account, ordinal) for column in columns]
    await connection.execute(f"INSERT INTO {name} ({names}) VALUES ({places})", *values)


@pytest.fixture
async def rows_of_two(connect) -> AsyncIterator[asyncpg.Connection]:
    """One row of account A and one of account B in every table; the superuser's connection, for looking."""
    connection = await connect()
    await connection.execute(f"TRUNCATE {', '.join(TABLES)}")
    # children before parents is fine here, and no rule of one table's values is under test
    await connection.execute("SET session_replication_role = replica")
    for name in TABLES:
        for account in (A, B):
            await insert(connection, name, account)
    await connection.execute("RESET session_replication_role")
    yield connection
    await connection.execute(f"TRUNCATE {', '.join(TABLES)}")


async def test_every_table_belongs_to_an_account_and_forces_row_security(connect):
    connection = await connect()
    tables = await connection.fetch(
        """
        SELECT n.nspname || '.' || c.relname AS name, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner) AS owner,
               EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'account_id') AS has_account
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
        """
    )
    assert {row["name"] for row in tables} >= set(TABLES)
    assert {row["owner"] for row in tables} == {"lw_owner"}
    unprotected = {
        row["name"]
        for row in tables
        if not (row["has_account"] and row["relrowsecurity"] and row["relforcerowsecurity"])
    }
    assert unprotected == WITHOUT_ROW_SECURITY


async def test_every_view_is_subject_to_its_owners_row_security(connect):
    connection = await connect()
    views = await connection.fetch(
        "SELECT n.nspname, c.relname, pg_get_userbyid(c.relowner) AS owner, c.reloptions FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') AND n.nspname = ANY($1)",
        list(SCHEMAS),
    )
    assert views
    for view in views:
        assert view["owner"] == "lw_owner", view
        assert "security_barrier=true" in (view["reloptions"] or []), view


async def test_an_unset_account_sees_nothing(connect, rows_of_two):
    for name in TABLES:
        if name in WITHOUT_ROW_SECURITY:
            continue
        connection = await connect(writer_of(name))
        assert await connection.fetchval(f"SELECT count(*) FROM {name}") == 0, name


async def test_one_account_cannot_read_or_write_another(connect, rows_of_two):
    for name in TABLES:
        if name not in WITHOUT_ROW_SECURITY:
            await cannot_reach_the_other(await connect(writer_of(name), A), name)
            assert await rows_of_two.fetchval(f"SELECT count(*) FROM {name} WHERE account_id = $1", B) == 1, name


async def cannot_reach_the_other(connection: asyncpg.Connection, name: str) -> None:
    assert {row["account_id"] for row in await connection.fetch(f"SELECT account_id FROM {name}")} == {A}, name
    for statement in (
        f"UPDATE {name} SET account_id = account_id WHERE account_id = '{B}'",
        f"DELETE FROM {name} WHERE account_id = '{B}'",
        f"UPDATE {name} SET account_id = '{B}'",
    ):
        try:
            changed = await connection.execute(statement)
        except asyncpg.InsufficientPrivilegeError:
            continue  # no such verb for this role, or the new row would be another account's
        assert changed.endswith(" 0"), statement
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await insert(connection, name, B, ordinal=2)


async def test_one_account_cannot_read_another_through_a_view(connect, rows_of_two):
    superuser = rows_of_two
    views = await superuser.fetch(
        "SELECT DISTINCT table_schema || '.' || table_name AS name, grantee FROM information_schema.role_table_grants"
        " JOIN information_schema.views USING (table_schema, table_name) WHERE grantee <> 'lw_owner' AND table_schema = ANY($1)",
        list(SCHEMAS),
    )
    assert {view["name"] for view in views} >= {"tenants.account_for_services", "tenants.consent_for_services"}
    for view in views:
        seeing = await connect(view["grantee"], A)
        assert {row["account_id"] for row in await seeing.fetch(f"SELECT account_id FROM {view['name']}")} <= {A}, view
        blind = await connect(view["grantee"])
        assert await blind.fetchval(f"SELECT count(*) FROM {view['name']}") == 0, view
    mapper = await connect("lw_mapper", B)
    assert await mapper.fetchval("SELECT account_id FROM tenants.account_for_services") == B


async def test_a_service_writes_only_its_own_schema(connect, rows_of_two):
    for service in SERVICES:
        for role in (account_role(service), system_role(service)):
            for name in TABLES:
                if name.startswith(f"{service}."):
                    continue
                for verb in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
                    allowed = await rows_of_two.fetchval("SELECT has_table_privilege($1, $2, $3)", role, name, verb)
                    assert not allowed, (role, name, verb)


async def test_a_service_reads_other_schemas_only_through_views(connect, rows_of_two):
    for service in SERVICES:
        for name in TABLES:
            if not name.startswith(f"{service}."):
                readable = await rows_of_two.fetchval(
                    "SELECT has_any_column_privilege($1, $2, 'SELECT')", account_role(service), name
                )
                assert not readable, (service, name)


async def test_a_system_role_reaches_messages_and_work_of_all_accounts_and_nothing_else(connect, rows_of_two):
    for service in SERVICES:
        connection = await connect(system_role(service))
        for name in TABLES:
            if name in {f"{service}.{table}" for table in SYSTEM_TABLES}:
                assert await connection.fetchval(f"SELECT count(*) FROM {name}") == 2, name
            elif name in SYSTEM_READS:
                await connection.fetch(f"SELECT * FROM {name}")
            else:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.fetch(f"SELECT * FROM {name}")


async def test_a_system_role_sees_only_its_own_services_leases(connect, rows_of_two):
    await rows_of_two.execute("UPDATE tenants.lease SET service = 'mapper' WHERE account_id = $1", A)
    await rows_of_two.execute("UPDATE tenants.lease SET service = 'poster' WHERE account_id = $1", B)
    for service, expected in (("mapper", {A}), ("poster", {B}), ("ingest", set())):
        connection = await connect(system_role(service))
        assert {row["account_id"] for row in await connection.fetch("SELECT * FROM tenants.lease")} == expected


async def test_the_roles_that_log_in_may_create_nothing(connect, rows_of_two):
    for role in login_roles():
        for schema in (*SCHEMAS, "public", "ledgerwire"):
            assert not await rows_of_two.fetchval("SELECT has_schema_privilege($1, $2, 'CREATE')", role, schema)


async def test_a_thousand_interleaved_units_on_one_pool_never_see_another_account(settings: Settings):
    database = open_database(settings.model_copy(update={"database_pool_size": 4}), "ingest")
    accounts = [uuid4() for _ in range(20)]
    seen_elsewhere = 0
    chance = random.Random(7)  # noqa: S311 - order only

    async def one(account: UUID) -> None:
        nonlocal seen_elsewhere
        fails = chance.random() < 0.2
        with suppress(ZeroDivisionError):
            async with database.account(account) as unit:
                await unit.execute(_SEEN, {"a": account, "r": uuid4()})
                found = (await unit.execute(text("SELECT DISTINCT account_id FROM ingest.timeline"))).scalars().all()
                seen_elsewhere += found != [account]
                _ = 1 / (not fails)

    units = [account for account in accounts for _ in range(50)]
    chance.shuffle(units)
    try:
        await asyncio.gather(*(one(account) for account in units))
        async with database.system() as unit:
            account = (await unit.execute(text("SELECT current_setting('app.account_id', true)"))).scalar_one()
        assert seen_elsewhere == 0
        assert not account
    finally:
        await database.close()


def test_checks_of_the_models_are_named():
    """A nameless check could not be changed by a later migration."""
    for table in metadata.tables.values():
        for constraint in table.constraints:
            if isinstance(constraint, CheckConstraint):
                assert constraint.name, table


async def test_a_unit_that_said_nothing_leaves_its_account_to_nobody(settings: Settings) -> None:
    """The account is set with the first statement: a unit without one must not colour the next on its connection."""
    database = open_database(settings.model_copy(update={"database_pool_size": 1}), "ingest")
    account = text("SELECT current_setting('app.account_id', true)")
    try:
        async with database.account(A):
            pass
        async with database.account(B) as unit:
            assert (await unit.execute(account)).scalar_one() == str(B)
        with suppress(RuntimeError):
            async with database.account(A):
                raise RuntimeError
        async with database.account(B) as unit:
            await unit.execute(_SEEN, {"a": B, "r": uuid4()})
            assert (await unit.execute(account)).scalar_one() == str(B)
    finally:
        await database.close()
