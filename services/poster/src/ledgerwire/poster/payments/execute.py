"""Carry a plan out, one operation after the other; whatever a write's answer, the next look reads both systems again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import uuid4

import structlog

from ledgerwire.accounting.port import CreditApplied, Ledger, Settlement
from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.clock import Clock
from ledgerwire.common.errors import Ambiguous, LedgerwireError, Stopped
from ledgerwire.common.ids import SubmissionId, idempotency_key
from ledgerwire.connectwise.config import CALL_SECONDS
from ledgerwire.connectwise.errors import Refused
from ledgerwire.connectwise.payments import Payments
from ledgerwire.poster.payments.cases import Together
from ledgerwire.poster.payments.domain.model import (
    CASH,
    Allocate,
    ChangeRow,
    CreateRow,
    Deallocate,
    DeleteRow,
    Operation,
    Plan,
    Step,
)
from ledgerwire.poster.payments.domain.plan import in_order
from ledgerwire.poster.payments.ports import Terms, Turn
from ledgerwire.poster.repository import open_submission, settle_submission

CALL = timedelta(seconds=CALL_SECONDS)

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Done:
    """What came of a plan.

    Attributes:
        failed: steps that did not end: by their invoice, what a person must know (nothing while the outcome is open).
        open_invoices: with a write whose outcome is unknown.
        operations: how many of each step's are done.
        views: what the ledger shows after our own writes, by invoice id.
    """

    written: int = 0
    failed: dict[int, list[Finding]] = field(default_factory=dict)
    failed_parts: set[tuple[int, int]] = field(default_factory=set)
    open_invoices: set[int] = field(default_factory=set)
    operations: Counter[tuple[int, int]] = field(default_factory=Counter)
    views: dict[int, Settlement] = field(default_factory=dict)

    def ended(self, step: Step) -> bool:
        """Whether a step was carried out to its end."""
        return self.operations[step.invoice_id, step.part] == len(step.operations)


class Executor:
    """Writes to both systems under one turn."""

    def __init__(self, turn: Turn, ledger: Ledger, psa: Payments, terms: Terms, clock: Clock) -> None:
        self._turn = turn
        self._ledger = ledger
        self._psa = psa
        self._terms = terms
        self._clock = clock

    async def carry_out(self, plan: Plan, together: Together, done: Done) -> None:
        """Carry out every step; one that is refused does not keep the others. `done` is filled as it goes.

        Raises:
            Waiting, Transient: a system cannot be asked now; what is left comes with the next look.
        """
        for step, operation in in_order(plan.steps):
            if (step.invoice_id, step.part) in done.failed_parts:
                continue
            try:
                await self._write(step, operation, together, done)
            except Ambiguous as error:
                _log.warning("payments.outcome_unknown", invoice=step.invoice_id, error=str(error))
                done.open_invoices.add(step.invoice_id)
                done.failed_parts.add((step.invoice_id, step.part))
            except Stopped as error:
                done.failed_parts.add((step.invoice_id, step.part))
                findings = self._refused(step, operation, together, error)
                done.failed.setdefault(step.invoice_id, []).extend(findings)
            else:
                done.written += 1
                done.operations[step.invoice_id, step.part] += 1

    async def _write(self, step: Step, operation: Operation, together: Together, done: Done) -> None:
        if isinstance(operation, Allocate | Deallocate):
            await self._in_ledger(step, operation, together, done)
            return
        await self._turn.ensure_lease(CALL)
        match operation:
            case CreateRow(amount=amount, credit_id=credit_id, paid_on=paid_on):
                await self._psa.create(
                    step.invoice_id,
                    amount,
                    paid_on or self._clock.today(),
                    credit_id=credit_id,
                    **({"type_code": self._terms.credit_type} if credit_id is not None else {}),
                )
            case ChangeRow(row_id=row_id, amount=amount):
                await self._psa.set_amount(step.invoice_id, row_id, amount)
            case DeleteRow(row_id=row_id):
                await self._psa.delete(step.invoice_id, row_id)

    async def _in_ledger(self, step: Step, operation: Allocate | Deallocate, together: Together, done: Done) -> None:
        """One call to the ledger, committed as a submission before its first byte."""
        credit = self._credit(step, operation, together)
        submission = SubmissionId(uuid4())
        limits = self._ledger.limits
        key = idempotency_key(str(self._turn.connection_id), submission)
        kind = "allocation" if isinstance(operation, Allocate) else "deallocation"
        async with self._turn.unit() as unit:
            await open_submission(
                unit,
                submission_id=submission,
                connection_id=self._turn.connection_id,
                kind=kind,
                method="PUT" if isinstance(operation, Allocate) else "DELETE",
                path=f"/{kind}s",
                key=key,
                body=canonical_bytes(credit),
                fence=self._turn.fence,
                look_after=limits.request_timeout + limits.settle_delay,
                postings=(),
            )
        await self._turn.ensure_lease(limits.request_timeout)
        try:
            if isinstance(operation, Allocate):
                await self._ledger.allocate(credit, key)
            else:
                await self._ledger.deallocate(credit, key)
        except LedgerwireError as error:
            # also where the outcome is open: the next look reads what stands, this call is not sent again
            await self._close(submission, error.code.lower())
            raise
        await self._close(submission, "done")
        before = done.views.get(step.invoice_id, together.stored[step.invoice_id].view)
        done.views[step.invoice_id] = _after(before, credit, added=isinstance(operation, Allocate))

    async def _close(self, submission: SubmissionId, outcome: str) -> None:
        async with self._turn.unit() as unit:
            await settle_submission(unit, submission, outcome)

    def _credit(self, step: Step, operation: Allocate | Deallocate, together: Together) -> CreditApplied:
        invoice, note = together.stored[step.invoice_id], together.cases.get(step.part)
        amount, day, allocation_id = (
            (operation.amount, operation.applied_on or self._clock.today(), "")
            if isinstance(operation, Allocate)
            else (
                operation.allocation.amount,
                operation.allocation.applied_on,
                operation.allocation.allocation_id,
            )
        )
        return CreditApplied(
            credit_id=together.ledger_ids[step.part],
            credit_number=note.number if note else "",
            invoice_id=(operation.allocation.document_id if isinstance(operation, Deallocate) else "")
            or invoice.ledger_id,
            invoice_number=invoice.view.number,
            amount=amount,
            applied_on=day,
            allocation_id=allocation_id,
        )

    def _refused(self, step: Step, operation: Operation, together: Together, error: Stopped) -> list[Finding]:
        """What a person is told. A credit's row that ConnectWise does not take beside another one is a cause of its own."""
        others = [row for row in together.cases[step.invoice_id].rows if row.credit_id != step.part]
        if isinstance(error, Refused) and isinstance(operation, CreateRow) and step.part != CASH and others:
            case, note = together.cases[step.invoice_id], together.cases.get(step.part)
            params = {
                "number": case.number,
                "ledger": self._ledger.name,
                "credit": note.number if note else str(step.part),
                "amount": f"{operation.amount:,.2f}",
                "said": error.findings[0].params.get("said", ""),
            }
            return [Finding("PAYMENT_MULTI_INVOICE_CREDIT", params)]
        number = together.cases[step.invoice_id].number
        given = {"number": number, "ledger": self._ledger.name}
        return [replace(item, params=given | item.params) for item in error.findings]


