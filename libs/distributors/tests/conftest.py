"""Partner Center on loopback, with two customers and a source that is signed in to it."""

from __future__ import annotations

import contextlib
import dataclasses
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ledgerwire.distributors.partnercenter import Keys, PartnerCenterConfig, SignIn, build_partner_center
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Fault, Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.core.serving import serve
from ledgerwire.sandbox.partnercenter.app import TOKEN_PATH, create_app
from ledgerwire.sandbox.partnercenter.market import Customer
from ledgerwire.sandbox.partnercenter.state import PartnerCenterState

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""The server is plain HTTP: loading the authorities would only take time."""

HARBOUR, QUIET = "11111111-aaaa-4aaa-8aaa-111111111111", "22222222-bbbb-4bbb-8bbb-222222222222"
ADVISED = "44444444-dddd-4ddd-8ddd-444444444444"
SKU = "CFQ7TTC0LH18:0001"


class MemoryKeys:
    """A key store with compare-and-set that counts, and can refuse to save."""

    def __init__(self, first: Keys) -> None:
        self.stored, self.replaced, self.broken = first, 0, False

    async def load(self) -> Keys:
        return self.stored

    async def replace(self, expected_version: int, fresh: Keys) -> bool:
        if self.broken:
            raise OSError("the database is gone")
        if self.stored.version != expected_version:
            return False
        self.stored, self.replaced = dataclasses.replace(fresh, version=expected_version + 1), self.replaced + 1
        return True

    async def mark_revoked(self) -> None:
        self.stored = dataclasses.replace(self.stored, revoked=True)


class PartnerCenter:
    """One partner tenant, its clock and a source over it."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.journal, self.faults = Journal(self.clock), Faults()
        self.state = PartnerCenterState(self.clock)
        self.market, self.switches = self.state.market, self.state.switches
        customers = [
            Customer(HARBOUR, "Harbour Dental", "harbour.example"),
            Customer(QUIET, "Quiet Legal", ""),
            Customer(ADVISED, "Advised Only", "advised.example", "advisor"),
        ]
        self.state.load(customers, "USD", "client", "secret")
        self.app = create_app(self.state, self.journal, self.faults)
        self.waited: list[float] = []

    def connect(self, base_url: str, http: httpx.AsyncClient, **settings: Any) -> None:
        """Sign in; waits pass on the sandbox's clock alone."""
        issued = self.state.identity.consent(self.clock.now())
        self.keys = MemoryKeys(Keys("client", "secret", issued["refresh_token"]))
        token_url = f"{base_url}{TOKEN_PATH}"
        config = PartnerCenterConfig("USD", base_url=base_url, graph_url=base_url, token_url=token_url, **settings)
        sign_in = SignIn(http, token_url, self.keys, clock=self.clock)
        self.source = build_partner_center("partner center", config, http, sign_in, self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))

    def on(self, day: str) -> PartnerCenter:
        self.clock.set(datetime.fromisoformat(f"{day}T10:00:00+00:00").astimezone(UTC))
        return self

    def month(self) -> str:
        """The month of changes; the id of its subscription."""
        sold = self.on("2022-03-05").market.buy(HARBOUR, SKU, "Business Basic", 10, Decimal(12)).id
        for day, seats in (("07", 15), ("10", 25), ("12", 23), ("14", 20), ("25", 30)):
            self.on(f"2022-03-{day}").market.resize(sold, seats)
        return sold

    def arm(self, name: str, **fields: Any) -> None:
        self.faults.add(Fault(name=name, system="partnercenter", **fields))

    def calls(self, path: str) -> int:
        return sum(entry.path.endswith(path) for entry in self.journal.entries())


@pytest.fixture
async def make_partner_center() -> AsyncIterator[Callable[..., Any]]:
    async with contextlib.AsyncExitStack() as stack:

        async def make(**settings: Any) -> PartnerCenter:
            center = PartnerCenter()
            served = await stack.enter_async_context(serve(center.app))
            http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, verify=_NO_TLS))
            center.connect(served.base_url, http, **settings)
            return center

        yield make


@pytest.fixture
async def partner_center(make_partner_center: Callable[..., Any]) -> Any:
    return await make_partner_center()
