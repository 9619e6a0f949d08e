"""Seats by day: what is held, what invoiced days were billed for, and the difference between the two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from ledgerwire.billing_sync.domain.agreements import RowValues, Seen
from ledgerwire.billing_sync.domain.days import DAY
from ledgerwire.billing_sync.domain.wanted import CreditGiven, Held
from ledgerwire.common.money import ZERO


@dataclass(frozen=True, slots=True)
class Row:
    """An addition as the planner sees it.

    Attributes:
        id: None for a row that was invoiced and has been deleted since: it still covers its days.
        values: the row now.
        billed: what its days are or were billed at, piece by piece.
        owned: we wrote it (or took it over).
        product_id: what it bills.
        seen: of a mirrored charge, seats that it counts since a change was put into it.
    """

    id: int | None
    values: RowValues
    billed: tuple[RowValues, ...]
    invoiced: bool
    owned: bool
    product_id: int = 0
    seen: tuple[Seen, ...] = ()

    def billed_on(self, day: date) -> Decimal:
        """Seats billed for a day."""
        return sum((piece.billed for piece in self.billed if piece.covers(day)), ZERO)


@dataclass(frozen=True, slots=True)
class Difference:
    """Days that are invoiced, with more (positive) or fewer seats held than were billed."""

    starts: date
    ends: date
    quantity: Decimal
    held: Held | None


def clipped(held: Sequence[Held], first: date) -> list[Held]:
    """Spans from a day on, neighbours that say the same made one."""
    kept: list[Held] = []
    for span in held:
        starts = max(span.starts, first)
        if (span.ends is None or span.ends >= starts) and span.quantity != 0:
            kept.append(replace(span, starts=starts))
    return merged(kept)


def cut(span: Held, days: Sequence[date]) -> list[Held]:
    """A span as pieces that begin on these days."""
    begins = [span.starts, *sorted({d for d in days if d > span.starts and (span.ends is None or d <= span.ends)})]
    ends = [*(begin - DAY for begin in begins[1:]), span.ends]
    return [replace(span, starts=first, ends=last) for first, last in zip(begins, ends, strict=True)]


def merged(spans: Iterable[Held]) -> list[Held]:
    """Neighbouring spans of the same seats, cost and price as one."""
    result: list[Held] = []
    for span in spans:
        last = result[-1] if result else None
        if last is not None and last.ends is not None and last.ends + DAY == span.starts and same(last, span):
            result[-1] = replace(last, ends=span.ends)
        else:
            result.append(span)
    return result


def same(one: Held, other: Held) -> bool:
    """The same seats at the same money."""
    return (one.quantity, one.unit_cost, one.unit_price) == (other.quantity, other.unit_cost, other.unit_price)


def held_on(held: Iterable[Held], day: date) -> Held | None:
    """The span in force on a day."""
    return next((s for s in held if s.starts <= day and (s.ends is None or day <= s.ends)), None)


def differences(
    held: Sequence[Held], fixed: Sequence[Row], settled: Sequence[CreditGiven], first: date, last: date
) -> list[Difference]:
    """Where seats held and seats billed differ within invoiced days [first, last], neighbours made one."""
    if first > last:
        return []
    cuts = {first, last + DAY}
    for starts, ends in (
        *((s.starts, s.ends) for s in held),
        *((piece.effective, piece.ends) for row in fixed for piece in row.billed),
        *((c.starts, c.ends) for c in settled),
    ):
        cuts.add(starts)
        if ends is not None:
            cuts.add(ends + DAY)
    edges = sorted(cut for cut in cuts if first <= cut <= last + DAY)
    found: list[Difference] = []
    for begin, after in pairwise(edges):
        span = held_on(held, begin)
        billed = sum((row.billed_on(begin) for row in fixed), ZERO)
        credited = sum((c.quantity for c in settled if not c.charge and c.starts <= begin <= c.ends), ZERO)
        missing = (span.quantity if span else ZERO) - billed + credited
        if missing:
            _extend(found, Difference(begin, after - DAY, missing, span))
    return found


def _extend(found: list[Difference], piece: Difference) -> None:
    last = found[-1] if found else None
    if (
        last is not None
        and last.ends + DAY == piece.starts
        and last.quantity == piece.quantity
        and (last.held is piece.held or (last.held and piece.held and same(last.held, piece.held)))
    ):
        found[-1] = replace(last, ends=piece.ends)
    else:
        found.append(piece)
