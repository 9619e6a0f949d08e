"""Which database a command works on: the server that the settings name, or an embedded one in a directory of ours."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from ledgerwire.common.db.bootstrap import bootstrap
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.migrate import upgrade
from ledgerwire.common.db.session import Database
from ledgerwire.common.embedded import PostgresServer, running_postgres, start_postgres, stop_postgres
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.settings import Settings, load_settings

KEYS_FILE = "ledgerwire-keys.json"
"""Marks a directory as ours and holds what a restart must know: without these keys the stored secrets cannot be read."""
DATABASE = "ledgerwire"


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of one embedded installation, made once."""

    encryption_keys: str
    database_password: str


def names_a_server(settings: Settings) -> bool:
    """Whether LEDGERWIRE_DATABASE_URL was given."""
    return "database_url" in settings.model_fields_set


@asynccontextmanager
async def workplace(data: Path, *, owner: bool = False) -> AsyncIterator[Settings]:
    """Settings that reach the database, for as long as the block runs: a named server, else the embedded one of `data`."""
    settings = load_settings()
    if names_a_server(settings):
        yield settings
        return
    async with embedded_workplace(settings, data, owner=owner) as embedded:
        yield embedded


@asynccontextmanager
async def embedded_workplace(
    settings: Settings, data: Path, *, owner: bool = False, fast: bool = False
) -> AsyncIterator[Settings]:
    """The settings on the embedded server of `data`, for as long as the block runs.

    The `owner` of an embedded installation (`ledgerwire up`, the demo) makes it, brings it up to date and stops its server
    at the end, also one that a killed owner left behind. Anybody else uses a server that runs, and stops only one it
    started. `fast` gives up durability against a power cut of the machine: for the demo.

    Raises:
        ConfigurationError: `data` holds files of somebody else, or no installation and the caller is not its owner.
    """
    directory, keys = _opened(data, owner=owner)
    found_running = await running_postgres(directory / "postgres") is not None
    server = await start_postgres(directory / "postgres", fast=fast)
    try:
        embedded = embedded_settings(settings, server, keys)
        if owner:
            await bootstrap(embedded)
            await upgrade(embedded)
        yield embedded
    finally:
        if owner or not found_running:
            await stop_postgres(directory / "postgres")


def _opened(data: Path, *, owner: bool) -> tuple[Path, Keys]:
    directory = data.resolve()
    if not owner and not (directory / KEYS_FILE).exists():
        raise ConfigurationError(
            f"{directory} holds no Ledgerwire data: start `ledgerwire up --data {data}` first, or set LEDGERWIRE_DATABASE_URL"
        )
    return directory, keys_of(directory)


def keys_of(directory: Path) -> Keys:
    """The keys of a directory, made at the first call.

    Raises:
        ConfigurationError: the directory holds something, and it is not ours.
    """
    path = directory / KEYS_FILE
    if path.exists():
        return Keys(**json.loads(path.read_text()))
    if directory.exists() and any(directory.iterdir()):
        raise ConfigurationError(f"{directory} is not empty and not a Ledgerwire directory: name another one")
    directory.mkdir(parents=True, exist_ok=True)
    encryption = base64.b64encode(secrets.token_bytes(32)).decode()
    keys = {"encryption_keys": f"k1:{encryption}", "database_password": secrets.token_urlsafe(24)}
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(keys, file)
    return Keys(**keys)


def embedded_settings(settings: Settings, server: PostgresServer, keys: Keys) -> Settings:
    """The given settings on an embedded server; encryption keys that were set by hand win."""
    changes: dict[str, object] = {
        "database_url": server.url(DATABASE),
        "database_admin_url": server.admin_url,
        "database_password": SecretStr(keys.database_password),
    }
    if not settings.encryption_keys.get_secret_value():
        changes["encryption_keys"] = SecretStr(keys.encryption_keys)
    return settings.model_copy(update=changes)


@asynccontextmanager
async def tenants_database(settings: Settings) -> AsyncIterator[Database]:
    """The database as the account use cases see it."""
    database = open_database(settings, "tenants")
    try:
        yield database
    finally:
        await database.close()
