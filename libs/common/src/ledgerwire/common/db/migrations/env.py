"""Alembic's environment: runs on the connection it is given, inside that connection's transaction."""

from __future__ import annotations

from alembic import context

from ledgerwire.common.db.models import SCHEMAS, metadata


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "schema" or name in SCHEMAS


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema="ledgerwire",
    include_schemas=True,
    include_name=_ours,
    compare_type=True,
    compare_server_default=False,
)
context.run_migrations()
