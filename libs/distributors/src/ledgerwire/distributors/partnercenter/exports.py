"""The asynchronous export of billed lines: asked for, polled, and its blobs read whole or not at all."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from ledgerwire.common.canonical import from_vendor
from ledgerwire.common.errors import Transient
from ledgerwire.distributors.partnercenter.client import Json, PartnerCenterClient, body_of, retry_after

_BILLING = "/reports/partners/billing/reconciliation"
_NO_DATA = "5000"
_LOADS = 3
_MOST_BYTES = 512 * 1024 * 1024
_FORBIDDEN = 403


async def billed_lines(client: PartnerCenterClient, invoice: str) -> list[Json]:
    """The lines of an invoice. Raises Waiting or Transient."""
    return await _lines(client, f"{_BILLING}/billed/export", {"invoiceId": invoice, "attributeSet": "full"})


async def unbilled_lines(client: PartnerCenterClient, period: str) -> list[Json]:
    """The lines of the "current" or the "last" period that no invoice has yet. Raises Waiting or Transient."""
    body = {"currencyCode": client.config.currency, "billingPeriod": period, "attributeSet": "full"}
    return await _lines(client, f"{_BILLING}/unbilled/export", body)


async def _lines(client: PartnerCenterClient, path: str, body: Json) -> list[Json]:
    address = await client.begin(path, body)
    for _ in range(_LOADS):
        manifest = await _manifest(client, address)
        if manifest is None:
            return []
        lines = await _loaded(client, manifest)
        # Another tag means other data: what was read is thrown away, never added to.
        again = await _manifest(client, address)
        if lines is not None and again is not None and again.get("eTag") == manifest.get("eTag"):
            return lines
    raise Transient("The export changed each time it was read")


async def _manifest(client: PartnerCenterClient, address: str) -> Json | None:
    """Where the blobs are, once the export is done; None if there is no data."""
    for _ in range(client.config.polls):
        response = await client.graph(address)
        operation = body_of(response)
        match operation.get("status"):
            case "succeeded":
                return await _located(client, operation)
            case "failed":
                error = operation.get("error")
                if isinstance(error, dict) and error.get("code") == _NO_DATA:
                    return None
                raise Transient("The export failed")
        await client.wait(retry_after(response))
    raise Transient("The export took too long")


async def _located(client: PartnerCenterClient, operation: Json) -> Json:
    inline = operation.get("resourceLocation")
    if isinstance(inline, dict):
        return inline
    link = operation.get("resourceLocation@odata.navigationLink")
    if not isinstance(link, str) or not link.startswith(client.config.graph_url):
        raise Transient("The export does not say where its data is")
    return body_of(await client.graph(link))


async def _loaded(client: PartnerCenterClient, manifest: Json) -> list[Json] | None:
    """Every line of every blob; None once the addresses have run out."""
    lines: list[Json] = []
    blobs = manifest.get("blobs") or []
    root, signature = str(manifest.get("rootDirectory") or ""), str(manifest.get("sasToken") or "")
    if not isinstance(blobs, list):
        raise Transient("The export's manifest is incomplete")
    if blobs and not (root and all(isinstance(blob, dict) and blob.get("name") for blob in blobs)):
        raise Transient("The export's manifest is incomplete")
    if str(manifest.get("blobCount", len(blobs))) != str(len(blobs)):
        raise Transient("The export's manifest is incomplete")
    for blob in blobs:
        response = await client.blob(f"{root}/{blob['name']}?{signature}")
        if response.status_code == _FORBIDDEN:
            return None
        lines += _unpacked(response.content)
    return lines


def _unpacked(content: bytes) -> list[Json]:
    """The objects of a blob. Raises Transient for a damaged one, one cut off, or a line that is no object."""
    try:
        rows: list[Any] = [from_vendor(line) for line in _inflated(content).split(b"\n") if line.strip()]
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Transient("A part of the export is damaged") from error
    if not all(isinstance(row, dict) for row in rows):
        raise Transient("A part of the export is damaged")
    return rows


def _inflated(packed: bytes) -> bytes:
    """A file of gzip, which may have several members one after the other, and zeros behind the last."""
    plain = b""
    while True:
        inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
        # No bytes left to unpack into is said as 1: zlib takes 0 for no limit.
        plain += inflate.decompress(packed, max(_MOST_BYTES - len(plain), 1))
        if not inflate.eof:
            raise Transient("A part of the export is cut off or too large")
        packed = inflate.unused_data.lstrip(b"\0")
        if not packed:
            return plain
