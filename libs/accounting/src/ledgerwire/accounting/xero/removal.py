"""Taking a document out of the books: a draft is deleted, what is approved is voided; nothing is ever erased in Xero."""

from __future__ import annotations

from ledgerwire.accounting.wire import Json, UnreadableError, text
from ledgerwire.accounting.xero.client import XeroClient
from ledgerwire.accounting.xero.documents import current
from ledgerwire.accounting.xero.endpoints import DRAFTS, ENDPOINTS, GONE
from ledgerwire.accounting.xero.errors import saved, unreadable
from ledgerwire.accounting.xero.payloads import status_body
from ledgerwire.accounting.xero.refusals import LEDGER, day_words
from ledgerwire.accounting.xero.wire import calendar_date, guid
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import DocumentKind


async def void(client: XeroClient, kind: DocumentKind, ledger_id: str, idempotency_key: str) -> None:
    """Void or delete one document; one that is gone already is left as it is.

    Raises:
        Waiting, Transient: nothing was done.
        Ambiguous: read the document to see.
        Stopped: DOCUMENT_PAID, PERIOD_LOCKED, or LEDGER_REFUSED in Xero's words.
    """
    endpoint = ENDPOINTS[kind]
    row = await current(client, endpoint, ledger_id)
    if row is None:
        raise Stopped([Finding("LEDGER_REFUSED", {"number": ledger_id, "ledger": LEDGER, "text": "HTTP 404"})])
    status = text(row, "Status") or ""
    if status in GONE:
        return
    body = status_body(
        kind, ledger_id, "DELETED" if status in DRAFTS else "VOIDED", text(row, endpoint.number_field) or ""
    )
    path = f"/{endpoint.collection}?summarizeErrors=false"
    answer = await client.write("POST", path, body, idempotency_key)
    changed = saved(answer, endpoint.collection, endpoint.number_of(row), _dated(row))
    if not any(guid(one, endpoint.id_field) == ledger_id.lower() and text(one, "Status") in GONE for one in changed):
        unreadable(f"{endpoint.number_of(row)} is not among what was voided", write=True)


def _dated(row: Json) -> dict[str, str]:
    try:
        day = calendar_date(row, "Date")
    except UnreadableError:
        return {}
    return {"date": day_words(day)} if day else {}
