"""Seats held against rows found: which rows stay, end, change or are new (M20).

Let F be the first day not yet invoiced. Rows that were invoiced keep everything but their end date, and that no earlier
than F-1. Seats of invoiced days that no invoice covers become catch-up rows for the difference only; seats given back in
such days are a credit due, or a negative row where the account wants that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from ledgerwire.billing_sync.domain.agreements import Agreement, RowValues
from ledgerwire.billing_sync.domain.coverage import Difference, Row, clipped, differences, held_on
from ledgerwire.billing_sync.domain.days import DAY
from ledgerwire.billing_sync.domain.moves import Billable, said_moves
from ledgerwire.billing_sync.domain.plan import CreditDue, Reason
from ledgerwire.billing_sync.domain.preview import amount_of_days, days_shown
from ledgerwire.billing_sync.domain.rules import DecreasePolicy, SeatRules
from ledgerwire.billing_sync.domain.wanted import Held, WantedLine
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.money import ZERO


@dataclass(slots=True)
class Outcome:
    """What has to happen to the rows of one line.

    Attributes:
        changed: rows with what they are to say.
        created: new rows.
        left: rows that are right as they are.
    """

    changed: list[tuple[Row, RowValues, Reason]] = field(default_factory=list)
    created: list[tuple[RowValues, Reason]] = field(default_factory=list)
    left: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unclaimed: list[Row] = field(default_factory=list)
    credits: list[CreditDue] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a line is planned: its agreement, F, the rules, and the first day that is compared."""

    agreement: Agreement
    uninvoiced_from: date
    rules: SeatRules
    first: date

    @property
    def movable(self) -> date:
        """The first day on which a fixed row can stop."""
        return max(self.first, self.uninvoiced_from)


def plan_seats(ground: Ground, line: WantedLine, rows: Sequence[Row], strays: Sequence[Row]) -> Outcome:
    """Compare the seats of one line with its rows; `strays` are rows of nobody that may turn out to be what is wanted."""
    held = clipped(line.held, ground.first)
    live = [row for row in rows if _matters(row, ground.first)]
    fixed = [row for row in live if row.invoiced or row.values.effective < ground.first]
    free = [row for row in live if row not in fixed]
    outcome = Outcome()
    kept = _settle_fixed(ground, held, fixed, outcome)
    wants = _wants(ground, line, held, fixed, kept, outcome)
    _match(wants, free, strays, outcome)
    changed = [(row.values, after) for row, after, _ in outcome.changed]
    billable = Billable(ground.movable, ground.agreement.currency)
    outcome.findings += said_moves(billable, line, held, live, changed, [after for after, _ in outcome.created])
    return outcome


def _matters(row: Row, first: date) -> bool:
    """Whether a row is alive, or covers invoiced days that are compared."""
    pieces = (*row.billed, row.values) if row.invoiced else (row.values,)
    return any(not piece.void and (piece.ends is None or piece.ends >= first) for piece in pieces)


def _settle_fixed(ground: Ground, held: Sequence[Held], fixed: Sequence[Row], outcome: Outcome) -> Held | None:
    """Keep the one fixed row that already says what is held from the first movable day on; end the others there."""
    span = held_on(held, ground.movable)
    kept: Held | None = None
    for row in sorted(fixed, key=lambda r: (not r.owned, r.values.effective, r.id or 0)):
        if row.id is None or not row.values.covers(ground.movable):
            if row.id is not None:
                outcome.left.append(row)
            continue
        if span is not None and kept is None and _says(row.values, span):
            kept = span
            _end_at(row, span.ends, _ending(span, held), outcome)
        else:
            _end_at(row, ground.movable - DAY, _why_ended(row.values, span), outcome)
    return kept


def _says(values: RowValues, span: Held) -> bool:
    said = (values.quantity, values.unit_price, values.unit_cost)
    return not values.less_included and said == (span.quantity, span.unit_price, span.unit_cost)


def _end_at(row: Row, ends: date | None, reason: Reason, outcome: Outcome) -> None:
    if row.values.ends == ends:
        outcome.left.append(row)
    else:
        outcome.changed.append((row, replace(row.values, ends=ends), reason))


def _ending(span: Held, held: Sequence[Held]) -> Reason:
    if span.ends is None:
        return Reason.REPAIRED
    after = held_on(held, span.ends + DAY)
    return Reason.CANCELLED if after is None else after.reason


def _why_ended(values: RowValues, span: Held | None) -> Reason:
    if span is None:
        return Reason.CANCELLED
    if span.quantity != values.billed:
        return Reason.SEATS_ADDED if span.quantity > values.billed else Reason.SEATS_REMOVED
    if span.unit_price != values.unit_price:
        return Reason.PRICE_CHANGED
    return Reason.COST_CHANGED if span.unit_cost != values.unit_cost else Reason.DUPLICATE


