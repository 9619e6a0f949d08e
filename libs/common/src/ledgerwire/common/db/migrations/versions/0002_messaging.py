"""Schemas ingest, mapper and poster with what each has: outbox, inbox, work, dead letters, timeline.

Additive first: the previous release runs on this schema while it is rolled out. Grants and row-level security come from
`grants.py`; roles are never made or dropped here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from ledgerwire.common.db.migrations.grants import AMEND, APPEND, WRITE, create_schema, drop_schema, secure_table

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SCHEMAS = ("ingest", "mapper", "poster")
_NOW = sa.text("now()")
_ZERO = sa.text("0")


def upgrade() -> None:
    for schema in _SCHEMAS:
        create_schema(op, schema, schema)
        _outbox(schema)
        _inbox(schema)
        _work(schema)
        _dead_letter(schema)
        _timeline(schema)


def downgrade() -> None:
    for schema in reversed(_SCHEMAS):
        drop_schema(op, schema)


def _time(name: str, *, nullable: bool = True, default: sa.TextClause | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _outbox(schema: str) -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("message_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("data", BYTEA, nullable=False),
        sa.Column("correlation_id", sa.String, nullable=False),
        sa.Column("causation_id", sa.String),
        sa.Column("traceparent", sa.String),
        _time("created_at", nullable=False, default=_NOW),
        _time("published_at"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=_ZERO),
        sa.Column("last_error", sa.String),
        sa.Index("ix_outbox_waiting", "account_id", "id", postgresql_where=sa.text("published_at IS NULL")),
        sa.Index("ix_outbox_published_at", "published_at", postgresql_where=sa.text("published_at IS NOT NULL")),
        schema=schema,
    )
    secure_table(op, schema, "outbox", schema, verbs=APPEND, system=WRITE)


def _inbox(schema: str) -> None:
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.String, primary_key=True),
        sa.Column("message_id", sa.Uuid, primary_key=True),
        sa.Column("account_id", sa.Uuid, nullable=False),
        _time("received_at", nullable=False, default=_NOW),
        sa.Index("ix_inbox_received_at", "received_at"),
        schema=schema,
    )
    secure_table(op, schema, "inbox", schema, verbs=APPEND, system=WRITE)


def _work(schema: str) -> None:
    op.create_table(
        "work",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("connection_id", sa.Uuid, primary_key=True),
        sa.Column("work_key", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        _time("due_at", nullable=False),
        _time("first_due_at", nullable=False, default=_NOW),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=_ZERO),
        sa.Column("generation", sa.BigInteger, nullable=False, server_default=sa.text("1")),
        sa.Column("correlation_id", sa.String, nullable=False),
        sa.Column("causation_id", sa.String),
        sa.Column("traceparent", sa.String),
        sa.Column("found_by", sa.String, nullable=False),
        sa.Column("last_code", sa.String),
        sa.Column("payload", JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
        sa.Index("ix_work_connection_due", "connection_id", "priority", "due_at"),
        schema=schema,
    )
    secure_table(op, schema, "work", schema, verbs=WRITE, system=WRITE)


def _dead_letter(schema: str) -> None:
    op.create_table(
        "dead_letter",
        sa.Column("dead_letter_id", sa.Uuid, primary_key=True),
        sa.Column("account_id", sa.Uuid),
        sa.Column("queue", sa.String, nullable=False),
        sa.Column("message_id", sa.String),
        sa.Column("type", sa.String),
        sa.Column("subject", sa.String),
        sa.Column("cause", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("payload", BYTEA, nullable=False),
        sa.Column("headers", JSONB, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("mapping_version", sa.Integer),
        sa.Column("correlation_id", sa.String),
        _time("dead_at", nullable=False, default=_NOW),
        sa.Column("state", sa.String, nullable=False, server_default=sa.text("'dead'")),
        _time("settled_at"),
        sa.Index("ix_dead_letter_state_cause", "state", "cause"),
        schema=schema,
    )
    secure_table(op, schema, "dead_letter", schema, verbs=AMEND, system=WRITE)


def _timeline(schema: str) -> None:
    op.create_table(
        "timeline",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("record_id", sa.Uuid, nullable=False),
        _time("at", nullable=False, default=_NOW),
        sa.Column("step", sa.String, nullable=False),
        sa.Column("detail", JSONB, nullable=False),
        sa.Column("correlation_id", sa.String),
        sa.Index("ix_timeline_record", "account_id", "record_id", "id"),
        schema=schema,
    )
    secure_table(op, schema, "timeline", schema, verbs=APPEND)
