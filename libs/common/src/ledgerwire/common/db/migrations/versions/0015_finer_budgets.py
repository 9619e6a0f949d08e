"""Budgets count calls by sixtieths of their window instead of twentieths.

A call is given back when the whole part of the window in which it was made has passed. With twentieths a twentieth of what the
provider allows was never used while work waited. A row that is deleted at that very moment is made again instead of being an
error. The previous release calls the same functions.
"""

from __future__ import annotations

import re

from alembic import op

from ledgerwire.common.db.migrations.tenants_functions import BUDGET_ROW, BUDGET_TAKE, replacing

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# A third of a twentieth each; what was taken counts in the newest, so that no count ends early.
_FINER = """
UPDATE tenants.budget SET slot = slot * 3 + 2, slots = (
    SELECT array_agg(CASE WHEN place % 3 = 1 THEN slots[(place + 2) / 3] ELSE 0 END ORDER BY place)
      FROM generate_series(1, 61) AS place)
"""
_COARSER = """
UPDATE tenants.budget SET slot = slot / 3, slots = (
    SELECT array_agg(coalesce(slots[3 * place - 2], 0) + coalesce(slots[3 * place - 1], 0) + coalesce(slots[3 * place], 0)
                     ORDER BY place)
      FROM generate_series(1, 21) AS place)
"""
_AGAIN = {
    "    INSERT INTO tenants.budget": "    FOR attempt IN 1..10 LOOP\n    INSERT INTO tenants.budget",
    "SELECT * INTO STRICT v_row": "SELECT * INTO v_row",
    "b.account_id = p_account FOR UPDATE;": """b.account_id = p_account FOR UPDATE;
    EXIT WHEN FOUND;
    END LOOP;
    IF v_row.connection_id IS NULL THEN
        RAISE EXCEPTION 'no budget of connection %', p_connection USING ERRCODE = 'no_data_found';
    END IF;""",
}
_PARTS = {"20": "60", "20.0": "60.0", "21": "61", "22": "62"}


def _finer(body: str) -> str:
    return re.sub(r"\b2[0-2](\.0)?\b", lambda found: _PARTS[found[0]], replacing(body))


def _patient(body: str) -> str:
    for before, after in _AGAIN.items():
        body = body.replace(before, after)
    return body


def upgrade() -> None:
    op.execute("LOCK TABLE tenants.budget IN ACCESS EXCLUSIVE MODE")
    op.execute(_FINER)
    op.execute(_finer(_patient(BUDGET_ROW.body)))
    op.execute(_finer(BUDGET_TAKE.body))


def downgrade() -> None:
    op.execute("LOCK TABLE tenants.budget IN ACCESS EXCLUSIVE MODE")
    op.execute(_COARSER)
    op.execute(replacing(BUDGET_ROW.body))
    op.execute(replacing(BUDGET_TAKE.body))
