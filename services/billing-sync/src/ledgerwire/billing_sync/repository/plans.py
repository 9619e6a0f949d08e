"""The SQL of plans and their steps."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import distinct_on

from ledgerwire.billing_sync.domain.plan import CreditDue, Step
from ledgerwire.billing_sync.domain.products import NewProduct
from ledgerwire.billing_sync.stored import AgreementPart, PlanState, StepState, StoredPlan, StoredStep
from ledgerwire.common.canonical import canonical_bytes, from_canonical
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.db.models.billing import SeatPlan, SeatPlanAgreement, SeatPlanStep
from ledgerwire.common.db.session import Unit

_BATCH, _LOOKED_BACK = 500, 10


async def store(unit: Unit, plan: StoredPlan) -> None:
    """Keep a new plan; open ones of the connection are replaced by it."""
    await unit.execute(
        update(SeatPlan)
        .where(SeatPlan.connection_id == plan.connection_id, SeatPlan.state == PlanState.OPEN)
        .values(state=PlanState.REPLACED, finished_at=func.now())
    )
    ids = {"account_id": unit.account_id, "plan_id": plan.plan_id}
    summary = {
        "findings": canonical_bytes(plan.findings).decode(),
        "products": canonical_bytes({str(number): product for number, product in plan.products.items()}).decode(),
        "calls": plan.calls,
    }
    await unit.execute(
        insert(SeatPlan).values(
            **ids, connection_id=plan.connection_id, day=plan.day, state=plan.state, summary=summary
        )
    )
    parts = [
        {
            **ids,
            "agreement_id": part.agreement.id,
            "company_id": part.company_id,
            "customer": part.customer,
            "motion": part.motion.value,
            "body": canonical_bytes(part),
        }
        for part in plan.parts
    ]
    steps = [
        {
            **ids,
            "step_key": stored.step.key,
            "agreement_id": stored.step.agreement_id,
            "position": stored.position,
            "body": canonical_bytes(stored.step),
            "state": stored.state.value,
        }
        for stored in plan.steps
    ]
    for start in range(0, len(parts), _BATCH):
        await unit.execute(insert(SeatPlanAgreement).values(parts[start : start + _BATCH]))
    for start in range(0, len(steps), _BATCH):
        await unit.execute(insert(SeatPlanStep).values(steps[start : start + _BATCH]))


async def plan_of(unit: Unit, plan_id: UUID) -> StoredPlan | None:
    """One plan with everything in it."""
    row = (await unit.execute(select(SeatPlan.__table__).where(SeatPlan.plan_id == plan_id))).one_or_none()
    return None if row is None else await _whole(unit, row)


async def latest(unit: Unit, connection_id: UUID) -> StoredPlan | None:
    """The newest plan of a connection."""
    query = select(SeatPlan.__table__).where(SeatPlan.connection_id == connection_id)
    row = (await unit.execute(query.order_by(SeatPlan.made_at.desc(), SeatPlan.plan_id).limit(1))).one_or_none()
    return None if row is None else await _whole(unit, row)


async def credits_listed(unit: Unit, connection_id: UUID) -> list[CreditDue]:
    """The credits that the newest plan of each agreement lists.

    An agreement that could not be read is in no plan of that day, so a few plans before are looked at; what a newer one planned
    on another agreement (a copy) counts there.
    """
    recent = select(SeatPlan.plan_id).where(SeatPlan.connection_id == connection_id)
    recent = recent.order_by(SeatPlan.made_at.desc(), SeatPlan.plan_id).limit(_LOOKED_BACK)
    query = (
        select(SeatPlan.made_at, SeatPlanAgreement.body)
        .join(SeatPlan, SeatPlan.plan_id == SeatPlanAgreement.plan_id)
        .where(SeatPlan.connection_id == connection_id, SeatPlan.plan_id.in_(recent))
        .ext(distinct_on(SeatPlanAgreement.agreement_id))
        .order_by(SeatPlanAgreement.agreement_id, SeatPlan.made_at.desc(), SeatPlan.plan_id)
    )
    found = [(row.made_at, from_canonical(row.body, AgreementPart)) for row in await unit.execute(query)]
    planned: dict[str, datetime] = {}
    for made_at, part in found:
        planned |= {line: max(made_at, planned.get(line, made_at)) for line in part.products}
    return [due for made_at, part in found for due in part.credits if made_at >= planned.get(due.line, made_at)]


async def unsettled(unit: Unit, connection_id: UUID) -> list[StoredPlan]:
    """Plans with a write that was sent and whose outcome nobody has seen, oldest first."""
    sent = select(SeatPlanStep.plan_id).where(SeatPlanStep.state == StepState.SENT)
    query = select(SeatPlan.__table__).where(SeatPlan.connection_id == connection_id, SeatPlan.plan_id.in_(sent))
    rows = (await unit.execute(query.order_by(SeatPlan.made_at, SeatPlan.plan_id))).all()
    return [await _whole(unit, row) for row in rows]


async def approve(unit: Unit, plan_id: UUID, keys: Collection[str]) -> int:
    """Approve steps that are planned; how many were."""
    result = await unit.execute(
        update(SeatPlanStep)
        .where(SeatPlanStep.plan_id == plan_id, SeatPlanStep.step_key.in_(keys))
        .where(SeatPlanStep.state == StepState.PLANNED)
        .values(state=StepState.APPROVED, updated_at=func.now())
        .returning(SeatPlanStep.step_key)
    )
    return len(result.all())


async def mark(
    unit: Unit,
    plan_id: UUID,
    keys: Sequence[str],
    state: StepState,
    *,
    addition_id: int | None = None,
    found: Mapping[str, Any] | None = None,
) -> None:
    """Say what became of steps."""
    values: dict[str, Any] = {"state": state.value, "updated_at": func.now()}
    if addition_id is not None:
        values["addition_id"] = addition_id
    if found is not None:
        values["found"] = dict(found)
    query = update(SeatPlanStep).where(SeatPlanStep.plan_id == plan_id, SeatPlanStep.step_key.in_(keys))
    await unit.execute(query.values(**values))


async def finish(unit: Unit, plan_id: UUID) -> None:
    """Every step of the plan has come to an end."""
    await unit.execute(
        update(SeatPlan)
        .where(SeatPlan.plan_id == plan_id)
        .values(state=PlanState.APPLIED.value, finished_at=func.now())
    )


async def _whole(unit: Unit, row: Row[Any]) -> StoredPlan:
    parts = await unit.execute(
        select(SeatPlanAgreement.body)
        .where(SeatPlanAgreement.plan_id == row.plan_id)
        .order_by(SeatPlanAgreement.agreement_id)
    )
    steps = await unit.execute(
        select(SeatPlanStep.__table__)
        .where(SeatPlanStep.plan_id == row.plan_id)
        .order_by(SeatPlanStep.agreement_id, SeatPlanStep.position)
    )
    return StoredPlan(
        plan_id=row.plan_id,
        connection_id=row.connection_id,
        day=row.day,
        state=PlanState(row.state),
        made_at=row.made_at,
        findings=from_canonical(row.summary["findings"].encode(), tuple[Finding, ...]),
        parts=tuple(from_canonical(body, AgreementPart) for body in parts.scalars()),
        steps=tuple(
            StoredStep(
                from_canonical(step.body, Step), StepState(step.state), step.position, step.addition_id, step.found
            )
            for step in steps
        ),
        products=from_canonical(row.summary["products"].encode(), dict[int, NewProduct]),
        calls=row.summary["calls"],
    )
