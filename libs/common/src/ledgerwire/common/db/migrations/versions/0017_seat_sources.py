"""Seat sources: a sign-in of billing sync's own that it may renew, and keys with which distributors push.

Billing sync sees the consents of seat sources and no ledger's. Additive: the previous release runs on this schema while it is
rolled out.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA

from ledgerwire.common.db.migrations.grants import (
    WRITE,
    as_role,
    create_function,
    drop_view,
    read_view,
    secure_table,
)
from ledgerwire.common.db.roles import DIRECTORY, account_role, system_role

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_SCHEMA = "billing"
_ACCOUNT, _SYSTEM = account_role(_SCHEMA), system_role(_SCHEMA)
_VIEW = "seat_consent_for_services"
_CONSENTS = (
    "SELECT account_id, consent_id, provider, client_id, client_secret, access_token, refresh_token, expires_at, state,"
    " version FROM tenants.consent WHERE provider = 'partner-center'"
)
_TOKENS = (
    "tenants.token_claim(uuid, uuid, text, interval)",
    "tenants.token_release(uuid, uuid, text)",
    "tenants.token_rotate(uuid, uuid, bigint, bytea, bytea, timestamptz, text, text)",
)
_SOURCE_OF_KEY = "billing.source_of_key(bytea)"
_BODY = """
CREATE FUNCTION billing.source_of_key(p_key_hash bytea) RETURNS TABLE (account_id uuid, source text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.account_id, k.source::text FROM billing.push_key AS k WHERE k.key_hash = p_key_hash
$$
"""


def upgrade() -> None:
    read_view(op, "tenants", _VIEW, _CONSENTS, readers=[_SCHEMA])
    for signature in _TOKENS:
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {_ACCOUNT}")
    _push_keys()
    _receipts()


def downgrade() -> None:
    with as_role(op, DIRECTORY, _SCHEMA):
        op.execute(f"DROP FUNCTION {_SOURCE_OF_KEY}")
    op.execute(f"REVOKE USAGE ON SCHEMA {_SCHEMA} FROM {DIRECTORY}")
    for table in ("push_receipt", "push_key"):
        op.drop_table(table, schema=_SCHEMA)
    for signature in _TOKENS:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {signature} FROM {_ACCOUNT}")
    drop_view(op, "tenants", _VIEW)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()"))


def _push_keys() -> None:
    """A key leads to its account before any account is known: by its hash, through one function, for the HTTP listener."""
    op.create_table(
        "push_key",
        sa.Column("key_hash", BYTEA, primary_key=True),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("made_by", sa.String, nullable=False),
        _moment("made_at"),
        sa.Index("ix_push_key_source", "account_id", "source"),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "push_key", _SCHEMA, verbs=("SELECT", "INSERT", "DELETE"))
    op.execute(f"GRANT SELECT (key_hash, account_id, source) ON {_SCHEMA}.push_key TO {DIRECTORY}")
    op.execute(f"CREATE POLICY directory ON {_SCHEMA}.push_key FOR SELECT TO {DIRECTORY} USING (true)")
    with as_role(op, DIRECTORY, _SCHEMA):
        create_function(op, _SOURCE_OF_KEY, _BODY, callers=(_SYSTEM,))


def _receipts() -> None:
    op.create_table(
        "push_receipt",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("idempotency_key", sa.String, primary_key=True),
        sa.Column("body_hash", sa.String, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        _moment("received_at"),
        sa.Index("ix_push_receipt_received_at", "account_id", "received_at"),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "push_receipt", _SCHEMA, verbs=WRITE)
