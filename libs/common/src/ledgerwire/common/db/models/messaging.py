"""The tables every service schema has: outbox, inbox, work, dead letters, timeline. Declared once, created in each schema."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from ledgerwire.common.db.base import CreatedAt


class OutboxColumns:
    """A message waiting to be published; written in the transaction of the state change it announces."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    message_id: Mapped[UUID] = mapped_column(unique=True)
    account_id: Mapped[UUID]
    type: Mapped[str]
    subject: Mapped[str]
    data: Mapped[bytes]
    correlation_id: Mapped[str]
    causation_id: Mapped[str | None]
    traceparent: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    published_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None]

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        return (
            Index("ix_outbox_waiting", "account_id", "id", postgresql_where=text("published_at IS NULL")),
            Index("ix_outbox_published_at", "published_at", postgresql_where=text("published_at IS NOT NULL")),
        )


class InboxColumns:
    """A message a consumer has taken; its id makes a second delivery a no-op."""

    consumer: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    received_at: Mapped[CreatedAt]

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        return (Index("ix_inbox_received_at", "received_at"),)


class WorkColumns:
    """One thing to do for one record (or schedule) of one connection; messages are only the doorbell.

    `generation` rises with every doorbell, so that a doorbell during the work is not lost when the work finishes.
    `due_at` in the future is retry, rate limit or hold; 'infinity' is parked until something wakes it.
    """

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    work_key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger)
    due_at: Mapped[datetime]
    first_due_at: Mapped[CreatedAt]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    generation: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
    correlation_id: Mapped[str]
    causation_id: Mapped[str | None]
    traceparent: Mapped[str | None]
    found_by: Mapped[str]
    last_code: Mapped[str | None]
    payload: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        return (
            Index("ix_work_connection_due", "connection_id", "priority", "due_at"),
            Index("ix_work_recurring", "connection_id", "kind", postgresql_where=text("work_key = kind")),
        )


class DeadLetterColumns:
    """Work or a message that stopped being retried, with everything needed to judge and replay it."""

    dead_letter_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID | None]
    queue: Mapped[str]
    message_id: Mapped[str | None]
    type: Mapped[str | None]
    subject: Mapped[str | None]
    cause: Mapped[str]
    detail: Mapped[str]
    payload: Mapped[bytes]
    headers: Mapped[dict[str, Any]]
    attempts: Mapped[int]
    mapping_version: Mapped[int | None]
    correlation_id: Mapped[str | None]
    dead_at: Mapped[CreatedAt]
    state: Mapped[str] = mapped_column(server_default=text("'dead'"))
    settled_at: Mapped[datetime | None]

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        return (Index("ix_dead_letter_state_cause", "state", "cause"),)


class TimelineColumns:
    """One step of a record's way, written in the transaction that took it."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[UUID]
    record_id: Mapped[UUID]
    at: Mapped[CreatedAt]
    step: Mapped[str]
    detail: Mapped[dict[str, Any]]
    correlation_id: Mapped[str | None]

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        return (Index("ix_timeline_record", "account_id", "record_id", "id"),)
