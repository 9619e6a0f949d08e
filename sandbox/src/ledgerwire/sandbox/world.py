"""All vendors in one world: shared time, journal and faults, and the scenario they were seeded with."""

import hashlib
import ssl
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ledgerwire.sandbox.companies import QuickBooksCompanies, XeroOrganisations
from ledgerwire.sandbox.connectwise.app import ConnectWise, create_connectwise
from ledgerwire.sandbox.connectwise.delivery import RETRY_DELAYS
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Credentials
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.core.middleware import AsgiApp
from ledgerwire.sandbox.partnercenter.app import create_app as create_partnercenter
from ledgerwire.sandbox.partnercenter.seeding import customers_of
from ledgerwire.sandbox.partnercenter.state import PartnerCenterState
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.sandbox.seed import Scenario, build
from ledgerwire.sandbox.seed.month import DEFAULT_MONTH_START
from ledgerwire.sandbox.seed.quarter.payments import Settlement
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
    """The app that the integration is registered as at Intuit, and the tokens of the consents it was given.

    The tokens are the first company's; `consents` has those of every company by realm id.
    """

    client_id: str
    client_secret: str
    access_token: str
    refresh_token: str
    consents: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartnerCenterApp:
    """The app that the integration is registered as at Microsoft, and the tokens of the partner's sign-in."""

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
    organisations: XeroOrganisations
    xero_app: XeroApp
    realms: QuickBooksCompanies
    quickbooks_app: QuickBooksApp
    partnercenter: PartnerCenterState
    partnercenter_asgi: AsgiApp
    partnercenter_app: PartnerCenterApp
    scenario: Scenario
    seeded_at: int = 0
    applied_fixes: list[str] = field(default_factory=list)
    entered: set[Settlement] = field(default_factory=set)

    @property
    def in_flight(self) -> int:
        """Requests of all systems that arrived and are not carried out yet; one that a fault slows down counts."""
        return self.journal.in_flight

    @property
    def xero(self) -> XeroState:
        """The first Xero organisation."""
        return self.organisations.first

    @property
    def xero_asgi(self) -> AsgiApp:
        """Xero with all its organisations."""
        return self.organisations

    @property
    def quickbooks(self) -> QuickBooksState:
        """The first QuickBooks company."""
        return self.realms.first

    @property
    def quickbooks_asgi(self) -> AsgiApp:
        """QuickBooks with all its companies."""
        return self.realms

    def seed(self, seed: int, scenario: str = "month", month_start: date = DEFAULT_MONTH_START) -> None:
        """Replace all data of every vendor; the audit looks at what the journal holds from here on.

        Registered callbacks go with the data. Raises ValueError for an unknown scenario.
        """
        self.scenario = build(seed, scenario, month_start)
        _load_connectwise(self.connectwise.state, self.scenario)
        self.connectwise.adopt()
        self.xero_app = _load_xero(self.organisations, self.scenario, self.clock, seed)
        self.quickbooks_app = _load_quickbooks(self.realms, self.scenario, self.clock, seed)
        self.partnercenter_app = _load_partnercenter(self.partnercenter, self.scenario, seed)
        self.applied_fixes, self.entered = [], set()
        self.seeded_at = len(self.journal)
        self.journal.event("control", "seeded", {"seed": seed, "scenario": scenario})


def _load_connectwise(state: ConnectWiseState, scenario: Scenario) -> None:
    quarter = scenario.quarter
    state.load(
        scenario.state_tables(),
        scenario.invoice_lines,
        procurement=quarter.procurement if quarter else (),
        expenses=quarter.expenses if quarter else (),
    )


def _load_xero(organisations: XeroOrganisations, scenario: Scenario, clock: VirtualClock, seed: int) -> XeroApp:
    """Every company is an organisation of its own; one consent of one user reaches them all."""
    client_id, secret = _derived("xero-client", seed, 32), _derived("xero-secret", seed, 48)
    books = [company.xero for company in scenario.companies]
    organisations.load(books, {"client_id": client_id, "client_secret": secret})
    tokens = organisations.first.identity.consent(client_id, clock.now())
    return XeroApp(client_id, secret, str(tokens["access_token"]), str(tokens["refresh_token"]))


def _load_quickbooks(realms: QuickBooksCompanies, scenario: Scenario, clock: VirtualClock, seed: int) -> QuickBooksApp:
    """The same business in QuickBooks: its chart, items, names and rates are those of the other ledger."""
    client_id, secret = _derived("quickbooks-client", seed, 50), _derived("quickbooks-secret", seed, 40)
    realms.load(
        [company.quickbooks for company in scenario.companies], {"client_id": client_id, "client_secret": secret}
    )
    consents = {}
    for state in realms.all:
        tokens = state.identity.consent(client_id, clock.now(), state.realm_id)
        consents[state.realm_id] = {name: str(tokens[name]) for name in ("access_token", "refresh_token")}
    return QuickBooksApp(client_id, secret, **consents[realms.first.realm_id], consents=consents)


def _load_partnercenter(state: PartnerCenterState, scenario: Scenario, seed: int) -> PartnerCenterApp:
    """Customers by the names of ConnectWise's companies; nothing is sold yet."""
    client_id, secret = _derived("partnercenter-client", seed, 32).lower(), _derived("partnercenter-secret", seed, 40)
    names = [str(row["name"]) for row in scenario.state_tables()["companies"].values()]
    state.load(customers_of(names), "AUD", client_id, secret)
    tokens = state.identity.consent(state.clock.now())
    return PartnerCenterApp(client_id, secret, str(tokens["access_token"]), str(tokens["refresh_token"]))


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
    _load_connectwise(state, built)
    connectwise = create_connectwise(state, faults, verify_receivers=verify_receivers, retry_delays=retry_delays)
    organisations = XeroOrganisations(clock, journal, faults)
    app = _load_xero(organisations, built, clock, seed)
    realms = QuickBooksCompanies(clock, journal, faults)
    quickbooks_app = _load_quickbooks(realms, built, clock, seed)
    partnercenter = PartnerCenterState(clock)
    partnercenter_app = _load_partnercenter(partnercenter, built, seed)
    wanted = switches or {}
    state.switches.change(wanted.get("connectwise", {}))
    organisations.first.switches.change(wanted.get("xero", {}))
    realms.first.switches.change(wanted.get("quickbooks", {}))
    partnercenter.switches.change(wanted.get("partnercenter", {}))
    return World(
        clock=clock,
        journal=journal,
        faults=faults,
        connectwise=connectwise,
        organisations=organisations,
        xero_app=app,
        realms=realms,
        quickbooks_app=quickbooks_app,
        partnercenter=partnercenter,
        partnercenter_asgi=create_partnercenter(partnercenter, journal, faults),
        partnercenter_app=partnercenter_app,
        scenario=built,
    )
