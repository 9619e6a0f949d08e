"""What applying a plan leaves in our own records: the state of each step, and every row with what was written into it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from ledgerwire.billing_sync.domain.agreements import Agreement, Written
from ledgerwire.billing_sync.domain.plan import Step
from ledgerwire.billing_sync.points import ADDITION_RECORDED
from ledgerwire.billing_sync.repository import links, plans, written
from ledgerwire.billing_sync.stored import AgreementPart, StepState, StoredPlan
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.crashpoints import reach
from ledgerwire.common.db.session import Database
from ledgerwire.connectwise.models.agreements import Addition


class Keeping:
    """The records of one plan that is being applied; every method is one transaction.

    Attributes:
        ours: ids of the additions that are recorded as ours.
    """

    def __init__(self, database: Database, account_id: UUID, plan: StoredPlan) -> None:
        self._database = database
        self._account_id = account_id
        self._plan = plan
        self.ours: set[int] = set()

    async def load(self) -> None:
        """Read which additions are ours."""
        async with self._database.account(self._account_id) as unit:
            self.ours = {each.written.addition_id for each in await written.records(unit, self._plan.connection_id)}

    async def mark(self, steps: Sequence[Step], state: StepState, finding: Finding | None = None) -> None:
        """Steps are in another state; `finding` says why."""
        if not steps:
            return
        found = None if finding is None else {"code": finding.code, "message": finding.message}
        async with self._database.account(self._account_id) as unit:
            await plans.mark(unit, self._plan.plan_id, [step.key for step in steps], state, found=found)

    async def remember(self, part: AgreementPart, step: Step, record: Written, wrong: Finding | None) -> None:
        """A row is written: what it says, and what was noticed when it was read back."""
        said = {} if wrong is None else {"code": wrong.code, "message": wrong.message}
        row = record.addition_id
        async with self._database.account(self._account_id) as unit:
            await written.put(unit, self._plan.connection_id, part.company_id, record, step.key)
            await plans.mark(unit, self._plan.plan_id, [step.key], StepState.WRITTEN, addition_id=row, found=said)
        self.ours.add(row)
        reach(ADDITION_RECORDED)

    async def adopt(self, part: AgreementPart) -> None:
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

    async def copied(self, part: AgreementPart, step: Step, copy: Agreement) -> None:
        """An agreement has a successor, which is the customer's for this motion from now on (M22)."""
        async with self._database.account(self._account_id) as unit:
            await links.link_agreement(
                unit,
                self._plan.connection_id,
                part.company_id,
                part.motion,
                copy.id,
                copied_from=step.agreement_id,
                by="plan",
            )
            await plans.mark(unit, self._plan.plan_id, [step.key], StepState.WRITTEN, found={"agreement": copy.id})

    async def product_made(self, sku: str, product_id: int) -> None:
        """A SKU has a product."""
        async with self._database.account(self._account_id) as unit:
            await links.link_products(unit, self._plan.connection_id, [(sku, product_id)], "plan")

    async def finish(self) -> None:
        """Nothing of the plan is left to be approved."""
        async with self._database.account(self._account_id) as unit:
            await plans.finish(unit, self._plan.plan_id)


def record_of(step: Step, row: Addition, agreement: Agreement, product_id: int, uninvoiced_from: date) -> Written:
    """A row as it is recorded once a step wrote it."""
    if step.after is None:
        raise ValueError(f"step {step.key} says nothing to write")
    return Written(
        addition_id=row.id,
        agreement_id=agreement.id,
        product_id=product_id,
        line=step.line,
        values=step.after,
        uninvoiced_from=uninvoiced_from,
        charge=step.charge,
        billed_as=step.billed_as,
        agreement_was_invoiced=agreement.invoiced_once,
        seen=step.seen,
    )
