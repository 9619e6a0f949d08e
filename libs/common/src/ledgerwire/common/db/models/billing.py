"""Schema `billing`: links of distributors to ConnectWise, what we wrote into additions, plans with their steps, runs, pushes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ledgerwire.common.db.base import Base, CreatedAt
from ledgerwire.common.db.models.messaging import (
    DeadLetterColumns,
    InboxColumns,
    OutboxColumns,
    TimelineColumns,
    WorkColumns,
)

SCHEMA = "billing"


class BillingOutbox(OutboxColumns, Base):
    __tablename__ = "outbox"
    __table_args__ = (*OutboxColumns.__table_args__, {"schema": SCHEMA})


class BillingInbox(InboxColumns, Base):
    __tablename__ = "inbox"
    __table_args__ = (*InboxColumns.__table_args__, {"schema": SCHEMA})


class BillingWork(WorkColumns, Base):
    __tablename__ = "work"
    __table_args__ = (*WorkColumns.__table_args__, {"schema": SCHEMA})


class BillingDeadLetter(DeadLetterColumns, Base):
    __tablename__ = "dead_letter"
    __table_args__ = (*DeadLetterColumns.__table_args__, {"schema": SCHEMA})


class BillingTimeline(TimelineColumns, Base):
    __tablename__ = "timeline"
    __table_args__ = (*TimelineColumns.__table_args__, {"schema": SCHEMA})


class Pushed(Base):
    """One customer, subscription, product or charge that somebody posted to us. The same key again replaces it.

    `kind` is customer, product, subscription or charge; `body` the canonical bytes of its shape.
    """

    __tablename__ = "pushed"
    __table_args__ = (Index("ix_pushed_days", "account_id", "source", "kind", "first_day"), {"schema": SCHEMA})

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    body: Mapped[bytes]
    pushed_at: Mapped[CreatedAt]


class PushKey(Base):
    """A key with which a distributor or a script pushes to one source; only its hash is kept, which nobody can go back from."""

    __tablename__ = "push_key"
    __table_args__ = (Index("ix_push_key_source", "account_id", "source"), {"schema": SCHEMA})

    key_hash: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    source: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[CreatedAt]


class PushReceipt(Base):
    """A post that was taken under its sender's own key, and what was answered: the same post again is answered the same."""

    __tablename__ = "push_receipt"
    __table_args__ = (Index("ix_push_receipt_received_at", "account_id", "received_at"), {"schema": SCHEMA})

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(primary_key=True)
    body_hash: Mapped[str]
    rows: Mapped[int]
    changed: Mapped[int]
    received_at: Mapped[CreatedAt]


class CustomerLink(Base):
    """A source's customer and the ConnectWise company it is. `company_id` None: known, and not linked yet."""

    __tablename__ = "customer_link"
    __table_args__ = ({"schema": SCHEMA},)

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    company_id: Mapped[int | None] = mapped_column(BigInteger)
    linked_by: Mapped[str]
    linked_at: Mapped[CreatedAt]


class ProductLink(Base):
    """A vendor SKU and the catalog product it is."""

    __tablename__ = "product_link"
    __table_args__ = ({"schema": SCHEMA},)

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(BigInteger)
    linked_by: Mapped[str]
    linked_at: Mapped[CreatedAt]


class AgreementLink(Base):
    """The agreement that takes a company's seats of one motion; `copied_from` names the one it replaced (M22)."""

    __tablename__ = "agreement_link"
    __table_args__ = ({"schema": SCHEMA},)

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    motion: Mapped[str] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(BigInteger)
    copied_from: Mapped[int | None] = mapped_column(BigInteger)
    linked_by: Mapped[str]
    linked_at: Mapped[CreatedAt]


class WrittenAddition(Base):
    """What we wrote last into an addition; `body` is the canonical record that the planner reads."""

    __tablename__ = "written_addition"
    __table_args__ = (
        Index("ix_written_addition_company", "account_id", "connection_id", "company_id"),
        {"schema": SCHEMA},
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    addition_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    agreement_id: Mapped[int] = mapped_column(BigInteger)
    company_id: Mapped[int] = mapped_column(BigInteger)
    line: Mapped[str]
    body: Mapped[bytes]
    step_key: Mapped[str]
    written_at: Mapped[CreatedAt]


class SettledCredit(Base):
    """A credit due that a person settled; `body` is the canonical credit as the plan showed it."""

    __tablename__ = "settled_credit"
    __table_args__ = ({"schema": SCHEMA},)

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    credit_key: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[bytes]
    note: Mapped[str]
    settled_by: Mapped[str]
    settled_at: Mapped[CreatedAt]


class SeatPlan(Base):
    """One plan. `state` is open, applied or replaced; `summary` counts its steps and findings."""

    __tablename__ = "plan"
    __table_args__ = (Index("ix_plan_made", "account_id", "connection_id", "made_at"), {"schema": SCHEMA})

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    plan_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID]
    day: Mapped[date]
    state: Mapped[str]
    summary: Mapped[dict[str, Any]]
    made_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]


class SeatPlanAgreement(Base):
    """One agreement of a plan: what was read, found and decided besides its steps, in canonical bytes."""

    __tablename__ = "plan_agreement"
    __table_args__ = ({"schema": SCHEMA},)

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    plan_id: Mapped[UUID] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    company_id: Mapped[int] = mapped_column(BigInteger)
    customer: Mapped[str]
    motion: Mapped[str]
    body: Mapped[bytes]


class SeatPlanStep(Base):
    """One write of a plan. `state` is planned, approved, sent (outcome not seen yet), written, refused or stopped.

    `addition_id` is the row that was written; `found` what ConnectWise answered where that is not what was expected.
    """

    __tablename__ = "plan_step"
    __table_args__ = (
        Index("ix_plan_step_order", "account_id", "plan_id", "agreement_id", "position"),
        {"schema": SCHEMA},
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    plan_id: Mapped[UUID] = mapped_column(primary_key=True)
    step_key: Mapped[str] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[int]
    body: Mapped[bytes]
    state: Mapped[str]
    addition_id: Mapped[int | None] = mapped_column(BigInteger)
    found: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    updated_at: Mapped[CreatedAt]


class SeatRun(Base):
    """One run of the schedule or of a person: what it did, how far it is, and what went wrong by its code."""

    __tablename__ = "run"
    __table_args__ = (Index("ix_run_started", "account_id", "connection_id", "started_at"), {"schema": SCHEMA})

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID]
    found_by: Mapped[str]
    plan_id: Mapped[UUID | None]
    progress: Mapped[dict[str, Any]]
    failed_with: Mapped[str | None]
    started_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]