def _wants(
    ground: Ground,
    line: WantedLine,
    held: Sequence[Held],
    fixed: Sequence[Row],
    kept: Held | None,
    outcome: Outcome,
) -> list[tuple[RowValues, Reason]]:
    future = [replace(s, starts=max(s.starts, ground.movable)) for s in held if s is not kept]
    future = [s for s in future if s.ends is None or s.ends >= s.starts]
    wants = [(values_of(s), s.reason) for s in future]
    past = differences(held, fixed, line.settled, ground.first, ground.uninvoiced_from - DAY)
    for piece in past:
        if piece.quantity > 0 and piece.held is not None:
            wants.append(_catch_up(piece, piece.held))
        elif (row := _credit(ground, line, piece, fixed, outcome)) is not None:
            wants.append((row, Reason.CREDIT))
    return _joined(wants, ground.uninvoiced_from)


def _catch_up(piece: Difference, span: Held) -> tuple[RowValues, Reason]:
    row = RowValues(piece.quantity, span.unit_price, span.unit_cost, piece.starts, piece.ends)
    return row, span.reason if piece.quantity == span.quantity else Reason.CATCH_UP


def _joined(wants: list[tuple[RowValues, Reason]], uninvoiced_from: date) -> list[tuple[RowValues, Reason]]:
    """A catch-up of all seats and the row that goes on with them from F are one row (a late start)."""
    ordered = sorted(wants, key=lambda want: (want[0].effective, want[0].quantity))
    for index, (after, _) in enumerate(ordered):
        for before, reason in ordered[:index]:
            meets = after.effective == uninvoiced_from and before.ends == uninvoiced_from - DAY
            if meets and replace(before, effective=after.effective, ends=after.ends) == after:
                rest = [want for want in ordered if want[0] is not before and want[0] is not after]
                return sorted([*rest, (replace(before, ends=after.ends), reason)], key=lambda w: w[0].effective)
    return ordered


def values_of(span: Held) -> RowValues:
    """The row that says what a span says."""
    return RowValues(span.quantity, span.unit_price, span.unit_cost, span.starts, span.ends)


def _credit(
    ground: Ground, line: WantedLine, piece: Difference, fixed: Sequence[Row], outcome: Outcome
) -> RowValues | None:
    pieces = [p for row in fixed for p in row.billed if p.covers(piece.starts) and p.quantity > 0]
    billed = max(pieces, key=lambda p: p.effective, default=None)
    if billed is None:
        return None
    amount = amount_of_days(piece.quantity, billed.unit_price, piece.starts, piece.ends)
    if ground.rules.decreases is DecreasePolicy.NEGATIVE_ROW:
        return RowValues(piece.quantity, billed.unit_price, billed.unit_cost, piece.starts, piece.ends)
    due = CreditDue(
        ground.agreement.id,
        line.line,
        line.customer,
        line.name,
        piece.starts,
        piece.ends,
        -piece.quantity,
        -amount,
        ground.agreement.currency,
    )
    outcome.credits.append(due)
    outcome.findings.append(credit_due(due, ground.agreement))
    return None


def credit_due(due: CreditDue, agreement: Agreement) -> Finding:
    """A credit as the clerk reads it."""
    return Finding(
        "BS_CREDIT_DUE",
        {
            "customer": due.customer,
            "product": due.product,
            "amount": f"{due.amount:,.2f} {due.currency}".strip(),
            "seats": f"{due.quantity.normalize():f}",
            "days": days_shown(due.starts, due.ends),
            "agreement": agreement.name,
        },
    )


def _match(wants: list[tuple[RowValues, Reason]], free: Sequence[Row], strays: Sequence[Row], outcome: Outcome) -> None:
    """Give each wanted row the row that is closest to it; what is left over is created, and rows left over are voided."""
    open_wants, rows = list(wants), [row for row in free if row.id is not None]
    others = list(strays)
    for pool in (rows, others):
        for row in list(pool):
            exact = next((want for want in open_wants if want[0] == row.values), None)
            if exact is not None:
                open_wants.remove(exact)
                pool.remove(row)
                outcome.left.append(row)
    for closeness in (_same_start, _same_seats, _any):
        for want in list(open_wants):
            near = next((r for r in rows if closeness(want[0], r.values)), None)
            if near is not None:
                open_wants.remove(want)
                rows.remove(near)
                outcome.changed.append((near, want[0], want[1]))
    outcome.created += open_wants
    for row in rows:
        if not row.values.void:
            void = replace(row.values, quantity=ZERO, less_included=ZERO, ends=row.values.effective)
            outcome.changed.append((row, void, Reason.DUPLICATE if wants else Reason.NOT_SOLD))
    outcome.unclaimed = [row for row in others if not row.values.void]


def _same_start(want: RowValues, row: RowValues) -> bool:
    return want.effective == row.effective and (want.quantity > 0) == (row.quantity > 0)


def _same_seats(want: RowValues, row: RowValues) -> bool:
    return want.quantity == row.quantity


def _any(want: RowValues, row: RowValues) -> bool:
    return (want.quantity > 0) == (row.quantity > 0)
