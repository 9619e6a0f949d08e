"""Charges mirrored as rows of their own: annual terms, months of metered use, one-offs (M21, M22).

A charge has a key; its row carries that key in our record. So a charge is never written twice, whatever is read again: not
for the same term, not after the agreement was copied, not where a person has entered it by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ledgerwire.billing_sync.domain.agreements import RowValues, Seen, Written
from ledgerwire.billing_sync.domain.coverage import Row
from ledgerwire.billing_sync.domain.days import month_end, month_start, next_month
from ledgerwire.billing_sync.domain.further import Due, due_of, still_owed
from ledgerwire.billing_sync.domain.mirrored import JOINT, Group, amount, groups, values_of
from ledgerwire.billing_sync.domain.plan import CreditDue, Reason
from ledgerwire.billing_sync.domain.preview import days_shown
from ledgerwire.billing_sync.domain.rules import DecreasePolicy, OneTimePolicy
from ledgerwire.billing_sync.domain.seats import Ground, credit_due
from ledgerwire.billing_sync.domain.wanted import Charge, WantedLine
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.money import CENT, ZERO


@dataclass(slots=True)
class Mirrored:
    """What has to happen to the rows of a line's charges: `(charge key, ...)` throughout; changed rows end with what was seen."""

    changed: list[tuple[str, Row, RowValues, Reason, tuple[Seen, ...]]] = field(default_factory=list)
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
    elsewhere: Iterable[Written] = (),
) -> Mirrored:
    """Compare the charges of a line with its rows.

    Args:
        ground: agreement, F, rules.
        line: its charges.
        rows: rows of this line with the key of the charge each mirrors.
        strays: rows of the same product that nobody claimed.
        elsewhere: our rows on other agreements (the one this agreement was copied from): only the difference is new here.
    """
    result, free = Mirrored(), list(strays)
    made = [record for record in elsewhere if record.line == line.line and record.charge]
    found = groups(line.charges, rows, made, ground.rules.since)
    for group in found:
        group.charges = [_placed(ground, charge) for charge in group.charges]
        if group.rows:
            _correct(ground, line, group, result)
        elif not _claimed(line, group, free, result):
            _first(ground, line, group, result)
    for owed in still_owed(line, found):
        due = replace(owed, agreement_id=ground.agreement.id)
        result.credits.append(due)
        result.findings.append(credit_due(due, ground.agreement))
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


def _first(ground: Ground, line: WantedLine, group: Group, result: Mirrored) -> None:
    """What has no row yet; seats given back are a credit due, or a row where the account wants it and one can be billed."""
    agreement, row = ground.agreement, due_of(line, group).row
    gone = agreement.bill_one_time and agreement.invoiced_once
    if amount(row) >= 0 or not (gone or group.lead.reason is Reason.ANNUAL_CHARGE):
        _new(ground, line, group.lead, row, group.key, result)
        return
    credited = sum((given.amount for given in line.settled if given.charge == group.lead.key), ZERO)
    if credited + amount(row) < 0:
        _give_back(ground, line, group, Due(row, None, group.lead.seats), group.key, result)


def _correct(ground: Ground, line: WantedLine, group: Group, result: Mirrored) -> None:
    """Bring what has rows to what it is now: in place while not invoiced, by a further row after."""
    due = due_of(line, group)
    if due.settled:
        result.left += [(key, row) for key, row in group.rows if row.id is not None]
        return
    result.left += [(key, row) for key, row in group.rows if row.id is not None and row is not due.target]
    coming = amount(due.row)
    if due.target is not None:
        _rewrite(ground, group, due, result)
    elif coming > 0:
        _new(ground, line, _told(line, group.lead, due), due.row, group.further_key(), result)
    if coming < 0 and not _may_be_negative(ground, due):
        _give_back(ground, line, group, due, group.further_key(), result)


def _told(line: WantedLine, charge: Charge, due: Due) -> Charge:
    """The charge with the text of a further row: which seats, and since when."""
    if not due.seats or charge.ends is None or due.row.effective == charge.starts:
        return charge
    days = days_shown(due.row.effective, charge.ends)
    return replace(charge, description=f"{line.name}: {abs(due.seats).normalize():+f} seats, {days}")


def _may_be_negative(ground: Ground, due: Due) -> bool:
    return due.target is not None and ground.rules.decreases is DecreasePolicy.NEGATIVE_ROW


def _rewrite(ground: Ground, group: Group, due: Due, result: Mirrored) -> None:
    """The open row says what is still to be billed; nothing, where that is nothing or a credit."""
    key, row = next((key, row) for key, row in group.rows if row is due.target)
    after = due.row
    if amount(after) == 0 or (amount(after) < 0 and not _may_be_negative(ground, due)):
        after = replace(row.values, quantity=ZERO, less_included=ZERO, ends=row.values.effective)
    if row.values == after:
        result.left.append((key, row))
        return
    alone = len(group.rows) == 1
    key = group.key if alone and len(group.charges) > 1 else key
    if due.joins and due.joins not in key.split(JOINT):
        key = JOINT.join((key, due.joins))
    result.changed.append((key, row, after, group.lead.reason if alone else Reason.CATCH_UP, due.seen))


def _give_back(ground: Ground, line: WantedLine, group: Group, due: Due, key: str, result: Mirrored) -> None:
    stuck = ground.agreement.invoiced_once and ground.rules.one_time is OneTimePolicy.STOP
    charge = group.lead
    if ground.rules.decreases is DecreasePolicy.NEGATIVE_ROW and not stuck:
        _new(ground, line, charge, due.row, key, result)
        return
    owed = CreditDue(
        ground.agreement.id,
        line.line,
        line.customer,
        line.name,
        due.row.effective,
        due.row.ends or due.row.effective,
        abs(due.seats or charge.quantity),
        -amount(due.row),
        ground.agreement.currency,
        charge.key,
    )
    result.credits.append(owed)
    result.findings.append(credit_due(owed, ground.agreement))


def _claimed(line: WantedLine, group: Group, free: list[Row], result: Mirrored) -> bool:
    """Whether a row that nobody claimed already charges this: taken over if the amount agrees, else left to a person."""
    charge, total = group.lead, group.total
    if total == 0:
        return False
    within = [
        row
        for row in free
        if not row.values.void
        and charge.starts <= row.values.effective
        and (charge.ends is None or row.values.effective <= charge.ends)
    ]
    same = next((row for row in within if abs(amount(row.values) - total) < CENT), None)
    if same is not None:
        free.remove(same)
        result.left.append((group.key, same))
        return True
    if within and charge.term_key:
        params = {"customer": line.customer, "product": line.name, "term": _term(charge)}
        found = {"found": f"{amount(within[0].values):,.2f}", "amount": f"{total:,.2f}"}
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
            params["amount"] = f"{amount(row):,.2f} {agreement.currency}".strip()
            result.findings.append(Finding("BS_ONE_TIME_ALREADY_INVOICED", params))
            return
        result.on_copy = True
    result.created.append((key, row, charge.reason, charge.description))


__all__ = ["Mirrored", "plan_charges", "values_of"]
