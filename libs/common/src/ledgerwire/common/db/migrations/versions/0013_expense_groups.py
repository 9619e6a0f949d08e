"""Expenses of one member and report as one ledger document: the groups, who is in them, and what each service reads of it.

Additive first: the previous release runs on this schema while it is rolled out; it knows no groups, and none is there
before an account's mapping asks for them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA

from ledgerwire.common.db.migrations.grants import drop_view, read_view, secure_table
from ledgerwire.common.db.roles import account_role

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_SCHEMA = "mapper"
_REVISIONS = """
SELECT r.account_id, r.record_id, r.state AS record_state, v.revision, v.outcome,
       v.ledger_connection_id, r.connection_id AS connectwise_connection_id,
       r.source_id, r.record_type, r.number, r.customer, r.record_date, r.currency,
       {documents} AS documents, v.documents_hash, v.processed_record_ids, v.gl_lines, v.gl_total, v.source_total,
       v.fingerprint, v.mapping_version, r.correlation_id, v.created_at, r.choices{more}
  FROM mapper.record r
  JOIN mapper.revision v
    ON v.account_id = r.account_id AND v.record_id = r.record_id AND v.revision = r.revision
{joined}
"""
_OF_GROUP = ", g.group_id, g.revision AS group_revision"
_GROUPED = """
  LEFT JOIN mapper.expense_group_member m ON m.account_id = r.account_id AND m.record_id = r.record_id
  LEFT JOIN mapper.expense_group g ON g.account_id = m.account_id AND g.group_id = m.group_id
"""
_GROUPS = """
SELECT g.account_id, g.group_id, g.ledger_connection_id, g.number, g.revision, g.documents,
       m.record_id, r.source_id, v.documents AS share
  FROM mapper.expense_group g
  JOIN mapper.expense_group_member m ON m.account_id = g.account_id AND m.group_id = g.group_id
  JOIN mapper.record r ON r.account_id = m.account_id AND r.record_id = m.record_id
  JOIN mapper.revision v ON v.account_id = m.account_id AND v.record_id = m.record_id AND v.revision = m.revision
"""
_SENT = """
SELECT p.account_id, p.record_id AS owner_id, d.record_id
  FROM poster.posting p
  JOIN poster.document_record d ON d.account_id = p.account_id AND d.posting_id = p.posting_id
 WHERE p.ledger_id IS NOT NULL OR p.state IN ('posting', 'unknown', 'voiding')
"""


def upgrade() -> None:
    _group()
    _member()
    _revisions(documents="coalesce(g.documents, v.documents)", more=_OF_GROUP, joined=_GROUPED)
    read_view(op, _SCHEMA, "expense_groups_for_poster", _GROUPS, readers=["poster"])
    read_view(op, "poster", "documents_sent_for_mapper", _SENT, readers=["mapper"])
    op.execute(f"GRANT DELETE ON poster.document_record TO {account_role('poster')}")


def downgrade() -> None:
    op.execute(f"REVOKE DELETE ON poster.document_record FROM {account_role('poster')}")
    drop_view(op, "poster", "documents_sent_for_mapper")
    drop_view(op, _SCHEMA, "expense_groups_for_poster")
    _revisions(documents="v.documents", more="", joined="")
    op.drop_table("expense_group_member", schema=_SCHEMA)
    op.drop_table("expense_group", schema=_SCHEMA)


def _group() -> None:
    op.create_table(
        "expense_group",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("group_id", sa.Uuid, primary_key=True),
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("ledger_connection_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("dated", sa.Date, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("documents", BYTEA, nullable=False),
        sa.Column("documents_hash", sa.String, nullable=False),
        sa.Column("trace", BYTEA, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.UniqueConstraint("account_id", "connection_id", "ledger_connection_id", "number"),
        schema=_SCHEMA,
    )
    op.create_index("ix_expense_group_key", "expense_group", ["account_id", "connection_id", "key"], schema=_SCHEMA)
    secure_table(op, _SCHEMA, "expense_group", _SCHEMA)


def _member() -> None:
    op.create_table(
        "expense_group_member",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("record_id", sa.Uuid, primary_key=True),
        sa.Column("group_id", sa.Uuid, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        schema=_SCHEMA,
    )
    op.create_index(
        "ix_expense_group_member_group_id", "expense_group_member", ["account_id", "group_id"], schema=_SCHEMA
    )
    secure_table(op, _SCHEMA, "expense_group_member", _SCHEMA)


def _revisions(*, documents: str, more: str, joined: str) -> None:
    """Make the view that poster reads anew; a reader of the previous release does not see the added columns."""
    drop_view(op, _SCHEMA, "revisions_for_poster")
    sql = _REVISIONS.format(documents=documents, more=more, joined=joined)
    read_view(op, _SCHEMA, "revisions_for_poster", sql, readers=["poster"])
