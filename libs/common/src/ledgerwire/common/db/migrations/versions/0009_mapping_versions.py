"""Mapping versions with a first day, and roll-back.

Additive first: the previous release runs on this schema while it is rolled out.
"""

from __future__ import annotations

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
