"""Which came first by the vendors' own journal: a bill that names an expense, or the expense's batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.chaos.plan import LANDED
from tests.e2e.vendors import Vendors

from ledgerwire.sandbox.audit.exchanges import read
from ledgerwire.sandbox.audit.quarter.batches import standing_batches

Row = Mapping[str, Any]
_LIVE = frozenset({"AUTHORISED", "PAID"})


def expense_of(line: Row) -> str:
    """The number of the expense that a line of a bill is of."""
    return str(line["Description"]).partition(":")[0]


def too_early(vendors: Vendors, numbers: Mapping[int, str], bills: Iterable[Row]) -> Iterator[str]:
    """Expenses (`numbers` by id) that were batched before the ledger showed a live bill of theirs, one of `bills` that stand now."""
    shown = _shown(vendors)
    since: dict[str, int] = {}
    for bill in bills:
        for number in map(expense_of, bill["LineItems"]):
            moment = shown.get((_guid(bill), number))
            if moment is not None:
                since[number] = min(moment, since.get(number, moment))
    inside = vendors.sandbox.world
    for batch in standing_batches(inside.journal.entries("connectwise", since_seq=inside.seeded_at)):
        for kind, found in batch.records:
            known = numbers.get(int(found)) if kind == "expense" else None
            if known is not None and batch.seq < since.get(known, batch.seq + 1):
                yield f"{known}: {batch.name} came before its bill"


def _shown(vendors: Vendors) -> dict[tuple[str, str], int]:
    """The first answer that a caller could read and that showed a bill live with a line of an expense, by bill and expense."""
    inside = vendors.sandbox.world
    answers = [
        one
        for one in inside.journal.entries("xero", since_seq=inside.seeded_at, kind="http")
        if one.fault not in LANDED and b'"ACCPAY' in one.response_body
    ]
    since: dict[tuple[str, str], int] = {}
    for exchange in read(answers):
        for row in _rows(exchange.response) if exchange.ok else ():
            if row.get("Status") in _LIVE and not row.get("ValidationErrors"):
                for line in row.get("LineItems") or []:
                    since.setdefault((_guid(row), expense_of(line)), exchange.seq)
    return since


def _rows(response: Any) -> Iterator[Row]:
    if isinstance(response, dict):
        for name in ("Invoices", "CreditNotes"):
            yield from response.get(name) or []


def _guid(row: Row) -> str:
    return str(row.get("InvoiceID") or row.get("CreditNoteID"))
