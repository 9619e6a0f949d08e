"""Payments and credits carried between ledger and ConnectWise.

Additive first: the previous release runs on this schema while it is rolled out.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from ledgerwire.common.db.migrations.grants import AMEND, secure_table

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SCHEMA = "poster"
_MONEY = sa.Numeric(20, 5)
_NOW = sa.text("now()")


def upgrade() -> None:
    _settlement()
    _payment_sync()


def downgrade() -> None:
    op.drop_table("payment_sync", schema=_SCHEMA)
    op.drop_table("settlement", schema=_SCHEMA)


def _settlement() -> None:
    op.create_table(
        "settlement",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("connection_id", sa.Uuid, primary_key=True),
        sa.Column("ledger_id", sa.String, primary_key=True),
        sa.Column("invoice_id", sa.BigInteger),
        sa.Column("record_id", sa.Uuid),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("total", _MONEY, nullable=False),
        sa.Column("ledger_view", BYTEA, nullable=False),
        sa.Column("ledger_balance", _MONEY, nullable=False),
        sa.Column("cash", _MONEY, nullable=False),
        sa.Column("credited", _MONEY, nullable=False),
        sa.Column("psa_payments", _MONEY),
        sa.Column("psa_credits", _MONEY),
        sa.Column("psa_balance", _MONEY),
        sa.Column("synced", BYTEA, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("matched_by", sa.String),
        sa.Column("findings", JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")),
        sa.Column("look_after", sa.DateTime(timezone=True)),
        sa.Column("first_synced_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=_NOW),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=_NOW),
        sa.Index("ix_settlement_state", "account_id", "connection_id", "state"),
        sa.Index(
            "uq_settlement_invoice",
            "account_id",
            "connection_id",
            "invoice_id",
            unique=True,
            postgresql_where=sa.text("invoice_id IS NOT NULL"),
        ),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "settlement", _SCHEMA, verbs=AMEND)


def _payment_sync() -> None:
    op.create_table(
        "payment_sync",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("connection_id", sa.Uuid, primary_key=True),
        sa.Column("since", sa.Date),
        sa.Column("ledger_mark", sa.DateTime(timezone=True)),
        sa.Column("psa_mark", sa.DateTime(timezone=True)),
        sa.Column("written", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("failed_with", sa.String),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "payment_sync", _SCHEMA, verbs=AMEND)
