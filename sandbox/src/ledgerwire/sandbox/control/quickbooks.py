"""What a person does in QuickBooks' own screens."""

from typing import Any

from fastapi import FastAPI, Request

from ledgerwire.sandbox.control.http import ControlError, body_of, route
from ledgerwire.sandbox.world import World


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

    async def preferences(self, request: Request) -> Any:
        """Groups of settings merge, e.g. `{"AccountingInfoPrefs": {"BookCloseDate": "2026-01-31"}}`."""
        return self._world.quickbooks.amend("Preferences", "1", await body_of(request))

    async def add(self, request: Request) -> Any:
        """A row of a list, past the API's rules."""
        try:
            return self._world.quickbooks.add(request.path_params["entity"], await body_of(request))
        except KeyError as error:
            raise ControlError(str(error), 404) from error

    async def amend(self, request: Request) -> Any:
        """Fields of a row, e.g. `{"Active": false}`; its SyncToken moves on."""
        entity, row_id = request.path_params["entity"], request.path_params["row_id"]
        try:
            return self._world.quickbooks.amend(entity, row_id, await body_of(request))
        except KeyError as error:
            raise ControlError(f"no {entity} row {row_id!r}", 404) from error

    async def revoke(self, _request: Request) -> Any:
        """A user disconnects the app: every token dies."""
        return {"ended": self._world.quickbooks.identity.revoke_all()}

    async def consent(self, _request: Request) -> Any:
        """A user connects the app anew: a fresh token set."""
        world = self._world
        return world.quickbooks.identity.consent(world.quickbooks_app.client_id, world.clock.now())
