"""Schema `ingest`: receipts of callbacks, the callbacks registered in ConnectWise, and where each sweep stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ledgerwire.common.db.base import Base
from ledgerwire.common.db.models.messaging import (
    DeadLetterColumns,
    InboxColumns,
    OutboxColumns,
    TimelineColumns,
    WorkColumns,
)

SCHEMA = "ingest"


class IngestOutbox(OutboxColumns, Base):
    __tablename__ = "outbox"
    __table_args__ = (*OutboxColumns.__table_args__, {"schema": SCHEMA})


class IngestInbox(InboxColumns, Base):
    __tablename__ = "inbox"
    __table_args__ = (*InboxColumns.__table_args__, {"schema": SCHEMA})


class IngestWork(WorkColumns, Base):
    __tablename__ = "work"
    __table_args__ = (*WorkColumns.__table_args__, {"schema": SCHEMA})


class IngestDeadLetter(DeadLetterColumns, Base):
    __tablename__ = "dead_letter"
    __table_args__ = (*DeadLetterColumns.__table_args__, {"schema": SCHEMA})


class IngestTimeline(TimelineColumns, Base):
    __tablename__ = "timeline"
    __table_args__ = (*TimelineColumns.__table_args__, {"schema": SCHEMA})


class Receipt(Base):
    """One callback that was verified. `dedupe_key` is its message id, else the hash of its bytes: a second one is a no-op.

    `ignored` says why it makes no work; None means that mapper was told. `received_at` is business time, as the sweep's.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        Index("ix_receipt_source", "account_id", "connection_id", "source_id", "received_at"),
        Index("ix_receipt_received_at", "account_id", "received_at"),
        {"schema": SCHEMA},
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(primary_key=True)
    receipt_id: Mapped[UUID]
    connection_id: Mapped[UUID]
    body_hash: Mapped[str]
    type: Mapped[str]
    action: Mapped[str]
    source_id: Mapped[str]
    member: Mapped[str | None]
    ignored: Mapped[str | None]
    correlation_id: Mapped[str]
    received_at: Mapped[datetime]


class CallbackRegistration(Base):
    """Our subscription in ConnectWise as last seen. `member` is the API member's login: callbacks name it for our writes."""

    __tablename__ = "callback_registration"
    __table_args__ = ({"schema": SCHEMA},)

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    callback_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int | None] = mapped_column(BigInteger)
    member: Mapped[str | None]
    repairs: Mapped[int] = mapped_column(server_default=text("0"))
    last_repair: Mapped[str | None]
    last_repair_at: Mapped[datetime | None]
    checked_at: Mapped[datetime]


class Sweep(Base):
    """The latest sweep of a connection. `gate` is live, hold (counts only) or off; `missed` had no callback.

    `by_type` has the counts of each record type; the columns hold their sums.
    """

    __tablename__ = "sweep"
    __table_args__ = ({"schema": SCHEMA},)

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    gate: Mapped[str]
    seen: Mapped[int] = mapped_column(server_default=text("0"))
    known: Mapped[int] = mapped_column(server_default=text("0"))
    too_young: Mapped[int] = mapped_column(server_default=text("0"))
    announced: Mapped[int] = mapped_column(server_default=text("0"))
    missed: Mapped[int] = mapped_column(server_default=text("0"))
    missed_ever: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    by_type: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    failed_with: Mapped[str | None]
    finished_at: Mapped[datetime | None]
    tried_at: Mapped[datetime]
