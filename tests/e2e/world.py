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
import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import yaml
from pydantic import SecretStr
from tests.e2e.diagnosis import story
from tests.e2e.processes import IN_TIME, ServiceProcess, eventually
from tests.e2e.vendors import Vendors

from ledgerwire.cli.demo.account_file import account_content, patched
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.session import Database
from ledgerwire.common.embedded.process import free_port, spawn, tail, until
from ledgerwire.common.ids import RecordId, account_id, connection_id, record_id
from ledgerwire.common.lifecycle import serve
from ledgerwire.common.security import SecretBox
from ledgerwire.common.settings import Settings, environment_of
from ledgerwire.common.work.lease import LeaseTerms, take
from ledgerwire.mapper.bootstrap import open_desk
from ledgerwire.mapper.person import RecordDesk
from ledgerwire.sandbox.server import Sandbox, SandboxOptions
from ledgerwire.tenants import accounts
from ledgerwire.tenants.account_file import parse_account_file

ALL = ("ingest", "mapper", "poster")
SHORT = {"lease_seconds": 1.0, "ledger_timeout_seconds": 2.0, "ledger_settle_seconds": 0.5}
"""Recovery in seconds: a lease, and how long an unknown outcome rests before it is looked up."""
KEYS = "k1:" + base64.b64encode(b"only for the tests, 32 bytes....").decode()


