"""What of a plan a person approves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ledgerwire.billing_sync.stored import StepState, StoredPlan


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

    def keys(self, plan: StoredPlan) -> list[str]:
        """The steps that are meant and not decided upon yet."""
        company = {part.agreement.id: part.company_id for part in plan.parts}
        return [
            stored.step.key
            for stored in plan.steps
            if stored.state is StepState.PLANNED
            and (
                self.everything
                or stored.step.agreement_id in self.agreements
                or company.get(stored.step.agreement_id) in self.companies
                or stored.step.line in self.lines
                or stored.step.key in self.steps
            )
        ]
