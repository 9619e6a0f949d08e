"""Who changed an account's settings, when and why: a version of them for each change, as mappings have (D16).

Additive first: the previous release runs on this schema while it is rolled out; what it changes meanwhile, and what was set
before, is written down as not recorded with the next change.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from ledgerwire.common.db.migrations.grants import APPEND, secure_table

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "settings_version",
        sa.Column("account_id", sa.Uuid, sa.ForeignKey("tenants.account.account_id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("settings", JSONB, nullable=False),
        schema="tenants",
    )
    secure_table(op, "tenants", "settings_version", "tenants", verbs=APPEND)  # a version is never changed or removed


def downgrade() -> None:
    op.drop_table("settings_version", schema="tenants")
