"""Tables of schema ingest beyond the message tables: receipts, callback registrations, sweep states.

Additive first: the previous release runs on this schema while it is rolled out. Grants and row-level security come from
`grants.py`; roles are never made or dropped here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledgerwire.common.db.migrations.grants import WRITE, secure_table

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SCHEMA = "ingest"
_ZERO = sa.text("0")


def upgrade() -> None:
    _receipt()
    _registration()
    _sweep()


def downgrade() -> None:
    for table in ("sweep", "callback_registration", "receipt"):
        op.drop_table(table, schema=_SCHEMA)


def _time(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _receipt() -> None:
    op.create_table(
        "receipt",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("dedupe_key", sa.String, primary_key=True),
        sa.Column("receipt_id", sa.Uuid, nullable=False),
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("body_hash", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("source_id", sa.String, nullable=False),
        sa.Column("member", sa.String),
        sa.Column("ignored", sa.String),
        sa.Column("correlation_id", sa.String, nullable=False),
        _time("received_at", nullable=False),
        sa.Index("ix_receipt_source", "account_id", "connection_id", "source_id", "received_at"),
        sa.Index("ix_receipt_received_at", "account_id", "received_at"),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "receipt", _SCHEMA, verbs=("SELECT", "INSERT", "DELETE"))


def _registration() -> None:
    op.create_table(
        "callback_registration",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("connection_id", sa.Uuid, primary_key=True),
        sa.Column("callback_id", sa.BigInteger, nullable=False),
        sa.Column("member_id", sa.BigInteger),
        sa.Column("member", sa.String),
        sa.Column("repairs", sa.Integer, nullable=False, server_default=_ZERO),
        sa.Column("last_repair", sa.String),
        _time("last_repair_at"),
        _time("checked_at", nullable=False),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "callback_registration", _SCHEMA, verbs=WRITE)


def _sweep() -> None:
    op.create_table(
        "sweep",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("connection_id", sa.Uuid, primary_key=True),
        sa.Column("gate", sa.String, nullable=False),
        sa.Column("seen", sa.Integer, nullable=False, server_default=_ZERO),
        sa.Column("known", sa.Integer, nullable=False, server_default=_ZERO),
        sa.Column("too_young", sa.Integer, nullable=False, server_default=_ZERO),
        sa.Column("announced", sa.Integer, nullable=False, server_default=_ZERO),
        sa.Column("missed", sa.Integer, nullable=False, server_default=_ZERO),
        sa.Column("missed_ever", sa.BigInteger, nullable=False, server_default=_ZERO),
        sa.Column("failed_with", sa.String),
        _time("finished_at"),
        _time("tried_at", nullable=False),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "sweep", _SCHEMA, verbs=WRITE)
