"""Ingest on a real PostgreSQL, with the sandbox's ConnectWise over TLS calling it back over TLS."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stamina
from pydantic import SecretStr
from sqlalchemy import text

from ledgerwire.common.clock import FixedClock
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.session import Database
from ledgerwire.common.ids import account_id, connection_id
from ledgerwire.common.lifecycle import AssembledService, Runtime
from ledgerwire.common.mq.local import LocalTransport
from ledgerwire.common.security import SecretBox, new_key
from ledgerwire.common.settings import Settings
from ledgerwire.ingest.bootstrap import build, open_registrar
from ledgerwire.ingest.registration import Registrar
from ledgerwire.sandbox.connectwise.app import create_connectwise
from ledgerwire.sandbox.connectwise.delivery import sign
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Credentials
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Fault, Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.core.serving import serve
from ledgerwire.sandbox.core.tls import TlsFiles, make_tls
from ledgerwire.sandbox.seed import build as build_scenario
from ledgerwire.tenants.account_file import parse_account_file
from ledgerwire.tenants.apply import apply
from ledgerwire.tenants.secrets import open_connection

NAME = "harbourline"
ACCOUNT = account_id(NAME)
CONNECTION = connection_id(ACCOUNT, "connectwise")
START = datetime(2026, 3, 1, 9, tzinfo=UTC)
PERSON = 152

FILE = """
account: harbourline
connectwise:
  on_premise: true
  site: {site}
  company_id: {company_id}
  public_key: {public_key}
  private_key: {private_key}
  client_id: {client_id}
  ca_file: {ca_file}
companies:
  - name: Harbourline
    package: xero
    connection: {{tenant_id: t, client_id: c, client_secret: s, refresh_token: r}}
mapping:
  tax: {{untaxed_type: EXEMPTOUTPUT}}
  rounding: {{account: "860", tax_type: BASEXCLUDED}}
  procurement: {{enabled: {procurement}}}
  expenses: {{enabled: {expenses}}}
sync: {sync}
"""


@pytest.fixture(autouse=True)
def _quick_retries():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return make_tls(Path(tmp_path_factory.mktemp("tls")))


async def until(condition: Callable[[], Awaitable[Any]], seconds: float = 10) -> Any:
    """The first true answer of `condition`; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not (found := await condition()):  # noqa: ASYNC110 - the condition is in a database
            await asyncio.sleep(0.02)
        return found


