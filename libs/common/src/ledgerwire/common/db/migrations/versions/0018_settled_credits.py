"""Credits for seats given back in invoiced days that a person settled: they are not listed again (M20).

Additive: the previous release runs on this schema while it is rolled out.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA

from ledgerwire.common.db.migrations.grants import WRITE, secure_table

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_SCHEMA = "billing"


def upgrade() -> None:
    op.create_table(
        "settled_credit",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("connection_id", sa.Uuid, primary_key=True),
        sa.Column("credit_key", sa.String, primary_key=True),
        sa.Column("body", BYTEA, nullable=False),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("settled_by", sa.String, nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "settled_credit", _SCHEMA, verbs=WRITE)


def downgrade() -> None:
    op.drop_table("settled_credit", schema=_SCHEMA)
