"""Schema billing: the service that keeps agreements at what distributors sold, with its grants.

A database that was made before it knows nothing of the service's two roles; here they get what the first services have.
Additive: the previous release runs on this schema while it is rolled out.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from ledgerwire.common.db.migrations.grants import (
    AMEND,
    APPEND,
    WRITE,
    as_role,
    create_schema,
    drop_schema,
    secure_table,
)
from ledgerwire.common.db.roles import DIRECTORY, account_role, system_role

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_SCHEMA = "billing"
_NOW = sa.text("now()")
_ZERO = sa.text("0")
_NO_OBJECT = sa.text("'{}'::jsonb")
_ACCOUNT, _SYSTEM = account_role(_SCHEMA), system_role(_SCHEMA)
_BOTH = f"{_ACCOUNT}, {_SYSTEM}"
_VIEWS = ("account_for_services", "connection_for_services", "company_for_services", "mapping_version_for_services")
_FUNCTIONS = {
    "tenants.budget_take(uuid, uuid, text, integer, numeric, numeric)": _BOTH,
    "tenants.budget_observe(uuid, uuid, text, numeric, interval)": _BOTH,
    "tenants.lease_take(text, uuid, uuid, text, interval, interval)": _SYSTEM,
    "tenants.lease_renew(text, uuid, bigint, interval)": _SYSTEM,
    "tenants.lease_release(text, uuid, bigint)": _SYSTEM,
    "tenants.lease_check(text, uuid, bigint)": _BOTH,
}
_LISTING = "tenants.directory()"


def upgrade() -> None:
    _admit()
    create_schema(op, _SCHEMA, _SCHEMA)
    _outbox()
    _inbox()
    _work()
    _dead_letter()
    _timeline()
    _pushed()
    _links()
    _written()
    _plans()
    _runs()


def downgrade() -> None:
    drop_schema(op, _SCHEMA)
    with as_role(op, DIRECTORY, "tenants"):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {_LISTING} FROM {_SYSTEM}")
    for signature, callers in _FUNCTIONS.items():
        op.execute(f"REVOKE EXECUTE ON FUNCTION {signature} FROM {callers}")
    for view in _VIEWS:
        op.execute(f"REVOKE SELECT ON tenants.{view} FROM {_ACCOUNT}")
    for table in ("lease", "budget"):
        op.execute(f"DROP POLICY {_SCHEMA}_system ON tenants.{table}")
    op.execute(f"REVOKE SELECT ON tenants.lease, tenants.budget FROM {_SYSTEM}")
    op.execute(f"REVOKE USAGE ON SCHEMA tenants FROM {_BOTH}")


def _admit() -> None:
    """What the first revision gave to every service of its time."""
    op.execute(f"GRANT USAGE ON SCHEMA ledgerwire TO {_BOTH}")
    op.execute(f"GRANT SELECT ON ledgerwire.alembic_version TO {_BOTH}")
    op.execute(f"GRANT USAGE ON SCHEMA tenants TO {_BOTH}")
    op.execute(f"GRANT SELECT ON tenants.lease, tenants.budget TO {_SYSTEM}")
    op.execute(f"CREATE POLICY {_SCHEMA}_system ON tenants.lease FOR SELECT TO {_SYSTEM} USING (service = '{_SCHEMA}')")
    op.execute(f"CREATE POLICY {_SCHEMA}_system ON tenants.budget FOR SELECT TO {_SYSTEM} USING (true)")
    for view in _VIEWS:
        op.execute(f"GRANT SELECT ON tenants.{view} TO {_ACCOUNT}")
    for signature, callers in _FUNCTIONS.items():
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {callers}")
    with as_role(op, DIRECTORY, "tenants"):
        op.execute(f"GRANT EXECUTE ON FUNCTION {_LISTING} TO {_SYSTEM}")


def _time(name: str, *, nullable: bool = True, default: sa.TextClause | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _moment(name: str) -> sa.Column[object]:
    return _time(name, nullable=False, default=_NOW)


def _key(name: str, kind: Any = sa.Uuid) -> sa.Column[object]:
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("message_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("data", BYTEA, nullable=False),
        sa.Column("correlation_id", sa.String, nullable=False),
        sa.Column("causation_id", sa.String),
        sa.Column("traceparent", sa.String),
        _moment("created_at"),
        _time("published_at"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=_ZERO),
        sa.Column("last_error", sa.String),
        sa.Index("ix_outbox_waiting", "account_id", "id", postgresql_where=sa.text("published_at IS NULL")),
        sa.Index("ix_outbox_published_at", "published_at", postgresql_where=sa.text("published_at IS NOT NULL")),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "outbox", _SCHEMA, verbs=APPEND, system=WRITE)


def _inbox() -> None:
    op.create_table(
        "inbox",
        _key("consumer", sa.String),
        _key("message_id"),
        sa.Column("account_id", sa.Uuid, nullable=False),
        _moment("received_at"),
        sa.Index("ix_inbox_received_at", "received_at"),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "inbox", _SCHEMA, verbs=APPEND, system=WRITE)


def _work() -> None:
    op.create_table(
        "work",
        _key("account_id"),
        _key("connection_id"),
        _key("work_key", sa.String),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        _time("due_at", nullable=False),
        _moment("first_due_at"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=_ZERO),
        sa.Column("generation", sa.BigInteger, nullable=False, server_default=sa.text("1")),
        sa.Column("correlation_id", sa.String, nullable=False),
        sa.Column("causation_id", sa.String),
        sa.Column("traceparent", sa.String),
        sa.Column("found_by", sa.String, nullable=False),
        sa.Column("last_code", sa.String),
        sa.Column("payload", JSONB, nullable=False, server_default=_NO_OBJECT),
        sa.Index("ix_work_connection_due", "connection_id", "priority", "due_at"),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "work", _SCHEMA, verbs=WRITE, system=WRITE)


def _dead_letter() -> None:
    op.create_table(
        "dead_letter",
        _key("dead_letter_id"),
        sa.Column("account_id", sa.Uuid),
        sa.Column("queue", sa.String, nullable=False),
        sa.Column("message_id", sa.String),
        sa.Column("type", sa.String),
        sa.Column("subject", sa.String),
        sa.Column("cause", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("payload", BYTEA, nullable=False),
        sa.Column("headers", JSONB, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("mapping_version", sa.Integer),
        sa.Column("correlation_id", sa.String),
        _moment("dead_at"),
        sa.Column("state", sa.String, nullable=False, server_default=sa.text("'dead'")),
        _time("settled_at"),
        sa.Index("ix_dead_letter_state_cause", "state", "cause"),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "dead_letter", _SCHEMA, verbs=AMEND, system=WRITE)


def _timeline() -> None:
    op.create_table(
        "timeline",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("record_id", sa.Uuid, nullable=False),
        _moment("at"),
        sa.Column("step", sa.String, nullable=False),
        sa.Column("detail", JSONB, nullable=False),
        sa.Column("correlation_id", sa.String),
        sa.Index("ix_timeline_record", "account_id", "record_id", "id"),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "timeline", _SCHEMA, verbs=APPEND)


def _pushed() -> None:
    op.create_table(
        "pushed",
        _key("account_id"),
        _key("source", sa.String),
        _key("kind", sa.String),
        _key("key", sa.String),
        sa.Column("customer_id", sa.String, nullable=False),
        sa.Column("first_day", sa.Date),
        sa.Column("last_day", sa.Date),
        sa.Column("body", BYTEA, nullable=False),
        _moment("pushed_at"),
        sa.Index("ix_pushed_days", "account_id", "source", "kind", "first_day"),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "pushed", _SCHEMA, verbs=WRITE)


def _linked() -> tuple[sa.Column[object], ...]:
    return sa.Column("linked_by", sa.String, nullable=False), _moment("linked_at")


def _links() -> None:
    op.create_table(
        "customer_link",
        _key("account_id"),
        _key("connection_id"),
        _key("source", sa.String),
        _key("customer_id", sa.String),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("company_id", sa.BigInteger),
        *_linked(),
        schema=_SCHEMA,
    )
    op.create_table(
        "product_link",
        _key("account_id"),
        _key("connection_id"),
        _key("sku", sa.String),
        sa.Column("product_id", sa.BigInteger, nullable=False),
        *_linked(),
        schema=_SCHEMA,
    )
    op.create_table(
        "agreement_link",
        _key("account_id"),
        _key("connection_id"),
        _key("company_id", sa.BigInteger),
        _key("motion", sa.String),
        sa.Column("agreement_id", sa.BigInteger, nullable=False),
        sa.Column("copied_from", sa.BigInteger),
        *_linked(),
        schema=_SCHEMA,
    )
    for table in ("customer_link", "product_link", "agreement_link"):
        secure_table(op, _SCHEMA, table, _SCHEMA, verbs=WRITE)


def _written() -> None:
    op.create_table(
        "written_addition",
        _key("account_id"),
        _key("connection_id"),
        _key("addition_id", sa.BigInteger),
        sa.Column("agreement_id", sa.BigInteger, nullable=False),
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("line", sa.String, nullable=False),
        sa.Column("body", BYTEA, nullable=False),
        sa.Column("step_key", sa.String, nullable=False),
        _moment("written_at"),
        sa.Index("ix_written_addition_company", "account_id", "connection_id", "company_id"),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "written_addition", _SCHEMA, verbs=WRITE)


def _plans() -> None:
    op.create_table(
        "plan",
        _key("account_id"),
        _key("plan_id"),
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("summary", JSONB, nullable=False),
        _moment("made_at"),
        _time("finished_at"),
        sa.Index("ix_plan_made", "account_id", "connection_id", "made_at"),
        schema=_SCHEMA,
    )
    op.create_table(
        "plan_agreement",
        _key("account_id"),
        _key("plan_id"),
        _key("agreement_id", sa.BigInteger),
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("customer", sa.String, nullable=False),
        sa.Column("motion", sa.String, nullable=False),
        sa.Column("body", BYTEA, nullable=False),
        schema=_SCHEMA,
    )
    op.create_table(
        "plan_step",
        _key("account_id"),
        _key("plan_id"),
        _key("step_key", sa.String),
        sa.Column("agreement_id", sa.BigInteger, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("body", BYTEA, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("addition_id", sa.BigInteger),
        sa.Column("found", JSONB, nullable=False, server_default=_NO_OBJECT),
        _moment("updated_at"),
        sa.Index("ix_plan_step_order", "account_id", "plan_id", "agreement_id", "position"),
        schema=_SCHEMA,
    )
    for table in ("plan", "plan_agreement", "plan_step"):
        secure_table(op, _SCHEMA, table, _SCHEMA, verbs=AMEND)


def _runs() -> None:
    op.create_table(
        "run",
        _key("account_id"),
        _key("run_id"),
        sa.Column("connection_id", sa.Uuid, nullable=False),
        sa.Column("found_by", sa.String, nullable=False),
        sa.Column("plan_id", sa.Uuid),
        sa.Column("progress", JSONB, nullable=False),
        sa.Column("failed_with", sa.String),
        _moment("started_at"),
        _time("finished_at"),
        sa.Index("ix_run_started", "account_id", "connection_id", "started_at"),
        schema=_SCHEMA,
    )
    secure_table(op, _SCHEMA, "run", _SCHEMA, verbs=AMEND)
