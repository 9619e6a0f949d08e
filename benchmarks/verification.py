"""The second phase of a measurement: each invoice is looked for in both vendors' books and among our own records."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.e2e.vendors import Vendors

from ledgerwire.common.embedded.process import until

FAULTS = ("lost", "twice", "amount_differs", "unsettled")
SETTLING = 120.0

Rows = Callable[..., Awaitable[Sequence[Any]]]


async def verified(vendors: Vendors, rows: Rows, accounts: Sequence[UUID], ids: Sequence[int]) -> dict[str, int]:
    """How many of these invoices are not there, there twice, there with another total, or not told to be batched.

    Mapper learns of a batch by a message, for which this waits. `rows` asks the database; any of the accounts may have
    taken an invoice, and one only.
    """
    found: dict[str, int] = {}

    async def clean() -> bool:
        nonlocal found
        records = await rows(
            "SELECT source_id, settled_outcome FROM mapper.record WHERE record_type = 'invoice'"
            " AND account_id = ANY ($1) AND source_id = ANY ($2)",
            list(accounts),
            [str(one) for one in ids],
        )
        found = faults(
            {one: (vendors.number(one), Decimal(str(vendors.invoice(one)["total"]))) for one in ids},
            [
                (str(row["InvoiceNumber"]), Decimal(str(row["Total"])))
                for row in vendors.documents()
                if "InvoiceNumber" in row
            ],
            [vendors.batch_name(one) for one in ids],
            [(int(row["source_id"]), row["settled_outcome"]) for row in records],
        )
        return not found["unsettled"]

    await until(clean, seconds=SETTLING, every=0.2)
    return found


def faults(
    wanted: Mapping[int, tuple[str, Decimal]],
    documents: Iterable[tuple[str, Decimal]],
    batches: Iterable[str | None],
    outcomes: Iterable[tuple[int, str | None]],
) -> dict[str, int]:
    """What is wrong with invoices of these numbers and totals, by what the ledger, ConnectWise and mapper hold."""
    held: defaultdict[str, list[Decimal]] = defaultdict(list)
    for number, total in documents:
        held[number].append(total)
    told: defaultdict[int, list[str | None]] = defaultdict(list)
    for invoice, outcome in outcomes:
        told[invoice].append(outcome)
    names = Counter(batches)
    unbatched = names.pop(None, 0)
    return {
        "lost": sum(not held[number] for number, _ in wanted.values()) + unbatched,
        "twice": sum(len(held[number]) > 1 for number, _ in wanted.values()) + sum(n > 1 for n in names.values()),
        "amount_differs": sum(any(one != total for one in held[number]) for number, total in wanted.values()),
        "unsettled": sum(told[invoice] != ["batched"] for invoice in wanted),
    }


def any_fault(figures: Mapping[str, Any]) -> bool:
    """Whether something is wrong by what `verified` found."""
    return any(figures[fault] for fault in FAULTS)
