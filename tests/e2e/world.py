"""A whole world for one story: the sandbox as both vendors, one account that is live, and the services in it.

    async with open_world(settings, directory) as world:
        await world.close(INVOICE)
        await world.batched(INVOICE)
        world.books_are_clean()

Services run in the test's own event loop, or (`spawn`) as processes of their own that a test may kill. Nothing here looks
into a service: what a test asserts is what the vendors hold, what the database says, and what a person would be shown.
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr
from tests.e2e.outcomes import Outcomes
from tests.e2e.processes import IN_TIME, ServiceProcess, eventually

from ledgerwire.cli.demo.account_file import account_content, patched
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.session import Database
from ledgerwire.common.embedded.process import free_port, spawn, tail
from ledgerwire.common.lifecycle import serve
from ledgerwire.common.security import SecretBox
from ledgerwire.common.settings import Settings, environment_of
from ledgerwire.common.work.lease import LeaseTerms, take
from ledgerwire.common.work.model import Doorbell, Priority
from ledgerwire.common.work.store import WorkStore
from ledgerwire.mapper.bootstrap import SCHEMA, open_desk
from ledgerwire.mapper.handlers import MAP, work_key
from ledgerwire.mapper.person import RecordDesk, RecordSettledError
from ledgerwire.sandbox.server import Sandbox, SandboxOptions
from ledgerwire.tenants import accounts
from ledgerwire.tenants.account_file import parse_account_file

ALL = ("ingest", "mapper", "poster")
SHORT = {
    "lease_seconds": 1.0,
    "ledger_timeout_seconds": 2.0,
    "connectwise_timeout_seconds": 5.0,
    "ledger_settle_seconds": 0.5,
}
"""Recovery in seconds: a lease, and how long an unknown outcome rests before it is looked up."""
KEYS = "k1:" + base64.b64encode(b"only for the tests, 32 bytes....").decode()


@dataclass
class World(Outcomes):
    """Made by `open_world`."""

    directory: Path
    tenants: Database

    # --- the account ------------------------------------------------------------------------------------------------

    async def apply(self, patch: Mapping[str, Any] | None = None, *, tested: bool = True) -> None:
        """Apply the account file, with `patch` merged in; its connections then count as tested."""
        self.content = patched(self.content, patch or {})
        file = parse_account_file(yaml.safe_dump(self.content))
        box = SecretBox.from_settings(self.settings)
        await accounts.apply(self.tenants, box, file, author="test", reason="story")
        if tested:
            for connection in (await accounts.show(self.tenants, self.account)).connections:
                await accounts.record_test(self.tenants, self.account, connection, ok=True, detail="by the test")

    async def consent_again(self) -> None:
        """A user connects the ledger anew, and the account file gets the new tokens."""
        inside = self.sandbox.world
        fresh = inside.xero.identity.consent(inside.xero_app.client_id, inside.clock.now())
        tokens = {name: str(fresh[name]) for name in ("access_token", "refresh_token")}
        self.content["companies"][0]["connection"] |= tokens
        await self.apply()

    async def go_live(self, from_date: date | None = None) -> None:
        """Open the gate, from the seeded account's own date unless another is given."""
        chosen = from_date or date.fromisoformat(self.sandbox.world.scenario.account["go_live_from"])
        await accounts.go_live(self.tenants, self.account, chosen)

    # --- services ---------------------------------------------------------------------------------------------------

    async def serve(self, *services: str) -> None:
        """Run these services in the test's own event loop; they have started when this returns."""
        stop, ready = asyncio.Event(), asyncio.Event()
        builds = [importlib.import_module(f"ledgerwire.{name}.bootstrap").build for name in services]
        port = self.settings.http_port if "ingest" in services else 0
        settings = self.settings.model_copy(update={"http_port": port})
        task = asyncio.create_task(serve(builds, settings, stop, ready=ready, drain_seconds=5.0))
        self._serving[services] = (stop, task)
        await eventually(lambda: ready.is_set() or task.done(), "the services start")
        if task.done():
            task.result()
        if "ingest" in services:
            await self.callback_registered()

    async def stop(self, *services: str) -> None:
        """End services started together by `serve`, as at a deployment."""
        stop, task = self._serving.pop(services)
        stop.set()
        await task

    def spawn(self, service: str, *, crash_at: str = "", **settings: Any) -> ServiceProcess:
        """Start a service as a process of its own, which dies at the point `crash_at`."""
        own = self.settings.model_copy(
            update={
                "crash_at": crash_at,
                "http_port": self.settings.http_port if service == "ingest" else 0,
                **settings,
            }
        )
        log = self.directory / f"{service}-{len(self._processes)}.log"
        process = spawn([sys.executable, "-m", f"ledgerwire.{service}"], log=log, environment=environment_of(own))
        started = ServiceProcess(service, process, log)
        self._processes.append(started)
        return started

    async def spawned(self, service: str, **settings: Any) -> ServiceProcess:
        """Start a service as a process and wait until it says that it runs."""
        started = self.spawn(service, **settings)
        await self.running(started)
        if service == "ingest":
            await self.callback_registered()
        return started

    async def running(self, started: ServiceProcess) -> None:
        """Wait until a process says that it runs."""

        def runs() -> bool:
            assert started.process.poll() is None, tail(started.log)
            return "process.started" in started.log.read_text(errors="replace")

        await eventually(runs, f"{started.name} starts")
        if started.name == "ingest":
            await eventually(self._listens, "ingest listens")

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.settings.http_port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    @asynccontextmanager
    async def held_back(self, service: str) -> AsyncIterator[None]:
        """Keep a service from serving its connection meanwhile, so that work comes together into one group."""
        connection = self.ledger_connection if service == "poster" else self.psa_connection
        terms = LeaseTerms(ttl=timedelta(minutes=1), grace=timedelta(0))
        database = open_database(self.settings, service)
        try:
            async with database.system() as unit:
                lease = await take(database, unit, service, self.account_id, connection, "test", terms)
            assert lease is not None, f"{service} serves its connection already"
            yield
            await lease.release()
        finally:
            await database.close()

    async def work_waits(self, service: str, count: int) -> None:
        """Wait until so many rows of work are due."""

        async def told() -> bool:
            rows = await self.rows(f"SELECT count(*) AS n FROM {service}.work WHERE due_at <= now()")
            return bool(rows[0]["n"] >= count)

        await self._explained(told, f"{count} pieces of work for {service}", IN_TIME)

    async def callback_registered(self) -> None:
        """Wait until ConnectWise has our callback, active."""
        table = self.psa.state.tables["callbacks"]
        await eventually(lambda: any(not row["inactiveFlag"] for row in table.values()), "the callback is registered")

    def logs(self) -> str:
        """Everything the processes wrote."""
        return "".join(process.log.read_text(errors="replace") for process in self._processes)

    async def end(self) -> None:
        """Stop whatever still runs; a service in the loop that failed raises here."""
        for process in self._processes:
            if process.process.poll() is None:
                process.kill()
        for stop, _ in self._serving.values():
            stop.set()
        for _, task in self._serving.values():
            await task

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[RecordDesk]:
        """The use cases of a person over records."""
        desk = open_desk(self.settings)
        try:
            yield desk
        finally:
            await desk.close()

    async def retry(self, *invoice_ids: int) -> None:
        """A clerk retries records."""
        async with self.desk() as desk:
            for invoice_id in invoice_ids:
                await desk.retry(self.account_id, number=self.number(invoice_id))

    async def retry_refused(self, invoice_id: int) -> None:
        """A clerk cannot retry what is in the ledger and batched."""
        async with self.desk() as desk:
            with pytest.raises(RecordSettledError):
                await desk.retry(self.account_id, number=self.number(invoice_id))

    async def look(self, invoice_id: int) -> None:
        """Mapper is rung for a record once more, as by a callback that came late."""
        record = self.record_id(invoice_id)
        payload = {"record_id": str(record), "source_id": str(invoice_id), "record_type": "invoice"}
        bell = Doorbell(
            account_id=self.account_id,
            connection_id=self.psa_connection,
            work_key=work_key(record),
            kind=MAP,
            priority=Priority.URGENT,
            correlation_id=f"look-{invoice_id}",
            causation_id=None,
            found_by="callback",
            payload=payload,
        )
        database = open_database(self.settings, SCHEMA.name)
        try:
            async with database.account(self.account_id) as unit:
                await WorkStore(SCHEMA).ring(unit, [bell])
        finally:
            await database.close()

    async def a_while_passes(self) -> None:
        """Once nothing is in hand: whatever waits for a moment finds that it has come; what is parked stays parked."""
        await self.quiet()
        for name in ALL:
            await self.rows(f"UPDATE {name}.work SET due_at = now() WHERE due_at > now() AND due_at < 'infinity'")


