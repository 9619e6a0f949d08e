"""Schema `poster`: postings, submissions, batches and contact links."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from ledgerwire.common.db.base import Base, CreatedAt
from ledgerwire.common.db.models.messaging import (
    DeadLetterColumns,
    InboxColumns,
    OutboxColumns,
    TimelineColumns,
    WorkColumns,
)

SCHEMA = "poster"


class PosterOutbox(OutboxColumns, Base):
    __tablename__ = "outbox"
    __table_args__ = (*OutboxColumns.__table_args__, {"schema": SCHEMA})


class PosterInbox(InboxColumns, Base):
    __tablename__ = "inbox"
    __table_args__ = (*InboxColumns.__table_args__, {"schema": SCHEMA})


class PosterWork(WorkColumns, Base):
    __tablename__ = "work"
    __table_args__ = (*WorkColumns.__table_args__, {"schema": SCHEMA})


class PosterDeadLetter(DeadLetterColumns, Base):
    __tablename__ = "dead_letter"
    __table_args__ = (*DeadLetterColumns.__table_args__, {"schema": SCHEMA})


class PosterTimeline(TimelineColumns, Base):
    __tablename__ = "timeline"
    __table_args__ = (*TimelineColumns.__table_args__, {"schema": SCHEMA})


class PostingRow(Base):
    """One ledger document of a record. `document` is its canonical bytes; `ledger_id` stays over revisions.

    Attributes:
        document_hash: of the document as mapper decided it; `document` may carry another number (`edition`).
        edition: 0 for the first document at its place, one more for each that replaces one which stays in the ledger.
        reverses: the posting whose document this one takes back.
        gone_ids: ledger ids of documents that stood for this posting and were voided by us.
        choices_done: how many of the record's choices are carried out, or past, for this document, at `choices_revision`:
            choices are made about one revision and begin anew with the next.
        generation: not used any more.
    """

    __tablename__ = "posting"
    __table_args__ = (
        Index("ix_posting_record_id", "account_id", "record_id"),
        Index("ix_posting_connection_state", "account_id", "connection_id", "state"),
        Index(
            "uq_posting_ledger_document",
            "account_id",
            "connection_id",
            "ledger_id",
            unique=True,
            postgresql_where=text("ledger_id IS NOT NULL"),
        ),
        {"schema": SCHEMA},
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    posting_id: Mapped[UUID] = mapped_column(primary_key=True)
    record_id: Mapped[UUID]
    connection_id: Mapped[UUID]
    ordinal: Mapped[int]
    kind: Mapped[str]
    number: Mapped[str]
    revision: Mapped[int]
    document: Mapped[bytes]
    document_hash: Mapped[str]
    state: Mapped[str]
    contact_id: Mapped[str | None]
    ledger_id: Mapped[str | None]
    ledger_total: Mapped[Decimal | None]
    generation: Mapped[int] = mapped_column(server_default=text("0"))
    edition: Mapped[int] = mapped_column(server_default=text("0"))
    reverses: Mapped[UUID | None]
    gone_ids: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'::text[]"))
    choices_done: Mapped[int] = mapped_column(server_default=text("0"))
    choices_revision: Mapped[int] = mapped_column(server_default=text("0"))
    findings: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    correlation_id: Mapped[str]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class SubmissionRow(Base):
    """One call to the ledger, committed before its first byte. state: open | answered | unknown | settled."""

    __tablename__ = "submission"
    __table_args__ = (
        Index("ix_submission_open", "account_id", "connection_id", postgresql_where=text("state <> 'settled'")),
        {"schema": SCHEMA},
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    submission_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID]
    kind: Mapped[str]
    method: Mapped[str]
    path: Mapped[str]
    idempotency_key: Mapped[str]
    body: Mapped[bytes]
    body_hash: Mapped[str]
    fence: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]
    created_at: Mapped[CreatedAt]
    look_after: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str | None]


class SubmissionPostingRow(Base):
    """Which postings a submission carries, in order, and how each was judged."""

    __tablename__ = "submission_posting"
    __table_args__ = (
        Index("ix_submission_posting_posting", "account_id", "posting_id"),
        {"schema": SCHEMA},
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    submission_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    posting_id: Mapped[UUID]
    verdict: Mapped[str | None]


class DocumentRecordRow(Base):
    """Which records a ledger document stands for (many to many).

    `leaving`: the document as it was last to be sent is without the record; the ledger has not been seen to have it so.
    """

    __tablename__ = "document_record"
    __table_args__ = (Index("ix_document_record_record_id", "account_id", "record_id"), {"schema": SCHEMA})

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    posting_id: Mapped[UUID] = mapped_column(primary_key=True)
    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    leaving: Mapped[bool] = mapped_column(server_default=text("false"))


class BatchRow(Base):
    """The ConnectWise batch of one record revision. `processed_record_ids` are the GL ids it marks (tax and header too).

    `checked_at` is when its mark was last looked at; `choices_seen` counts the choices made before it was found to be gone.
    """

    __tablename__ = "batch"
    __table_args__ = (
        UniqueConstraint("account_id", "identifier"),
        Index("ix_batch_checked_at", "account_id", "checked_at", postgresql_where=text("state = 'batched'")),
        {"schema": SCHEMA},
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    identifier: Mapped[str]
    state: Mapped[str]
    source_id: Mapped[str]
    processed_record_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    source_total: Mapped[Decimal]
    batch_id: Mapped[int | None] = mapped_column(BigInteger)
    choices_seen: Mapped[int] = mapped_column(server_default=text("0"))
    checked_at: Mapped[datetime | None]
    correlation_id: Mapped[str]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class LedgerLookRow(Base):
    """What the ledger showed of a posted document when it was as posted, or as a person accepted it, and its drift since.

    `basis` says which edition of which document it was; `drift` is what people were told: code and changes, None without any.
    """

    __tablename__ = "ledger_look"
    __table_args__ = (
        Index("ix_ledger_look_checked_at", "account_id", "connection_id", "checked_at"),
        {"schema": SCHEMA},
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    posting_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID]
    basis: Mapped[str]
    shown: Mapped[dict[str, Any]]
    drift: Mapped[dict[str, Any] | None]
    checked_at: Mapped[CreatedAt]


class ContactLinkRow(Base):
    """Bill-to company -> ledger contact, by id. state: linking | linked | held."""

    __tablename__ = "contact_link"
    __table_args__ = ({"schema": SCHEMA},)

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_key: Mapped[str] = mapped_column(primary_key=True)
    company_name: Mapped[str]
    state: Mapped[str]
    contact_id: Mapped[str | None]
    contact_name: Mapped[str | None]
    created_by_us: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
