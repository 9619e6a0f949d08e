"""Apply what was approved of a plan, one write at a time: looked for before it is made, remembered as soon as it is seen.

A step is marked `sent` before its request; whatever happens then, the next attempt finds the row that says what the step
wanted and takes it for its own, so a crash between request and commit repeats nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from ledgerwire.billing_sync import psa as wire
from ledgerwire.billing_sync.domain.agreements import Agreement
from ledgerwire.billing_sync.domain.days import first_uninvoiced
from ledgerwire.billing_sync.domain.plan import Step, StepKind
from ledgerwire.billing_sync.domain.readback import check_read_back
from ledgerwire.billing_sync.domain.rules import SeatRules
from ledgerwire.billing_sync.failures import Failures
from ledgerwire.billing_sync.keeping import Keeping, record_of
from ledgerwire.billing_sync.planning import Progress, no_progress
from ledgerwire.billing_sync.points import ADDITION_WRITTEN, STEP_SENT
from ledgerwire.billing_sync.stored import AgreementPart, PlanState, StepState, StoredPlan, StoredStep
from ledgerwire.billing_sync.turn import Hold
from ledgerwire.billing_sync.writing import STALE, Row, Writing
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.crashpoints import reach
from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import Ambiguous, Stopped, Transient
from ledgerwire.connectwise import ConnectWise, Refused
from ledgerwire.connectwise.agreements import AGREEMENTS

TO_DO = (StepState.APPROVED, StepState.SENT)


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of applying a plan.

    Attributes:
        written: additions (and copies of agreements) written now or found as wanted.
        refused: steps that were not written, with why.
        left: steps nobody approved.
    """

    plan_id: UUID
    written: int
    refused: int
    left: int
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _Tally:
    done: int = 0
    refused: int = 0
    left: int = 0
    findings: list[Finding] = field(default_factory=list)


