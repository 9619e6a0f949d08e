"""The whole sandbox in one event loop: ConnectWise, Xero, QuickBooks, Partner Center and the control API on loopback ports."""

import contextlib
import ssl
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ledgerwire.sandbox.connectwise.delivery import RETRY_DELAYS
from ledgerwire.sandbox.control import create_control
from ledgerwire.sandbox.core.serving import Served, serve
from ledgerwire.sandbox.core.tls import TlsFiles, make_tls
from ledgerwire.sandbox.partnercenter.app import TOKEN_PATH as PARTNERCENTER_TOKEN_PATH
from ledgerwire.sandbox.quickbooks.app import TOKEN_PATH
from ledgerwire.sandbox.seed.month import DEFAULT_MONTH_START
from ledgerwire.sandbox.world import World, create_world


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How a sandbox runs.

    Port 0 takes a free one. With `tls` every vendor speaks HTTPS under a generated CA, whose files go to `tls_dir` (a
    temporary directory by default); the control API stays on plain HTTP. `receiver_ca` is the CA that callback
    receivers are checked against; without one their certificates are not checked. `retry_delays` are the seconds
    before a callback's first and second retry. `switches` are set by system name before anything is served.
    """

    tls: bool = False
    tls_dir: Path | None = None
    seed: int = 1
    scenario: str = "month"
    month_start: date = DEFAULT_MONTH_START
    host: str = "127.0.0.1"
    port_connectwise: int = 0
    port_xero: int = 0
    port_quickbooks: int = 0
    port_partnercenter: int = 0
    port_control: int = 0
    receiver_ca: Path | None = None
    retry_delays: tuple[float, ...] = RETRY_DELAYS
    journal_bodies: bool = True
    switches: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Sandbox:
    """A running sandbox: `async with Sandbox.start(options) as sandbox`."""

    world: World
    tls: TlsFiles | None
    connectwise: Served
    xero: Served
    quickbooks: Served
    partnercenter: Served
    control: Served | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def start(cls, options: SandboxOptions | None = None) -> AsyncIterator["Sandbox"]:
        """Serve until the block ends. Raises OSError when a port is taken, ValueError for an unknown scenario."""
        chosen = options or SandboxOptions()
        async with contextlib.AsyncExitStack() as stack:
            tls = _tls_files(chosen, stack)
            world = create_world(
                chosen.seed,
                chosen.scenario,
                month_start=chosen.month_start,
                verify_receivers=_trust(chosen.receiver_ca),
                retry_delays=chosen.retry_delays,
                journal_bodies=chosen.journal_bodies,
                switches=chosen.switches,
            )
            connectwise = await stack.enter_async_context(
                serve(world.connectwise.app, chosen.host, chosen.port_connectwise, tls)
            )
            xero = await stack.enter_async_context(serve(world.xero_asgi, chosen.host, chosen.port_xero, tls))
            quickbooks = await stack.enter_async_context(
                serve(world.quickbooks_asgi, chosen.host, chosen.port_quickbooks, tls)
            )
            partnercenter = await stack.enter_async_context(
                serve(world.partnercenter_asgi, chosen.host, chosen.port_partnercenter, tls)
            )
            world.connectwise.state.site.base_url = connectwise.base_url
            sandbox = cls(world, tls, connectwise, xero, quickbooks, partnercenter)
            control = create_control(world, sandbox.describe)
            sandbox.control = await stack.enter_async_context(serve(control, chosen.host, chosen.port_control))
            stack.push_async_callback(world.connectwise.callbacks.aclose)
            yield sandbox

    def describe(self) -> dict[str, Any]:
        """How a client reaches and authenticates with each system; `ca_file` only with TLS."""
        credentials, app = self.world.connectwise.state.credentials, self.world.xero_app
        seats = credentials.for_seats()
        line: dict[str, Any] = {
            "connectwise": {
                "base_url": self.connectwise.base_url,
                "company_id": credentials.company_id,
                "public_key": credentials.public_key,
                "private_key": credentials.private_key,
                "client_id": credentials.client_id,
                "seats": {"public_key": seats.public_key, "private_key": seats.private_key},
            },
            "xero": {
                "base_url": self.xero.base_url,
                "token_url": f"{self.xero.base_url}/connect/token",
                "client_id": app.client_id,
                "client_secret": app.client_secret,
                "tenant_id": self.world.xero.tenant_id,
                "access_token": app.access_token,
                "refresh_token": app.refresh_token,
            },
            "quickbooks": self._describe_quickbooks(),
            "partnercenter": self._describe_partnercenter(),
            "control": {"base_url": self.control.base_url if self.control else ""},
            "scenario": self.world.scenario.name,
            "companies": self._describe_companies(),
        }
        if self.tls is not None:
            line["ca_file"] = str(self.tls.ca_file)
        return line

    def _describe_companies(self) -> list[dict[str, Any]]:
        """The ledger companies: the locations that post to each, its Xero tenant, its QuickBooks realm and tokens there."""
        world = self.world
        return [
            {
                "name": books.name,
                "locations": list(books.locations),
                "xero": {"tenant_id": world.organisations.named(books.name).tenant_id},
                "quickbooks": {
                    "realm_id": (realm := world.realms.named(books.name).realm_id),
                    **world.quickbooks_app.consents[realm],
                },
            }
            for books in world.scenario.companies
        ]

    def _describe_quickbooks(self) -> dict[str, Any]:
        app = self.world.quickbooks_app
        return {
            "base_url": self.quickbooks.base_url,
            "token_url": f"{self.quickbooks.base_url}{TOKEN_PATH}",
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "realm_id": self.world.quickbooks.realm_id,
            "access_token": app.access_token,
            "refresh_token": app.refresh_token,
        }

    def _describe_partnercenter(self) -> dict[str, Any]:
        app, base = self.world.partnercenter_app, self.partnercenter.base_url
        return {
            "base_url": base,
            "graph_url": base,
            "token_url": f"{base}{PARTNERCENTER_TOKEN_PATH}",
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "access_token": app.access_token,
            "refresh_token": app.refresh_token,
        }


def _tls_files(options: SandboxOptions, stack: contextlib.AsyncExitStack) -> TlsFiles | None:
    if not options.tls:
        return None
    directory = options.tls_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-tls-")))
    return make_tls(directory)


def _trust(receiver_ca: Path | None) -> ssl.SSLContext | bool:
    return ssl.create_default_context(cafile=str(receiver_ca)) if receiver_ca else False
