"""Mapper sees which records have a proved batch: what shared their document stays together while that is made again (M8, M17).

Additive: the previous release runs on this schema while it is rolled out and does not read the view.
"""

from __future__ import annotations

from alembic import op

from ledgerwire.common.db.migrations.grants import drop_view, read_view

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_SCHEMA, _VIEW = "poster", "batches_for_mapper"
_PROVED = "SELECT account_id, record_id, revision FROM poster.batch WHERE state = 'batched'"


def upgrade() -> None:
    read_view(op, _SCHEMA, _VIEW, _PROVED, readers=["mapper"])


def downgrade() -> None:
    drop_view(op, _SCHEMA, _VIEW)
