"""Schema `poster`: what has settled each invoice in both systems, and how far each ledger was read."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ledgerwire.common.db.base import Base, CreatedAt
from ledgerwire.common.db.models.poster import SCHEMA


class SettlementRow(Base):
    """One sales document of a ledger and what has settled it.

    `ledger_view` is what the ledger showed last (canonical bytes), `synced` what both systems last agreed on; `invoice_id`
    is None while no invoice of ConnectWise is known for it. state: due | synced | stopped | unmatched | onboarded.
    """

    __tablename__ = "settlement"
    __table_args__ = (
        Index("ix_settlement_state", "account_id", "connection_id", "state"),
        Index(
            "uq_settlement_invoice",
            "account_id",
            "connection_id",
            "invoice_id",
            unique=True,
            postgresql_where=text("invoice_id IS NOT NULL"),
        ),
        {"schema": SCHEMA},
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    ledger_id: Mapped[str] = mapped_column(primary_key=True)
    invoice_id: Mapped[int | None] = mapped_column(BigInteger)
    record_id: Mapped[UUID | None]
    number: Mapped[str]
    kind: Mapped[str]
    currency: Mapped[str]
    total: Mapped[Decimal]
    ledger_view: Mapped[bytes]
    ledger_balance: Mapped[Decimal]
    cash: Mapped[Decimal]
    credited: Mapped[Decimal]
    psa_payments: Mapped[Decimal | None]
    psa_credits: Mapped[Decimal | None]
    psa_balance: Mapped[Decimal | None]
    synced: Mapped[bytes]
    state: Mapped[str]
    matched_by: Mapped[str | None]
    findings: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    look_after: Mapped[datetime | None]
    first_synced_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class PaymentSyncRow(Base):
    """How far one ledger connection was read. The marks are the providers' own stamps, never this machine's clock."""

    __tablename__ = "payment_sync"
    __table_args__ = ({"schema": SCHEMA},)

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[date | None]
    ledger_mark: Mapped[datetime | None]
    psa_mark: Mapped[datetime | None]
    written: Mapped[int] = mapped_column(server_default=text("0"))
    failed_with: Mapped[str | None]
    finished_at: Mapped[datetime | None]
