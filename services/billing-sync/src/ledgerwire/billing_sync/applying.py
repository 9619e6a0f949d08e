"""Apply what was approved of a plan, one write at a time: looked for before it is made, remembered as soon as it is seen.

ConnectWise knows no idempotency keys. A step is marked `sent` before its request; whatever happens then, the next attempt finds
the row that says what the step wanted and takes it for its own, so a crash between request and commit repeats nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import structlog

from ledgerwire.billing_sync import psa as wire
from ledgerwire.billing_sync.catalog import make
from ledgerwire.billing_sync.domain.agreements import Agreement, Written
from ledgerwire.billing_sync.domain.days import first_uninvoiced
from ledgerwire.billing_sync.domain.plan import Step, StepKind
from ledgerwire.billing_sync.domain.planner import shown_row
from ledgerwire.billing_sync.domain.readback import check_read_back
from ledgerwire.billing_sync.domain.rules import SeatRules
from ledgerwire.billing_sync.planning import Progress, no_progress
from ledgerwire.billing_sync.points import (
    ADDITION_RECORDED,
    ADDITION_WRITTEN,
    AGREEMENT_COPIED,
    PRODUCT_MADE,
    STEP_SENT,
)
from ledgerwire.billing_sync.repository import links, plans, written
from ledgerwire.billing_sync.stored import AgreementPart, PlanState, StepState, StoredPlan, StoredStep
from ledgerwire.billing_sync.turn import Hold
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.crashpoints import reach
from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import Stopped
from ledgerwire.connectwise import ConnectWise, RecordMissing
from ledgerwire.connectwise.agreements import NewAddition
from ledgerwire.connectwise.models.agreements import Addition

_log = structlog.get_logger(__name__)

STALE = "BS_PLAN_STALE"
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


class Applying:
    """Writes the approved steps of one plan."""

    def __init__(
        self, database: Database, psa: ConnectWise, account_id: UUID, plan: StoredPlan, rules: SeatRules, hold: Hold
    ) -> None:
        self._database = database
        self._psa = psa
        self._account_id = account_id
        self._plan = plan
        self._rules = rules
        self._hold = hold
        self._made: dict[int, int] = {}
        self._copies: dict[int, Agreement] = {}
        self._ours: set[int] = set()

    async def run(self, progress: Progress = no_progress) -> Applied:
        """Write what is approved, agreement by agreement; what one refuses stops that agreement only."""
        current = await self._current()
        await self._prepare()
        by_agreement: dict[int, list[StoredStep]] = defaultdict(list)
        for stored in self._plan.steps:
            by_agreement[stored.step.agreement_id].append(stored)
        findings: list[Finding] = []
        done = refused = left = 0
        for place, part in enumerate(self._plan.parts, 1):
            steps = by_agreement.get(part.agreement.id, [])
            todo = [stored for stored in steps if stored.state in TO_DO]
            left += sum(1 for stored in steps if stored.state is StepState.PLANNED)
            stale = self._stale(part, current.get(part.agreement.id))
            if stale is not None and todo:
                await self._mark([stored.step for stored in todo], StepState.REFUSED, stale)
                findings.append(stale)
                refused += len(todo)
                continue
            if stale is None and len(todo) == len([each for each in steps if each.state is not StepState.WRITTEN]):
                await self._adopt(part)
            wrote, found = await self._agreement(part, [stored.step for stored in todo])
            done += wrote
            refused += len(todo) - wrote
            findings += found
            progress("apply", place, len(self._plan.parts))
        if left == 0:
            async with self._database.account(self._account_id) as unit:
                await plans.finish(unit, self._plan.plan_id)
        return Applied(self._plan.plan_id, done, refused, left, tuple(findings))

    async def settle(self) -> int:
        """Look for what became of writes that were sent and not seen; how many had been made.

        Called before a new plan: one that finds its own half-recorded write would take it for a person's edit.
        """
        await self._prepare()
        parts = {part.agreement.id: part for part in self._plan.parts}
        made = 0
        for step in [stored.step for stored in self._plan.steps if stored.state is StepState.SENT]:
            if await self._was_made(parts[step.agreement_id], step):
                made += 1
            else:
                await self._mark([step], StepState.STOPPED)
        return made

    async def _was_made(self, part: AgreementPart, step: Step) -> bool:
        if step.kind is StepKind.COPY_AGREEMENT:
            found = await self._psa.agreements.named(part.company_id, self._copy_name(part))
            if found:
                await self._copy(part, step)
            return bool(found)
        agreement = self._copies.get(step.agreement_id, part.agreement) if step.on_copy else part.agreement
        product, row = step.product_id, None
        if step.kind is StepKind.CREATE:
            product = await self._known_product(step.product_id)
            row = await self._standing(agreement, step, product) if product else None
        elif step.addition_id is not None:
            row = await self._changed_row(agreement, step, step.addition_id)
        if row is None:
            return False
        await self._remember(part, agreement, step, row, product, None)
        return True

    async def _standing(self, agreement: Agreement, step: Step, product_id: int) -> Addition | None:
        found = await self._psa.agreements.find_additions(agreement.id, self._new(step, product_id), besides=self._ours)
        return found[0] if found else None

    async def _changed_row(self, agreement: Agreement, step: Step, addition_id: int) -> Addition | None:
        try:
            row = await self._psa.agreements.addition(agreement.id, addition_id)
        except RecordMissing:
            return None
        values = wire.values_of(row, cancelled_is_last_day=self._rules.cancelled_is_last_day)
        return row if values == step.after else None

    async def _known_product(self, product_id: int) -> int:
        """The product of a step, 0 where it has not been made."""
        if product_id > 0:
            return product_id
        sku = self._plan.products[product_id].vendor_sku
        rows = (await self._psa.catalog.by_vendor_sku([sku])).get(sku, [])
        return min((row.id for row in rows), default=0)

    async def _prepare(self) -> None:
        await self._restore_copies()
        async with self._database.account(self._account_id) as unit:
            self._ours = {each.written.addition_id for each in await written.records(unit, self._plan.connection_id)}

    async def _restore_copies(self) -> None:
        """Copies of agreements that an earlier attempt at this plan made."""
        copies = {
            stored.step.agreement_id: stored.found.get("agreement")
            for stored in self._plan.steps
            if stored.step.kind is StepKind.COPY_AGREEMENT and stored.state is StepState.WRITTEN
        }
        rows = {row.id: row for row in await self._psa.agreements.by_ids([each for each in copies.values() if each])}
        tables = await wire.terms(self._psa) if rows else None
        for original, copied in copies.items():
            if tables is not None and copied in rows:
                self._copies[original] = wire.agreement_of(rows[copied], tables)

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

    async def _adopt(self, part: AgreementPart) -> None:
        """Rows that fit as they are become ours; records of rows that people deleted go."""
        if not part.adopted and not part.forgotten:
            return
        async with self._database.account(self._account_id) as unit:
            for each in part.adopted:
                row = each.row
                record = Written(
                    addition_id=row.addition_id,
                    agreement_id=part.agreement.id,
                    product_id=row.product_id or part.products.get(each.line, 0),
                    line=each.line,
                    values=row.values,
                    uninvoiced_from=row.uninvoiced_from,
                    charge=row.charge,
                    billed_as=row.billed_as,
                    seen=row.seen,
                )
                await written.put(unit, self._plan.connection_id, part.company_id, record, "adopted")
            await written.forget(unit, self._plan.connection_id, part.forgotten)

    async def _agreement(self, part: AgreementPart, steps: Sequence[Step]) -> tuple[int, list[Finding]]:
        for number, step in enumerate(steps):
            try:
                finding = await self._step(part, step)
            except Stopped as error:
                finding = error.findings[0]
                await self._mark([step], StepState.REFUSED, finding)
            if finding is None:
                continue
            rest = steps[number + 1 :]
            await self._mark(rest, StepState.STOPPED, finding)
            wrote = number + (1 if finding.code == "BS_PRORATE_UNEXPECTED" else 0)
            return wrote, [finding]
        return len(steps), []

    async def _step(self, part: AgreementPart, step: Step) -> Finding | None:
        """One write; what stops the rest of its agreement, or None."""
        await self._hold()
        await self._mark([step], StepState.SENT)
        reach(STEP_SENT)
        if step.kind is StepKind.COPY_AGREEMENT:
            await self._copy(part, step)
            return None
        agreement = self._copies.get(step.agreement_id, part.agreement) if step.on_copy else part.agreement
        if step.after is None:
            raise ValueError(f"step {step.key} says nothing to write")
        if step.kind is StepKind.CREATE:
            product = await self._product(step.product_id)
            row = await self._created(agreement, step, product)
        else:
            product = step.product_id
            found = await self._changed(agreement, part, step)
            if isinstance(found, Finding):
                await self._mark([step], StepState.REFUSED, found)
                return found
            row = found
        reach(ADDITION_WRITTEN)
        wrong = check_read_back(
            step,
            None if step.on_copy else row.extended_prorate_price,
            self._rules,
            product=part.names.get(step.line, step.line),
            agreement=agreement.name,
        )
        await self._remember(part, agreement, step, row, product, wrong)
        return wrong

    def _new(self, step: Step, product_id: int) -> NewAddition:
        assert step.after is not None  # noqa: S101 - a step that creates says what
        last = self._rules.cancelled_is_last_day
        return wire.new_addition(step.after, product_id, step.description, cancelled_is_last_day=last)

    async def _created(self, agreement: Agreement, step: Step, product_id: int) -> Addition:
        new = self._new(step, product_id)
        row, made = await self._psa.agreements.ensure_addition(agreement.id, new, besides=self._ours)
        _log.info("seats.addition", agreement=agreement.id, addition=row.id, made=made, step=step.key)
        return row

    async def _changed(self, agreement: Agreement, part: AgreementPart, step: Step) -> Addition | Finding:
        """Change a row that still says what the plan saw; one that says it already is left, another one is a person's."""
        if step.addition_id is None or step.before is None or step.after is None:
            raise ValueError(f"step {step.key} names no row to change")
        last = self._rules.cancelled_is_last_day
        row = await self._psa.agreements.addition(agreement.id, step.addition_id)
        now = wire.values_of(row, cancelled_is_last_day=last)
        if now == step.after:
            return row
        if now != step.before:
            names = {"customer": part.customer, "product": part.names.get(step.line, step.line)}
            shown = {"wrote": shown_row(step.before), "found": shown_row(now)}
            return Finding("BS_EDITED_BY_HAND", {**names, "agreement": agreement.name, **shown})
        asked = wire.change(step.before, step.after, cancelled_is_last_day=last)
        return await self._psa.agreements.change_addition(agreement.id, step.addition_id, asked)

    async def _remember(
        self, part: AgreementPart, agreement: Agreement, step: Step, row: Addition, product: int, wrong: Finding | None
    ) -> None:
        assert step.after is not None  # noqa: S101 - checked by the caller
        record = Written(
            addition_id=row.id,
            agreement_id=agreement.id,
            product_id=product,
            line=step.line,
            values=step.after,
            uninvoiced_from=self._uninvoiced_from(part, agreement, step),
            charge=step.charge,
            billed_as=step.billed_as,
            agreement_was_invoiced=agreement.invoiced_once,
            seen=step.seen,
        )
        said = {} if wrong is None else {"code": wrong.code, "message": wrong.message}
        async with self._database.account(self._account_id) as unit:
            await written.put(unit, self._plan.connection_id, part.company_id, record, step.key)
            await plans.mark(unit, self._plan.plan_id, [step.key], StepState.WRITTEN, addition_id=row.id, found=said)
        self._ours.add(row.id)
        reach(ADDITION_RECORDED)

    def _uninvoiced_from(self, part: AgreementPart, agreement: Agreement, step: Step) -> date:
        if agreement.id == part.agreement.id:
            return step.recorded_from
        rules = self._rules.in_advance
        return first_uninvoiced(agreement.next_invoice, agreement.period_type, agreement.start, rules)

    def _copy_name(self, part: AgreementPart) -> str:
        return f"{part.agreement.name} {self._plan.day:%Y-%m-%d}"

    async def _copy(self, part: AgreementPart, step: Step) -> None:
        """A One-Time agreement that has had its invoice gets a successor (M22); its name tells the day of the plan."""
        row = await self._psa.agreements.copy(
            step.agreement_id, company_id=part.company_id, name=self._copy_name(part), start=self._plan.day
        )
        reach(AGREEMENT_COPIED)
        copied = wire.agreement_of(row, await wire.terms(self._psa))
        self._copies[step.agreement_id] = copied
        async with self._database.account(self._account_id) as unit:
            await links.link_agreement(
                unit,
                self._plan.connection_id,
                part.company_id,
                part.motion,
                copied.id,
                copied_from=step.agreement_id,
                by="plan",
            )
            await plans.mark(unit, self._plan.plan_id, [step.key], StepState.WRITTEN, found={"agreement": copied.id})

    async def _product(self, product_id: int) -> int:
        """The product of a step; one that the plan found missing is made now, once."""
        if product_id > 0:
            return product_id
        if product_id not in self._made:
            wanted = self._plan.products[product_id]
            row = await make(self._psa, wanted)
            reach(PRODUCT_MADE)
            async with self._database.account(self._account_id) as unit:
                await links.link_products(unit, self._plan.connection_id, [(wanted.vendor_sku, row.id)], "plan")
            self._made[product_id] = row.id
        return self._made[product_id]

    async def _mark(self, steps: Sequence[Step], state: StepState, finding: Finding | None = None) -> None:
        if not steps:
            return
        found = None if finding is None else {"code": finding.code, "message": finding.message}
        async with self._database.account(self._account_id) as unit:
            await plans.mark(unit, self._plan.plan_id, [step.key for step in steps], state, found=found)
