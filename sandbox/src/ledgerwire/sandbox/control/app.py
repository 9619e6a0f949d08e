"""The control API's general part: seed, time, faults, journal, switches and state."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from fastapi import FastAPI, Request

from ledgerwire.sandbox.connectwise.gl import entry_row
from ledgerwire.sandbox.connectwise.unposted import unposted_invoice_ids
from ledgerwire.sandbox.control.connectwise import ConnectWiseControl
from ledgerwire.sandbox.control.http import ControlError, body_of, route
from ledgerwire.sandbox.control.partnercenter import PartnerCenterControl
from ledgerwire.sandbox.control.quarter import QuarterControl
from ledgerwire.sandbox.control.quickbooks import QuickBooksControl
from ledgerwire.sandbox.control.records import RecordControl
from ledgerwire.sandbox.control.scenario import ScenarioControl
from ledgerwire.sandbox.control.xero import XeroControl
from ledgerwire.sandbox.core.faults import Fault
from ledgerwire.sandbox.quickbooks.present import Presenter
from ledgerwire.sandbox.seed.month import DEFAULT_MONTH_START
from ledgerwire.sandbox.world import World

_PAGE = 500
_MAX_PAGE = 10_000


class GeneralControl:
    """What concerns the whole sandbox."""

    def __init__(self, world: World, describe: Callable[[], dict[str, Any]]) -> None:
        self._world = world
        self._describe = describe

    def register(self, app: FastAPI) -> None:
        """Add the routes."""
        route(app, "GET", "/", self.describe)
        route(app, "POST", "/seed", self.seed)
        route(app, "GET", "/clock", self.clock)
        route(app, "POST", "/clock", self.move_clock)
        route(app, "GET", "/faults", self.faults)
        route(app, "POST", "/faults", self.arm)
        route(app, "DELETE", "/faults", self.disarm)
        route(app, "GET", "/journal", self.journal)
        route(app, "GET", "/switches", self.switches)
        route(app, "POST", "/switches", self.change_switches)
        route(app, "GET", "/state/connectwise", self.tables)
        route(app, "GET", "/state/connectwise/{table}", self.table)
        route(app, "GET", "/state/connectwise/invoices/{invoice_id:int}/gl", self.gl_entries)
        route(app, "GET", "/state/xero/{kind}", self.ledger_rows)
        route(app, "GET", "/state/quickbooks/{entity}", self.quickbooks_rows)

    async def describe(self, _request: Request) -> Any:
        """The same object as the line printed at the start, with the present tokens."""
        return self._describe()

    async def seed(self, request: Request) -> Any:
        """Start over. Keys and addresses of ConnectWise stay; the Xero app and its tokens are new."""
        body = await body_of(request)
        start = date.fromisoformat(body["month_start"]) if "month_start" in body else DEFAULT_MONTH_START
        self._world.seed(int(body.get("seed", 1)), str(body.get("scenario", "month")), start)
        return self._describe()

    async def clock(self, _request: Request) -> Any:
        return {"now": self._world.clock.now()}

    async def move_clock(self, request: Request) -> Any:
        body = await body_of(request)
        if "set" in body:
            self._world.clock.set(datetime.fromisoformat(body["set"]))
        elif "advance_seconds" in body:
            self._world.clock.advance(timedelta(seconds=float(body["advance_seconds"])))
        else:
            raise ControlError("give 'set' (an aware moment) or 'advance_seconds'")
        return {"now": self._world.clock.now()}

    async def faults(self, _request: Request) -> Any:
        return {"faults": self._world.faults.list()}

    async def arm(self, request: Request) -> Any:
        try:
            fault = Fault(**await body_of(request))
        except TypeError as error:
            raise ControlError(f"not a fault: {error}") from error
        return {"number": self._world.faults.add(fault)}

    async def disarm(self, request: Request) -> Any:
        number = request.query_params.get("number")
        name = request.query_params.get("name")
        return {"cleared": self._world.faults.clear(name, int(number) if number else None)}

    async def journal(self, request: Request) -> Any:
        """Entries after `since_seq`; filters `system, method, path_prefix, kind`; `limit` a page."""
        query = request.query_params
        since = int(query.get("since_seq", 0))
        limit = min(int(query.get("limit", _PAGE)), _MAX_PAGE)
        found = self._world.journal.entries(
            query.get("system"), query.get("method"), query.get("path_prefix"), since, query.get("kind")
        )
        page = found[:limit]
        more = len(found) > len(page)
        return {
            "entries": [entry.as_dict() for entry in page],
            "next_since_seq": page[-1].seq if page else since,
            "more": more,
            "seeded_at": self._world.seeded_at,
        }

    async def switches(self, _request: Request) -> Any:
        return {
            "connectwise": self._world.connectwise.state.switches.as_dict(),
            "xero": asdict(self._world.xero.switches),
            "quickbooks": asdict(self._world.quickbooks.switches),
            "partnercenter": asdict(self._world.partnercenter.switches),
        }

    async def change_switches(self, request: Request) -> Any:
        """`{"connectwise": {name: value}, "xero": {…}, "quickbooks": {…}}`."""
        body = await body_of(request)
        unknown = set(body) - {"connectwise", "xero", "quickbooks", "partnercenter"}
        if unknown:
            raise ControlError(f"unknown system: {', '.join(sorted(unknown))}")
        self._world.connectwise.state.switches.change(body.get("connectwise", {}))
        self._world.xero.switches.change(body.get("xero", {}))
        self._world.quickbooks.switches.change(body.get("quickbooks", {}))
        self._world.partnercenter.switches.change(body.get("partnercenter", {}))
        return await self.switches(request)

    async def tables(self, _request: Request) -> Any:
        """How many rows each table holds, and the unposted list."""
        state = self._world.connectwise.state
        return {
            "tables": {name: len(rows) for name, rows in state.tables.items()},
            "unposted_invoices": unposted_invoice_ids(state),
        }

    async def table(self, request: Request) -> Any:
        name = request.path_params["table"]
        tables = self._world.connectwise.state.tables
        if name not in tables:
            raise ControlError(f"no table {name!r}", 404)
        return {"rows": list(tables[name].values())}

    async def gl_entries(self, request: Request) -> Any:
        state = self._world.connectwise.state
        entries = state.gl_entries.get(request.path_params["invoice_id"], [])
        return {"entries": [entry_row(state, entry) for entry in entries]}

    async def ledger_rows(self, request: Request) -> Any:
        kind = request.path_params["kind"]
        if kind == "organisation":
            return self._world.xero.organisation
        collection = self._world.xero.collections.get(kind)
        if collection is None:
            raise ControlError(f"no kind {kind!r}", 404)
        return {"rows": list(collection)}

    async def quickbooks_rows(self, request: Request) -> Any:
        """Rows of an entity as the API shows them."""
        entity = request.path_params["entity"]
        state = self._world.quickbooks
        if entity not in state.rows:
            raise ControlError(f"no entity {entity!r}", 404)
        show = Presenter(state).show
        return {"rows": [show(entity, row) for row in state.all(entity)]}


def create_control(world: World, describe: Callable[[], dict[str, Any]]) -> FastAPI:
    """The control API over a world; `describe` gives the connection line."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    GeneralControl(world, describe).register(app)
    ConnectWiseControl(world).register(app)
    RecordControl(world).register(app)
    XeroControl(world).register(app)
    QuickBooksControl(world).register(app)
    PartnerCenterControl(world).register(app)
    ScenarioControl(world).register(app)
    QuarterControl(world).register(app)
    return app
