"""The second phase of a measurement: each invoice is looked for in both vendors' books and among our own records."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.e2e.vendors import Vendors, number_of

from ledgerwire.common.embedded.process import until
from ledgerwire.sandbox.audit.quarter.batches import Key, standing_batches

FAULTS = ("lost", "twice", "shared", "unexpected", "amount_differs", "unsettled")
SETTLING = 120.0

Rows = Callable[..., Awaitable[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Books:
    """What both vendors hold.

    Attributes:
        documents: number and total of each document that stands in the ledger.
        batches: what each batch in ConnectWise names, by kind and id; whether or not a record points to it.
        marked: the invoices that bear a batch.
        others: the numbers of closed invoices, by id, that may stand there too and are not looked for.
    """

    documents: Sequence[tuple[str, Decimal]]
    batches: Sequence[Sequence[Key]]
    marked: Collection[int]
    others: Mapping[int, str] = field(default_factory=dict)


async def verified(vendors: Vendors, rows: Rows, accounts: Sequence[UUID], ids: Sequence[int]) -> dict[str, int]:
    """How many of these invoices are not there, there twice, with another total, in a batch with others, or not told to be batched.

    Beside them, how many documents and batches are there that belong to no closed invoice. Mapper learns of a batch by a
    message, for which this waits. `rows` asks the database; any of the accounts may have taken an invoice, and one only.
    """
    outcomes: list[tuple[int, str | None]] = []

    async def settled() -> bool:
        nonlocal outcomes
        records = await rows(
            "SELECT source_id, settled_outcome FROM mapper.record WHERE record_type = 'invoice'"
            " AND account_id = ANY ($1) AND source_id = ANY ($2)",
            list(accounts),
            [str(one) for one in ids],
        )
        outcomes = [(int(row["source_id"]), row["settled_outcome"]) for row in records]
        return not _unsettled(ids, outcomes)

    await until(settled, seconds=SETTLING, every=0.2)
    wanted = {one: (vendors.number(one), Decimal(str(vendors.invoice(one)["total"]))) for one in ids}
    return faults(wanted, _books(vendors, ids), outcomes)


def _books(vendors: Vendors, ids: Sequence[int]) -> Books:
    inside = vendors.sandbox.world
    standing = standing_batches(inside.journal.entries("connectwise", since_seq=inside.seeded_at))
    return Books(
        documents=[(number_of(row), Decimal(str(row["Total"]))) for row in vendors.documents()],
        batches=[batch.records for batch in standing],
        marked={one for one in ids if vendors.batch_name(one) is not None},
        others={one: vendors.number(one) for one in set(vendors.psa.state.closed_at).difference(ids)},
    )


def faults(
    wanted: Mapping[int, tuple[str, Decimal]], books: Books, outcomes: Iterable[tuple[int, str | None]]
) -> dict[str, int]:
    """What is wrong with invoices of these numbers and totals, by what the ledger, ConnectWise and mapper hold."""
    held: defaultdict[str, list[Decimal]] = defaultdict(list)
    for number, total in books.documents:
        held[number].append(total)
    named = Counter(key for batch in books.batches for key in set(batch))
    numbers = {number for number, _ in wanted.values()}
    known = {("invoice", str(one)) for one in (*wanted, *books.others)}
    unbatched = sum(one not in books.marked or not named["invoice", str(one)] for one in wanted)
    expected = numbers.union(books.others.values())
    strange = [number for number, _ in books.documents if number not in expected]
    return {
        "lost": sum(not held[number] for number in numbers) + unbatched,
        "twice": sum(len(totals) > 1 for totals in held.values()) + sum(n > 1 for n in named.values()),
        "shared": sum(len(set(batch)) > 1 for batch in books.batches),
        "unexpected": len(strange) + sum(not known.intersection(batch) for batch in books.batches),
        "amount_differs": sum(any(one != total for one in held[number]) for number, total in wanted.values()),
        "unsettled": _unsettled(wanted, outcomes),
    }


def _unsettled(wanted: Iterable[int], outcomes: Iterable[tuple[int, str | None]]) -> int:
    """How many are not told to be batched by one record each."""
    told: defaultdict[int, list[str | None]] = defaultdict(list)
    for invoice, outcome in outcomes:
        told[invoice].append(outcome)
    return sum(told[invoice] != ["batched"] for invoice in wanted)


def any_fault(figures: Mapping[str, Any]) -> bool:
    """Whether something is wrong by what `verified` found."""
    return any(figures[fault] for fault in FAULTS)
