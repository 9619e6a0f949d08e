"""A record that leaves a document is known as leaving until the ledger has the document without it (M8).

Additive: the previous release runs on this schema while it is rolled out; what it writes is not leaving.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledgerwire.common.db.roles import account_role

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_SCHEMA, _TABLE, _INDEX = "poster", "document_record", "ix_document_record_record_id"


def upgrade() -> None:
    op.add_column(
        _TABLE, sa.Column("leaving", sa.Boolean, nullable=False, server_default=sa.text("false")), schema=_SCHEMA
    )
    op.execute(f"GRANT UPDATE (leaving) ON {_SCHEMA}.{_TABLE} TO {account_role('poster')}")
    op.create_index(_INDEX, _TABLE, ["account_id", "record_id"], schema=_SCHEMA)


def downgrade() -> None:
    op.drop_index(_INDEX, table_name=_TABLE, schema=_SCHEMA)
    op.execute(f"REVOKE UPDATE (leaving) ON {_SCHEMA}.{_TABLE} FROM {account_role('poster')}")
    op.drop_column(_TABLE, "leaving", schema=_SCHEMA)
