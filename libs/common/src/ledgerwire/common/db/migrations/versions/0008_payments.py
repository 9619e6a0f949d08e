"""Payments and credits carried between ledger and ConnectWise.

Additive first: the previous release runs on this schema while it is rolled out.
"""

from __future__ import annotations

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
