"""Writes on what exists: updates under the present SyncToken, voids and deletions.

Every row carries a SyncToken that each change raises by one; a write with an older one is refused (5010). Then the row is
read again: if it still says what it said, the write goes out once more, else somebody's work would be lost and it stops.
"""

from __future__ import annotations

import re

from ledgerwire.accounting.port import Composed
from ledgerwire.accounting.quickbooks.answers import about, amounts, shown_lines
from ledgerwire.accounting.quickbooks.client import QuickBooksClient, request_id
from ledgerwire.accounting.quickbooks.documents import find_documents, is_void
from ledgerwire.accounting.quickbooks.errors import LEDGER, Answer, unreadable
from ledgerwire.accounting.quickbooks.payloads import ENDPOINTS, OURS
from ledgerwire.accounting.quickbooks.refusals import DUPLICATE, STALE, findings
from ledgerwire.accounting.quickbooks.wire import amount, ref
from ledgerwire.accounting.wire import Json, UnreadableError, decode, text
from ledgerwire.common.canonical import wire_bytes
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import DocumentKind

_TRIES = 2
_HOLDER = re.compile(r"TxnType=(?P<entity>\w+) with TxnId=(?P<id>\d+)")
_NOT_SENT = frozenset({
    "MetaData", "domain", "sparse", "status", "TotalAmt", "HomeTotalAmt", "Balance", "HomeBalance", "LinkedTxn",
    "RemainingCredit", "UnappliedAmt", "InvoiceLink",
})  # fmt: skip
"""What QuickBooks computes."""


async def create(client: QuickBooksClient, composed: Composed, idempotency_key: str) -> Answer:
    """Make a document.

    A number stays with a voided document, and in some companies with a document of another kind. QuickBooks refuses it then;
    it is asked to take it all the same once it is sure that no living document of this kind has it.

    Whoever else may serve the company waits for one request timeout, so both writes end within it: the second is not begun
    when it could not (Transient, nothing is made). Raises as `QuickBooksClient.write`.
    """
    endpoint, deadline = ENDPOINTS[composed.kind], client.deadline()
    answer = await client.write(endpoint.path, composed.body, request_id(idempotency_key), deadline=deadline)
    if DUPLICATE not in answer.codes or await _is_taken(client, composed, answer):
        return answer
    unique, unchecked = request_id(idempotency_key, "same number"), {"include": "allowduplicatedocnum"}
    return await client.write(endpoint.path, composed.body, unique, unchecked, deadline=deadline)


async def _is_taken(client: QuickBooksClient, composed: Composed, answer: Answer) -> bool:
    """Whether a living document of the same kind has the number, or might have it."""
    kind, number = composed.kind, composed.expected[0].number
    if any(found.live for found in await find_documents(client, kind, [number], "")):
        return True
    told = " ".join(problem.told for problem in answer.problems)
    holder = _HOLDER.search(told)
    if holder is None:
        return True
    if holder["entity"] != ENDPOINTS[kind].entity:
        return False
    row = await client.read_one(holder["entity"], holder["id"])
    return row is not None and not _is_void(kind, row)


async def update(client: QuickBooksClient, composed: Composed, idempotency_key: str) -> Answer:
    """Give an existing document our figures; fields that are not ours stay as people left them.

    Raises as `QuickBooksClient.write`; Stopped(STALE_OBJECT) when somebody changes the document at the same time.
    """
    endpoint, wanted = ENDPOINTS[composed.kind], composed.expected[0]
    ours = decode(composed.body) or {}
    seen: Json | None = None
    for attempt in range(_TRIES):
        row = await client.read_one(endpoint.entity, wanted.ledger_id or "")
        if row is None:
            raise Stopped([_gone(wanted.number)])
        if _is_settled(composed.kind, row) or _is_void(composed.kind, row):
            raise Stopped([Finding("DOCUMENT_PAID", {"number": wanted.number, "ledger": LEDGER})])
        if seen is not None and _said(composed.kind, row) != _said(composed.kind, seen):
            raise Stopped([Finding("STALE_OBJECT", {"number": wanted.number, "ledger": LEDGER})])
        seen = row
        body = wire_bytes(_kept(row) | ours | {"SyncToken": text(row, "SyncToken") or "0"})
        answer = await client.write(endpoint.path, body, request_id(idempotency_key, f"update {attempt}"))
        if STALE not in answer.codes:
            return answer
    raise Stopped(findings(answer.problems, wanted.number, about(wanted)))


async def take_back(client: QuickBooksClient, kind: DocumentKind, ledger_id: str, idempotency_key: str) -> None:
    """Void an invoice; delete a document of another kind, which QuickBooks' API cannot void.

    One that is void or gone is left as it is. QuickBooks would unlink payments without a word, so a document with any stops
    with DOCUMENT_PAID.
    """
    endpoint = ENDPOINTS[kind]
    operation = "void" if endpoint.voidable else "delete"
    for attempt in range(_TRIES):
        row = await client.read_one(endpoint.entity, ledger_id)
        if row is None or _is_void(kind, row):
            return
        number = text(row, "DocNumber") or ledger_id
        if _is_settled(kind, row):
            raise Stopped([Finding("DOCUMENT_PAID", {"number": number, "ledger": LEDGER})])
        body = wire_bytes({"Id": ledger_id, "SyncToken": text(row, "SyncToken") or "0"})
        unique = request_id(idempotency_key, f"{operation} {attempt}")
        answer = await client.write(endpoint.path, body, unique, {"operation": operation})
        if not answer.problems:
            return
        if STALE not in answer.codes:
            break
    raise Stopped(findings(answer.problems, number))


def _kept(row: Json) -> Json:
    return {name: value for name, value in row.items() if name not in OURS and name not in _NOT_SENT}


def _said(kind: DocumentKind, row: Json) -> tuple[object, ...]:
    """What a person would not want to be overwritten: amounts, lines, who and when."""
    party = ENDPOINTS[kind].party
    who = ref(row, party) if party else ""
    lines = [(text(line, "Description"), line.get("Amount")) for line in shown_lines(row)]
    return (amounts(kind, row), lines, who, text(row, "TxnDate"), text(row, "DocNumber"))


def _is_void(kind: DocumentKind, row: Json) -> bool:
    try:
        return is_void(row, amounts(kind, row)[0])
    except UnreadableError as error:
        unreadable(str(error), write=False)


def _is_settled(kind: DocumentKind, row: Json) -> bool:
    if kind is DocumentKind.JOURNAL or row.get("Balance") is None:
        return False
    return amount(row, "Balance") != amounts(kind, row)[0]


def _gone(number: str) -> Finding:
    text_ = "the document was deleted"
    return Finding("LEDGER_REFUSED", {"number": number, "ledger": LEDGER, "text": text_})
