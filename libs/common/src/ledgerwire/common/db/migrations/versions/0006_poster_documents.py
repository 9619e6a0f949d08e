"""Poster: contact roles, record types and what a person chose.

Additive first: the previous release runs on this schema while it is rolled out.
"""

from __future__ import annotations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
