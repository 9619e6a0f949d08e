"""From what both systems show to what is to be done: a three-way comparison with what was last equal (M18, D15).

Money goes from the ledger to ConnectWise only. A credit goes to the side that did not change; where both changed, or where a
side cannot take it, nothing is guessed: a finding says what the choices are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum, auto

from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.money import ZERO, total
from ledgerwire.poster.payments.domain.model import (
    CASH,
    Allocate,
    Case,
    ChangeRow,
    CreateRow,
    Deallocate,
    DeleteRow,
    OnForeignCash,
    Operation,
    Plan,
    Rules,
    Side,
    Step,
    releases,
)


class _Verdict(Enum):
    AGREED = auto()
    LEDGER = auto()
    CONNECTWISE = auto()
    BOTH = auto()


def plan(cases: Mapping[int, Case], rules: Rules) -> Plan:
    """Decide for these invoices; `cases` holds their credit memos too where they are known."""
    drafts = {invoice_id: _draft(case, cases, rules) for invoice_id, case in cases.items()}
    _hold_over_balance(cases, drafts, rules)
    return Plan(
        steps=tuple(step for draft in drafts.values() for step in draft.steps),
        agreed={invoice_id: draft.agreed for invoice_id, draft in drafts.items()},
        findings={invoice_id: tuple(draft.findings) for invoice_id, draft in drafts.items() if draft.findings},
        onboarded=frozenset(invoice_id for invoice_id, draft in drafts.items() if draft.onboarded),
    )


@dataclass(slots=True)
class _Draft:
    steps: list[Step] = field(default_factory=list)
    agreed: dict[int, Decimal] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    onboarded: bool = False


def _draft(case: Case, cases: Mapping[int, Case], rules: Rules) -> _Draft:
    draft = _Draft()
    if _is_older(case, rules):
        draft.onboarded = True
        return draft
    for part in case.parts:
        verdict = _verdict(case, part)
        if verdict is _Verdict.AGREED:
            draft.agreed[part] = case.in_ledger(part)
        elif part == CASH:
            _cash(case, verdict, rules, draft)
        else:
            _credit(case, part, verdict, cases, rules, draft)
    draft.findings += _inexpressible(case, rules)
    return draft


def _is_older(case: Case, rules: Rules) -> bool:
    """Never carried over, and everything that moved did so before the onboarding date."""
    if rules.since is None or not case.synced.never:
        return False
    days = [row.paid_on for row in case.rows if row.paid_on]
    latest = max([*days, *([case.ledger.latest] if case.ledger.latest else [])], default=None)
    return latest is not None and latest < rules.since


def _verdict(case: Case, part: int) -> _Verdict:
    here, there, last = case.in_ledger(part), case.in_connectwise(part), case.last(part)
    if here == there:
        return _Verdict.AGREED
    chosen = case.synced.winners.get(part)
    if chosen is Side.LEDGER or (chosen is None and there == last):
        return _Verdict.LEDGER
    if chosen is Side.CONNECTWISE or here == last:
        return _Verdict.CONNECTWISE
    return _Verdict.BOTH


def _cash(case: Case, verdict: _Verdict, rules: Rules, draft: _Draft) -> None:
    first_look = CASH not in case.synced.amounts and case.ledger.cash != ZERO
    ledger_decides = verdict is _Verdict.LEDGER or rules.on_foreign_cash is OnForeignCash.LEDGER or first_look
    if not ledger_decides:
        code = "PAYMENT_CHANGED_IN_BOTH" if verdict is _Verdict.BOTH else "PAYMENT_ONLY_IN_CONNECTWISE"
        draft.findings.append(_finding(code, case, CASH, rules))
        return
    operations = _rows_to(case, CASH)
    if operations is None:
        draft.findings.append(_finding("PAYMENT_ROW_FIXED", case, CASH, rules))
    else:
        draft.steps.append(Step(case.invoice_id, CASH, Side.LEDGER, case.ledger.cash, operations))


def _credit(case: Case, part: int, verdict: _Verdict, cases: Mapping[int, Case], rules: Rules, draft: _Draft) -> None:
    if verdict is _Verdict.BOTH:
        draft.findings.append(_finding("PAYMENT_CREDIT_CHANGED_IN_BOTH", case, part, rules, cases))
        return
    if verdict is _Verdict.CONNECTWISE:
        amount = case.in_connectwise(part)
        draft.steps.append(Step(case.invoice_id, part, Side.CONNECTWISE, amount, _allocations_to(case, part)))
        return
    operations = _rows_to(case, part)
    if operations is None:
        draft.findings.append(_finding("PAYMENT_ROW_FIXED", case, part, rules, cases))
    else:
        draft.steps.append(Step(case.invoice_id, part, Side.LEDGER, case.in_ledger(part), operations))


def _rows_to(case: Case, part: int) -> tuple[Operation, ...] | None:
    """What makes ConnectWise's rows of a part add up to the ledger's amount: one row, paid to date, where there is none.

    Rows of other origin are kept as far as they fit; None where one that must not be changed stands in the way.
    """
    sign = -1 if part == CASH and case.total < ZERO else 1
    rows = case.rows_of(part)
    free = [row for row in rows if not row.fixed]
    missing = sign * (case.in_ledger(part) - case.in_connectwise(part))
    if missing > ZERO:
        if not free:
            return (CreateRow(sign * missing, None if part == CASH else part, _day(case, part)),)
        return (ChangeRow(free[0].row_id, free[0].amount + sign * missing, raises=True),)
    operations: list[Operation] = []
    for row in reversed(free):
        taken = min(-missing, sign * row.amount)
        if taken <= ZERO:
            continue
        left = row.amount - sign * taken
        operations.append(DeleteRow(row.row_id) if left == ZERO else ChangeRow(row.row_id, left, raises=False))
        missing += taken
    return None if missing else tuple(operations)


def _allocations_to(case: Case, part: int) -> tuple[Operation, ...]:
    """What makes the ledger's allocations of a credit add up to ConnectWise's amount: the last pieces are taken back first."""
    wanted, there = case.in_connectwise(part), case.in_ledger(part)
    pieces = list(case.ledger.credits.get(part, ()))
    operations: list[Operation] = []
    while there > wanted and pieces:
        piece = pieces.pop()
        operations.append(Deallocate(part, piece))
        there -= piece.amount
    if wanted > there:
        days = [row.paid_on for row in case.rows_of(part) if row.paid_on]
        operations.append(Allocate(part, wanted - there, max(days, default=None)))
    return tuple(operations)


def _day(case: Case, part: int) -> date | None:
    if part == CASH:
        return case.ledger.paid_on
    return max((piece.applied_on for piece in case.ledger.credits.get(part, ())), default=None)


def _inexpressible(case: Case, rules: Rules) -> list[Finding]:
    """Credits that one of the two systems does not have: explained, never dropped."""
    found = [
        Finding(
            "PAYMENT_CREDIT_NOT_IN_CONNECTWISE", _params(case, rules, credit=item.number, amount=_money(item.amount))
        )
        for item in case.ledger.unknown
    ]
    found += [
        Finding("PAYMENT_CREDIT_NOT_IN_LEDGER", _params(case, rules, credit=row.unknown, amount=_money(row.amount)))
        for row in case.rows
        if row.unknown is not None
    ]
    return found


def _hold_over_balance(cases: Mapping[int, Case], drafts: Mapping[int, _Draft], rules: Rules) -> None:
    """Take back what would settle more than there is: of the document in ConnectWise, of it or the credit in the ledger."""
    for invoice_id, draft in drafts.items():
        case = cases[invoice_id]
        over = _over_in_connectwise(case, draft)
        if over is not None:
            _hold(draft, case, over, "ConnectWise")
    for case in cases.values():
        if case.total < ZERO:
            _hold_overdrawn(case, cases, drafts)
    for invoice_id, draft in drafts.items():
        case = cases[invoice_id]
        over = _over_in_ledger(case, cases, drafts)
        if over is not None:
            _hold(draft, case, over, rules.ledger_name)


def _hold(draft: _Draft, case: Case, amount: Decimal, system: str) -> None:
    draft.steps.clear()
    params = {"number": case.number, "ledger": system, "amount": _money(amount)}
    draft.findings.append(Finding("PAYMENT_OVER_BALANCE", params))


def _over_in_connectwise(case: Case, draft: _Draft) -> Decimal | None:
    """What the document would be settled with, if that is more than its total and rows would grow."""
    if not any(_raises_rows(step) for step in draft.steps):
        return None
    settled = total(abs(_after(case, draft, part)) for part in case.parts)
    settled += total(row.amount for row in case.rows if row.unknown is not None)
    return settled if settled > abs(case.total) else None


def _after(case: Case, draft: _Draft, part: int) -> Decimal:
    """A part's amount in ConnectWise once the draft is carried out."""
    carried = (step.amount for step in draft.steps if step.part == part and step.winner is Side.LEDGER)
    return next(carried, case.in_connectwise(part))


