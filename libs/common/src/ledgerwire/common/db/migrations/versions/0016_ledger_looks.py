"""What the ledger showed of each posted document when it was as posted: drift is found beside it.

Additive: the previous release runs on this schema while it is rolled out; it does not know the table.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from ledgerwire.common.db.migrations.grants import secure_table

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_SCHEMA = "poster"


def upgrade() -> None:
    op.create_table(
        "ledger_look",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("posting_id", sa.Uuid, primary_key=True),
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("basis", sa.String, nullable=False),
        sa.Column("shown", JSONB, nullable=False),
        sa.Column("drift", JSONB(none_as_null=True)),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        schema=_SCHEMA,
    )
    op.create_index(
        "ix_ledger_look_checked_at", "ledger_look", ["account_id", "connection_id", "checked_at"], schema=_SCHEMA
    )
    secure_table(op, _SCHEMA, "ledger_look", _SCHEMA)


def downgrade() -> None:
    op.drop_table("ledger_look", schema=_SCHEMA)
