"""Schema `mapper`: records and their revisions.

Others read them through views (made by the migrations, filtered by account): `revisions_for_poster` has the latest
revision of each record and acts only where `record_state` is mapped or no_effect (which includes excluded records);
`record_states_for_ingest` has what the sweep needs to leave out records known with the same unposted row.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from ledgerwire.common.db.base import Amount, Base, CreatedAt
from ledgerwire.common.db.models.messaging import (
    DeadLetterColumns,
    InboxColumns,
    OutboxColumns,
    TimelineColumns,
    WorkColumns,
)

SCHEMA = "mapper"


class MapperOutbox(OutboxColumns, Base):
    __tablename__ = "outbox"
    __table_args__ = (*OutboxColumns.__table_args__, {"schema": SCHEMA})


class MapperInbox(InboxColumns, Base):
    __tablename__ = "inbox"
    __table_args__ = (*InboxColumns.__table_args__, {"schema": SCHEMA})


class MapperWork(WorkColumns, Base):
    __tablename__ = "work"
    __table_args__ = (*WorkColumns.__table_args__, {"schema": SCHEMA})


class MapperDeadLetter(DeadLetterColumns, Base):
    __tablename__ = "dead_letter"
    __table_args__ = (*DeadLetterColumns.__table_args__, {"schema": SCHEMA})


class MapperTimeline(TimelineColumns, Base):
    __tablename__ = "timeline"
    __table_args__ = (*TimelineColumns.__table_args__, {"schema": SCHEMA})


class Record(Base):
    """One PSA record and where it stands with the mapper.

    `revision` is the latest decided one (0 = none yet); `announcements` counts the messages sent about it, so that saying
    the same thing again after a stop is a new message. `findings` are those of the latest look, in the catalogue's codes.
    `unposted_id`, `closed_at` and `total` are the PSA's unposted row as last seen: the sweep compares them.
    `settled_*` is what poster reported about a revision; poster's own rows stay the truth.
    `particulars` are the columns that only one type of record has in lists: tax and due date of an invoice, vendor invoice of a
    receipt, member, classification and payment type of an expense. `choices` are what people chose for the record, in order;
    who, when and why is in the timeline.
    """

    __tablename__ = "record"
    __table_args__ = (
        UniqueConstraint("account_id", "connection_id", "record_type", "source_id"),
        Index("ix_record_account_number", "account_id", "number"),
        Index("ix_record_account_state", "account_id", "state"),
        Index(
            "ix_record_vendor_invoice",
            "account_id",
            "connection_id",
            text("(particulars ->> 'vendor_invoice_number')"),
            postgresql_where=text("record_type = 'procurement'"),
        ),
        {"schema": SCHEMA},
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID]
    ledger_connection_id: Mapped[UUID | None]
    record_type: Mapped[str]
    source_id: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'received'"))
    state_at: Mapped[CreatedAt]
    number: Mapped[str | None]
    customer: Mapped[str | None]
    invoice_type: Mapped[str | None]
    record_date: Mapped[date | None]
    total: Mapped[Amount | None]
    currency: Mapped[str | None]
    unposted_id: Mapped[int | None] = mapped_column(BigInteger)
    closed_at: Mapped[str | None]
    revision: Mapped[int] = mapped_column(server_default=text("0"))
    announcements: Mapped[int] = mapped_column(server_default=text("0"))
    findings: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    hold_reason: Mapped[str | None]
    settled_outcome: Mapped[str | None]
    settled_revision: Mapped[int | None]
    settled_findings: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    settled_at: Mapped[datetime | None]
    particulars: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    choices: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'::text[]"))
    correlation_id: Mapped[str]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class Revision(Base):
    """One decision about a record: the exact input, what was made of it and why; never changed.

    Attributes:
        outcome: mapped | no_effect | excluded | stopped.
        input, trace: canonical JSON, zlib-compressed; `input_hash` is over the uncompressed bytes.
        documents: canonical JSON of `tuple[LedgerDocument, ...]`, empty list unless mapped.
        processed_record_ids: every GL entry id of the record (header, lines, tax), for the batch.
        gl_lines: GL entry id -> amount as exported (text), details and tax rows: what a re-export must show (M7).
        gl_total: header total of the export, as exported. source_total: total of the PSA invoice.
    """

    __tablename__ = "revision"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "record_id"], [f"{SCHEMA}.record.account_id", f"{SCHEMA}.record.record_id"]
        ),
        {"schema": SCHEMA},
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    fingerprint: Mapped[str]
    mapping_version: Mapped[int]
    ledger_connection_id: Mapped[UUID]
    input: Mapped[bytes]
    input_hash: Mapped[str]
    documents: Mapped[bytes]
    documents_hash: Mapped[str]
    trace: Mapped[bytes]
    findings: Mapped[list[Any]]
    processed_record_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    gl_lines: Mapped[dict[str, Any]]
    gl_total: Mapped[Decimal]
    source_total: Mapped[Decimal]
    correlation_id: Mapped[str]
    created_at: Mapped[CreatedAt]


class ExpenseGroup(Base):
    """Expenses of one member and report that are one ledger document (M17); their records point to it.

    Attributes:
        number: of the document; `group_id` follows from it.
        key: what its expenses have in common, in canonical form: which other ones may join.
        dated: the document's date.
        revision: of the document: one more each time that it becomes another.
        documents: canonical JSON of `tuple[LedgerDocument, ...]`; empty where the expenses move nothing between accounts.
        trace: canonical JSON, zlib-compressed: which records it stands for and which were left out.
    """

    __tablename__ = "expense_group"
    __table_args__ = (
        UniqueConstraint("account_id", "connection_id", "ledger_connection_id", "number"),
        Index("ix_expense_group_key", "account_id", "connection_id", "key"),
        {"schema": SCHEMA},
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    group_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID]
    ledger_connection_id: Mapped[UUID]
    number: Mapped[str]
    key: Mapped[str]
    dated: Mapped[date]
    revision: Mapped[int]
    documents: Mapped[bytes]
    documents_hash: Mapped[str]
    trace: Mapped[bytes]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class ExpenseGroupMember(Base):
    """A record that its group's document stands for; `revision` is the one whose share is in the document."""

    __tablename__ = "expense_group_member"
    __table_args__ = (
        Index("ix_expense_group_member_group_id", "account_id", "group_id"),
        {"schema": SCHEMA},
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    group_id: Mapped[UUID]
    revision: Mapped[int]
