"""Mapper sees which records have a proved batch: what shared their document stays together while that is made again (M8, M17).

Not those of whose document a person accepted that it is gone. Additive: the previous release runs on this schema while it is rolled out and does not read the view.
"""

from __future__ import annotations

from alembic import op

from ledgerwire.common.db.migrations.grants import drop_view, read_view

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_SCHEMA, _VIEW = "poster", "batches_for_mapper"
_PROVED = """
SELECT b.account_id, b.record_id, b.revision
  FROM poster.batch b
 WHERE b.state = 'batched' AND NOT EXISTS (
       SELECT 1
         FROM poster.document_record d
         JOIN poster.posting p ON p.account_id = d.account_id AND p.posting_id = d.posting_id
        WHERE d.account_id = b.account_id AND d.record_id = b.record_id AND p.state = 'released' AND p.ledger_id IS NULL
          AND p.updated_at > b.updated_at)
"""


def upgrade() -> None:
    read_view(op, _SCHEMA, _VIEW, _PROVED, readers=["mapper"])


def downgrade() -> None:
    drop_view(op, _SCHEMA, _VIEW)
