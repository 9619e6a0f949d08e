"""The seeded quarter from outside: what closes when, what was planted, what customers pay, and its books check."""

from datetime import date
from typing import Any, cast

from fastapi import FastAPI, Request

from ledgerwire.sandbox.audit.quarter import Books, audit_quarter
from ledgerwire.sandbox.bookkeeper import EntryRefusedError, QuickBooksBookkeeper, XeroBookkeeper, by_company
from ledgerwire.sandbox.control.connectwise import DEFAULT_MEMBER
from ledgerwire.sandbox.control.http import ControlError, body_of, required, route
from ledgerwire.sandbox.seed.quarter import Quarter
from ledgerwire.sandbox.seed.quarter.account import Package
from ledgerwire.sandbox.seed.quarter.faults import close_invoice
from ledgerwire.sandbox.world import World


class QuarterControl:
    """`/quarter`, `/quarter/close`, `/quarter/payments` and `/quarter/audit` of the control API."""

    def __init__(self, world: World) -> None:
        self._world = world

    def register(self, app: FastAPI) -> None:
        """Add the routes."""
        route(app, "GET", "/quarter", self.describe)
        route(app, "POST", "/quarter/close", self.close)
        route(app, "POST", "/quarter/payments", self.pay)
        route(app, "GET", "/quarter/audit", self.audit)

    def _quarter(self) -> Quarter:
        quarter = self._world.scenario.quarter
        if quarter is None:
            raise ControlError("the quarter is not what was seeded", 409)
        return quarter

    async def describe(self, _request: Request) -> Any:
        """The waves of closes, the planted causes and how many records of each type there are."""
        quarter = self._quarter()
        types = [entry.record_type for entry in quarter.entries]
        return {
            "records": {kind: types.count(kind) for kind in sorted(set(types))} | {"payment": len(quarter.settlements)},
            "waves": quarter.waves,
            "planted": quarter.planted,
        }

    async def close(self, request: Request) -> Any:
        """`{"wave": 0}` closes a month's invoices as a coordinator; `{"part": "burst" | "later"}` only some of them."""
        body, waves = await body_of(request), self._quarter().waves
        number = int(required(body, "wave"))
        if not 0 <= number < len(waves):
            raise ControlError(f"there are {len(waves)} waves")
        wave, part = waves[number], body.get("part")
        chosen = {"burst": wave.burst, "later": wave.later}.get(str(part), (*wave.burst, *wave.later))
        for invoice_id in chosen:
            sent = close_invoice(invoice_id)
            reply = await self._world.connectwise.as_person(DEFAULT_MEMBER, sent["method"], sent["path"], sent["body"])
            if reply.is_error:
                raise ControlError(f"{sent['path']} was refused: {reply.text}", 409)
        return {"closed": len(chosen)}

    async def pay(self, request: Request) -> Any:
        """`{"ledger": "xero", "until": "2026-02-28"}`: everything not yet entered that falls due until that day (or all)."""
        body = await body_of(request)
        package = _package(body.get("ledger"))
        until = date.fromisoformat(body["until"]) if body.get("until") else date.max
        events = [e for e in self._quarter().settlements if e.day <= until and e not in self._world.entered]
        if package == "quickbooks":
            events = [event for event in events if event.kind != "refund"]
        try:
            for company, own in by_company(events).items():
                await self._bookkeeper(package, company).enter(own)
        except EntryRefusedError as error:
            raise ControlError(str(error), 409) from error
        self._world.entered.update(events)
        kinds = [event.kind for event in events]
        return {"entered": len(events), "kinds": {kind: kinds.count(kind) for kind in sorted(set(kinds))}}

    def _bookkeeper(self, package: Package, company: str) -> XeroBookkeeper | QuickBooksBookkeeper:
        world = self._world
        if package == "xero":
            return XeroBookkeeper(world.organisations.named(company), world.xero_asgi, world.clock)
        return QuickBooksBookkeeper(world.realms.named(company), world.quickbooks_asgi, world.clock)

    async def audit(self, request: Request) -> Any:
        """`?ledger=xero|quickbooks`: the books check over what is closed, with the fixes that were made.

        `&payments=true` looks at payment rows too, `&all=true` expects every invoice whether closed or not.
        """
        world, query = self._world, request.query_params
        package = _package(query.get("ledger"))
        state = world.connectwise.state
        books = Books(
            package=package,
            xero={each.name: each.xero for each in world.scenario.companies},
            quickbooks={each.name: each.quickbooks for each in world.scenario.companies},
            marked=self._marked(),
            payments=list(state.tables["payments"].values()) if query.get("payments") == "true" else None,
        )
        closed = {str(number) for number in state.closed_at}
        everything = query.get("all") == "true"
        entries = [
            e for e in self._quarter().entries if everything or e.record_type != "invoice" or e.source_id in closed
        ]
        journal = world.journal.entries(since_seq=world.seeded_at)
        return audit_quarter(entries, journal, books, world.applied_fixes).as_dict()

    def _marked(self) -> set[tuple[str, str]]:
        """The records that bear their batch in the PSA."""
        state = self._world.connectwise.state
        invoices = {("invoice", str(row["id"])) for row in state.tables["invoices"].values() if row.get("glBatch")}
        return invoices | {(key.kind, str(key.id)) for key, record in state.interface.items() if record.batch}


def _package(name: Any) -> Package:
    if name not in {"xero", "quickbooks"}:
        raise ControlError("ledger is xero or quickbooks")
    return cast("Package", name)
