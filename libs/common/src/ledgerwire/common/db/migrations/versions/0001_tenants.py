"""Schema tenants: accounts, connections, companies, consents, mapping versions, leases, budgets.

Additive first: the previous release runs on this schema while it is rolled out. Grants and row-level security come from
`grants.py`; roles are never made or dropped here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from ledgerwire.common.db.migrations.grants import (
    APPEND,
    as_role,
    create_function,
    create_schema,
    drop_schema,
    read_view,
    secure_table,
)
from ledgerwire.common.db.migrations.tenants_functions import DIRECTORY_FUNCTION, FUNCTIONS
from ledgerwire.common.db.roles import DIRECTORY, FIRST_SERVICES, OWNER, login_roles, system_role

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NOW = sa.text("now()")


def upgrade() -> None:
    create_schema(op, "tenants", "tenants")
    _accounts()
    _connections()
    _consents_and_mappings()
    _leases_and_budgets()
    _secure()
    _functions()
    _views()
    # services tell from this table whether the database is at their revision
    op.execute(f"GRANT USAGE ON SCHEMA ledgerwire TO {', '.join(login_roles())}")
    op.execute(f"GRANT SELECT ON ledgerwire.alembic_version TO {', '.join(login_roles())}")


def downgrade() -> None:
    op.execute(f"REVOKE ALL ON ledgerwire.alembic_version FROM {', '.join(login_roles())}")
    drop_schema(op, "tenants")


def _time(name: str, *, nullable: bool = True, default: sa.TextClause | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("status", sa.String, nullable=False, server_default=sa.text("'hold'")),
        sa.Column("go_live_from", sa.Date),
        sa.Column("settings", JSONB, nullable=False),
        _time("created_at", nullable=False, default=_NOW),
        _time("updated_at", nullable=False, default=_NOW),
        sa.CheckConstraint("status = 'hold' OR (status = 'live' AND go_live_from IS NOT NULL)", name="status"),
        schema="tenants",
    )
    op.create_table(
        "callback_route",
        sa.Column("token_hash", BYTEA, primary_key=True),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("connection_id", sa.Uuid, nullable=False),
        schema="tenants",
    )


def _owner_account() -> sa.Column[object]:
    return sa.Column("account_id", sa.Uuid, sa.ForeignKey("tenants.account.account_id"), primary_key=True)


def _connections() -> None:
    op.create_table(
        "connection",
        _owner_account(),
        sa.Column("connection_id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("config", JSONB, nullable=False),
        sa.Column("secret", BYTEA),
        _time("secret_set_at"),
        sa.Column("state", sa.String, nullable=False, server_default=sa.text("'untested'")),
        sa.Column("state_detail", sa.String),
        _time("tested_at"),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
        schema="tenants",
    )
    op.create_table(
        "company",
        _owner_account(),
        sa.Column("company_id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("connectwise_connection_id", sa.Uuid, nullable=False),
        sa.Column("ledger_connection_id", sa.Uuid, nullable=False),
        sa.Column("location_ids", JSONB, nullable=False),
        schema="tenants",
    )


def _consents_and_mappings() -> None:
    op.create_table(
        "consent",
        _owner_account(),
        sa.Column("consent_id", sa.Uuid, primary_key=True),
        sa.Column("provider", sa.String, nullable=False),
        sa.Column("client_id", sa.String, nullable=False),
        sa.Column("given_hash", sa.String, nullable=False),
        sa.Column("client_secret", BYTEA, nullable=False),
        sa.Column("access_token", BYTEA),
        sa.Column("refresh_token", BYTEA),
        _time("expires_at"),
        sa.Column("state", sa.String, nullable=False, server_default=sa.text("'ok'")),
        sa.Column("version", sa.BigInteger, nullable=False, server_default=sa.text("1")),
        sa.Column("state_detail", sa.String),
        sa.Column("claimed_by", sa.String),
        _time("claimed_until"),
        schema="tenants",
    )
    op.create_table(
        "mapping_version",
        _owner_account(),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        _time("created_at", nullable=False, default=_NOW),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("body", BYTEA, nullable=False),
        sa.Column("body_hash", sa.String, nullable=False),
        schema="tenants",
    )


def _leases_and_budgets() -> None:
    op.create_table(
        "lease",
        sa.Column("service", sa.String, primary_key=True),
        sa.Column("connection_id", sa.Uuid, primary_key=True),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("holder", sa.String),
        sa.Column("fence", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        _time("expires_at"),
        _time("served_at", nullable=False, default=sa.text("'-infinity'")),
        schema="tenants",
    )
    op.create_table(
        "budget",
        sa.Column("connection_id", sa.Uuid, primary_key=True),
        sa.Column("window", sa.String, primary_key=True),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("seconds", sa.Integer, nullable=False),
        sa.Column("slot", sa.BigInteger, nullable=False),
        sa.Column("slots", ARRAY(sa.Numeric), nullable=False),
        sa.Column("ceiling", sa.Numeric, nullable=False),
        _time("closed_until"),
        schema="tenants",
    )


def _secure() -> None:
    for table in ("account", "connection", "company", "consent"):
        secure_table(op, "tenants", table, "tenants")
    secure_table(op, "tenants", "mapping_version", "tenants", verbs=APPEND)  # a version is never changed or removed
    # resolved by the hash of an unguessable token, before any account is known
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON tenants.callback_route TO lw_tenants")
    for table in ("lease", "budget"):
        secure_table(op, "tenants", table, "tenants", verbs=("SELECT",))
        # the functions below, which check their caller, work on any account's row
        op.execute(f"CREATE POLICY functions ON tenants.{table} TO {OWNER} USING (true) WITH CHECK (true)")
    for service in FIRST_SERVICES:
        role = system_role(service)
        op.execute(f"GRANT USAGE ON SCHEMA tenants TO {role}")
        op.execute(f"GRANT SELECT ON tenants.lease, tenants.budget TO {role}")
        op.execute(
            f"CREATE POLICY {service}_system ON tenants.lease FOR SELECT TO {role} USING (service = '{service}')"
        )
        op.execute(f"CREATE POLICY {service}_system ON tenants.budget FOR SELECT TO {role} USING (true)")


def _functions() -> None:
    for function in FUNCTIONS:
        create_function(op, function.signature, function.body, callers=function.callers)
    op.execute(f"GRANT SELECT (account_id, name, status, go_live_from) ON tenants.account TO {DIRECTORY}")
    op.execute(f"GRANT SELECT (account_id, connection_id, name, kind) ON tenants.connection TO {DIRECTORY}")
    for table in ("account", "connection"):
        op.execute(f"CREATE POLICY directory ON tenants.{table} FOR SELECT TO {DIRECTORY} USING (true)")
    with as_role(op, DIRECTORY, "tenants"):
        create_function(op, DIRECTORY_FUNCTION.signature, DIRECTORY_FUNCTION.body, callers=DIRECTORY_FUNCTION.callers)


def _views() -> None:
    readers = (*FIRST_SERVICES, "tenants")
    read_view(
        op,
        "tenants",
        "account_for_services",
        "SELECT account_id, name, status, go_live_from, settings FROM tenants.account",
        readers=readers,
    )
    read_view(
        op,
        "tenants",
        "connection_for_services",
        "SELECT account_id, connection_id, name, kind, config, secret, state, version FROM tenants.connection",
        readers=readers,
    )
    read_view(
        op,
        "tenants",
        "company_for_services",
        "SELECT account_id, company_id, name, connectwise_connection_id, ledger_connection_id, location_ids"
        " FROM tenants.company",
        readers=readers,
    )
    read_view(
        op,
        "tenants",
        "consent_for_services",
        "SELECT account_id, consent_id, provider, client_id, client_secret, access_token, refresh_token, expires_at, state,"
        " version FROM tenants.consent",
        readers=("mapper", "poster", "tenants"),
    )
    read_view(
        op,
        "tenants",
        "mapping_version_for_services",
        "SELECT account_id, version, created_at, author, reason, body, body_hash FROM tenants.mapping_version",
        readers=readers,
    )
