"""Charges mirrored as rows of their own: annual terms, months of metered use, one-offs (M21, M22).

A charge has a key; its row carries that key in our record. So a charge is never written twice, whatever is read again: not
for the same term, not after the agreement was copied, not where a person has entered it by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from ledgerwire.billing_sync.domain.agreements import RowValues
from ledgerwire.billing_sync.domain.coverage import Row
from ledgerwire.billing_sync.domain.days import days_between, month_end, month_start, next_month
from ledgerwire.billing_sync.domain.plan import CreditDue, Reason
from ledgerwire.billing_sync.domain.preview import days_shown
from ledgerwire.billing_sync.domain.pricing import share_of_term
from ledgerwire.billing_sync.domain.rules import DecreasePolicy, OneTimePolicy
from ledgerwire.billing_sync.domain.seats import Ground, credit_due
from ledgerwire.billing_sync.domain.wanted import Charge, WantedLine
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.money import CENT, ZERO, round_half_up


@dataclass(slots=True)
class Mirrored:
    """What has to happen to the rows of a line's charges: `(charge key, ...)` throughout."""

    changed: list[tuple[str, Row, RowValues, Reason]] = field(default_factory=list)
    created: list[tuple[str, RowValues, Reason, str]] = field(default_factory=list)
    left: list[tuple[str, Row]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    on_copy: bool = False
    credits: list[CreditDue] = field(default_factory=list)


def plan_charges(
    ground: Ground,
    line: WantedLine,
    rows: Sequence[tuple[str, Row]],
    strays: Sequence[Row],
    elsewhere: frozenset[tuple[str, str]],
) -> Mirrored:
    """Compare the charges of a line with its rows.

    Args:
        ground: agreement, F, rules.
        line: its charges.
        rows: rows of this line with the key of the charge each mirrors.
        strays: rows of the same product that nobody claimed.
        elsewhere: (line, charge key) of rows on other agreements (the one this agreement was copied from).
    """
    result, free = Mirrored(), list(strays)
    for given in line.charges:
        if given.starts < ground.rules.since or (line.line, given.key) in elsewhere:
            continue
        charge = _placed(ground, given)
        mine = [(key, row) for key, row in rows if key == charge.key or key.startswith(f"{charge.key}+")]
        if mine:
            _correct(ground, line, charge, mine, result)
        elif not _claimed(line, charge, free, result):
            _first(ground, line, charge, result)
    return result


def _placed(ground: Ground, charge: Charge) -> Charge:
    """A charge on days that bill its amount once: on an agreement that prorates, one whole month that is still to be billed."""
    agreement = ground.agreement
    if agreement.bill_one_time or charge.reason not in {Reason.ONE_OFF, Reason.CREDIT}:
        return charge
    first = month_start(charge.starts)
    earliest = agreement.start if agreement.bills_prorated_additions else ground.uninvoiced_from
    if first < earliest:
        first = earliest if earliest.day == 1 else next_month(earliest)
    return replace(charge, starts=first, ends=month_end(first))


def _first(ground: Ground, line: WantedLine, charge: Charge, result: Mirrored) -> None:
    """A charge that has no row yet; one that gives back what is invoiced is a credit due, or a row where the account wants it."""
    agreement, row = ground.agreement, values_of(charge)
    if not (agreement.bill_one_time and agreement.invoiced_once and _amount(row) < 0):
        _new(ground, line, charge, row, charge.key, result)
        return
    credited = sum((given.amount for given in line.settled if given.charge == charge.key), ZERO)
    if credited + _amount(row) < 0:
        _give_back(ground, line, charge, row, charge.key, result)


def values_of(charge: Charge) -> RowValues:
    """The row that mirrors a charge."""
    return RowValues(charge.quantity, charge.unit_price, charge.unit_cost, charge.starts, charge.ends)


def _amount(row: RowValues) -> Decimal:
    return round_half_up(row.quantity * row.unit_price)


def _cost(row: RowValues) -> Decimal:
    return round_half_up(row.quantity * row.unit_cost)


def _correct(ground: Ground, line: WantedLine, charge: Charge, mine: list[tuple[str, Row]], result: Mirrored) -> None:
    """Bring a charge that has rows to what it is now: in place while not invoiced, by a further row after."""
    wanted = values_of(charge)
    open_row = next(((key, row) for key, row in mine if not row.invoiced), None)
    billed = [_was(row) for _, row in mine if row.invoiced]
    if not billed and open_row is not None:
        key, row = open_row
        if row.values == wanted:
            result.left.append(open_row)
        else:
            result.changed.append((key, row, wanted, charge.reason))
        return
    total, total_cost = _due(charge, mine)
    credited = sum((given.amount for given in line.settled if given.charge == charge.key), ZERO)
    missing = total - sum((_amount(row) for row in billed), ZERO) + credited
    cost = total_cost - sum((_cost(row) for row in billed), ZERO)
    further = RowValues(Decimal(1), missing, cost, charge.starts, charge.ends)
    if open_row is not None:
        key, row = open_row
        if row.values == further:
            result.left.append(open_row)
        else:
            result.changed.append((key, row, further, Reason.CATCH_UP))
    elif missing > 0:
        _new(ground, line, charge, further, f"{charge.key}+{len(mine)}", result)
    elif missing < 0:
        _give_back(ground, line, charge, further, f"{charge.key}+{len(mine)}", result)
    else:
        result.left += mine


def _was(row: Row) -> RowValues:
    """An invoiced row as it was billed."""
    return row.billed[0] if row.billed else row.values


def _due(charge: Charge, mine: list[tuple[str, Row]]) -> tuple[Decimal, Decimal]:
    """What a charge comes to in all, price and cost: seats changed within a term count for the days left of it."""
    wanted = values_of(charge)
    base = next((_was(row) for key, row in mine if key == charge.key and row.invoiced), None)
    if base is None or charge.changed_on is None or charge.ends is None:
        return _amount(wanted), _cost(wanted)
    left, term = days_between(charge.changed_on, charge.ends), days_between(charge.starts, charge.ends)
    seats = wanted.quantity - base.quantity
    price = share_of_term(wanted.unit_price, seats, left, term)
    return _amount(base) + price, _cost(base) + share_of_term(wanted.unit_cost, seats, left, term)


def _give_back(ground: Ground, line: WantedLine, charge: Charge, row: RowValues, key: str, result: Mirrored) -> None:
    stuck = ground.agreement.invoiced_once and ground.rules.one_time is OneTimePolicy.STOP
    if ground.rules.decreases is DecreasePolicy.NEGATIVE_ROW and not stuck:
        _new(ground, line, charge, row, key, result)
        return
    ends = charge.ends or charge.starts
    due = CreditDue(
        ground.agreement.id,
        line.line,
        line.customer,
        line.name,
        charge.starts,
        ends,
        charge.quantity,
        -_amount(row),
        ground.agreement.currency,
        charge.key,
    )
    result.credits.append(due)
    result.findings.append(credit_due(due, ground.agreement))


def _claimed(line: WantedLine, charge: Charge, free: list[Row], result: Mirrored) -> bool:
    """Whether a row that nobody claimed already charges this: taken over if the amount agrees, else left to a person."""
    within = [
        row
        for row in free
        if not row.values.void
        and charge.starts <= row.values.effective
        and (charge.ends is None or row.values.effective <= charge.ends)
    ]
    same = next((row for row in within if abs(_amount(row.values) - _amount(values_of(charge))) < CENT), None)
    if same is not None:
        free.remove(same)
        result.left.append((charge.key, same))
        return True
    if within and charge.term_key:
        params = {"customer": line.customer, "product": line.name, "term": _term(charge)}
        found = {"found": f"{_amount(within[0].values):,.2f}", "amount": f"{_amount(values_of(charge)):,.2f}"}
        result.findings.append(Finding("BS_TERM_ALREADY_CHARGED", {**params, **found}))
        return True
    return False


def _term(charge: Charge) -> str:
    return days_shown(charge.starts, charge.ends or charge.starts)


def _new(ground: Ground, line: WantedLine, charge: Charge, row: RowValues, key: str, result: Mirrored) -> None:
    agreement = ground.agreement
    if row.quantity * row.unit_price == 0:
        return
    if agreement.bill_one_time and agreement.invoiced_once:
        if ground.rules.one_time is OneTimePolicy.STOP:
            params = {"customer": line.customer, "product": line.name, "agreement": agreement.name}
            params["amount"] = f"{_amount(row):,.2f} {agreement.currency}".strip()
            result.findings.append(Finding("BS_ONE_TIME_ALREADY_INVOICED", params))
            return
        result.on_copy = True
    result.created.append((key, row, charge.reason, charge.description))
