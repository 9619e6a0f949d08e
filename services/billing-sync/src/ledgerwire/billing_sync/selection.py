"""What of a plan a person approves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ledgerwire.billing_sync.domain.plan import StepKind
from ledgerwire.billing_sync.stored import StepState, StoredPlan
from ledgerwire.common.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Selection:
    """What of a plan is meant: everything, or some agreements, companies, subscriptions or single steps."""

    agreements: Collection[int] = ()
    companies: Collection[int] = ()
    lines: Collection[str] = ()
    steps: Collection[str] = ()

    @property
    def everything(self) -> bool:
        return not (self.agreements or self.companies or self.lines or self.steps)

    def check(self, plan: StoredPlan) -> None:
        """Everything that is named is in the plan; a thing with nothing to write is.

        Raises:
            ConfigurationError: PLAN_PART_UNKNOWN with the first that is not.
        """
        steps = [stored.step for stored in plan.steps]
        lines = {step.line for step in steps}.union(*(part.names for part in plan.parts))
        named: tuple[tuple[str, Collection[object], Collection[object]], ...] = (
            ("agreement", self.agreements, {part.agreement.id for part in plan.parts}),
            ("company", self.companies, {part.company_id for part in plan.parts}),
            ("subscription", self.lines, lines),
            ("step", self.steps, {step.key for step in steps}),
        )
        for kind, wanted, known in named:
            missing = next((each for each in wanted if each not in known), None)
            if missing is not None:
                raise ConfigurationError(
                    f"plan {plan.plan_id} has no {kind} {missing}: see `ledgerwire seats plan`; nothing was written",
                    code="PLAN_PART_UNKNOWN",
                )

    def keys(self, plan: StoredPlan) -> list[str]:
        """The steps that are meant and not decided upon yet, and the copy of an agreement that one of them is written to.

        The steps of a subscription are one decision: half of them would bill its seats twice, or not at all.
        """
        company = {part.agreement.id: part.company_id for part in plan.parts}
        planned = [stored.step for stored in plan.steps if stored.state is StepState.PLANNED]
        halves = {step.line for step in planned if step.key in self.steps and step.kind is not StepKind.COPY_AGREEMENT}
        meant = [
            step
            for step in planned
            if self.everything
            or step.agreement_id in self.agreements
            or company.get(step.agreement_id) in self.companies
            or step.line in self.lines
            or step.line in halves
            or step.key in self.steps
        ]
        copied = {step.agreement_id for step in meant if step.on_copy}
        keys = {step.key for step in meant} | {
            step.key for step in planned if step.kind is StepKind.COPY_AGREEMENT and step.agreement_id in copied
        }
        return [step.key for step in planned if step.key in keys]
