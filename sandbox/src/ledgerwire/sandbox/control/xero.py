"""What a person does in Xero's own screens."""

from datetime import date
from typing import Any

from fastapi import FastAPI, Request

from ledgerwire.sandbox.control.http import ControlError, body_of, route
from ledgerwire.sandbox.world import World
from ledgerwire.sandbox.xero.state import XeroState

_LOCKS = ("PeriodLockDate", "EndOfYearLockDate")


def change_organisation(xero: XeroState, changes: dict[str, Any]) -> None:
    """Merge fields into the organisation; lock dates are ISO dates, null lifts one."""
    locks = {name: changes.get(name, xero.organisation.get(name)) for name in _LOCKS}
    period, year_end = (_date(locks[name]) for name in _LOCKS)
    xero.set_lock_dates(period, year_end)
    others = {name: value for name, value in changes.items() if name not in _LOCKS}
    xero.organisation = {**xero.organisation, **others}


def _date(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def apply_ledger_changes(xero: XeroState, changes: dict[str, Any]) -> None:
    """`organisation` merges; any other kind lists rows that are amended (by id, code or name), or added where new.

    Raises KeyError for an unknown kind.
    """
    for kind, value in changes.items():
        if kind == "organisation":
            change_organisation(xero, value)
            continue
        for row in value:
            try:
                changes_to_row = {name: field for name, field in row.items() if name != "key"}
                xero.amend(kind, str(row.get("key", row.get("Code", row.get("Name")))), changes_to_row)
            except KeyError:
                xero.add(kind, row)


class XeroControl:
    """`/xero/…` of the control API."""

    def __init__(self, world: World) -> None:
        self._world = world

    def register(self, app: FastAPI) -> None:
        """Add the routes."""
        route(app, "POST", "/xero/organisation", self.organisation)
        route(app, "POST", "/xero/changes", self.changes)
        route(app, "POST", "/xero/contacts/{contact_id}/archive", self.archive)
        route(app, "POST", "/xero/revoke", self.revoke)
        route(app, "POST", "/xero/consent", self.consent)

    def _state(self, request: Request) -> XeroState:
        """The organisation that `?company=` names, else the first."""
        name = request.query_params.get("company")
        return self._world.organisations.named(name) if name else self._world.xero

    async def organisation(self, request: Request) -> Any:
        xero = self._state(request)
        change_organisation(xero, await body_of(request))
        return xero.organisation

    async def changes(self, request: Request) -> Any:
        apply_ledger_changes(self._state(request), await body_of(request))
        return {"changed": True}

    async def archive(self, request: Request) -> Any:
        body = await body_of(request)
        try:
            self._state(request).set_contact_archived(
                request.path_params["contact_id"], archived=bool(body.get("archived", True))
            )
        except KeyError as error:
            raise ControlError(str(error), 404) from error
        return {"archived": bool(body.get("archived", True))}

    async def revoke(self, _request: Request) -> Any:
        """A user disconnects the app: every token dies."""
        return {"ended": self._world.xero.identity.revoke_all()}

    async def consent(self, _request: Request) -> Any:
        """A user connects the app anew: a fresh token set."""
        identity = self._world.xero.identity
        return identity.consent(self._world.xero_app.client_id, self._world.clock.now())
