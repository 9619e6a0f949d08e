"""The ledger as it is now: the sales documents of the period, and every document that our rows or ConnectWise name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Protocol, TypeVar

from ledgerwire.accounting.port import FoundDocument, Limits, ReadDocument
from ledgerwire.common.errors import Stopped, Waiting
from ledgerwire.common.ledger.document import SALES, DocumentKind
from ledgerwire.poster.reconciliation.domain.model import SeenDocument

AT_A_TIME = 200
PATIENCE = timedelta(minutes=3)
"""How long one call waits for the budget that poster's own calls use up; a closed connection is not waited for."""
T = TypeVar("T")


class Books(Protocol):
    """What is read of a ledger company; the port has it."""

    limits: Limits

    async def documents_dated(self, kind: DocumentKind, first: date, last: date) -> Sequence[FoundDocument]: ...
    async def find_documents(self, kind: DocumentKind, numbers: Sequence[str]) -> Sequence[FoundDocument]: ...
    async def read_document(self, kind: DocumentKind, ledger_id: str) -> ReadDocument | None: ...


async def read(
    books: Books,
    company: str,
    period: tuple[date, date],
    numbers: Mapping[DocumentKind, Iterable[str]],
    known: Iterable[tuple[DocumentKind, str]],
) -> list[SeenDocument]:
    """Every live document of the period (sales), under these numbers, and with these ids. Raises what the ledger's reads raise.

    A number that the ledger keeps unique and that was just listed is not asked for again.
    """
    found: dict[str, FoundDocument] = {}
    for kind in sorted(SALES):
        for document in await _patiently(partial(books.documents_dated, kind, *period)):
            found[document.ledger_id] = document
    for kind, wanted in numbers.items():
        unique = kind in books.limits.unique_number
        listed = {item.number for item in found.values() if item.kind is kind and item.live} if unique else set()
        for document in await _numbered(books, kind, sorted(set(wanted) - listed - {""})):
            found[document.ledger_id] = document
    for kind, ledger_id in known:
        if ledger_id not in found:
            read_now = await _patiently(partial(books.read_document, kind, ledger_id))
            if read_now is not None:
                found[ledger_id] = read_now.found
    return [_seen(company, item) for item in found.values() if item.live]


async def _numbered(books: Books, kind: DocumentKind, numbers: Sequence[str]) -> list[FoundDocument]:
    found: list[FoundDocument] = []
    for start in range(0, len(numbers), AT_A_TIME):
        some = numbers[start : start + AT_A_TIME]
        try:
            found += await _patiently(partial(books.find_documents, kind, some))
        except Stopped:  # one of them cannot be asked for: the others can, and it was listed if it is of the period
            found += [document for number in some for document in await _single(books, kind, number)]
    return found


async def _single(books: Books, kind: DocumentKind, number: str) -> Sequence[FoundDocument]:
    try:
        return await _patiently(partial(books.find_documents, kind, [number]))
    except Stopped:
        return ()


async def _patiently(call: Callable[[], Awaitable[T]]) -> T:
    waited = timedelta(0)
    while True:
        try:
            return await call()
        except Waiting as error:
            if error.code != "RATE_LIMITED" or error.after is None or waited + error.after > PATIENCE:
                raise
            waited += error.after
            await asyncio.sleep(error.after.total_seconds())


def _seen(company: str, item: FoundDocument) -> SeenDocument:
    return SeenDocument(
        company,
        item.ledger_id,
        item.kind,
        item.number,
        item.document_date,
        item.currency,
        item.total,
        item.draft,
        item.contact_id,
    )
