"""The sandbox's ConnectWise over TLS on loopback, seeded with the business month."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ledgerwire.connectwise import ConnectWise, ConnectWiseConfig, build_connectwise
from ledgerwire.sandbox.connectwise.app import ConnectWise as SandboxServer
from ledgerwire.sandbox.connectwise.app import create_connectwise
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Credentials
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Fault, Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.core.serving import serve
from ledgerwire.sandbox.core.tls import TlsFiles, make_tls
from ledgerwire.sandbox.seed import build


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return make_tls(Path(tmp_path_factory.mktemp("tls")))


class World:
    """One running sandbox and how to reach it."""

    def __init__(self, server: SandboxServer, faults: Faults, config: ConnectWiseConfig) -> None:
        self.server, self.faults, self.config = server, faults, config
        self.state = server.state

    @property
    def seats_config(self) -> ConnectWiseConfig:
        """The API member of seat billing, whose role always applies."""
        keys = self.state.credentials.for_seats()
        return replace(self.config, public_key=keys.public_key, private_key=keys.private_key)

    def fail(self, name: str, **where: Any) -> None:
        self.faults.add(Fault(name, "connectwise", **where))

    def close(self, *numbers: str) -> list[int]:
        rows = [row for row in self.state.tables["invoices"].values() if row["invoiceNumber"] in numbers]
        closed = next(row for row in self.state.tables["billing_statuses"].values() if row.get("closedFlag"))
        for row in rows:
            self.server.desk.set_status(row["id"], {"id": closed["id"]}, 1)
        return [row["id"] for row in rows]

    def open_numbers(self, count: int) -> list[str]:
        rows = self.state.tables["invoices"].values()
        return [row["invoiceNumber"] for row in rows if not row["status"]["isClosed"]][:count]


@pytest.fixture
async def world(tls: TlsFiles) -> AsyncIterator[World]:
    clock = VirtualClock(datetime(2026, 3, 1, 9, tzinfo=UTC))
    state = ConnectWiseState(clock=clock, journal=Journal(clock), credentials=Credentials.derive(1))
    scenario = build(1)
    state.load(scenario.state_tables(), scenario.invoice_lines)
    faults = Faults()
    server = create_connectwise(state, faults)
    async with serve(server.app, tls=tls) as served:
        state.site.base_url = served.base_url
        keys = state.credentials
        config = ConnectWiseConfig(
            site=served.base_url,
            company_id=keys.company_id,
            public_key=keys.public_key,
            private_key=keys.private_key,
            client_id=keys.client_id,
            ca_file=str(tls.ca_file),
            on_premise=True,
        )
        yield World(server, faults, config)


@pytest.fixture
async def psa(world: World) -> AsyncIterator[ConnectWise]:
    async with build_connectwise(world.config) as client:
        yield client


@pytest.fixture
async def seats(world: World) -> AsyncIterator[ConnectWise]:
    async with build_connectwise(world.seats_config) as client:
        yield client
