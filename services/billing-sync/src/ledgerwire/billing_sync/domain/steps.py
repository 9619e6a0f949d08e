"""Steps: the writes of a plan, each with its reason, its arithmetic and what it does to the next invoice."""

from __future__ import annotations

import hashlib
from datetime import date

from ledgerwire.billing_sync.domain.agreements import RowValues, Seen
from ledgerwire.billing_sync.domain.coverage import Row
from ledgerwire.billing_sync.domain.plan import Reason, Step, StepKind
from ledgerwire.billing_sync.domain.preview import NOTHING, days_shown, next_invoice_line
from ledgerwire.billing_sync.domain.seats import Ground
from ledgerwire.billing_sync.domain.wanted import WantedLine


def change_kind(before: RowValues, after: RowValues) -> StepKind:
    """What kind of write turns one row into the other."""
    if after.void and after.ends == after.effective:
        return StepKind.VOID
    if (before.quantity, before.less_included) != (after.quantity, after.less_included):
        return StepKind.CHANGE_QUANTITY
    if (before.unit_price, before.unit_cost) != (after.unit_price, after.unit_cost):
        return StepKind.CHANGE_PRICE
    return StepKind.END if before.effective == after.effective and after.ends is not None else StepKind.CHANGE_DATES


def changing(
    ground: Ground,
    line: WantedLine,
    row: Row,
    after: RowValues,
    reason: Reason,
    *,
    charge: str = "",
    seen: tuple[Seen, ...] = (),
) -> Step:
    """A write to a row that exists; `seen` is to be recorded beside what its record holds."""
    agreement, first = ground.agreement, ground.uninvoiced_from
    new = next_invoice_line(agreement, after, first, invoiced=row.invoiced)
    old = next_invoice_line(agreement, row.values, first, invoiced=row.invoiced)
    return Step(
        key=step_key(agreement.id, line.line, row.id, after, charge),
        kind=change_kind(row.values, after),
        reason=reason,
        agreement_id=agreement.id,
        line=line.line,
        product_id=row.product_id or line.product_id,
        addition_id=row.id,
        before=row.values,
        after=after,
        effect=new.amount - old.amount,
        expected=new.amount,
        currency=agreement.currency,
        arithmetic=new.arithmetic,
        charge=charge,
        recorded_from=date.min if row.invoiced else first,
        seen=seen,
    )


def creating(
    ground: Ground,
    line: WantedLine,
    after: RowValues,
    reason: Reason,
    *,
    charge: str = "",
    description: str = "",
    on_copy: bool = False,
) -> Step:
    """A new row."""
    agreement = ground.agreement
    new = NOTHING if on_copy else next_invoice_line(agreement, after, ground.uninvoiced_from, invoiced=False)
    once = after.quantity * after.unit_price if on_copy else new.amount
    return Step(
        key=step_key(agreement.id, line.line, None, after, charge),
        kind=StepKind.CREATE,
        reason=reason,
        agreement_id=agreement.id,
        line=line.line,
        product_id=line.product_id,
        after=after,
        effect=once,
        expected=once,
        currency=agreement.currency,
        arithmetic=new.arithmetic,
        description=description or described(line, after, reason),
        charge=charge,
        on_copy=on_copy,
        recorded_from=ground.uninvoiced_from,
    )


def described(line: WantedLine, row: RowValues, reason: Reason) -> str:
    """The text of a new row's invoice line; a catch-up says which seats and days it is for."""
    if reason in {Reason.CATCH_UP, Reason.CREDIT} and row.ends is not None:
        word = "added" if row.quantity > 0 else "given back"
        return f"{line.name}: {abs(row.quantity).normalize():f} {word}, {days_shown(row.effective, row.ends)}"
    return line.name


def step_key(agreement_id: int, line: str, addition_id: int | None, after: RowValues, charge: str) -> str:
    """The same write has the same key in every plan."""
    text = f"{agreement_id}|{line}|{addition_id}|{charge}|{_text(after)}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _text(row: RowValues) -> str:
    numbers = (row.quantity, row.unit_price, row.unit_cost, *((row.less_included,) if row.less_included else ()))
    return "|".join([*(f"{number.normalize():f}" for number in numbers), str(row.effective), str(row.ends)])


def shown_row(values: RowValues) -> str:
    """A row as a clerk reads it."""
    until = f" to {values.ends:%d %b %Y}" if values.ends else ""
    less = f" less {values.less_included.normalize():f} included" if values.less_included else ""
    return f"{values.quantity.normalize():f}{less} at {values.unit_price:.2f} from {values.effective:%d %b %Y}{until}"
