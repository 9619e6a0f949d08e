"""Lists read page by page, with their lines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from ledgerwire.accounting.wire import Json
from ledgerwire.accounting.xero.client import XeroClient
from ledgerwire.accounting.xero.endpoints import ENDPOINTS
from ledgerwire.accounting.xero.errors import listed
from ledgerwire.accounting.xero.query import PAGE_SIZE
from ledgerwire.common.ledger.document import DocumentKind


async def pages(
    client: XeroClient, collection: str, params: Mapping[str, str], *, changed_since: datetime | None = None
) -> AsyncIterator[Json]:
    """Every row of a list, of changed ones only those changed since then. Raises Waiting, Transient or Stopped."""
    page = 1
    while True:
        # Only a paged list has its lines with it.
        paging = {"page": str(page), "pageSize": str(PAGE_SIZE), **priced(collection)}
        answer = await client.read(f"/{collection}", {**params, **paging}, changed_since=changed_since)
        found = listed(answer, collection)
        for row in found:
            yield row
        if len(found) < PAGE_SIZE:
            return
        page += 1


def priced(collection: str) -> dict[str, str]:
    """What keeps 4 decimals on unit prices, on reads too; journals have none."""
    return {} if collection == ENDPOINTS[DocumentKind.JOURNAL].collection else {"unitdp": "4"}
