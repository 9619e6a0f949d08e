"""All windows of a connection's call budget in one statement: calls are taken from every window, or from none.

Additive: the previous release runs on this schema while it is rolled out.
"""

from __future__ import annotations

from alembic import op

from ledgerwire.common.db.migrations.grants import create_function
from ledgerwire.common.db.roles import WRITERS, system_role

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_SIGNATURE = "tenants.budget_take_all(uuid, uuid, text[], integer[], numeric, numeric[])"
_OBSERVE = "tenants.budget_observe(uuid, uuid, text, numeric, interval)"
_BODY = """
CREATE FUNCTION tenants.budget_take_all(
    p_account uuid, p_connection uuid, p_windows text[], p_seconds integer[], p_n numeric, p_ceilings numeric[]
) RETURNS interval
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_wait interval := interval '0';
BEGIN
    BEGIN
        FOR i IN 1..cardinality(p_windows) LOOP
            v_wait := greatest(
                v_wait, tenants.budget_take(p_account, p_connection, p_windows[i], p_seconds[i], p_n, p_ceilings[i]));
        END LOOP;
        IF v_wait > interval '0' THEN
            -- undoes what those windows gave that had room
            RAISE EXCEPTION 'a window is full' USING ERRCODE = 'LW429';
        END IF;
    EXCEPTION WHEN SQLSTATE 'LW429' THEN
        NULL;
    END;
    RETURN v_wait;
END $$
"""


def upgrade() -> None:
    create_function(op, _SIGNATURE, _BODY, callers=[system_role(service) for service in WRITERS])
    op.execute(f"GRANT EXECUTE ON FUNCTION {_OBSERVE} TO {system_role('tenants')}")


def downgrade() -> None:
    op.execute(f"REVOKE EXECUTE ON FUNCTION {_OBSERVE} FROM {system_role('tenants')}")
    op.execute(f"DROP FUNCTION {_SIGNATURE}")
