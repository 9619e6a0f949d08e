"""What our own records say of days on which the source is silent: since when seats changed, and which product they were.

A source may tell only what holds now. A change it gives no day for is taken from the day it is first seen on, never from the
start of the subscription; what was held before is what we wrote. Likewise days on which a row of another product stands are
that product's: a subscription that changes its product ends one row and begins another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from ledgerwire.billing_sync.domain.agreements import RowValues, Seen, Written
from ledgerwire.billing_sync.domain.coverage import held_on, merged
from ledgerwire.billing_sync.domain.days import DAY, FAR
from ledgerwire.billing_sync.domain.plan import Reason
from ledgerwire.billing_sync.domain.wanted import Held, WantedLine
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.money import ZERO

Days = tuple[date, date]
"""A stretch of days, both counted; `FAR` for no end."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """A line with the days that our records know better.

    Attributes:
        line: the seats billed as the product it is now.
        former: the seats of days on which rows of other products stand, one line for each.
        seen: the change that was taken from the day it was seen on, None where there is none.
    """

    line: WantedLine
    former: tuple[WantedLine, ...] = ()
    seen: Seen | None = None

    @property
    def lines(self) -> tuple[WantedLine, ...]:
        return (self.line, *self.former)


def recalled(line: WantedLine, records: Sequence[Written], today: date, uninvoiced_from: date) -> Recalled:
    """Give each day of a line the seats and the product that hold there.

    Args:
        line: what the source asks for.
        records: ours of this line on its agreement.
        today: the day on which the source was read.
        uninvoiced_from: F (M20): a product changes there, or today if that is later, where no charge tells the day.
    """
    seats = [record for record in records if not record.charge]
    line, seen = _dated(line, seats, today, uninvoiced_from)
    owned = _owned(line, seats, line.product_from or max(today, uninvoiced_from))
    if not owned:
        return Recalled(line, (), seen)
    former = tuple(_of_product(line, product_id, days) for product_id, days in sorted(owned.items()))
    theirs = [stretch for days in owned.values() for stretch in days]
    follows = {last + DAY for _, last in theirs}
    rest = tuple(
        replace(span, reason=Reason.UPGRADED) if span.starts in follows else span
        for span in _within(line.held, _without(theirs))
    )
    settled = tuple(given for given in line.settled if given.product_id in {0, line.product_id})
    return Recalled(replace(line, held=rest, settled=settled), former, seen)


def day_unknown(line: WantedLine, seen: Seen, before: Decimal) -> Finding:
    """What a clerk reads of a change whose day the source does not tell."""
    seats = {"expected": f"{seen.quantity.normalize():f}", "found": f"{before.normalize():f}"}
    params = {"customer": line.customer, "product": line.name, "date": f"{seen.starts:%d %b %Y}"}
    return Finding("BS_CHANGE_DAY_UNKNOWN", {**params, **seats})


def remembered(records: Iterable[Written]) -> list[Held]:
    """Seats by day as we wrote them; days on which we were told that there are none are a span of none."""
    records = list(records)
    pieces = [piece for record in records for piece in _pieces(record) if not piece.void]
    seen = sorted((each for record in records for each in record.seen), key=lambda each: each.starts)
    cuts = {day for piece in pieces for day in (piece.effective, _after(piece.ends))}
    cuts |= {day for each in seen for day in (each.starts, _after(each.ends))}
    spans = []
    for starts, after in pairwise(sorted(cuts)):
        span = _span(starts, after, pieces, seen)
        if span.quantity > 0 or any(each.starts <= starts <= each.ends for each in seen):
            spans.append(span)
    return merged(spans)


def _span(starts: date, after: date, pieces: Sequence[RowValues], seen: Sequence[Seen]) -> Held:
    there = [piece for piece in pieces if piece.covers(starts)]
    told = [each.quantity for each in seen if each.starts <= starts <= each.ends]
    quantity = told[-1] if told else sum((piece.billed for piece in there), ZERO)
    positive = [piece for piece in there if piece.quantity > 0] or [piece for piece in pieces if piece.quantity > 0]
    money = max(positive, key=lambda piece: piece.effective, default=None)
    cost, price = (money.unit_cost, money.unit_price) if money else (ZERO, ZERO)
    return Held(starts, None if after == FAR else after - DAY, quantity, cost, price)


def _pieces(record: Written) -> list[RowValues]:
    """A row as it was billed, and as it goes on."""
    noted, values = record.billed_as, record.values
    if noted is None:
        return [values]
    later = replace(values, effective=max(values.effective, noted.until + DAY))
    return [*noted.pieces, *([later] if later.ends is None or later.ends >= later.effective else [])]


def _after(ends: date | None) -> date:
    return FAR if ends is None else ends + DAY


def _dated(
    line: WantedLine, records: Sequence[Written], today: date, uninvoiced_from: date
) -> tuple[WantedLine, Seen | None]:
    """The line with a day for the change that has none."""
    unsure = line.unsure
    if unsure is None or not records:
        return line, None
    history = _within(remembered(records), [(unsure.starts, FAR)])
    if not history or history[0].starts > today:
        return line, None
    now = held_on(line.held, unsure.starts)
    starts, changed = _changed_on(line, history, now, today)
    before = [span for span in line.held if span.starts < unsure.starts]
    opening = replace(history[0], starts=unsure.starts)
    past = _within([opening, *history[1:]], [(unsure.starts, min(starts - DAY, unsure.ends or FAR))])
    after = [] if now is None or (now.ends is not None and now.ends < starts) else [replace(now, starts=starts)]
    seen = Seen(starts, max(starts, uninvoiced_from - DAY), now.quantity if now else ZERO) if changed else None
    held = [span for span in (*before, *past, *after) if span.quantity > 0]
    return replace(line, held=tuple(merged(held))), seen


def _changed_on(line: WantedLine, history: Sequence[Held], now: Held | None, today: date) -> tuple[date, bool]:
    """The day from which what the source shows holds, and whether that is a change first seen now."""
    said = held_on(history, today)
    if said is None:
        last = [span for span in history if span.ends is not None and span.ends < today]
        if now is not None and last and last[-1].ends is not None and last[-1].quantity == now.quantity:
            return last[-1].ends + DAY, False
        return today, now is not None
    if said.quantity != (now.quantity if now else ZERO):
        return today, True
    if now is None:
        return said.starts, False
    if line.updates_price and said.unit_price != now.unit_price:
        return today, False
    return said.starts, False


def _owned(line: WantedLine, records: Sequence[Written], until: date) -> dict[int, list[Days]]:
    """Stretches of days before `until` on which rows of other products stand, by product."""
    owned: dict[int, list[Days]] = defaultdict(list)
    for record in records:
        values = record.values
        if record.product_id in {0, line.product_id} or values.void:
            continue
        stretch = values.effective, min(values.ends or FAR, until - DAY)
        owned[record.product_id] += [stretch] if stretch[0] <= stretch[1] else []
        owned.setdefault(record.product_id, [])
    return dict(owned)


def _of_product(line: WantedLine, product_id: int, days: Sequence[Days]) -> WantedLine:
    """The seats of days on which the rows are another product's, at the money of those rows."""
    return replace(
        line,
        product_id=product_id,
        name=f"product {product_id}",
        held=tuple(replace(span, cost_known=False) for span in _within(line.held, _joined(days))),
        charges=(),
        findings=(),
        updates_price=False,
        settled=tuple(given for given in line.settled if given.product_id == product_id),
        unsure=None,
    )


def _joined(days: Iterable[Days]) -> list[Days]:
    joined: list[Days] = []
    for first, last in sorted(days):
        if joined and first <= joined[-1][1] + DAY:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return joined


def _without(days: Iterable[Days]) -> list[Days]:
    """All days but these."""
    left: list[Days] = []
    begin = date.min
    for first, last in _joined(days):
        if begin < first:
            left.append((begin, first - DAY))
        begin = last + DAY
    return [*left, (begin, FAR)]


def _within(spans: Iterable[Held], days: Sequence[Days]) -> list[Held]:
    """The parts of spans that lie on these days."""
    parts = []
    for span in spans:
        for first, last in days:
            starts, ends = max(span.starts, first), min(span.ends or FAR, last)
            if starts <= ends:
                parts.append(replace(span, starts=starts, ends=None if ends == FAR else ends))
    return parts
