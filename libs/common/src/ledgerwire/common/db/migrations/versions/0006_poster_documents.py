"""Poster: editions of a document and what takes one back, choices carried out, and when a batch was last looked at.

Additive first: the previous release runs on this schema while it is rolled out. The wider unique constraint replaces a
narrower one, so that what the previous release writes is still kept apart by the posting's own id.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SCHEMA = "poster"
_ZERO = sa.text("0")
_UNIQUE = "uq_posting_account_id_record_id_ordinal_kind"
_COLUMNS: dict[str, tuple[str, ...]] = {
    "posting": ("edition", "reverses", "gone_ids", "choices_done", "choices_revision"),
    "batch": ("choices_seen", "checked_at"),
}


def upgrade() -> None:
    gone: sa.Column[Any] = sa.Column(
        "gone_ids", ARRAY(sa.String), nullable=False, server_default=sa.text("'{}'::text[]")
    )
    _add("posting", sa.Column("edition", sa.Integer, nullable=False, server_default=_ZERO))
    _add("posting", sa.Column("reverses", sa.Uuid))
    _add("posting", gone)
    _add("posting", sa.Column("choices_done", sa.Integer, nullable=False, server_default=_ZERO))
    _add("posting", sa.Column("choices_revision", sa.Integer, nullable=False, server_default=_ZERO))
    _add("batch", sa.Column("choices_seen", sa.Integer, nullable=False, server_default=_ZERO))
    _add("batch", sa.Column("checked_at", sa.DateTime(timezone=True)))
    op.drop_constraint(_UNIQUE, "posting", schema=_SCHEMA, type_="unique")
    op.create_index("ix_posting_record_id", "posting", ["account_id", "record_id"], schema=_SCHEMA)
    watched = sa.text("state = 'batched'")
    op.create_index(
        "ix_batch_checked_at", "batch", ["account_id", "checked_at"], schema=_SCHEMA, postgresql_where=watched
    )


def downgrade() -> None:
    op.drop_index("ix_batch_checked_at", "batch", schema=_SCHEMA)
    op.drop_index("ix_posting_record_id", "posting", schema=_SCHEMA)
    op.create_unique_constraint(_UNIQUE, "posting", ["account_id", "record_id", "ordinal", "kind"], schema=_SCHEMA)
    for table, names in _COLUMNS.items():
        for name in names:
            op.drop_column(table, name, schema=_SCHEMA)


def _add(table: str, column: sa.Column[Any]) -> None:
    op.add_column(table, column, schema=_SCHEMA)