@dataclass
class World(Vendors):
    """Made by `open_world`."""

    settings: Settings
    directory: Path
    account: str
    content: dict[str, Any]
    tenants: Database
    _serving: dict[tuple[str, ...], tuple[asyncio.Event, asyncio.Task[None]]] = field(default_factory=dict)
    _processes: list[ServiceProcess] = field(default_factory=list)

    # --- who is who -------------------------------------------------------------------------------------------------

    @property
    def account_id(self) -> UUID:
        return account_id(self.account)

    @property
    def psa_connection(self) -> UUID:
        return connection_id(account_id(self.account), "connectwise")

    @property
    def ledger_connection(self) -> UUID:
        return connection_id(account_id(self.account), f"xero:{self.content['companies'][0]['name']}")

    def record_id(self, invoice_id: int) -> RecordId:
        """The id every service gives this invoice's record."""
        account = account_id(self.account)
        return record_id(account, connection_id(account, "connectwise"), "invoice", str(invoice_id))

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

        def runs() -> bool:
            assert started.process.poll() is None, tail(started.log)
            return "process.started" in started.log.read_text(errors="replace")

        await eventually(runs, f"{service} starts")
        if service == "ingest":
            await self.callback_registered()
        return started

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
        await eventually(
            lambda: any(not row["inactiveFlag"] for row in table.values()), "the callback is registered", seconds=15
        )

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

    async def a_while_passes(self) -> None:
        """Once nothing is in hand: whatever waits for a moment finds that it has come; what is parked stays parked."""
        await self.quiet()
        for name in ALL:
            await self.rows(f"UPDATE {name}.work SET due_at = now() WHERE due_at > now() AND due_at < 'infinity'")

    # --- what must come true ----------------------------------------------------------------------------------------

    async def batched(self, *invoice_ids: int, seconds: float = IN_TIME) -> None:
        """Wait until these invoices bear a batch."""
        await self._all(lambda one: self.batch_name(one) is not None, "batched", invoice_ids, seconds)

    async def settled(self, *invoice_ids: int, seconds: float = IN_TIME) -> None:
        """Wait until the mapper's own record says that poster is finished with it."""

        async def told() -> bool:
            rows = await self.records(*invoice_ids)
            return len(rows) == len(invoice_ids) and all(row["settled_outcome"] == "batched" for row in rows)

        await self._explained(told, f"{invoice_ids} settled", seconds)

    async def stopped(self, invoice_id: int, *codes: str, seconds: float = IN_TIME) -> None:
        """Wait until the record is stopped, by mapper or poster, with exactly these codes."""

        async def told() -> bool:
            return await self.codes(invoice_id) == sorted(codes)

        await self._explained(told, f"{invoice_id} stopped by {codes}", seconds)

    async def told(self, invoice_id: int, outcome: str, *codes: str, seconds: float = IN_TIME) -> None:
        """Wait until poster has told mapper this outcome, with exactly these codes."""

        async def told() -> bool:
            rows = await self.records(invoice_id)
            found = [(row["settled_outcome"], [item["code"] for item in row["settled_findings"]]) for row in rows]
            return found == [(outcome, list(codes))]

        await self._explained(told, f"{invoice_id} told to be {outcome}: {codes}", seconds)

    async def in_state(self, invoice_id: int, *states: str, seconds: float = IN_TIME) -> None:
        """Wait until the mapper's record is in one of these states."""

        async def told() -> bool:
            return any(row["state"] in states for row in await self.records(invoice_id))

        await self._explained(told, f"{invoice_id} in {states}", seconds)

    async def quiet(self, *services: str, seconds: float = IN_TIME) -> None:
        """Wait until no callback is under way, no message unpublished and no work due."""
        await self.psa.callbacks.drain()
        names = services or ALL
        due = " + ".join(
            f"(SELECT count(*) FROM {name}.outbox WHERE published_at IS NULL)"
            f" + (SELECT count(*) FROM {name}.work WHERE due_at < now() + interval '5 seconds' AND kind NOT IN"
            " ('sweep', 'watch'))"
            for name in names
        )

        async def idle() -> bool:
            return bool((await self.rows(f"SELECT {due} AS due"))[0]["due"] == 0)

        await self._explained(idle, "everything is done", seconds)

    async def codes(self, invoice_id: int) -> list[str]:
        """The stopping causes a clerk is shown for this record now."""
        found: set[str] = set()
        for row in await self.records(invoice_id):
            if row["settled_outcome"] == "stopped" and row["settled_revision"] == row["revision"]:
                found |= {item["code"] for item in row["settled_findings"]}
            if row["state"] == "stopped":
                found |= {item["code"] for item in row["findings"]}
        return sorted(found)

    async def records(self, *invoice_ids: int) -> list[asyncpg.Record]:
        """The mapper's rows."""
        return await self.rows(
            "SELECT * FROM mapper.record WHERE record_id = ANY($1)", [self.record_id(one) for one in invoice_ids]
        )

    async def rows(self, query: str, *values: Any) -> list[asyncpg.Record]:
        """Look into the database as its administrator."""
        parts = urlsplit(self.settings.database_admin_url)
        address = urlunsplit(parts._replace(path=urlsplit(self.settings.database_url).path))
        connection = await asyncpg.connect(address, timeout=10)
        try:
            await connection.set_type_codec(
                "jsonb", encoder=_json_text, decoder=_json_value, schema="pg_catalog", format="text"
            )
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()

    async def _all(self, holds: Callable[[int], bool], what: str, invoice_ids: Sequence[int], seconds: float) -> None:
        async def told() -> bool:
            return all(holds(one) for one in invoice_ids)

        await self._explained(told, f"{invoice_ids} {what}", seconds)

    async def _explained(self, condition: Callable[[], Any], what: str, seconds: float) -> None:
        """Await a condition; if it does not come, say what the database knows."""

        def failed() -> BaseException | None:
            for _, task in self._serving.values():
                if task.done() and not task.cancelled():
                    return task.exception()
            return None

        async def holds() -> bool:
            return failed() is not None or bool(await condition())

        reached = await until(holds, seconds=seconds, every=0.03)
        error = failed()
        if error is not None:
            raise error
        assert reached, f"not within {seconds:g} s: {what}\n{await story(self.rows, self._processes)}"


def _json_text(value: Any) -> str:
    return json.dumps(value)


def _json_value(text: str) -> Any:
    return json.loads(text)


@asynccontextmanager
async def open_world(
    settings: Settings,
    directory: Path,
    *,
    services: Sequence[str] = ALL,
    live: bool = True,
    broker: str = "local",
    account: Mapping[str, Any] | None = None,
    sync: Mapping[str, Any] | None = None,
    options: SandboxOptions | None = None,
    **changes: Any,
) -> AsyncIterator[World]:
    """Sandbox, account and services for the length of a block.

    `services` run in this event loop from the start; `live` opens the go-live gate; `account` is merged into the account
    file, `sync` into its sync section (sweeps hourly unless it says otherwise); `changes` are settings.
    """
    port = free_port()
    chosen = settings.model_copy(
        update={
            "encryption_keys": SecretStr(KEYS),
            "broker_url": broker,
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
        world = World(sandbox, chosen, directory, story["name"], content, tenants)
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
