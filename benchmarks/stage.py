"""What the benchmarks stand on: a durable PostgreSQL, a RabbitMQ, the sandbox, accounts that are live, services as processes."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import yaml
from benchmarks.load import ID_MARK, MESSAGE_MARK, Orders
from tests.e2e.world import World, open_world

from ledgerwire.common.db.bootstrap import bootstrap
from ledgerwire.common.db.migrate import upgrade
from ledgerwire.common.embedded import remove_postgres, start_postgres, stop_postgres
from ledgerwire.common.embedded.process import until
from ledgerwire.common.ids import account_id
from ledgerwire.common.security import SecretBox
from ledgerwire.common.settings import Settings
from ledgerwire.common.testing import postgres, rabbit
from ledgerwire.common.testing.run import TestRun
from ledgerwire.sandbox.connectwise.state import Saved
from ledgerwire.tenants import accounts
from ledgerwire.tenants.account_file import parse_account_file

_USUAL: dict[str, Any] = {
    "lease_seconds": 30.0,
    "ledger_timeout_seconds": 30.0,
    "ledger_settle_seconds": 30.0,
    "database_pool_size": 8,
}
_STATISTICS = "shared_preload_libraries = 'pg_stat_statements'\n"


@dataclass
class Stage:
    """One run: `admin` and `database_url` are addresses of the administrator, `accounts` all that are live, the world's own first."""

    world: World
    admin: str
    broker: str
    database_url: str
    accounts: list[UUID]

    async def rows(self, query: str, *values: Any) -> list[asyncpg.Record]:
        """Look into the database as its administrator."""
        return await self.world.rows(query, *values)

    async def paths(self) -> tuple[str, ...]:
        """The callback path of every account, registered by ingest."""
        table = self.world.psa.state.tables["callbacks"]

        async def registered() -> bool:
            return len(self._addresses(table)) >= len(self.accounts)

        if not await until(registered, seconds=120):
            raise TimeoutError("ConnectWise did not get every account's callback")
        return tuple(self._addresses(table))

    @staticmethod
    def _addresses(table: Mapping[int, Any]) -> list[str]:
        return [urlsplit(row["url"]).path for row in table.values() if not row["inactiveFlag"]]

    def orders(self, paths: tuple[str, ...], *, prefix: str, count: int, **others: Any) -> Orders:
        """Callbacks as this ConnectWise sends and signs them, about records that come with the number."""
        state = self.world.psa.state
        [callback, *_] = state.tables["callbacks"].values()
        saved = Saved("invoices", 39001, "updated", 152, self.world.invoice(39001))
        message = json.loads(self.world.psa.callbacks._message(callback, "invoice", saved).body)  # noqa: SLF001
        body = json.dumps(message | {"ID": "@", "MessageId": MESSAGE_MARK}).replace('"@"', ID_MARK)
        return Orders(
            port=self.world.settings.http_port,
            paths=paths,
            body=body,
            signing_key=state.site.signing_key,
            prefix=prefix,
            count=count,
            **others,
        )


@asynccontextmanager
async def open_stage(
    directory: Path, *, account_count: int = 1, broker: str = "rabbitmq", statistics: bool = False, **others: Any
) -> AsyncIterator[Stage]:
    """Servers, sandbox and accounts for the length of a block; no service runs yet. fsync is on."""
    run = TestRun.begin()
    home = run.directory / "postgres"  # where the next run finds and ends what a killed one left
    try:
        server = await start_postgres(home)
        if statistics:
            await stop_postgres(home)
            configuration = server.home / "data" / "postgresql.conf"
            configuration.write_text(configuration.read_text() + _STATISTICS)
            server = await start_postgres(home)
        base = postgres.settings_for(server.admin_url, "benchmark")
        await bootstrap(base)
        await upgrade(base)
        address = await asyncio.to_thread(rabbit.broker_url, run, "main") if broker == "rabbitmq" else broker
        if broker == "rabbitmq":
            await rabbit.purge(address)
        async with open_world(base, directory, services=(), broker=address, **_USUAL, **others) as world:
            ids = [world.account_id]
            ids += [await _another_account(world, number) for number in range(2, account_count + 1)]
            url = server.url("benchmark", "postgres", server.password)
            yield Stage(world, server.admin_url, address, url, ids)
    finally:
        await remove_postgres(home)
        await asyncio.to_thread(run.end)


async def _another_account(world: World, number: int) -> UUID:
    """The same vendors under another account, with a consent and so with tokens of its own."""
    inside = world.sandbox.world
    content = deepcopy(world.content)
    name = content["account"] = f"{world.account}-{number}"
    fresh = inside.xero.identity.consent(inside.xero_app.client_id, inside.clock.now())
    content["companies"][0]["connection"] |= {part: str(fresh[part]) for part in ("access_token", "refresh_token")}
    box = SecretBox.from_settings(world.settings)
    await accounts.apply(world.tenants, box, parse_account_file(yaml.safe_dump(content)), author="bench", reason="load")
    for connection in (await accounts.show(world.tenants, name)).connections:
        await accounts.record_test(world.tenants, name, connection, ok=True, detail="by the benchmark")
    await accounts.go_live(world.tenants, name, date.fromisoformat(inside.scenario.account["go_live_from"]))
    return account_id(name)


def settings_of(stage: Stage, **changes: Any) -> Settings:
    """The services' settings with some changed."""
    return stage.world.settings.model_copy(update=changes)


def cpu_seconds(pid: int) -> float:
    """Processor time a process has taken so far: what a busy machine does not distort."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid: int) -> float:
    """Memory a process holds now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def load_average() -> list[float]:
    """Of this machine, over 1, 5 and 15 minutes: absolute figures say little without it."""
    return [round(each, 1) for each in os.getloadavg()]
