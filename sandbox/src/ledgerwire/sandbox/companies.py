"""Several companies behind one host: a call goes to the one it names, and one identity server serves them all."""

from collections.abc import Mapping, Sequence
from typing import Any

from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.core.middleware import AsgiApp, Receive, Scope, Send
from ledgerwire.sandbox.quickbooks import limits as quickbooks_limits
from ledgerwire.sandbox.quickbooks import replay
from ledgerwire.sandbox.quickbooks.app import create_app as create_quickbooks
from ledgerwire.sandbox.quickbooks.gateway import BASE_PATH as QUICKBOOKS_PATH
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.sandbox.xero import limits as xero_limits
from ledgerwire.sandbox.xero.app import create_app as create_xero
from ledgerwire.sandbox.xero.gateway import BASE_PATH as XERO_PATH
from ledgerwire.sandbox.xero.state import XeroState

Seed = Mapping[str, Any]


class XeroOrganisations:
    """All Xero organisations of a world; `first` stays the same object over every load. An ASGI app."""

    def __init__(self, clock: VirtualClock, journal: Journal, faults: Faults) -> None:
        self._world = (clock, journal, faults)
        self.first = XeroState()
        self._front = create_xero(self.first, *self._world)
        self._others: dict[str, AsgiApp] = {}

    @property
    def all(self) -> tuple[XeroState, ...]:
        """Every organisation, the first one first."""
        return (self.first, *self.first.siblings)

    def named(self, name: str) -> XeroState:
        """An organisation by its name. Raises KeyError for an unknown one."""
        for state in self.all:
            if state.organisation["Name"] == name:
                return state
        raise KeyError(f"no Xero organisation {name!r}")

    def load(self, seeds: Sequence[Seed], app: Seed) -> None:
        """Replace every organisation; they share the app, its tokens and the switches."""
        self.first.load({**seeds[0], "apps": [app]})
        siblings = []
        for seed in seeds[1:]:
            state = XeroState()
            state.load(seed)
            state.identity, state.switches = self.first.identity, self.first.switches
            state.limits = xero_limits.Limits(state.switches)
            siblings.append(state)
        self.first.siblings = tuple(siblings)
        self._others = {state.tenant_id: create_xero(state, *self._world) for state in siblings}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """To the organisation that the tenant header names; whatever names none of the others goes to the first."""
        app = self._front
        if scope["type"] == "http" and str(scope["path"]).startswith(XERO_PATH):
            app = self._others.get(_header(scope, b"xero-tenant-id"), app)
        await app(scope, receive, send)


class QuickBooksCompanies:
    """All QuickBooks companies of a world; `first` stays the same object over every load. An ASGI app."""

    def __init__(self, clock: VirtualClock, journal: Journal, faults: Faults) -> None:
        self._world = (clock, journal, faults)
        self.first = QuickBooksState()
        self.others: tuple[QuickBooksState, ...] = ()
        self._front = create_quickbooks(self.first, *self._world)
        self._behind: dict[str, AsgiApp] = {}

    @property
    def all(self) -> tuple[QuickBooksState, ...]:
        """Every company, the first one first."""
        return (self.first, *self.others)

    def named(self, name: str) -> QuickBooksState:
        """A company by its name. Raises KeyError for an unknown one."""
        for state in self.all:
            if state.company["CompanyName"] == name:
                return state
        raise KeyError(f"no QuickBooks company {name!r}")

    def load(self, seeds: Sequence[Seed], app: Seed) -> None:
        """Replace every company; they share the app, the identity server and the switches."""
        self.first.load({**seeds[0], "apps": [app]})
        others = []
        for seed in seeds[1:]:
            state = QuickBooksState()
            state.load(seed)
            state.identity, state.switches = self.first.identity, self.first.switches
            state.limits, state.replays = quickbooks_limits.Limits(state.switches), replay.Replays(state.switches)
            others.append(state)
        self.others = tuple(others)
        self._behind = {state.realm_id: create_quickbooks(state, *self._world) for state in others}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """To the company whose realm stands in the path; whatever names none of the others goes to the first."""
        app, path = self._front, str(scope.get("path", ""))
        if scope["type"] == "http" and path.startswith(QUICKBOOKS_PATH):
            app = self._behind.get(path.removeprefix(QUICKBOOKS_PATH).split("/", 1)[0], app)
        await app(scope, receive, send)


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name), "")
