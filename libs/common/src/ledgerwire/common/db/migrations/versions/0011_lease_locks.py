"""A lease is renewed while units of its holder are open.

The check of a unit took a share lock, which an update must wait for; with several units at once there is always one, and a
lease in full use could not be renewed. A key share lock lets the renewal through, which changes no key; taking over asks for
the whole row first and so still waits until the last unit of the old holder has ended.
"""

from __future__ import annotations

from alembic import op

from ledgerwire.common.db.migrations.tenants_functions import LEASE_CHECK, LEASE_TAKE, replacing

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TAKE = "    INSERT INTO tenants.lease AS held"
_WHOLE_ROW_FIRST = """    PERFORM 1 FROM tenants.lease
    WHERE service = p_service AND connection_id = p_connection AND account_id = p_account
      AND (holder IS NULL OR expires_at + p_grace < clock_timestamp()) FOR UPDATE;
"""


def upgrade() -> None:
    op.execute(replacing(LEASE_CHECK.body).replace("FOR SHARE", "FOR KEY SHARE"))
    op.execute(replacing(LEASE_TAKE.body).replace(_TAKE, _WHOLE_ROW_FIRST + _TAKE))


def downgrade() -> None:
    op.execute(replacing(LEASE_CHECK.body))
    op.execute(replacing(LEASE_TAKE.body))