@asynccontextmanager
async def open_world(
    settings: Settings,
    directory: Path,
    *,
    services: Sequence[str] = ALL,
    live: bool = True,
    broker: str | None = None,
    account: Mapping[str, Any] | None = None,
    sync: Mapping[str, Any] | None = None,
    options: SandboxOptions | None = None,
    **changes: Any,
) -> AsyncIterator[World]:
    """Sandbox, account and services for the length of a block.

    `services` run in this event loop from the start, over the settings' transport unless `broker` names another; `live` opens the go-live gate; `account` is merged into the account
    file, `sync` into its sync section (sweeps hourly unless it says otherwise); `changes` are settings.
    """
    port = free_port()
    chosen = settings.model_copy(
        update={
            "encryption_keys": SecretStr(KEYS),
            **({} if broker is None else {"broker_url": broker}),
            "http_port": port,
            "public_url": f"http://127.0.0.1:{port}",
            **SHORT,
            **changes,
        }
    )
    wanted = options or SandboxOptions(tls=True, tls_dir=directory / "tls", retry_delays=(0.2, 0.4))
    tenants = open_database(chosen, "tenants")
    async with Sandbox.start(wanted) as sandbox:
        story = sandbox.world.scenario.account
        content = account_content(sandbox.describe(), story)
        content["sync"] = {"sweep_interval_seconds": 3600, "sweep_min_age_seconds": 0, **(sync or {})}
        world = World(sandbox, chosen, story["name"], content, directory, tenants)
        try:
            await world.apply(account)
            if live:
                await world.go_live()
            if services:
                await world.serve(*services)
            yield world
        finally:
            await world.end()
            await tenants.close()
