"""Which document of the ledger stands for which record: by id where we made it, else by number. Pure.

A document belongs to one record at most. Ids come first: they hold whatever somebody renumbered. Then sales documents go by
number, which is the invoice's own, so that a document that our rows have forgotten (a restored database) is found again.
Numbers of bills and journals repeat, so there kind, number and total must all agree with a document that is wanted; one that
is like a document that is there already, of the same contact and day too, is that document once more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from ledgerwire.common.ledger.document import SALES
from ledgerwire.poster.reconciliation.domain.model import (
    INVOICE,
    ClosedRecord,
    OwnDocument,
    OwnRecord,
    SeenDocument,
)

_DIGIT = re.compile(r"\d")


@dataclass(slots=True)
class Placed:
    """The ledger's documents, each in one place: with a closed record, left by choice, of another record of ours, or rest."""

    of: dict[UUID, list[SeenDocument]] = field(default_factory=dict)
    by_choice: list[SeenDocument] = field(default_factory=list)
    of_others: list[tuple[UUID, SeenDocument]] = field(default_factory=list)
    rest: list[SeenDocument] = field(default_factory=list)
    by_id: set[tuple[str, str]] = field(default_factory=set)
    """Keys of those that a posting of ours names by its id."""


def place(
    records: Sequence[ClosedRecord],
    own: Mapping[UUID, OwnRecord],
    postings: Iterable[OwnDocument],
    seen: Iterable[SeenDocument],
) -> Placed:
    """Give every document its place."""
    placed = Placed()
    closed = {record.record_id for record in records}
    claims = {(item.company, item.ledger_id): item for item in postings}
    free: list[SeenDocument] = []
    for document in {item.key: item for item in seen}.values():
        claim = claims.get(document.key)
        if claim is not None:
            placed.by_id.add(document.key)
        if claim is None:
            free.append(document)
        elif not claim.counts:
            placed.by_choice.append(document)
        elif claim.record_id in closed:
            placed.of.setdefault(claim.record_id, []).append(document)
        else:
            placed.of_others.append((claim.record_id, document))
    for document in free:
        record_id = _by_number(document, records, placed) or _wanted(document, records, own, placed)
        record_id = record_id or _copied(document, placed)
        if record_id is None:
            placed.rest.append(document)
        else:
            placed.of.setdefault(record_id, []).append(document)
    return placed


def _by_number(document: SeenDocument, records: Sequence[ClosedRecord], placed: Placed) -> UUID | None:
    """The invoice of this number; of several the one whose amount it is, or that has none yet."""
    if document.kind not in SALES:
        return None
    named = [
        record
        for record in records
        if record.record_type == INVOICE
        and record.company == document.company
        and same_number(record.number, document.number)
    ]
    ordered = sorted(
        named,
        key=lambda one: (one.record_id in placed.of, one.total != document.amount, not one.batched, one.source_id),
    )
    return ordered[0].record_id if ordered else None


def _wanted(
    document: SeenDocument, records: Sequence[ClosedRecord], own: Mapping[UUID, OwnRecord], placed: Placed
) -> UUID | None:
    """The record that wants exactly this document and lacks it."""
    for record in records:
        known = own.get(record.record_id)
        if known is None or not known.wanted or record.company != document.company:
            continue
        there = [item.as_wanted for item in placed.of.get(record.record_id, ())]
        lacking = [item for item in known.wanted if item not in there]
        if any(item.kind not in SALES and item == document.as_wanted for item in lacking):
            return record.record_id
    return None


def _copied(document: SeenDocument, placed: Placed) -> UUID | None:
    """The record that has a document the like of this in all that people see of it: it stands there twice."""
    if document.kind in SALES:
        return None
    alike = (
        record_id for record_id, documents in placed.of.items() if any(item.looks_like(document) for item in documents)
    )
    return next(alike, None)


def same_number(one: str, other: str) -> bool:
    """Whether two numbers are the same to people."""
    return one.strip().casefold() == other.strip().casefold()


def shape(number: str) -> str:
    """How a number is written: every digit as `#`. `INV-1042` and `INV-9999` have one shape."""
    return _DIGIT.sub("#", number.strip().casefold())


def strangers(placed: Placed, numbers: Iterable[str]) -> list[SeenDocument]:
    """Sales documents that none of our rows knows and whose number is written like one of `numbers` (ConnectWise's and ours).

    A bookkeeper's own invoices have numbers of another shape and are none of our business. Bills and journals bear the
    vendor's numbers and ours inside a text: without a mark of ours nothing can be said of them.
    """
    shapes = {shape(number) for number in numbers}
    return [item for item in placed.rest if item.kind in SALES and shape(item.number) in shapes]
