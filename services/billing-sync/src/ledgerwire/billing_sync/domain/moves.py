"""Where the price or the cost of seats moves: said once, with the plan that writes it, and what of it no invoice bills.

Rows that were invoiced keep their price, and days that are invoiced are not billed again for it: a new price begins on the
first day that can still be written. What the days before come to is told, level by level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from ledgerwire.billing_sync.domain.agreements import RowValues
from ledgerwire.billing_sync.domain.coverage import Row, held_on
from ledgerwire.billing_sync.domain.days import DAY, FAR
from ledgerwire.billing_sync.domain.preview import amount_of_days, days_shown
from ledgerwire.billing_sync.domain.wanted import Held, WantedLine
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.money import ZERO

Money = Callable[[Held | RowValues], Decimal]


@dataclass(frozen=True, slots=True)
class Move:
    """From one price (or cost) to another on a day.

    Attributes:
        ends: the last day of the new one, `FAR` while it goes on.
        base: what days from `starts` on were taken to be at so far; None where no day before today is in question.
    """

    starts: date
    ends: date
    old: Decimal
    new: Decimal
    base: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Billable:
    """What is not invoiced yet.

    Attributes:
        since: the first day on which a row can still say another price.
        currency: of the agreement.
    """

    since: date
    currency: str


def said_moves(
    billable: Billable,
    line: WantedLine,
    held: Sequence[Held],
    live: Sequence[Row],
    changed: Sequence[tuple[RowValues, RowValues]],
    created: Sequence[RowValues],
) -> Iterator[Finding]:
    """The moves that a plan writes; nothing where it writes nothing.

    Args:
        billable: from which day a row can still say another price.
        line: whose seats they are.
        held: its seats by day.
        live: its rows before the plan.
        changed: rows as they are, and as they are to be.
        created: new rows.
    """
    before = max((row.values for row in live if row.values.quantity > 0), key=lambda row: row.effective, default=None)
    written = [row for row in (*(after for _, after in changed), *created) if row.quantity > 0]
    names = {"customer": line.customer, "product": line.name}
    for code, money in (("BS_RETAIL_PRICE_CHANGED", _price), ("BS_COST_PRICE_CHANGED", _cost)):
        moves = (
            list(_moves(billable, held, before, written, money)) if before is not None and (changed or created) else []
        )
        known = {(move.old, move.new) for move in moves}
        for old, new in changed:
            in_place = new.effective == old.effective and old.quantity > 0 and new.quantity > 0
            if in_place and money(old) != money(new) and (money(old), money(new)) not in known:
                moves.append(Move(new.effective, FAR, money(old), money(new)))
        for move in moves:
            told = {**names, "old": str(move.old), "new": str(move.new), "date": f"{move.starts:%d %b %Y}"}
            if money is _price:
                told["billed"] = _billed(billable, move, held, live)
            yield Finding(code, told)


def _price(said: Held | RowValues) -> Decimal:
    return said.unit_price


def _cost(said: Held | RowValues) -> Decimal:
    return said.unit_cost


def _moves(
    billable: Billable, held: Sequence[Held], before: RowValues, written: Sequence[RowValues], money: Money
) -> Iterator[Move]:
    """What is new to the row that was written last: levels after the one it was written for, or another rule."""
    now, levels = money(before), _levels(held, money)
    at = max((n for n, each in enumerate(levels) if each.new == now and each.starts <= before.effective), default=None)
    if at is None and not _begins_later(held, before, money):
        yield from _by_rule(billable, before, written, money)
        return
    old = now
    for move in levels if at is None else levels[at + 1 :]:
        writes = any(row.effective >= before.effective and money(row) == move.new for row in written)
        back = move.new == now and not writes
        if move.new != old and not back and (writes or move.starts < billable.since):
            yield Move(move.starts, move.ends, old, move.new, now)
        old = move.new


def _levels(held: Sequence[Held], money: Money) -> list[Move]:
    """The stretches of days at one price; `old` is that of the one before."""
    found: list[Move] = []
    for span in held:
        new, ends = money(span), span.ends or FAR
        if found and found[-1].new == new:
            found[-1] = Move(found[-1].starts, ends, found[-1].old, new)
        else:
            found.append(Move(span.starts, ends, found[-1].new if found else new, new))
    return found


def _begins_later(held: Sequence[Held], before: RowValues, money: Money) -> bool:
    """Whether the source tells of days after the row's beginning only, and of another cost, which a price follows."""
    if not held or held[0].starts <= before.effective:
        return False
    return money is _cost or held[0].unit_cost != before.unit_cost


def _by_rule(billable: Billable, before: RowValues, written: Sequence[RowValues], money: Money) -> Iterator[Move]:
    """No day at the source tells of this: the account's rule is another one, from the first day that is written by it."""
    old = money(before)
    for row in sorted(written, key=lambda row: row.effective):
        goes_on = row.ends is None or row.ends >= billable.since
        if goes_on and row.effective >= before.effective and money(row) != old:
            yield Move(row.effective, FAR, old, money(row))
            old = money(row)


def _billed(billable: Billable, move: Move, held: Sequence[Held], live: Sequence[Row]) -> str:
    """From which day a price is billed, and what of it no invoice bills."""
    last = min(move.ends, billable.since - DAY)
    missed = ZERO if move.base is None else _missed(held, live, move.starts, last, move.new - move.base)
    if not missed:
        return f"billed from {move.starts:%d %b %Y} on"
    amount, days = f"{abs(missed):,.2f} {billable.currency}".strip(), days_shown(move.starts, last)
    rest = f"{amount} for {days} is not billed" if missed > 0 else f"{amount} too much is billed for {days}"
    return f"billed from {billable.since:%d %b %Y} on, and {rest}" if move.ends >= billable.since else rest


def _missed(held: Sequence[Held], live: Sequence[Row], first: date, last: date, difference: Decimal) -> Decimal:
    """A difference in price for the seats that invoices billed on these days; seats added since bill the new price."""
    rows = [row for row in live if row.invoiced]
    begins = {each.starts for each in held} | {piece.effective for row in rows for piece in row.billed}
    ends = {each.ends for each in held} | {piece.ends for row in rows for piece in row.billed}
    cuts = {first, last + DAY, *begins, *(day + DAY for day in ends if day is not None)}
    pieces: list[tuple[date, date, Decimal]] = []
    for begin, after in pairwise(sorted(cut for cut in cuts if first <= cut <= last + DAY)):
        span = held_on(held, begin)
        seats = min(span.quantity if span else ZERO, sum((row.billed_on(begin) for row in rows), ZERO))
        starts = pieces.pop()[0] if pieces and pieces[-1][2] == seats else begin
        pieces.append((starts, after - DAY, seats))
    return sum((amount_of_days(seats, difference, *days) for *days, seats in pieces if seats > 0), ZERO)