class World:
    """A ConnectWise tenant, an account that is connected to it, and ingest."""

    def __init__(self, state: ConnectWiseState, faults: Faults, tls: TlsFiles, settings: Settings) -> None:
        self.state, self.faults, self.tls, self.settings = state, faults, tls, settings
        trust = ssl.create_default_context(cafile=str(tls.ca_file))
        self.server = create_connectwise(state, faults, verify_receivers=trust, retry_delays=(0.05, 0.1))
        self.clock = FixedClock(START)
        self.database: Database = open_database(settings, "ingest")
        self.service: AssembledService | None = None
        self.registrar: Registrar | None = None

    async def apply(self, *, procurement: bool = False, expenses: bool = False, **sync: Any) -> None:
        keys = self.state.credentials
        content = FILE.format(
            site=self.state.site.base_url,
            company_id=keys.company_id,
            public_key=keys.public_key,
            private_key=keys.private_key,
            client_id=keys.client_id,
            ca_file=self.tls.ca_file,
            procurement=str(procurement).lower(),
            expenses=str(expenses).lower(),
            sync=json.dumps({"sweep_interval_seconds": 1, **sync}),
        )
        tenants = open_database(self.settings, "tenants")
        box = SecretBox.from_settings(self.settings)
        await apply(tenants, box, parse_account_file(content), author="test", reason="test")
        await tenants.close()

    async def go_live(self) -> None:
        tenants = open_database(self.settings, "tenants")
        async with tenants.account(ACCOUNT) as unit:
            statement = text("UPDATE tenants.account SET status = 'live', go_live_from = :day WHERE account_id = :id")
            await unit.execute(statement, {"day": date(2026, 2, 1), "id": ACCOUNT})
        await tenants.close()

    async def token(self) -> str:
        async with self.database.account(ACCOUNT) as unit:
            row = await unit.execute(
                text("SELECT secret FROM tenants.connection_for_services WHERE connection_id = :id"), {"id": CONNECTION}
            )
            sealed = row.scalar_one()
        return open_connection(SecretBox.from_settings(self.settings), CONNECTION, sealed).callback_token

    def signed(self, **changes: Any) -> tuple[bytes, str]:
        """A callback message with `changes`, and its signature by ConnectWise's key."""
        site = self.state.site
        address = f"{site.base_url}/{site.codebase}//system/callbackkey/index.rails"
        message = {
            "ID": 5,
            "Type": "invoice",
            "CompanyId": "harbourline",
            "MessageId": "m",
            "Metadata": {"key_url": f"{address}?companyName=harbourline&id={site.signing_key_id}"},
        }
        raw = json.dumps(message | changes).encode()
        return raw, sign(site.signing_key, raw)

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.database.account(ACCOUNT) as unit:
            return list((await unit.execute(text(statement), values)).mappings())

    async def announced(self) -> list[dict[str, Any]]:
        rows = await self.rows("SELECT data, correlation_id FROM ingest.outbox ORDER BY id")
        return [json.loads(bytes(row["data"])) for row in rows]

    async def receipts(self) -> list[Any]:
        return await self.rows("SELECT * FROM ingest.receipt ORDER BY received_at")

    async def swept(self) -> Any:
        rows = await self.rows("SELECT * FROM ingest.sweep WHERE finished_at IS NOT NULL")
        return rows[0] if rows else None

    def open_ids(self, count: int) -> list[int]:
        rows = self.state.tables["invoices"].values()
        return [row["id"] for row in rows if not row["status"]["isClosed"]][:count]

    def close(self, *ids: int) -> None:
        closed = next(row for row in self.state.tables["billing_statuses"].values() if row.get("closedFlag"))
        for number in ids:
            self.server.desk.set_status(number, {"id": closed["id"]}, PERSON)

    def fail(self, name: str, **where: Any) -> None:
        self.faults.add(Fault(name, "connectwise", **where))

    def later(self, **by: float) -> None:
        self.clock.at += timedelta(**by)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[AssembledService]:
        """Scheduler and worker run inside the block."""
        service = self.service
        assert service is not None
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as parts:
            for going_on in service.background:
                parts.create_task(going_on(stop))
            parts.create_task(service.workers[0].run(stop))
            try:
                yield service
            finally:
                stop.set()

    async def sweep_now(self) -> Any:
        """Run until the schedule has swept once more."""
        async with self.database.account(ACCOUNT) as unit:
            await unit.execute(text("DELETE FROM ingest.work WHERE account_id = :id"), {"id": ACCOUNT})
            await unit.execute(text("DELETE FROM ingest.sweep WHERE account_id = :id"), {"id": ACCOUNT})
        async with self.working():
            return await until(self.swept)


class Door:
    """Listens first, so that its address is known, and passes on to the application that is built with that address."""

    app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


@pytest.fixture
async def world(settings: Settings, tls: TlsFiles) -> AsyncIterator[World]:
    clock = VirtualClock(START)
    state = ConnectWiseState(clock=clock, journal=Journal(clock), credentials=Credentials.derive(1))
    scenario = build_scenario(1)
    state.load(scenario.state_tables(), scenario.invoice_lines)
    door = Door()
    async with serve(door, tls=tls) as public:
        ours = settings.model_copy(update={"encryption_keys": SecretStr(new_key("k1")), "public_url": public.base_url})
        running = World(state, Faults(), tls, ours)
        running.service = build(Runtime(ours, LocalTransport(), running.clock))
        door.app = running.service.app
        async with serve(running.server.app, tls=tls) as psa, open_registrar(ours) as registrar:
            state.site.base_url, running.registrar = psa.base_url, registrar
            yield running
        await running.server.callbacks.aclose()
        await running.service.close()
        await running.database.close()


@pytest.fixture
def wait_until():
    """wait_until(condition) -> its first true answer, within a deadline."""
    return until


@pytest.fixture
async def connected_world(world: World) -> World:
    """A world whose account is applied and whose ConnectWise has our callback."""
    await world.apply()
    await world.registrar.connect(ACCOUNT, CONNECTION)
    return world
