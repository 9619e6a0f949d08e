"""Mapping versions with a first day.

Additive first: the previous release runs on this schema while it is rolled out; it applies the newest version to every day.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledgerwire.common.db.migrations.grants import drop_view, read_view
from ledgerwire.common.db.roles import FIRST_SERVICES

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_VIEW = "mapping_version_for_services"
_READERS = (*FIRST_SERVICES, "tenants")
_BEFORE = "SELECT account_id, version, created_at, author, reason, body, body_hash FROM tenants.mapping_version"
_AFTER = "SELECT account_id, version, created_at, author, reason, body, body_hash, effective_from FROM tenants.mapping_version"


def upgrade() -> None:
    op.add_column("mapping_version", sa.Column("effective_from", sa.Date), schema="tenants")
    drop_view(op, "tenants", _VIEW)
    read_view(op, "tenants", _VIEW, _AFTER, readers=_READERS)


def downgrade() -> None:
    drop_view(op, "tenants", _VIEW)
    read_view(op, "tenants", _VIEW, _BEFORE, readers=_READERS)
    op.drop_column("mapping_version", "effective_from", schema="tenants")
