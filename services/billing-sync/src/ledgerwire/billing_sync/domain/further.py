"""What is still to be billed of a charge that has rows: the whole of it, or the difference to what stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ledgerwire.billing_sync.domain.agreements import RowValues, Seen
from ledgerwire.billing_sync.domain.coverage import Row
from ledgerwire.billing_sync.domain.days import DAY, days_between
from ledgerwire.billing_sync.domain.mirrored import JOINT, Group, amount, cost, values_of, was
from ledgerwire.billing_sync.domain.plan import CreditDue, Reason
from ledgerwire.billing_sync.domain.pricing import share_of_term
from ledgerwire.billing_sync.domain.wanted import Charge, CreditGiven, WantedLine
from ledgerwire.common.money import ZERO


@dataclass(frozen=True, slots=True)
class Due:
    """What is still to be billed.

    Attributes:
        row: as a row; its amount is negative where more stands than is charged.
        target: the open row that is to say so, None for a new one.
        seats: given back or added, for the clerk.
        settled: everything stands as it should.
        joins: key of the change that is put into the target beside what it is for.
        seen: the seats that the target counts then.
    """

    row: RowValues
    target: Row | None = None
    seats: Decimal = ZERO
    settled: bool = False
    joins: str = ""
    seen: tuple[Seen, ...] = ()


def due_of(line: WantedLine, group: Group) -> Due:
    """What of these charges no row says yet, credits that a person settled taken into account."""
    if group.lead.closed and group.rows:
        return Due(values_of(group.lead), settled=True)
    charge = _at_its_price(line, group)
    if not group.rows:
        return Due(_as_one(group, charge), seats=charge.seats)
    if _stands(line, group):
        return Due(values_of(charge), settled=True)
    if charge.changed_on is not None and charge.ends is not None and group.base() is not None:
        return _since_change(line, group, charge, charge.changed_on, charge.ends)
    return _difference(line, group, charge)


def _as_one(group: Group, charge: Charge) -> RowValues:
    """One row for all: seats at their price, or the sum where several charges come together in it."""
    if len(group.charges) == 1:
        return values_of(charge)
    first = values_of(group.lead)
    return replace(first, quantity=Decimal(1), unit_price=group.total, unit_cost=group.cost)


def _stands(line: WantedLine, group: Group) -> bool:
    """Whether the rows cost what is charged: then their price stays, unless the rule says price (M21)."""
    rows = [was(row) for _, row in group.rows]
    total = sum(map(amount, rows), ZERO)
    same_days = group.lead.reason is Reason.ANNUAL_CHARGE or all(
        (row.effective, row.ends) == (group.lead.starts, group.lead.ends) for row in rows
    )
    own = group.base() is not None or not group.lead.term_key
    return (
        not line.updates_price
        and own
        and same_days
        and total != 0
        and (total > 0) == (group.total > 0)
        and group.cost != 0
        and sum(map(cost, rows), ZERO) == group.cost
        and group.lead.changed_on is None
    )


def _at_its_price(line: WantedLine, group: Group) -> Charge:
    """The charge at the price that its row has, where the rule does not move prices and seats are what the row counts."""
    charge, base = group.lead, group.base()
    if line.updates_price or base is None or not charge.term_key or base.unit_price <= 0:
        return charge
    counts_seats = base.quantity > 1 or (base.quantity == 1 and base.unit_cost == charge.unit_cost)
    same_days = (base.effective, base.ends) == (charge.starts, charge.ends)
    return replace(charge, unit_price=base.unit_price) if counts_seats and same_days else charge


def _difference(line: WantedLine, group: Group, charge: Charge) -> Due:
    """The whole of it in the only open row, else what other rows leave to be billed."""
    target = next((row for _, row in group.rows if not row.invoiced), None)
    others = [was(row) for _, row in group.rows if row is not target]
    if target is not None and not others:
        return Due(_as_one(group, charge), target, charge.seats)
    total = group.total - amount(values_of(group.lead)) + amount(values_of(charge))
    credited = sum((given.amount for given in _settled(line, group)), ZERO)
    missing = total - sum(map(amount, others), ZERO) + credited
    costs = group.cost - sum(map(cost, others), ZERO)
    if target is not None and missing == amount(target.values):
        return Due(target.values, target, settled=True)
    base = group.base()
    seats = base.billed - charge.quantity if base is not None and charge.term_key else charge.seats
    return Due(RowValues(Decimal(1), missing, costs, charge.starts, charge.ends), target, seats)


def _settled(line: WantedLine, group: Group) -> list[CreditGiven]:
    keys = {charge.key for charge in group.charges}
    return [given for given in line.settled if given.charge in keys]


def _since_change(line: WantedLine, group: Group, charge: Charge, day: date, ends: date) -> Due:
    """Seats that changed on a day count for the days left from it, each change for its own seats (M21)."""
    seats, target, later = ZERO, None, _further(group)
    for _, row in group.rows:
        if row in later and not row.invoiced and not row.seen and row.values.effective == day:
            target = row
        else:
            seats += _seats_in(group, row, charge, day)
    given_back = [given for given in _settled(line, group) if given.quantity]
    earlier = [(given.starts, given.quantity) for given in given_back]
    earlier += [(due.starts, due.quantity) for due in line.owed if _is_of(due, group)]
    seats -= sum((quantity for starts, quantity in earlier if charge.starts < starts < day), ZERO)
    credited = sum((given.amount for given in given_back if not charge.starts < given.starts < day), ZERO)
    left, term = days_between(day, ends), days_between(charge.starts, ends)
    price = share_of_term(charge.unit_price, charge.quantity - seats, left, term)
    costs = share_of_term(charge.unit_cost, charge.quantity - seats, left, term)
    price = min(price + credited, ZERO) if price < 0 else price
    coming = RowValues(Decimal(1), price, costs, day, ends)
    lowered = _open_row(group, coming) if price < 0 and target is None and not credited else None
    if lowered is not None:
        held = _seats_in(group, lowered, charge, day)
        return _lowering(lowered, coming, held, held + charge.quantity - seats)
    return Due(coming, target, seats - charge.quantity, settled=price == (amount(target.values) if target else ZERO))


def _further(group: Group) -> Sequence[Row]:
    """Rows beside the one that `Group.base` is."""
    base = next((key for key, _ in group.rows if key.split(JOINT)[0] == group.lead.key), "")
    return [row for key, row in group.rows if key != base]


def _open_row(group: Group, coming: RowValues) -> Row | None:
    """The row written last that is not invoiced and bills at least what is given back."""
    rows = [row for _, row in group.rows if not row.invoiced and row.id is not None and row.values.quantity > 0]
    enough = [
        row for row in rows if amount(row.values) + amount(coming) >= 0 and row.values.effective <= coming.effective
    ]
    return max(enough, key=lambda row: row.values.effective, default=None)


def _lowering(row: Row, coming: RowValues, before: Decimal, after: Decimal) -> Due:
    """An open row at what is left of it, with the seats that it counted and counts (M20: what is not invoiced is corrected)."""
    day, ends = coming.effective, coming.ends or coming.effective
    left = replace(
        row.values,
        quantity=Decimal(1),
        unit_price=amount(row.values) + amount(coming),
        unit_cost=cost(row.values) + cost(coming),
        less_included=ZERO,
    )
    first = () if row.seen else (Seen(row.values.effective, day - DAY, before),)
    return Due(left, row, before - after, joins=f"part:{day}", seen=(*first, Seen(day, ends, after)))


def still_owed(line: WantedLine, groups: Sequence[Group]) -> list[CreditDue]:
    """Credits listed before that today's state cannot show again: of an earlier change, or of a cycle that is over."""
    owed = []
    for due in line.owed:
        charge = next((group.lead for group in groups if _is_of(due, group)), None)
        told_by_lines = charge is not None and not charge.closed and charge.changed_on is None
        later = charge is None or charge.closed or (charge.changed_on is not None and due.starts < charge.changed_on)
        if _by_state(due) and later and not told_by_lines:
            owed.append(due)
    return owed


def _by_state(due: CreditDue) -> bool:
    """Whether a credit was told by the subscription's state: for a change within a cycle, on the charge of the whole one."""
    return due.charge.startswith("term:") and due.charge != f"term:{due.starts}"


def _is_of(due: CreditDue, group: Group) -> bool:
    return _by_state(due) and due.charge in {charge.key for charge in group.charges}


def _seats_in(group: Group, row: Row, charge: Charge, day: date) -> Decimal:
    """Seats that a row counts: those of the last change put into it, else its own, or those that its amount is for."""
    if row.seen:
        return row.seen[-1].quantity
    if row not in _further(group):
        return was(row).billed
    return _seats_of(was(row), charge, day, charge.ends or day)


def _seats_of(row: RowValues, charge: Charge, day: date, ends: date) -> Decimal:
    """Seats that an earlier row was for, by its amount and the days it counts."""
    since = row.effective if row.effective > charge.starts else day
    whole = charge.unit_price * days_between(since, ends)
    seats = amount(row) * days_between(charge.starts, ends) / whole if whole else ZERO
    return seats.quantize(Decimal(1))
