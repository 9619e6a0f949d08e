"""Which rows on an agreement belong to which subscription: ours by our record, others only where there is no doubt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ledgerwire.billing_sync.domain.agreements import Addition, Billed, RowValues, Written
from ledgerwire.billing_sync.domain.coverage import Row
from ledgerwire.billing_sync.domain.days import DAY
from ledgerwire.billing_sync.domain.wanted import WantedLine

BILLABLE = "Billable"
"""`billCustomer` of a row that is billed; any other value makes it as good as deleted."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Rows of one line: with our record of them, and what became of them since.

    Attributes:
        rows: rows to plan with (deleted ones that were invoiced included), by charge key ("" for seats).
        edited: rows a person changed since we wrote them.
        deleted: records of rows that are gone.
        known: we have written for this line before.
    """

    rows: tuple[tuple[str, Row], ...]
    edited: tuple[tuple[Written, Row], ...]
    deleted: tuple[Written, ...]
    known: bool


def claim(records: Sequence[Written], additions: Mapping[int, Addition], uninvoiced_from: date) -> Claim:
    """The rows we wrote for a line, as they are now."""
    rows: list[tuple[str, Row]] = []
    edited: list[tuple[Written, Row]] = []
    deleted: list[Written] = []
    for record in records:
        invoiced = record.uninvoiced_from < uninvoiced_from and record.values.effective < uninvoiced_from
        found = additions.get(record.addition_id)
        if found is not None and found.bill_customer != BILLABLE:
            found = None
        row = Row(
            found.id if found else None,
            found.values if found else record.values,
            billed_days(record, uninvoiced_from).pieces if invoiced else (found.values if found else record.values,),
            invoiced,
            owned=True,
            product_id=found.product_id if found else record.product_id,
            seen=record.seen,
        )
        if found is None:
            deleted.append(record)
            if invoiced:
                rows.append((record.charge, row))
            continue
        rows.append((record.charge, row))
        if found.values != record.values:
            edited.append((record, row))
    return Claim(tuple(rows), tuple(edited), tuple(deleted), bool(records))


def billed_days(record: Written, uninvoiced_from: date) -> Billed:
    """What the invoiced days of a row were billed at.

    After a person's edit it is not known which values the invoice saw: those we wrote are taken, so that nothing is billed
    twice; what was billed otherwise shows in the reconciliation.
    """
    last = uninvoiced_from - DAY
    noted, values = record.billed_as, record.values
    if noted is not None:
        values = replace(values, effective=max(values.effective, noted.until + DAY))
    pieces = (*(noted.pieces if noted else ()), values)
    cut = (replace(piece, ends=last if piece.ends is None else min(piece.ends, last)) for piece in pieces)
    return Billed(tuple(piece for piece in cut if piece.ends is not None and piece.effective <= piece.ends), last)


def ours(record: Written) -> RowValues:
    """The values that were last of our own making: a row that a person edited ends with what he made of it."""
    pieces = record.billed_as.pieces if record.billed_as else ()
    return pieces[-1] if pieces else record.values


def strays_by_product(additions: Iterable[Addition], claimed: set[int], uninvoiced_from: date) -> dict[int, list[Row]]:
    """Rows nobody claimed, by product; one that begins before F is taken for invoiced."""
    strays: dict[int, list[Row]] = defaultdict(list)
    for addition in additions:
        values = addition.values
        if addition.id not in claimed and not values.void and addition.bill_customer == BILLABLE:
            invoiced = values.effective < uninvoiced_from
            row = Row(addition.id, values, (values,), invoiced, owned=False, product_id=addition.product_id)
            strays[addition.product_id].append(row)
    return strays


def first_claims(lines: Sequence[WantedLine], strays: list[Row], day: date) -> tuple[dict[str, list[Row]], list[Row]]:
    """Share the open rows of a product among lines that never had one: by seats, where that is beyond doubt.

    Returns the rows of each line and those in doubt (several rows for one line, or no telling which line is meant).
    """
    open_rows = [row for row in strays if row.values.ends is None or row.values.ends >= day]
    if len(lines) == 1 and len(open_rows) <= 1:
        return {lines[0].line: list(open_rows)}, []
    shares: dict[str, list[Row]] = {}
    for line in lines:
        rows = [row for row in open_rows if row.values.quantity == line.seats_now]
        rivals = [other for other in lines if other.seats_now == line.seats_now]
        if len(rows) == 1 and len(rivals) == 1:
            shares[line.line] = rows
    taken = {row.id for rows in shares.values() for row in rows}
    left = [row for row in open_rows if row.id not in taken]
    waiting = [line for line in lines if line.line not in shares]
    if len(left) == 1 and len(waiting) == 1:
        return {**shares, waiting[0].line: left}, []
    return shares, left
