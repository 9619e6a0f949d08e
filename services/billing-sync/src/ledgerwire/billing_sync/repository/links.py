"""The SQL of links: customers to companies, SKUs to products, motions to agreements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from ledgerwire.billing_sync.stored import StepState
from ledgerwire.common.db.models.billing import AgreementLink, CustomerLink, ProductLink, SeatPlan, SeatPlanStep
from ledgerwire.common.db.session import Unit
from ledgerwire.common.seats import Motion


@dataclass(frozen=True, slots=True)
class Links:
    """What is linked, by ids only.

    Attributes:
        customers: (source, customer) → company.
        products: SKU → catalog product.
        agreements: (company, motion) → agreement.
        copies: agreement → the one it was copied from, earlier copies included (M22).
    """

    customers: dict[tuple[str, str], int]
    products: dict[str, int]
    agreements: dict[tuple[int, Motion], int]
    copies: dict[int, int]


async def links(unit: Unit, connection_id: UUID) -> Links:
    """Every stored link of a connection."""
    customers = await unit.execute(
        select(CustomerLink.source, CustomerLink.customer_id, CustomerLink.company_id).where(
            CustomerLink.connection_id == connection_id, CustomerLink.company_id.is_not(None)
        )
    )
    products = await unit.execute(
        select(ProductLink.sku, ProductLink.product_id).where(ProductLink.connection_id == connection_id)
    )
    agreements = (
        await unit.execute(select(AgreementLink.__table__).where(AgreementLink.connection_id == connection_id))
    ).all()
    copies = {row.agreement_id: row.copied_from for row in agreements if row.copied_from is not None}
    if copies:
        copies = {**await _copied(unit, connection_id), **copies}
    return Links(
        {(row.source, row.customer_id): row.company_id for row in customers},
        {row.sku: row.product_id for row in products},
        {(row.company_id, Motion(row.motion)): row.agreement_id for row in agreements},
        copies,
    )


async def _copied(unit: Unit, connection_id: UUID) -> dict[int, int]:
    """Every copy that a plan made: a link keeps the last one only."""
    plans = select(SeatPlan.plan_id).where(SeatPlan.connection_id == connection_id)
    made = await unit.execute(
        select(SeatPlanStep.agreement_id, SeatPlanStep.found)
        .where(SeatPlanStep.plan_id.in_(plans), SeatPlanStep.step_key.startswith("copy-"))
        .where(SeatPlanStep.state == StepState.WRITTEN)
    )
    return {row.found["agreement"]: row.agreement_id for row in made if "agreement" in row.found}


async def link_customer(
    unit: Unit, connection_id: UUID, source: str, customer_id: str, name: str, company_id: int, linked_by: str
) -> None:
    """Say which company a source's customer is; a later link replaces an earlier one."""
    values = {"name": name, "company_id": company_id, "linked_by": linked_by}
    key = {"account_id": unit.account_id, "connection_id": connection_id, "source": source, "customer_id": customer_id}
    await unit.execute(
        insert(CustomerLink)
        .values(**key, **values)
        .on_conflict_do_update(index_elements=list(key), set_={**values, "linked_at": func.now()})
    )


async def link_products(unit: Unit, connection_id: UUID, found: Iterable[tuple[str, int]], linked_by: str) -> None:
    """Keep the product of each SKU: looked for by name once, known by id from then on."""
    rows = [
        {
            "account_id": unit.account_id,
            "connection_id": connection_id,
            "sku": sku,
            "product_id": product_id,
            "linked_by": linked_by,
        }
        for sku, product_id in found
    ]
    if rows:
        statement = insert(ProductLink).values(rows)
        await unit.execute(
            statement.on_conflict_do_update(
                index_elements=[ProductLink.account_id, ProductLink.connection_id, ProductLink.sku],
                set_={"product_id": statement.excluded.product_id, "linked_at": func.now()},
            )
        )


async def link_agreement(
    unit: Unit,
    connection_id: UUID,
    company_id: int,
    motion: Motion,
    agreement_id: int,
    copied_from: int | None,
    by: str,
) -> None:
    """Say which agreement takes a company's seats of a motion from now on."""
    values = {"agreement_id": agreement_id, "copied_from": copied_from, "linked_by": by}
    key = {"account_id": unit.account_id, "connection_id": connection_id, "company_id": company_id}
    await unit.execute(
        insert(AgreementLink)
        .values(**key, motion=motion.value, **values)
        .on_conflict_do_update(index_elements=[*key, "motion"], set_={**values, "linked_at": func.now()})
    )
