"""What a person does in QuickBooks' own screens."""

from typing import Any

from fastapi import FastAPI, Request

from ledgerwire.sandbox.control.http import ControlError, body_of, route
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.sandbox.world import World


def apply_company_changes(quickbooks: QuickBooksState, changes: dict[str, list[dict[str, Any]]]) -> None:
    """Rows by entity, amended by id or name, or added where they are new. Raises KeyError for an unknown entity."""
    for entity, rows in changes.items():
        known = quickbooks.rows[entity]
        for row in rows:
            label = next((row[name] for name in ("DisplayName", "Name", "Code") if name in row), None)
            same = (
                one for one in known.values() if label in {one.get("DisplayName"), one.get("Name"), one.get("Code")}
            )
            found = known.get(str(row.get("Id"))) or (next(same, None) if label else None)
            fields = {name: value for name, value in row.items() if name != "Id"}
            if found is None:
                quickbooks.add(entity, row)
            else:
                quickbooks.amend(entity, str(found["Id"]), fields)


class QuickBooksControl:
    """`/quickbooks/…` of the control API."""

    def __init__(self, world: World) -> None:
        self._world = world

    def register(self, app: FastAPI) -> None:
        """Add the routes."""
        route(app, "POST", "/quickbooks/preferences", self.preferences)
        route(app, "POST", "/quickbooks/rows/{entity}", self.add)
        route(app, "POST", "/quickbooks/rows/{entity}/{row_id}", self.amend)
        route(app, "POST", "/quickbooks/revoke", self.revoke)
        route(app, "POST", "/quickbooks/consent", self.consent)

    def _state(self, request: Request) -> QuickBooksState:
        """The company that `?company=` names, else the first."""
        name = request.query_params.get("company")
        return self._world.realms.named(name) if name else self._world.quickbooks

    async def preferences(self, request: Request) -> Any:
        """Groups of settings merge, e.g. `{"AccountingInfoPrefs": {"BookCloseDate": "2026-01-31"}}`."""
        return self._state(request).amend("Preferences", "1", await body_of(request))

    async def add(self, request: Request) -> Any:
        """A row of a list, past the API's rules."""
        try:
            return self._state(request).add(request.path_params["entity"], await body_of(request))
        except KeyError as error:
            raise ControlError(str(error), 404) from error

    async def amend(self, request: Request) -> Any:
        """Fields of a row, e.g. `{"Active": false}`; its SyncToken moves on."""
        entity, row_id = request.path_params["entity"], request.path_params["row_id"]
        try:
            return self._state(request).amend(entity, row_id, await body_of(request))
        except KeyError as error:
            raise ControlError(f"no {entity} row {row_id!r}", 404) from error

    async def revoke(self, _request: Request) -> Any:
        """A user disconnects the app: every token dies."""
        return {"ended": self._world.quickbooks.identity.revoke_all()}

    async def consent(self, _request: Request) -> Any:
        """A user connects the app anew: a fresh token set."""
        world = self._world
        return world.quickbooks.identity.consent(world.quickbooks_app.client_id, world.clock.now())
