"""Make both systems agree about the settlements that wait: compare, carry over, store what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ledgerwire.accounting.port import Ledger
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.clock import Clock
from ledgerwire.common.errors import Transient, Waiting
from ledgerwire.connectwise.payments import Payments
from ledgerwire.poster.payments import repository
from ledgerwire.poster.payments.cases import Together, bring_together, shows_as_carried
from ledgerwire.poster.payments.domain.model import CASH, Plan, Rules, Side, Step
from ledgerwire.poster.payments.domain.plan import plan
from ledgerwire.poster.payments.execute import Done, Executor, resting
from ledgerwire.poster.payments.ports import Terms, Turn
from ledgerwire.poster.payments.state import SeenBalance, SettlementState, Stored, moved

GROUP = 50
"""Settlements that are looked at together."""


@dataclass(slots=True)
class Outcome:
    """What one look came to.

    Attributes:
        planned: steps in words, for a dry run.
        told: documents with a finding.
        more: it ended before everything that is due was looked at, so that other work of the connection is not kept
            waiting. What a person must act on comes in turn at the interval: it may stand for weeks.
    """

    looked_at: int = 0
    written: int = 0
    onboarded: int = 0
    planned: list[Step] = field(default_factory=list)
    told: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    more: bool = False


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Works off what waits, under one turn."""

    turn: Turn
    ledger: Ledger
    psa: Payments
    terms: Terms
    rules: Rules
    clock: Clock
    correlation_id: str | None = None

    async def all(self, outcome: Outcome, *, dry_run: bool, at_most: int | None = None) -> Outcome:
        """Look at everything that waits (or `at_most` so many) once, and what was written is read back: only then it is done.

        `outcome` is filled as it goes.

        Raises:
            Waiting, Transient: a system cannot be asked now; what was carried over so far is stored.
        """
        looked: Counter[str] = Counter()
        while True:
            finished = [ledger_id for ledger_id, times in looked.items() if times > 1]
            async with self.turn.unit() as unit:
                rows = list((await repository.waiting(unit, self.turn.connection_id, GROUP, finished)).values())
            enough = at_most is not None and outcome.looked_at >= at_most
            if not rows or enough:
                outcome.more = any(row.state is SettlementState.DUE for row in rows)
                return outcome
            written = await self._some(rows, outcome, dry_run=dry_run)
            looked.update(row.ledger_id for row in rows)
            looked.update(row.ledger_id for row in rows if row.invoice_id not in written)

    async def _some(self, rows: Sequence[Stored], outcome: Outcome, *, dry_run: bool) -> frozenset[int]:
        together = await bring_together(self.turn, self.psa, self.terms, rows)
        made = plan(together.cases, self.rules)
        outcome.looked_at += len(rows)
        outcome.planned += made.steps
        outcome.onboarded += len(made.onboarded)
        for case in together.cases.values():
            outcome.told.pop(case.number, None)
        for invoice_id, findings in made.findings.items():
            outcome.told[together.cases[invoice_id].number] = findings
        if dry_run:
            return frozenset()
        await self._begin(made, together)
        done = Done()
        executor = Executor(self.turn, self.ledger, self.psa, self.terms, self.clock)
        try:
            await executor.carry_out(made, together, done)
        except (Waiting, Transient):
            await self._end(made, together, done)
            raise
        finally:
            outcome.written += done.written
        ended = await self._end(made, together, done)
        for invoice_id, more in done.failed.items():
            number = together.cases[invoice_id].number
            outcome.told[number] = (*outcome.told.get(number, ()), *more)
        written = {invoice_id for invoice_id, _ in done.operations}
        return frozenset(written - await self._read_back(ended))

    async def _begin(self, made: Plan, together: Together) -> None:
        """Store which way each part goes before the first write: what is half written is no change of the other side."""
        winners: dict[int, dict[int, Side]] = {}
        for step in made.steps:
            winners.setdefault(step.invoice_id, {})[step.part] = step.winner
        if not winners:
            return
        rows = [
            replace(together.stored[one], synced=together.stored[one].synced.carrying(sides), state=SettlementState.DUE)
            for one, sides in winners.items()
        ]
        pauses = resting(self.ledger, made)
        async with self.turn.unit() as unit:
            await repository.put(unit, self.turn.connection_id, rows)
            for one, pause in pauses.items():
                await repository.rest_until(unit, self.turn.connection_id, together.stored[one].ledger_id, pause)

    async def _read_back(self, ended: Sequence[Stored]) -> set[int]:
        """Prove what was written by the invoices' own sums; what they do not show so plainly is looked at once more."""
        due = {row.invoice_id: row for row in ended if row.state is SettlementState.DUE and row.invoice_id is not None}
        shown = {row.id: row for row in await self.psa.balances(list(due))} if due else {}
        proved = [
            replace(due[one], seen=SeenBalance.of(row), state=SettlementState.SYNCED)
            for one, row in shown.items()
            if shows_as_carried(row, due[one])
        ]
        async with self.turn.unit() as unit:
            await repository.put(unit, self.turn.connection_id, proved)
        return {row.invoice_id for row in proved if row.invoice_id is not None}

    async def _end(self, made: Plan, together: Together, done: Done) -> list[Stored]:
        ended = _Ended(made, together, done, self.ledger.name)
        async with self.turn.unit() as unit:
            resting_rows = [together.stored[one].ledger_id for one in done.open_invoices]
            rows = [ended.row(row) for row in together.stored.values() if row.ledger_id not in resting_rows]
            await repository.put(unit, self.turn.connection_id, rows)
            for one in together.stored:
                carried = ended.carried(one)
                record_id = together.stored[one].record_id
                if carried and record_id is not None:
                    await repository.add_step(unit, record_id, carried, self.correlation_id)
        return rows


