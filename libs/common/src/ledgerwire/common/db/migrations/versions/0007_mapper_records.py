"""Mapper: records beside invoices, and the choices people make about them.

Additive first: the previous release runs on this schema while it is rolled out.
"""

from __future__ import annotations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