class Applying:
    """Writes the approved steps of one plan."""

    def __init__(
        self, database: Database, psa: ConnectWise, account_id: UUID, plan: StoredPlan, rules: SeatRules, hold: Hold
    ) -> None:
        self._psa = psa
        self._plan = plan
        self._rules = rules
        self._hold = hold
        self._keeping = Keeping(database, account_id, plan)
        self._writing = Writing(psa, plan, rules, self._keeping)

    async def run(self, progress: Progress = no_progress) -> Applied:
        """Write what is approved, agreement by agreement; what one refuses or fails with stops that agreement only.

        Raises:
            Ambiguous, Transient: what the first agreement failed with, after the others were written, or at once where
                ConnectWise itself does not answer. Called again, its steps that were sent are looked for and the others go on.
        """
        current = await self._current()
        await self._prepare()
        by_agreement: dict[int, list[StoredStep]] = defaultdict(list)
        for stored in self._plan.steps:
            by_agreement[stored.step.agreement_id].append(stored)
        tally, failures = _Tally(), Failures()
        with failures.raised_at_the_end():
            for place, part in enumerate(self._plan.parts, 1):
                number = part.agreement.id
                try:
                    if await self._part(part, by_agreement.get(number, []), current.get(number), tally):
                        failures.none()
                except (Ambiguous, Transient) as error:
                    if failures.add(error, number):
                        await self._probe(failures)
                progress("apply", place, len(self._plan.parts))
        if tally.left == 0:
            await self._keeping.finish()
        return Applied(self._plan.plan_id, tally.done, tally.refused, tally.left, tuple(tally.findings))

    async def _part(
        self, part: AgreementPart, steps: Sequence[StoredStep], now: Agreement | None, tally: _Tally
    ) -> bool:
        """Write what is approved for one agreement; whether there was anything to write."""
        todo = [stored for stored in steps if stored.state in TO_DO]
        tally.left += sum(1 for stored in steps if stored.state is StepState.PLANNED)
        stale = self._stale(part, now)
        if stale is not None and todo:
            made = await self._given_up(part, todo, stale)
            tally.findings += [stale] if made < len(todo) else []
            tally.done += made
            tally.refused += len(todo) - made
            return False
        if stale is None and len(todo) == len([each for each in steps if each.state is not StepState.WRITTEN]):
            await self._keeping.adopt(part)
        wrote, found = await self._agreement(part, [stored.step for stored in todo])
        tally.done += wrote
        tally.refused += len(todo) - wrote
        tally.findings += found
        return bool(todo)

    async def settle(self) -> dict[int, Transient]:
        """Look for what became of writes that were sent and not seen; on which agreements that cannot be told now, and why not.

        Called before a new plan: one that finds its own half-recorded write would take it for a person's edit.
        """
        await self._prepare()
        parts = {part.agreement.id: part for part in self._plan.parts}
        failures, unseen = Failures(), dict[int, Transient]()
        for step in [stored.step for stored in self._plan.steps if stored.state is StepState.SENT]:
            try:
                await self._settled(parts[step.agreement_id], step)
            except Transient as error:
                unseen[self._writing.place_of(step)] = error
                if failures.add(error, step.agreement_id):
                    await self._probe(failures)
        return unseen

    async def _given_up(self, part: AgreementPart, todo: Sequence[StoredStep], stale: Finding) -> int:
        """Refuse the steps of a plan that no longer holds; how many had been made before, which are recorded instead."""
        sent = [stored.step for stored in todo if stored.state is StepState.SENT]
        made = sum([await self._settled(part, step, StepState.REFUSED, stale) for step in sent])
        rest = [stored.step for stored in todo if stored.state is not StepState.SENT]
        await self._keeping.mark(rest, StepState.REFUSED, stale)
        return made

    async def _settled(
        self, part: AgreementPart, step: Step, otherwise: StepState = StepState.STOPPED, why: Finding | None = None
    ) -> bool:
        """Whether a write that was sent had been made: then it is recorded; otherwise its step ends in that state."""
        found = False
        try:
            found = await self._was_made(part, step)
        except Refused:  # it may have been made all the same
            raise
        except Stopped as error:  # its agreement, or the copy of it, is not there any more
            why = why or error.findings[0]
        if not found:
            await self._keeping.mark([step], otherwise, why)
        return found

    async def _was_made(self, part: AgreementPart, step: Step) -> bool:
        if step.kind is StepKind.COPY_AGREEMENT:
            found = await self._writing.was_copied(part)
            if found:
                await self._writing.copy(part, step)
            return found
        row = await self._writing.look_for(part, step)
        if row is None:
            return False
        await self._remember(part, step, row, None)
        return True

    async def _probe(self, failures: Failures) -> None:
        """Raise where ConnectWise itself does not answer; where it does, it is the agreements that fail."""
        await self._psa.can_read(AGREEMENTS)
        failures.none()

    async def _prepare(self) -> None:
        await self._writing.restore_copies()
        await self._keeping.load()

    async def _current(self) -> dict[int, Agreement]:
        ids = [part.agreement.id for part in self._plan.parts]
        tables = await wire.terms(self._psa)
        return {row.id: wire.agreement_of(row, tables) for row in await self._psa.agreements.by_ids(ids)}

    def _stale(self, part: AgreementPart, now: Agreement | None) -> Finding | None:
        """Why the plan of an agreement no longer holds: it was invoiced meanwhile, or is not to be seen."""
        before = part.agreement
        if self._plan.state is PlanState.REPLACED:
            return Finding(STALE, {"agreement": before.name, "reason": "a newer plan has replaced it"})
        if now is None:
            return Finding(STALE, {"agreement": before.name, "reason": "the agreement is not visible any more"})
        if (now.next_invoice, now.invoiced_once) != (before.next_invoice, before.invoiced_once):
            return Finding(STALE, {"agreement": before.name, "reason": "it was invoiced since the plan was made"})
        return None

    async def _agreement(self, part: AgreementPart, steps: Sequence[Step]) -> tuple[int, list[Finding]]:
        for number, step in enumerate(steps):
            try:
                finding = await self._step(part, step)
            except Stopped as error:
                finding = error.findings[0]
                await self._keeping.mark([step], StepState.REFUSED, finding)
            if finding is None:
                continue
            await self._keeping.mark(steps[number + 1 :], StepState.STOPPED, finding)
            wrote = number + (1 if finding.code == "BS_PRORATE_UNEXPECTED" else 0)
            return wrote, [finding]
        return len(steps), []

    async def _step(self, part: AgreementPart, step: Step) -> Finding | None:
        """One write; what stops the rest of its agreement, or None."""
        await self._hold()
        await self._keeping.mark([step], StepState.SENT)
        reach(STEP_SENT)
        if step.kind is StepKind.COPY_AGREEMENT:
            await self._writing.copy(part, step)
            return None
        row = await self._writing.write(part, step)
        if isinstance(row, Finding):
            await self._keeping.mark([step], StepState.REFUSED, row)
            return row
        reach(ADDITION_WRITTEN)
        wrong = check_read_back(
            step,
            None if step.on_copy else row.addition.extended_prorate_price,
            self._rules,
            product=part.names.get(step.line, step.line),
            agreement=row.agreement.name,
        )
        await self._remember(part, step, row, wrong)
        return wrong

    async def _remember(self, part: AgreementPart, step: Step, row: Row, wrong: Finding | None) -> None:
        since = self._uninvoiced_from(part, row.agreement, step)
        await self._keeping.remember(
            part, step, record_of(step, row.addition, row.agreement, row.product_id, since), wrong
        )

    def _uninvoiced_from(self, part: AgreementPart, agreement: Agreement, step: Step) -> date:
        if agreement.id == part.agreement.id:
            return step.recorded_from
        rules = self._rules.in_advance
        return first_uninvoiced(agreement.next_invoice, agreement.period_type, agreement.start, rules)