@dataclass(frozen=True, slots=True)
class _Ended:
    """What is stored of each settlement after a plan was carried out, in whole or in part."""

    made: Plan
    together: Together
    done: Done
    ledger_name: str

    def row(self, row: Stored) -> Stored:
        """The row as it stands now. One with an open outcome is not touched: it rests."""
        one = row.invoice_id or 0
        if one not in self.together.cases:
            return self._missing(row)
        steps = [step for step in self.made.steps if step.invoice_id == one]
        ended = {step.part: step.amount for step in steps if self.done.ended(step)}
        going = {step.part: step.winner for step in steps}
        amounts = {**self.made.agreed.get(one, {}), **ended}
        findings = (*self.made.findings.get(one, ()), *self.done.failed.get(one, ()))
        return replace(
            row,
            view=self.done.views.get(one, row.view),
            synced=row.synced.carrying(going).agreed(amounts) if one not in self.made.onboarded else row.synced,
            state=self._state(one, written=bool(steps), told=bool(findings)),
            findings=findings,
            look_after=None,
            counted=row.counted or any(amounts.values()),
        )

    def _state(self, one: int, *, written: bool, told: bool) -> SettlementState:
        if one in self.made.onboarded:
            return SettlementState.ONBOARDED
        if told:
            return SettlementState.STOPPED
        return SettlementState.DUE if written else SettlementState.SYNCED

    def _missing(self, row: Stored) -> Stored:
        """ConnectWise does not have the invoice any more."""
        if not moved(row.view):
            return replace(row, state=SettlementState.SYNCED, findings=())
        amount = f"{abs(row.cash) + row.credited:,.2f} {row.view.currency}"
        params = {"number": row.view.number, "ledger": self.ledger_name, "amount": amount, "near": "none"}
        return replace(row, state=SettlementState.STOPPED, findings=(Finding("PAYMENT_UNMATCHED", params),))

    def carried(self, one: int) -> dict[str, str]:
        """What was carried over for an invoice, for its timeline."""
        return {
            self._name(step): f"{step.amount:.2f} from {step.winner.value}"
            for step in self.made.steps
            if step.invoice_id == one and self.done.ended(step)
        }

    def _name(self, step: Step) -> str:
        if step.part == CASH:
            return "cash"
        note = self.together.cases.get(step.part)
        return note.number if note else f"credit {step.part}"
