"""An index of its own for recurring work rows: looked for every few seconds, a dozen among as many as wait.

Additive: the previous release runs on this schema while it is rolled out.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_SCHEMAS = ("ingest", "mapper", "billing", "poster")
_NAME = "ix_work_recurring"


def upgrade() -> None:
    for schema in _SCHEMAS:
        op.create_index(
            _NAME, "work", ["connection_id", "kind"], schema=schema, postgresql_where=sa.text("work_key = kind")
        )


def downgrade() -> None:
    for schema in _SCHEMAS:
        op.drop_index(_NAME, table_name="work", schema=schema)
