"""PostgreSQL for tests: one server per run, one migrated template, a copy of it per test."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
from pydantic import SecretStr

from ledgerwire.common.db.bootstrap import bootstrap
from ledgerwire.common.db.migrate import upgrade
from ledgerwire.common.embedded import start_postgres
from ledgerwire.common.settings import Settings, SuiteSettings
from ledgerwire.common.testing.docker import engine_answers
from ledgerwire.common.testing.run import TestRun

PASSWORD = "tests-only"  # noqa: S105 - of roles in a server that ends with the run
IMAGE = "postgres:18-alpine"


def postgres_url(run: TestRun) -> str:
    """An administrator's address: the given server, else a container, else the wheel's server."""

    async def start() -> dict[str, Any]:
        given = SuiteSettings().database_url
        if given:
            return {"url": given}
        if engine_answers():
            return {"url": _container_url()}
        server = await start_postgres(run.directory / "postgres", fast=True)
        return {"url": server.admin_url}

    url: str = run.once("postgres", start)["url"]
    return url


def template_database(run: TestRun) -> str:
    """The name of a database at the newest revision, made once per run."""
    admin = postgres_url(run)

    async def start() -> dict[str, Any]:
        name = f"ledgerwire_template_{uuid4().hex[:8]}"
        settings = settings_for(admin, name)
        await bootstrap(settings)
        await upgrade(settings)
        return {"name": name}

    name: str = run.once("template", start)["name"]
    return name


def settings_for(admin: str, database: str, **others: Any) -> Settings:
    """Settings of a service that works on `database` of the server behind `admin`."""
    parts = urlsplit(admin)
    location = parts.netloc.rpartition("@")[2]
    return Settings(
        database_url=urlunsplit(("postgresql", location, f"/{database}", "", "")),
        database_admin_url=admin,
        database_password=SecretStr(PASSWORD),
        database_pool_size=4,
        **others,
    )


async def create_database(admin: str, name: str, template: str | None = None) -> None:
    """Create a database, as a copy of `template` where one is named."""
    source = f"TEMPLATE {template} STRATEGY FILE_COPY" if template else "TEMPLATE template0"
    connection = await asyncpg.connect(admin, timeout=10)
    try:
        await connection.execute(f"CREATE DATABASE {name} {source}")
    finally:
        await connection.close()


async def drop_database(admin: str, name: str) -> None:
    """Drop a database and end its sessions."""
    connection = await asyncpg.connect(admin, timeout=10)
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    finally:
        await connection.close()


def _container_url() -> str:
    from testcontainers.postgres import PostgresContainer  # noqa: PLC0415 - installed with the development tools only

    container = PostgresContainer(IMAGE, driver=None).with_command(
        "postgres -c fsync=off -c full_page_writes=off -c max_connections=200"
    )
    container.start()  # its reaper removes it when the run's process has gone
    url: str = container.get_connection_url()
    return url
