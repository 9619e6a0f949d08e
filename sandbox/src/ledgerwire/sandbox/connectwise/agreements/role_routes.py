"""Security roles and the calling key's own rights over HTTP: all of it read only."""

from fastapi import FastAPI, Request, Response

from ledgerwire.sandbox.connectwise.agreements.roles import MY_SECURITY, role_of, settings_of
from ledgerwire.sandbox.connectwise.errors import record_not_found
from ledgerwire.sandbox.connectwise.replies import Replies
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row

_ROLES = ("/system/securityroles", "/system/securityRoles")


class RoleRoutes:
    """`/system/securityroles`, `/system/securityRoles/{id}/settings` and `/system/mySecurity`."""

    def __init__(self, state: ConnectWiseState, replies: Replies) -> None:
        self._state = state
        self._replies = replies

    def register(self, app: FastAPI) -> None:
        """Add the routes; the vendor writes the path in two ways."""
        add = app.router.add_route
        for path in _ROLES:
            add(path, self.roles, methods=["GET"])
            add(f"{path}/{{record_id:int}}", self.role, methods=["GET"])
            add(f"{path}/{{record_id:int}}/settings", self.settings, methods=["GET"])
        add(MY_SECURITY, self.mine, methods=["GET"])
        add(f"{MY_SECURITY}/count", self.count, methods=["GET"])
        add(f"{MY_SECURITY}/customizeItems/", self.customized, methods=["GET"])

    def _role(self, request: Request) -> Row:
        number = int(request.path_params["record_id"])
        row = self._state.tables["security_roles"].get(number)
        if row is None:
            raise record_not_found("SecurityRole", number)
        return row

    def _mine(self) -> list[Row]:
        return settings_of(self._state, role_of(self._state, self._state.actor()))

    async def roles(self, request: Request) -> Response:
        return self._replies.listing(request, "SecurityRole", list(self._state.tables["security_roles"].values()))

    async def role(self, request: Request) -> Response:
        return self._replies.record(request, self._role(request))

    async def settings(self, request: Request) -> Response:
        rows = settings_of(self._state, int(self._role(request)["id"]))
        return self._replies.listing(request, "MySecurity", rows)

    async def mine(self, request: Request) -> Response:
        return self._replies.listing(request, "MySecurity", self._mine())

    async def count(self, request: Request) -> Response:
        return self._replies.count(request, "MySecurity", self._mine())

    async def customized(self, request: Request) -> Response:
        role = role_of(self._state, self._state.actor())
        rows = [row for row in self._state.tables["customize_items"].values() if row["parentId"] == role]
        return self._replies.listing(request, "CustomizeItem", rows)
