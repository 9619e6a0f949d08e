"""The seeded scenario from outside: expectation, plan, fixes and the books check."""

from typing import Any

from fastapi import FastAPI, Request

from ledgerwire.sandbox.audit import audit
from ledgerwire.sandbox.control.connectwise import DEFAULT_MEMBER
from ledgerwire.sandbox.control.http import ControlError, route
from ledgerwire.sandbox.control.quickbooks import apply_company_changes
from ledgerwire.sandbox.control.xero import apply_ledger_changes
from ledgerwire.sandbox.seed import Fix
from ledgerwire.sandbox.seed.quarter.faults import LedgerFix
from ledgerwire.sandbox.world import World


class ScenarioControl:
    """`/expected`, `/plan`, `/account`, `/fixes/{name}` and `/audit` of the control API."""

    def __init__(self, world: World) -> None:
        self._world = world

    def register(self, app: FastAPI) -> None:
        """Add the routes."""
        route(app, "GET", "/expected", self.expected)
        route(app, "GET", "/plan", self.plan)
        route(app, "GET", "/account", self.account)
        route(app, "POST", "/fixes/{name}", self.fix)
        route(app, "GET", "/audit", self.audit)

    async def expected(self, _request: Request) -> Any:
        quarter = self._world.scenario.quarter
        return {"expected": quarter.entries if quarter else self._world.scenario.expected}

    async def plan(self, _request: Request) -> Any:
        return {"plan": self._world.scenario.plan}

    async def account(self, request: Request) -> Any:
        """The account's settings; `?ledger=quickbooks` gives those for that package."""
        return self._world.scenario.account_for("quickbooks" if _for_quickbooks(request) else "xero")

    def _fixes(self, name: str) -> list[Fix]:
        scenario = self._world.scenario
        planned = [one.fix for one in scenario.plan] + [
            one.fix for one in (scenario.quarter.planted if scenario.quarter else ())
        ]
        return [fix for fix in planned if fix is not None and fix.name == name]

    def _change_ledger(self, fix: Fix, *, quickbooks: bool) -> None:
        world = self._world
        company = fix.company if isinstance(fix, LedgerFix) else ""
        if quickbooks and isinstance(fix, LedgerFix) and company:
            apply_company_changes(world.realms.named(company), fix.quickbooks)
        elif not quickbooks:
            apply_ledger_changes(world.organisations.named(company) if company else world.xero, fix.xero)

    async def fix(self, request: Request) -> Any:
        """Put a planted cause right on the side where it belongs; answers what is left to the account's owner.

        With `?ledger=quickbooks` what lies in the ledger is changed there.
        """
        name = request.path_params["name"]
        fixes = self._fixes(name)
        if not fixes:
            raise ControlError(f"no fix named {name!r}", 404)
        for sent in _distinct_requests(fixes):
            reply = await self._world.connectwise.as_person(
                DEFAULT_MEMBER, sent["method"], sent["path"], sent.get("body")
            )
            if reply.is_error:
                raise ControlError(f"{sent['method']} {sent['path']} was refused: {reply.text}", 409)
        self._change_ledger(fixes[0], quickbooks=_for_quickbooks(request))
        self._world.applied_fixes.append(name)
        first = fixes[0]
        return {
            "name": name,
            "side": first.side,
            "description": first.description,
            "after": first.after,
            "account_patch": _patch_of(first, quickbooks=_for_quickbooks(request)),
        }

    async def audit(self, request: Request) -> Any:
        """The books check over the records that are closed now, or over all expected ones with `?all=true`."""
        state = self._world.connectwise.state
        everything = request.query_params.get("all") == "true"
        records = [one for one in self._world.scenario.expected if everything or one.invoice_id in state.closed_at]
        entries = self._world.journal.entries(since_seq=self._world.seeded_at)
        return audit(records, entries, list(state.tables["invoices"].values())).as_dict()


def _patch_of(fix: Fix, *, quickbooks: bool) -> dict[str, Any]:
    own = fix.quickbooks_patch if quickbooks and isinstance(fix, LedgerFix) else {}
    return own or fix.account_patch


def _for_quickbooks(request: Request) -> bool:
    return request.query_params.get("ledger") == "quickbooks"


def _distinct_requests(fixes: list[Fix]) -> list[dict[str, Any]]:
    distinct: list[dict[str, Any]] = []
    for fix in fixes:
        distinct += [sent for sent in fix.requests if sent not in distinct]
    return distinct
