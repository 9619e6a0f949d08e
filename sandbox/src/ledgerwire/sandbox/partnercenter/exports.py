"""The asynchronous export of Graph: asked for, polled, its manifest, and its blobs of compressed lines."""

import gzip
import secrets
from collections.abc import Sequence
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from ledgerwire.sandbox.partnercenter.market import Charge
from ledgerwire.sandbox.partnercenter.present import recon_line
from ledgerwire.sandbox.partnercenter.state import Export, PartnerCenterState
from ledgerwire.sandbox.partnercenter.wire import Json, RefusedError, encode

BASE = "/v1.0/reports/partners/billing"
_GRAPH = "#microsoft.graph.partners.billing."


class ExportRoutes:
    """What is billed and what is not yet."""

    def __init__(self, state: PartnerCenterState) -> None:
        self._state = state

    async def billed(self, request: Request) -> Response:
        """The lines of one invoice."""
        number = str((await request.json()).get("invoiceId", ""))
        invoice = next((one for one in self._state.invoices() if one.number == number), None)
        return self._begin(request, invoice.lines if invoice else (), number)

    async def unbilled(self, request: Request) -> Response:
        """The lines of the current month, or of the last one until it is invoiced."""
        body = await request.json()
        period = body.get("billingPeriod")
        if period not in {"current", "last"}:
            raise RefusedError(400, "BadRequest", "billingPeriod is current or last.")
        mine = body.get("currencyCode", "").upper() == self._state.market.currency
        return self._begin(request, self._state.unbilled(period) if mine else (), "")

    async def operation(self, request: Request) -> Response:
        """Running, succeeded or failed; each of them is HTTP 200."""
        export = self._known(request)
        head: Json = {"id": export.id, "createdDateTime": export.created, "lastActionDateTime": export.created}
        if export.polls_left > 0:
            export.polls_left -= 1
            running = {"@odata.type": f"{_GRAPH}runningOperation", **head, "status": "running"}
            wait = {"Retry-After": str(self._state.switches.export_retry_after)}
            return Response(encode(running), headers=wait, media_type="application/json")
        if export.failure:
            error = {"code": export.failure, "message": "There is no data."}
            failed = {"@odata.type": f"{_GRAPH}failedOperation", **head, "status": "failed", "error": error}
            return Response(encode(failed), media_type="application/json")
        done: Json = {"@odata.type": f"{_GRAPH}exportSuccessOperation", **head, "status": "succeeded"}
        if self._state.switches.manifest_by_link:
            done["resourceLocation@odata.navigationLink"] = f"{_base(request)}{BASE}/manifests/{export.id}"
        else:
            done["resourceLocation"] = self._manifest(export, request)
        return Response(encode(done), media_type="application/json")

    async def manifest(self, request: Request) -> Response:
        """The manifest at its own address."""
        return Response(encode(self._manifest(self._known(request), request)), media_type="application/json")

    async def blob(self, request: Request) -> Response:
        """A blob, for whoever knows its address while that lives."""
        export = self._known(request)
        expires = export.sas.get(request.query_params.get("sig", ""))
        if expires is None or expires <= self._state.clock.now():
            raise RefusedError(403, "AuthenticationFailed", "The signature is not valid.")
        if export.changes_left > 0:
            export.changes_left -= 1
            export.version += 1
        size = self._state.switches.blob_lines
        place = int(request.path_params["name"].split("-")[1].split(".")[0]) * size
        lines = export.lines[place : place + size]
        return Response(gzip.compress(b"\n".join(lines) + b"\n"), media_type="application/octet-stream")

    def _begin(self, request: Request, lines: Sequence[Charge], invoice: str) -> Response:
        state = self._state
        rows = [encode(recon_line(line, state.market, invoice, state.switches)) for line in lines]
        name, now = secrets.token_hex(16), state.clock.now()
        waits, changes = state.switches.export_polls, state.switches.export_changes
        state.exports[name] = Export(name, rows, now, waits, changes, "" if rows else "5000")
        return Response(b"", 202, {"Location": f"{_base(request)}{BASE}/operations/{name}"})

    def _known(self, request: Request) -> Export:
        found = self._state.exports.get(request.path_params["id"])
        if found is None:
            raise RefusedError(404, "NotFound", "The export is not known.")
        return found

    def _manifest(self, export: Export, request: Request) -> Json:
        signature = secrets.token_urlsafe(24)
        export.sas[signature] = self._state.clock.now() + timedelta(minutes=self._state.switches.sas_minutes)
        count = max(1, -(-len(export.lines) // self._state.switches.blob_lines))
        return {
            "id": export.id,
            "schemaVersion": "2",
            "dataFormat": "compressedJSONLines",
            "createdDateTime": export.created,
            "eTag": f"v{export.version}",
            "rootDirectory": f"{_base(request)}/blobs/{export.id}",
            "sasToken": f"sig={signature}",
            "partitionType": "default",
            "blobCount": count,
            "blobs": [{"name": f"part-{place}.json.gz", "partitionValue": "default"} for place in range(count)],
        }


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")
