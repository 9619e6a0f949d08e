"""Server info and callback registration over HTTP."""

from fastapi import FastAPI, Request, Response

from ledgerwire.sandbox.connectwise.callbacks import checked_entry
from ledgerwire.sandbox.connectwise.errors import record_not_found
from ledgerwire.sandbox.connectwise.replies import Replies, json_body
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.writing import accepted_fields, patched_fields

_CALLBACKS = "/system/callbacks"
_ENTITY = "CallbackEntry"


class SystemRoutes:
    """`/system/info` and `/system/callbacks`."""

    def __init__(self, state: ConnectWiseState, replies: Replies) -> None:
        self._state = state
        self._replies = replies

    def register(self, app: FastAPI) -> None:
        """Add the routes."""
        add = app.router.add_route
        add("/system/info", self.info, methods=["GET"])
        add(_CALLBACKS, self.listing, methods=["GET"])
        add(_CALLBACKS, self.create, methods=["POST"])
        add(f"{_CALLBACKS}/count", self.count, methods=["GET"])
        add(f"{_CALLBACKS}/{{record_id:int}}", self.read, methods=["GET"])
        add(f"{_CALLBACKS}/{{record_id:int}}", self.change, methods=["PUT", "PATCH"])
        add(f"{_CALLBACKS}/{{record_id:int}}", self.delete, methods=["DELETE"])

    async def info(self, request: Request) -> Response:
        site = self._state.site
        return self._replies.json(
            request,
            {
                "version": site.version,
                "isCloud": site.codebase != "v4_6_release",
                "serverTimeZone": "UTC",
                "cloudRegion": "sandbox",
                "licenseBits": [{"name": "Finance", "activeFlag": True}],
                "maxWorkFlowRecordsAllowed": 1000,
            },
        )

    def _rows(self) -> list[Row]:
        return list(self._state.tables["callbacks"].values())

    def _row(self, request: Request) -> Row:
        number = int(request.path_params["record_id"])
        row = self._state.tables["callbacks"].get(number)
        if row is None:
            raise record_not_found("Callback", number)
        return row

    async def listing(self, request: Request) -> Response:
        return self._replies.listing(request, _ENTITY, self._rows())

    async def count(self, request: Request) -> Response:
        return self._replies.count(request, _ENTITY, self._rows())

    async def read(self, request: Request) -> Response:
        return self._replies.record(request, self._row(request))

    async def create(self, request: Request) -> Response:
        member = self._state.actor()
        entry = checked_entry(self._state, await json_body(request), member)
        return self._replies.record(request, self._state.insert("callbacks", entry, member), 201)

    async def change(self, request: Request) -> Response:
        row, body = self._row(request), await json_body(request)
        if request.method == "PATCH":
            fields = {**row, **patched_fields(self._state, "callbacks", _ENTITY, row, body)}
        else:
            fields = accepted_fields(self._state, "callbacks", _ENTITY, body)
        member = self._state.actor()
        row.update(checked_entry(self._state, fields, member, existing=row))
        return self._replies.record(request, self._state.saved("callbacks", int(row["id"]), member))

    async def delete(self, request: Request) -> Response:
        number = int(self._row(request)["id"])
        self._state.delete("callbacks", number, self._state.actor())
        return Response(status_code=204)
