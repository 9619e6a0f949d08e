"""All vendors in one world: shared time, journal and faults, and the scenario they were seeded with."""

import hashlib
import ssl
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ledgerwire.sandbox.connectwise.app import ConnectWise, create_connectwise
from ledgerwire.sandbox.connectwise.delivery import RETRY_DELAYS
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Credentials
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.core.middleware import AsgiApp
from ledgerwire.sandbox.quickbooks.app import create_app as create_quickbooks
from ledgerwire.sandbox.quickbooks.company import company_from
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.sandbox.seed import Scenario, build
from ledgerwire.sandbox.seed.month import DEFAULT_MONTH_START
from ledgerwire.sandbox.xero.app import create_app
from ledgerwire.sandbox.xero.state import XeroState


@dataclass(frozen=True, slots=True)
class XeroApp:
    """The app that the integration is registered as, and the tokens of the consent it was given."""

    client_id: str
    client_secret: str
    access_token: str
    refresh_token: str


@dataclass(frozen=True, slots=True)
class QuickBooksApp:
    """The app that the integration is registered as at Intuit, and the tokens of the consent it was given."""

    client_id: str
    client_secret: str
    access_token: str
    refresh_token: str


def _derived(purpose: str, seed: int, length: int) -> str:
    return hashlib.sha256(f"{purpose}:{seed}".encode()).hexdigest()[:length].upper()


@dataclass(slots=True)
class World:
    """Everything that runs inside one sandbox. Build it with `create_world`."""

    clock: VirtualClock
    journal: Journal
    faults: Faults
    connectwise: ConnectWise
    xero: XeroState
    xero_asgi: AsgiApp
    xero_app: XeroApp
    quickbooks: QuickBooksState
    quickbooks_asgi: AsgiApp
    quickbooks_app: QuickBooksApp
    scenario: Scenario
    seeded_at: int = 0
    applied_fixes: list[str] = field(default_factory=list)

    def seed(self, seed: int, scenario: str = "month", month_start: date = DEFAULT_MONTH_START) -> None:
        """Replace all data of every vendor; the audit looks at what the journal holds from here on.

        Registered callbacks go with the data. Raises ValueError for an unknown scenario.
        """
        self.scenario = build(seed, scenario, month_start)
        state = self.connectwise.state
        state.load(self.scenario.state_tables(), self.scenario.invoice_lines)
        self.connectwise.desk.adopt_closed()
        self.xero_app = _load_ledger(self.xero, self.scenario, self.clock, seed)
        self.quickbooks_app = _load_quickbooks(self.quickbooks, self.scenario, self.clock, seed)
        self.applied_fixes = []
        self.seeded_at = len(self.journal)
        self.journal.event("control", "seeded", {"seed": seed, "scenario": scenario})


def _load_ledger(xero: XeroState, scenario: Scenario, clock: VirtualClock, seed: int) -> XeroApp:
    client_id, secret = _derived("xero-client", seed, 32), _derived("xero-secret", seed, 48)
    xero.load({**scenario.xero, "apps": [{"client_id": client_id, "client_secret": secret}]})
    tokens = xero.identity.consent(client_id, clock.now())
    return XeroApp(client_id, secret, str(tokens["access_token"]), str(tokens["refresh_token"]))


def _load_quickbooks(quickbooks: QuickBooksState, scenario: Scenario, clock: VirtualClock, seed: int) -> QuickBooksApp:
    """The same business in QuickBooks: its chart, items, names and rates are those of the other ledger."""
    client_id, secret = _derived("quickbooks-client", seed, 50), _derived("quickbooks-secret", seed, 40)
    apps = [{"client_id": client_id, "client_secret": secret}]
    quickbooks.load({**company_from(scenario.xero), "apps": apps})
    tokens = quickbooks.identity.consent(client_id, clock.now())
    return QuickBooksApp(client_id, secret, str(tokens["access_token"]), str(tokens["refresh_token"]))


def create_world(
    seed: int = 1,
    scenario: str = "month",
    *,
    month_start: date = DEFAULT_MONTH_START,
    verify_receivers: ssl.SSLContext | bool = False,
    retry_delays: tuple[float, ...] = RETRY_DELAYS,
    journal_bodies: bool = True,
    switches: dict[str, dict[str, Any]] | None = None,
) -> World:
    """A seeded world that listens nowhere yet; `switches` by system name."""
    clock = VirtualClock()
    journal, faults = Journal(clock, bodies=journal_bodies), Faults()
    state = ConnectWiseState(clock, journal, Credentials.derive(seed))
    built = build(seed, scenario, month_start)
    state.load(built.state_tables(), built.invoice_lines)
    connectwise = create_connectwise(state, faults, verify_receivers=verify_receivers, retry_delays=retry_delays)
    xero = XeroState()
    app = _load_ledger(xero, built, clock, seed)
    quickbooks = QuickBooksState()
    quickbooks_app = _load_quickbooks(quickbooks, built, clock, seed)
    wanted = switches or {}
    state.switches.change(wanted.get("connectwise", {}))
    xero.switches.set(wanted.get("xero", {}))
    quickbooks.switches.set(wanted.get("quickbooks", {}))
    return World(
        clock=clock,
        journal=journal,
        faults=faults,
        connectwise=connectwise,
        xero=xero,
        xero_asgi=create_app(xero, clock, journal, faults),
        xero_app=app,
        quickbooks=quickbooks,
        quickbooks_asgi=create_quickbooks(quickbooks, clock, journal, faults),
        quickbooks_app=quickbooks_app,
        scenario=built,
    )
