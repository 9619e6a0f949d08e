"""Tables of schema mapper beyond the message tables, and the views that poster and ingest read.

Additive first: the previous release runs on this schema while it is rolled out. Grants and row-level security come from
`grants.py`; roles are never made or dropped here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from ledgerwire.common.db.migrations.grants import AMEND, APPEND, drop_view, read_view, secure_table

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SCHEMA = "mapper"
_NOW = sa.text("now()")
_ZERO = sa.text("0")
_EMPTY = sa.text("'[]'::jsonb")
_REVISIONS = """
SELECT r.account_id, r.record_id, r.state AS record_state, v.revision, v.outcome,
       v.ledger_connection_id, r.connection_id AS connectwise_connection_id,
       r.source_id, r.record_type, r.number, r.customer, r.record_date, r.currency,
       v.documents, v.documents_hash, v.processed_record_ids, v.gl_lines, v.gl_total, v.source_total,
       v.fingerprint, v.mapping_version, r.correlation_id, v.created_at
  FROM mapper.record r
  JOIN mapper.revision v
    ON v.account_id = r.account_id AND v.record_id = r.record_id AND v.revision = r.revision
"""
_STATES = """
SELECT account_id, record_id, connection_id, record_type, source_id, number, state, settled_outcome,
       unposted_id, closed_at, total, revision, updated_at
  FROM mapper.record
"""


def upgrade() -> None:
    _record()
    _revision()
    read_view(op, _SCHEMA, "revisions_for_poster", _REVISIONS, readers=["poster"])
    read_view(op, _SCHEMA, "record_states_for_ingest", _STATES, readers=["ingest"])


def downgrade() -> None:
    drop_view(op, _SCHEMA, "record_states_for_ingest")
    drop_view(op, _SCHEMA, "revisions_for_poster")
    op.drop_table("revision", schema=_SCHEMA)
    op.drop_table("record", schema=_SCHEMA)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=None if nullable else _NOW)


def _record() -> None:
    op.create_table(
        "record",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("record_id", sa.Uuid, primary_key=True),
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("ledger_connection_id", sa.Uuid),
        sa.Column("record_type", sa.String, nullable=False),
        sa.Column("source_id", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False, server_default=sa.text("'received'")),
        _time("state_at"),
        sa.Column("number", sa.String),
        sa.Column("customer", sa.String),
        sa.Column("invoice_type", sa.String),
        sa.Column("record_date", sa.Date),
        sa.Column("total", sa.Numeric(20, 5)),
        sa.Column("currency", sa.String),
        sa.Column("unposted_id", sa.BigInteger),
        sa.Column("closed_at", sa.String),
        sa.Column("revision", sa.Integer, nullable=False, server_default=_ZERO),
        sa.Column("announcements", sa.Integer, nullable=False, server_default=_ZERO),
        sa.Column("findings", JSONB, nullable=False, server_default=_EMPTY),
        sa.Column("hold_reason", sa.String),
        sa.Column("settled_outcome", sa.String),
        sa.Column("settled_revision", sa.Integer),
        sa.Column("settled_findings", JSONB, nullable=False, server_default=_EMPTY),
        _time("settled_at", nullable=True),
        sa.Column("correlation_id", sa.String, nullable=False),
        _time("created_at"),
        _time("updated_at"),
        sa.UniqueConstraint("account_id", "connection_id", "record_type", "source_id"),
        sa.Index("ix_record_account_number", "account_id", "number"),
        sa.Index("ix_record_account_state", "account_id", "state"),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "record", _SCHEMA, verbs=AMEND)


def _revision() -> None:
    op.create_table(
        "revision",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("record_id", sa.Uuid, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("mapping_version", sa.Integer, nullable=False),
        sa.Column("ledger_connection_id", sa.Uuid, nullable=False),
        sa.Column("input", BYTEA, nullable=False),
        sa.Column("input_hash", sa.String, nullable=False),
        sa.Column("documents", BYTEA, nullable=False),
        sa.Column("documents_hash", sa.String, nullable=False),
        sa.Column("trace", BYTEA, nullable=False),
        sa.Column("findings", JSONB, nullable=False),
        sa.Column("processed_record_ids", ARRAY(sa.BigInteger), nullable=False),
        sa.Column("gl_lines", JSONB, nullable=False),
        sa.Column("gl_total", sa.Numeric(20, 5), nullable=False),
        sa.Column("source_total", sa.Numeric(20, 5), nullable=False),
        sa.Column("correlation_id", sa.String, nullable=False),
        _time("created_at"),
        sa.ForeignKeyConstraint(
            ["account_id", "record_id"], [f"{_SCHEMA}.record.account_id", f"{_SCHEMA}.record.record_id"]
        ),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "revision", _SCHEMA, verbs=APPEND)  # a revision is never changed or removed
