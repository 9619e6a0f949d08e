"""Which rows on an agreement belong to which subscription: ours by our record, others only where there is no doubt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ledgerwire.billing_sync.domain.agreements import Addition, RowValues, Written
from ledgerwire.billing_sync.domain.coverage import Row
from ledgerwire.billing_sync.domain.days import DAY
from ledgerwire.billing_sync.domain.wanted import WantedLine


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
        row = Row(
            found.id if found else None,
            found.values if found else record.values,
            _billed(record, found, uninvoiced_from) if invoiced else (found.values if found else record.values,),
            invoiced,
            owned=True,
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


def _billed(record: Written, found: Addition | None, uninvoiced_from: date) -> tuple[RowValues, ...]:
    """What invoiced days were billed at.

    After a person's edit it is not known which values the invoice saw: those we wrote are taken, so that nothing is billed
    twice; what was billed otherwise shows in the reconciliation.
    """
    values = record.values
    if found is None or found.values != record.values:
        values = billed_until(record, uninvoiced_from)
        return (values,) if record.billed_as is None else _pieces(record.billed_as, values)
    return (values,) if record.billed_as is None else _pieces(record.billed_as, values)


def _pieces(before: RowValues, after: RowValues) -> tuple[RowValues, ...]:
    if before.ends is None:
        return (before,)
    if after.ends is not None and after.ends <= before.ends:
        return (before,)
    return before, replace(after, effective=before.ends + DAY)


def billed_until(record: Written, uninvoiced_from: date) -> RowValues:
    """The values we wrote, up to the last invoiced day."""
    last = uninvoiced_from - DAY
    base = record.billed_as or record.values
    return replace(base, ends=last if base.ends is None or record.billed_as is not None else min(base.ends, last))


def strays_by_product(additions: Iterable[Addition], claimed: set[int], uninvoiced_from: date) -> dict[int, list[Row]]:
    """Rows nobody claimed, by product; one that begins before F is taken for invoiced."""
    strays: dict[int, list[Row]] = defaultdict(list)
    for addition in additions:
        values = addition.values
        if addition.id not in claimed and not values.void:
            invoiced = values.effective < uninvoiced_from
            strays[addition.product_id].append(Row(addition.id, values, (values,), invoiced, owned=False))
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