def _after(view: Settlement, credit: CreditApplied, *, added: bool) -> Settlement:
    """The ledger's view after our own write; the next look reads it back, with the allocation's id."""
    if added:
        return replace(view, credits=(*view.credits, credit), balance=view.balance - credit.amount)
    left = list(view.credits)
    gone = next(
        (
            item
            for item in left
            if (item.credit_id, item.allocation_id, item.amount)
            == (credit.credit_id, credit.allocation_id, credit.amount)
        ),
        None,
    )
    if gone is None:
        return view
    left.remove(gone)
    return replace(view, credits=tuple(left), balance=view.balance + credit.amount)


def resting(ledger: Ledger, plan: Plan) -> Mapping[int, timedelta]:
    """How long each invoice with a write rests should this process die meanwhile, or the outcome stay open.

    An allocation has no unique key in the ledgers: absence counts only after the window in which it may still appear.
    """
    settle = ledger.limits.settle_delay
    pauses: dict[int, timedelta] = {}
    for step in plan.steps:
        in_ledger = any(isinstance(one, Allocate | Deallocate) for one in step.operations)
        pause = ledger.limits.resend_window if in_ledger else CALL + settle
        pauses[step.invoice_id] = max(pause, pauses.get(step.invoice_id, timedelta(0)))
    return pauses
