"""The system under test with everything it stands on: real processes, a broker and a database of its own, proxies on every link."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.chaos.plan import LINKS, SERVICES
from tests.chaos.profiles import Profile
from tests.chaos.proxy import FaultProxy
from tests.chaos.slot import Slot
from tests.e2e.expense_reports import TAXED_PER_REPORT, Reports, account
from tests.e2e.world import World, open_world

from ledgerwire.common.db.bootstrap import bootstrap
from ledgerwire.common.db.migrate import upgrade
from ledgerwire.common.embedded import start_postgres, stop_postgres
from ledgerwire.common.embedded.postgres import PostgresServer, remove_postgres
from ledgerwire.common.embedded.process import alive, free_port, until
from ledgerwire.common.settings import environment_of
from ledgerwire.common.testing import rabbit
from ledgerwire.common.testing.postgres import settings_for
from ledgerwire.common.testing.run import TestRun
from ledgerwire.sandbox.server import SandboxOptions

SWEEP_SECONDS = 10


class Postgres:
    """A database server of this run's own, that is restarted and crashed on the port it began with."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def admin_url(self) -> str:
        return self._server.admin_url

    async def start(self) -> None:
        self._server = await start_postgres(self._server.directory, port=self._server.port)

    async def stop(self) -> None:
        """In order: sessions are ended, everything is written out."""
        await stop_postgres(self._server.directory)

    async def crash(self) -> None:
        """Every process of the server dies at once; the next start recovers from the log."""
        os.kill(self._server.pid, signal.SIGQUIT)

        async def gone() -> bool:
            return not alive(self._server.pid, "postgres")

        await until(gone, seconds=30)


@dataclass
class Arena:
    """Made by `open_arena`."""

    profile: Profile
    directory: Path
    world: World
    postgres: Postgres
    broker: rabbit.Broker
    proxies: dict[str, FaultProxy]
    slots: dict[str, Slot] = field(default_factory=dict)
    clock_files: dict[str, Path] = field(default_factory=dict)

    def start_services(self) -> None:
        """All slots, as processes."""
        for service in SERVICES:
            self.clock_files[service] = self.directory / f"{service}.clock"
            self.clock_files[service].write_text("0")
            for number in range(1, self.profile.replicas.get(service, 1) + 1):
                port = free_port() if service == "ingest" else 0
                slot = Slot(
                    f"{service}-{number}",
                    service,
                    self._environment(service, port),
                    self.directory,
                    self.clock_files[service],
                    port,
                )
                self.slots[slot.name] = slot
                slot.start()

    def _environment(self, service: str, port: int) -> Any:
        settings = self.world.settings

        def made() -> Mapping[str, str]:
            database = _through(settings.database_url, self.proxies[f"{service}-database"].port)
            broker = _through(self.broker.url, self.proxies[f"{service}-broker"].port)
            own = settings.model_copy(update={"database_url": database, "broker_url": broker, "http_port": port})
            return environment_of(own)

        return made

    async def serving(self) -> None:
        """Wait until every service runs and ConnectWise knows where to call."""
        for slot in self.slots.values():
            await slot.serving()
        await self.world.callback_registered()

    def end(self) -> None:
        """Kill what still runs."""
        for slot in self.slots.values():
            if slot.runs:
                slot.resume()
                slot.kill()


def _through(url: str, port: int) -> str:
    """The same address, reached by a proxy's port."""
    parts = urlsplit(url)
    login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    return urlunsplit(parts._replace(netloc=f"{login}127.0.0.1:{port}"))


@asynccontextmanager
async def open_arena(profile: Profile, run: TestRun) -> AsyncIterator[Arena]:
    """Servers, sandbox, account and services for the length of a block; everything is gone after it.

    The database keeps its promise of durability (fsync on): a crash must not be softened by the test's own settings.
    """
    async with AsyncExitStack() as stack:
        base = _private_directory(run)
        server = await start_postgres(base / "postgres")
        stack.push_async_callback(remove_postgres, base / "postgres")
        postgres = Postgres(server)
        settings = settings_for(server.admin_url, "chaos")
        await bootstrap(settings)
        await upgrade(settings)
        broker = await rabbit.chaos_broker(run, "chaos")
        stack.push_async_callback(_stopped, broker)
        arena = await _assemble(stack, profile, base, settings, postgres, broker)
        stack.callback(arena.end)
        arena.start_services()
        await arena.serving()
        await arena.world.go_live()
        yield arena


def _private_directory(run: TestRun) -> Path:
    base = Path(tempfile.mkdtemp(prefix="chaos-", dir=run.directory))
    base.chmod(0o711)  # PostgreSQL's own user must reach its data below
    return base


async def _stopped(broker: rabbit.Broker) -> None:
    broker.resume()
    await broker.stop()


async def _assemble(
    stack: AsyncExitStack, profile: Profile, base: Path, settings: Any, postgres: Postgres, broker: rabbit.Broker
) -> Arena:
    found: dict[str, Arena] = {}

    def ports_of(link: str) -> Callable[[], list[int]]:
        return lambda: _behind(found.get("arena"), link)

    proxies = {name: FaultProxy(name, ports_of(name)) for name in LINKS}
    for proxy in proxies.values():
        await stack.enter_async_context(proxy.serving())
    options = SandboxOptions(
        tls=True,
        tls_dir=base / "tls",
        retry_delays=(0.2, 0.4),
        switches={
            "connectwise": {"requests_per_minute": 0},
            "xero": {"limits_enabled": profile.ledger_limits},
        },
    )
    world = await stack.enter_async_context(
        open_world(
            settings,
            base,
            services=(),
            live=False,
            broker=broker.url,
            account=account(TAXED_PER_REPORT),
            sync={"sweep_interval_seconds": SWEEP_SECONDS},
            options=options,
            public_url=f"http://127.0.0.1:{proxies['connectwise-ingest'].port}",
            lease_seconds=profile.lease_seconds,
            ledger_timeout_seconds=profile.timeout_seconds,
            connectwise_timeout_seconds=profile.timeout_seconds,
            ledger_settle_seconds=profile.settle_seconds,
        )
    )
    arena = found["arena"] = Arena(profile, base, world, postgres, broker, proxies)
    Reports(world).set_up()
    await _reach_vendors_through(arena)
    return arena


async def _reach_vendors_through(arena: Arena) -> None:
    """The account knows the vendors by the addresses of their proxies."""
    sandbox = arena.world.sandbox
    connectwise, ledger = (arena.proxies[f"services-{name}"].port for name in ("connectwise", "ledger"))
    sandbox.world.connectwise.state.site.base_url = f"https://127.0.0.1:{connectwise}"
    company = arena.world.content["companies"][0]
    moved = {
        name: urlunsplit(urlsplit(company["connection"][name])._replace(netloc=f"127.0.0.1:{ledger}"))
        for name in ("base_url", "token_url", "connections_url")
    }
    companies = [{**company, "connection": {**company["connection"], **moved}}]
    await arena.world.apply({"connectwise": {"site": f"127.0.0.1:{connectwise}"}, "companies": companies})


def _behind(arena: Arena | None, link: str) -> list[int]:
    """The ports that a link leads to now."""
    if arena is None:
        return []
    match link.partition("-")[2]:
        case "broker":
            return [urlsplit(arena.broker.url).port or 5672]
        case "database":
            return [arena.postgres.port]
        case "ingest":
            return [slot.port for slot in arena.slots.values() if slot.service == "ingest"]
        case "ledger":
            return [arena.world.sandbox.xero.port]
        case _:
            return [arena.world.sandbox.connectwise.port]
