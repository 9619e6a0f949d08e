"""Which rows mirror which charges, and what those charges come to together.

A row is known by the key of the charge that it mirrors; a further row for a difference has that key with a number behind it.
Seats given back before the invoice lower the row of what they were charged with: that row then carries both keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledgerwire.billing_sync.domain.agreements import RowValues, Written
from ledgerwire.billing_sync.domain.coverage import Row
from ledgerwire.billing_sync.domain.days import DAY
from ledgerwire.billing_sync.domain.plan import Reason
from ledgerwire.billing_sync.domain.wanted import Charge
from ledgerwire.common.money import ZERO, round_half_up

JOINT = " & "
"""Between the keys of a row that mirrors several charges."""


@dataclass(slots=True)
class Group:
    """Charges that stand on the same rows, the one they began with first; mostly one charge.

    Attributes:
        rows: with the key of each, those on other agreements included.
    """

    charges: list[Charge]
    rows: list[tuple[str, Row]]

    @property
    def lead(self) -> Charge:
        return self.charges[0]

    @property
    def key(self) -> str:
        """The key of a row that mirrors all of it."""
        return JOINT.join(charge.key for charge in self.charges)

    @property
    def total(self) -> Decimal:
        return sum((amount(values_of(charge)) for charge in self.charges), ZERO)

    @property
    def cost(self) -> Decimal:
        return sum((cost(values_of(charge)) for charge in self.charges), ZERO)

    @property
    def billed(self) -> list[RowValues]:
        return [was(row) for _, row in self.rows if row.invoiced]

    def further_key(self) -> str:
        """A key for one more row."""
        used, number = {key for key, _ in self.rows}, max(len(self.rows), 1)
        while f"{self.lead.key}+{number}" in used:
            number += 1
        return f"{self.lead.key}+{number}"

    def base(self) -> RowValues | None:
        """The row that was written for the charge itself."""
        return next((was(row) for key, row in self.rows if key.split(JOINT)[0] == self.lead.key), None)


def groups(
    charges: Sequence[Charge], rows: Sequence[tuple[str, Row]], elsewhere: Iterable[Written], since: date
) -> list[Group]:
    """Charges with their rows. What begins before `since` is billed by hand.

    Rows on other agreements (the one this agreement was copied from) count as billed there and are never written.
    """
    known = [*rows, *((record.charge, _standing(record)) for record in elsewhere)]
    own = {charge.key for charge in charges}
    found: list[Group] = []
    for charge in charges:
        if charge.starts < since:
            continue
        others = [name for name in charge.former if name not in own]
        mine = [(key, row) for key, row in known if _mirrors(key, row, charge, others)]
        group = next((each for each in found if any(row in each.rows for row in mine)), None)
        if group is None:
            found.append(Group([charge], mine))
        else:
            group.charges.append(charge)
            group.rows += [row for row in mine if row not in group.rows]
    return _given_back(found)


def _mirrors(key: str, row: Row, charge: Charge, others: Sequence[str]) -> bool:
    """Whether a row stands for a charge: by its key, by one that it had before, or by the day of a difference.

    A name that ends with a colon stands for all that begin with it, within the days of the charge.
    """
    day = row.values.effective
    within = charge.starts - DAY <= day and (charge.ends is None or day <= charge.ends)
    for part in key.split(JOINT):
        if any(part == name or part.startswith(f"{name}+") for name in (charge.key, *others)):
            return True
        if within and any(part.startswith(name) for name in others if name.endswith(":")):
            return True
        if charge.reason is Reason.ANNUAL_CHARGE and day == charge.starts and part.startswith("term:") and "+" in part:
            return True
    return False


def _standing(record: Written) -> Row:
    return Row(None, record.values, (record.values,), True, True, seen=record.seen)


def _given_back(found: list[Group]) -> list[Group]:
    """Seats given back join what they were charged with last, as long as that is not invoiced."""
    kept: list[Group] = []
    for group in sorted(found, key=lambda each: each.lead.starts):
        target = _lowered(kept, group)
        if target is None:
            kept.append(group)
        else:
            target.charges += group.charges
    return kept


def _lowered(before: Sequence[Group], group: Group) -> Group | None:
    if group.rows or group.total >= 0 or group.lead.reason is not Reason.ANNUAL_CHARGE:
        return None
    day = group.lead.starts
    for other in reversed(before):
        lasts = other.lead.ends is None or day <= other.lead.ends
        if other.lead.reason is group.lead.reason and lasts and not other.billed and other.total + group.total >= 0:
            return other
    return None


def values_of(charge: Charge) -> RowValues:
    """The row that mirrors a charge."""
    return RowValues(charge.quantity, charge.unit_price, charge.unit_cost, charge.starts, charge.ends)


def amount(row: RowValues) -> Decimal:
    return round_half_up(row.billed * row.unit_price)


def cost(row: RowValues) -> Decimal:
    return round_half_up(row.billed * row.unit_cost)


def was(row: Row) -> RowValues:
    """A row as it was billed, if it was."""
    return row.billed[0] if row.invoiced and row.billed else row.values
