"""Tables of schema poster beyond the message tables, and the view of contact links that mapper reads.

Additive first: the previous release runs on this schema while it is rolled out. Grants and row-level security come from
`grants.py`; roles are never made or dropped here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from ledgerwire.common.db.migrations.grants import AMEND, APPEND, drop_view, read_view, secure_table

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SCHEMA = "poster"
_NOW = sa.text("now()")
_TABLES = ("contact_link", "batch", "document_record", "submission_posting", "submission", "posting")
_LINKS = """
SELECT account_id, connection_id, company_key, company_name, state, contact_id, contact_name, created_by_us
  FROM poster.contact_link
"""


def upgrade() -> None:
    _posting()
    _submission()
    _batch()
    _contact_link()
    read_view(op, _SCHEMA, "contact_links_for_mapper", _LINKS, readers=["mapper"])


def downgrade() -> None:
    drop_view(op, _SCHEMA, "contact_links_for_mapper")
    for table in _TABLES:
        op.drop_table(table, schema=_SCHEMA)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=None if nullable else _NOW)


def _posting() -> None:
    op.create_table(
        "posting",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("posting_id", sa.Uuid, primary_key=True),
        sa.Column("record_id", sa.Uuid, nullable=False),
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("document", BYTEA, nullable=False),
        sa.Column("document_hash", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("contact_id", sa.String),
        sa.Column("ledger_id", sa.String),
        sa.Column("ledger_total", sa.Numeric(20, 5)),
        sa.Column("generation", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("findings", JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")),
        sa.Column("correlation_id", sa.String, nullable=False),
        _time("created_at"),
        _time("updated_at"),
        sa.UniqueConstraint("account_id", "record_id", "ordinal", "kind"),
        sa.Index("ix_posting_connection_state", "account_id", "connection_id", "state"),
        sa.Index(
            "uq_posting_ledger_document",
            "account_id",
            "connection_id",
            "ledger_id",
            unique=True,
            postgresql_where=sa.text("ledger_id IS NOT NULL"),
        ),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "posting", _SCHEMA, verbs=AMEND)
    op.create_table(
        "document_record",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("posting_id", sa.Uuid, primary_key=True),
        sa.Column("record_id", sa.Uuid, primary_key=True),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "document_record", _SCHEMA, verbs=APPEND)


def _submission() -> None:
    op.create_table(
        "submission",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("submission_id", sa.Uuid, primary_key=True),
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("path", sa.String, nullable=False),
        sa.Column("idempotency_key", sa.String, nullable=False),
        sa.Column("body", BYTEA, nullable=False),
        sa.Column("body_hash", sa.String, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        _time("created_at"),
        sa.Column("look_after", sa.DateTime(timezone=True), nullable=False),
        _time("settled_at", nullable=True),
        sa.Column("outcome", sa.String),
        sa.Index("ix_submission_open", "account_id", "connection_id", postgresql_where=sa.text("state <> 'settled'")),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "submission", _SCHEMA, verbs=AMEND)
    op.create_table(
        "submission_posting",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("submission_id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("posting_id", sa.Uuid, nullable=False),
        sa.Column("verdict", sa.String),
        sa.Index("ix_submission_posting_posting", "account_id", "posting_id"),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "submission_posting", _SCHEMA, verbs=AMEND)


def _batch() -> None:
    op.create_table(
        "batch",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("record_id", sa.Uuid, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("identifier", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("source_id", sa.String, nullable=False),
        sa.Column("processed_record_ids", ARRAY(sa.BigInteger), nullable=False),
        sa.Column("source_total", sa.Numeric(20, 5), nullable=False),
        sa.Column("batch_id", sa.BigInteger),
        sa.Column("correlation_id", sa.String, nullable=False),
        _time("created_at"),
        _time("updated_at"),
        sa.UniqueConstraint("account_id", "identifier"),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "batch", _SCHEMA, verbs=AMEND)


def _contact_link() -> None:
    op.create_table(
        "contact_link",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("connection_id", sa.Uuid, primary_key=True),
        sa.Column("company_key", sa.String, primary_key=True),
        sa.Column("company_name", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("contact_id", sa.String),
        sa.Column("contact_name", sa.String),
        sa.Column("created_by_us", sa.Boolean, nullable=False, server_default=sa.text("false")),
        _time("created_at"),
        _time("updated_at"),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "contact_link", _SCHEMA, verbs=AMEND)
