"""What a person does in ConnectWise's own screens, and what its operator does to the server."""

from datetime import date
from typing import Any

import msgspec
from fastapi import FastAPI, Request

from ledgerwire.sandbox.connectwise.agreements.control import billed_rows, change_role, run_billing
from ledgerwire.sandbox.connectwise.batches import batch_invoices, batch_of, delete_batch
from ledgerwire.sandbox.connectwise.copies import copy_invoice
from ledgerwire.sandbox.connectwise.lines import InvoiceLine
from ledgerwire.sandbox.connectwise.writing import accepted_fields
from ledgerwire.sandbox.control.http import ControlError, body_of, required, route
from ledgerwire.sandbox.world import World

DEFAULT_MEMBER = 152


def line_from(fields: dict[str, Any]) -> InvoiceLine:
    """An invoice line from JSON. Raises ControlError for unknown or missing fields."""
    try:
        return msgspec.convert(fields, InvoiceLine)
    except msgspec.ValidationError as error:
        raise ControlError(f"not an invoice line: {error}") from error


class ConnectWiseControl:
    """`/connectwise/…` of the control API."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._cw = world.connectwise

    def register(self, app: FastAPI) -> None:
        """Add the routes."""
        route(app, "POST", "/connectwise/invoices/{invoice_id:int}/status", self.set_status)
        route(app, "POST", "/connectwise/invoices/{invoice_id:int}/edit", self.edit)
        route(app, "POST", "/connectwise/invoices/{invoice_id:int}/copies", self.copies)
        route(app, "POST", "/connectwise/agreements/invoice", self.invoice_agreements)
        route(app, "GET", "/connectwise/agreements/billed", self.billed)
        route(app, "POST", "/connectwise/security", self.security)
        route(app, "POST", "/connectwise/requests", self.as_person)
        route(app, "POST", "/connectwise/batches", self.batch)
        route(app, "DELETE", "/connectwise/batches/{batch_id:int}", self.unbatch)
        route(app, "POST", "/connectwise/batches/{batch_id:int}/close", self.close_batch)
        route(app, "POST", "/connectwise/callbacks/{callback_id:int}/deactivate", self.deactivate)
        route(app, "POST", "/connectwise/callbacks/drain", self.drain)
        route(app, "POST", "/connectwise/signing-key/rotate", self.rotate_key)
        route(app, "POST", "/connectwise/upgrade", self.upgrade)

    async def set_status(self, request: Request) -> Any:
        body = await body_of(request)
        status = required(body, "status")
        wanted = {"name": status} if isinstance(status, str) else {"id": status}
        return self._cw.desk.set_status(request.path_params["invoice_id"], wanted, _member(body))

    async def edit(self, request: Request) -> Any:
        body = await body_of(request)
        lines = [line_from(fields) for fields in body["lines"]] if "lines" in body else None
        changes = accepted_fields(self._cw.state, "invoices", "Invoice", body.get("changes", {}))
        return self._cw.desk.edit(request.path_params["invoice_id"], changes, _member(body), lines)

    async def copies(self, request: Request) -> Any:
        """`{"count": n, "batched": false}`: copies of an invoice, open or closed and batched, without callbacks."""
        body = await body_of(request)
        ids = copy_invoice(
            self._cw.state,
            self._cw.desk,
            request.path_params["invoice_id"],
            int(required(body, "count")),
            batched=bool(body.get("batched")),
            member_id=_member(body),
        )
        return {"invoice_ids": ids}

    async def invoice_agreements(self, request: Request) -> Any:
        """`{"until": "2026-04-01", "agreement_ids": [1], "close": true}`: every invoice due by then, oldest first."""
        body = await body_of(request)
        made = run_billing(
            self._cw.state,
            self._cw.desk,
            date.fromisoformat(str(required(body, "until"))),
            _member(body),
            agreement_ids=body.get("agreement_ids"),
            close=bool(body.get("close")),
        )
        return {"invoices": made}

    async def billed(self, _request: Request) -> Any:
        """Every charge that agreement invoices made so far."""
        return {"rows": billed_rows(self._cw.state)}

    async def security(self, request: Request) -> Any:
        """`{"role": 2, "function": "Agreements", "levels": {"addLevel": "None"}, "allow": ["Cloud"] or null}`."""
        return change_role(self._cw.state, await body_of(request))

    async def as_person(self, request: Request) -> Any:
        """A REST request as a named member makes it on the screen; the vendor's answer is wrapped."""
        body = await body_of(request)
        method, path = str(required(body, "method")), str(required(body, "path"))
        reply = await self._cw.as_person(_member(body), method, path, body.get("body"))
        return {"status": reply.status_code, "body": reply.text}

    async def batch(self, request: Request) -> Any:
        body = await body_of(request)
        ids, name = required(body, "invoice_ids"), str(required(body, "name"))
        batch_invoices(self._cw.state, ids, name, _member(body))
        return next(row for row in self._cw.state.tables["batches"].values() if row["batchIdentifier"] == name)

    async def unbatch(self, request: Request) -> Any:
        delete_batch(self._cw.state, request.path_params["batch_id"], DEFAULT_MEMBER)
        return {"deleted": request.path_params["batch_id"]}

    async def close_batch(self, request: Request) -> Any:
        row = batch_of(self._cw.state, request.path_params["batch_id"])
        row["closedFlag"] = True
        return row

    async def deactivate(self, request: Request) -> Any:
        row = self._cw.state.tables["callbacks"].get(request.path_params["callback_id"])
        if row is None:
            raise ControlError("no such callback", 404)
        row["inactiveFlag"] = True
        return row

    async def drain(self, _request: Request) -> Any:
        """Answers once every callback under way has been delivered or given up."""
        await self._cw.callbacks.drain()
        return {"drained": True}

    async def rotate_key(self, _request: Request) -> Any:
        self._cw.state.site.rotate_signing_key()
        return {"signing_key_id": self._cw.state.site.signing_key_id}

    async def upgrade(self, request: Request) -> Any:
        """A new release: the old codebase stops routing."""
        codebase = str(required(await body_of(request), "codebase")).strip("/")
        site = self._cw.state.site
        site.codebase = codebase
        site.api_version = codebase.removeprefix("v").replace("_", ".")
        site.version = f"v{site.api_version}.100001"
        return {"codebase": codebase, "version": site.version}


def _member(body: dict[str, Any]) -> int:
    return int(body.get("member", DEFAULT_MEMBER))