def _raises_rows(step: Step) -> bool:
    return any(isinstance(one, CreateRow) or (isinstance(one, ChangeRow) and one.raises) for one in step.operations)


def _hold_overdrawn(note: Case, cases: Mapping[int, Case], drafts: Mapping[int, _Draft]) -> None:
    """Take back what would use more of a credit memo in ConnectWise than there is of it, refunds included."""
    users = {one: case for one, case in cases.items() if note.invoice_id in case.parts}
    used = abs(_after(note, drafts[note.invoice_id], CASH))
    used += total(_after(case, drafts[one], note.invoice_id) for one, case in users.items())
    if used <= abs(note.total):
        return
    for one, part in [*((one, note.invoice_id) for one in users), (note.invoice_id, CASH)]:
        raising = [step for step in drafts[one].steps if step.part == part and _raises_rows(step)]
        if raising:
            _hold(drafts[one], cases[one], abs(raising[0].amount), "ConnectWise")


def _over_in_ledger(case: Case, cases: Mapping[int, Case], drafts: Mapping[int, _Draft]) -> Decimal | None:
    """What would be applied to the document in the ledger, if it is more than is open on it or left of one of its credits."""
    steps = [step for step in drafts[case.invoice_id].steps if _allocated(step)]
    if not steps:
        return None
    wanted = total(_allocated(step) - _freed(step) for step in drafts[case.invoice_id].steps)
    if wanted > case.ledger.open_amount:
        return total(_allocated(step) for step in steps)
    for step in steps:
        credit = cases.get(step.part)
        everywhere = [one for draft in drafts.values() for one in draft.steps if one.part == step.part]
        if (
            credit is not None
            and total(_allocated(one) - _freed(one) for one in everywhere) > credit.ledger.open_amount
        ):
            return _allocated(step)
    return None


def _allocated(step: Step) -> Decimal:
    return total(one.amount for one in step.operations if isinstance(one, Allocate))


def _freed(step: Step) -> Decimal:
    return total(one.allocation.amount for one in step.operations if isinstance(one, Deallocate))


def _finding(code: str, case: Case, part: int, rules: Rules, cases: Mapping[int, Case] | None = None) -> Finding:
    amounts = {"here": case.in_ledger(part), "there": case.in_connectwise(part), "last": case.last(part)}
    params = _params(case, rules, **{name: _money(amount) for name, amount in amounts.items()})
    if part != CASH:
        credit = (cases or {}).get(part)
        params["credit"] = credit.number if credit is not None else str(part)
    return Finding(code, params)


def _params(case: Case, rules: Rules, **more: str) -> dict[str, str]:
    return {"number": case.number, "ledger": rules.ledger_name, **more}


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def in_order(steps: Iterable[Step]) -> list[tuple[Step, Operation]]:
    """The operations of all steps, what frees an amount first."""
    pairs = [(step, operation) for step in steps for operation in step.operations]
    return sorted(pairs, key=lambda pair: not releases(pair[1]))
