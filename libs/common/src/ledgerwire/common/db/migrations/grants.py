"""What a migration calls so that every table is secured in the same way: row-level security, grants, views, functions.

A row belongs to one account; `app.account_id` says which account a transaction works for, and unset means none. FORCE makes
the rule hold for the tables' owner too, and so for every view it owns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from ledgerwire.common.db.roles import OWNER, account_role, system_role

ACCOUNT = "nullif(current_setting('app.account_id', true), '')::uuid"
"""The account of this transaction, NULL (no rows) when none is set."""

READ = ("SELECT",)
APPEND = ("SELECT", "INSERT")
AMEND = ("SELECT", "INSERT", "UPDATE")
WRITE = ("SELECT", "INSERT", "UPDATE", "DELETE")


class Executes(Protocol):
    """What is needed of alembic's `op` module."""

    def execute(self, sqltext: str, /) -> None:
        """Run one statement."""
        ...


def create_schema(op: Executes, schema: str, service: str) -> None:
    """A schema that `service`'s two roles may use and nobody may create in."""
    op.execute(f"CREATE SCHEMA {schema}")
    op.execute(f"GRANT USAGE ON SCHEMA {schema} TO {account_role(service)}, {system_role(service)}")


def drop_schema(op: Executes, schema: str) -> None:
    """Drop a schema with everything in it (downgrade of the revision that made it)."""
    op.execute(f"DROP SCHEMA {schema} CASCADE")


def secure_table(
    op: Executes,
    schema: str,
    table: str,
    owner_service: str,
    *,
    verbs: Sequence[str] = WRITE,
    system: Sequence[str] = (),
) -> None:
    """Enable and force row-level security by account and grant `verbs` to the owning service's account role.

    `system` are the verbs its `_system` role gets on all accounts' rows: only message and work tables have any.
    """
    name = f"{schema}.{table}"
    op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY account ON {name} USING (account_id = {ACCOUNT}) WITH CHECK (account_id = {ACCOUNT})")
    op.execute(f"GRANT {', '.join(verbs)} ON {name} TO {account_role(owner_service)}")
    if system:
        role = system_role(owner_service)
        op.execute(f"CREATE POLICY system ON {name} TO {role} USING (true) WITH CHECK (true)")
        op.execute(f"GRANT {', '.join(system)} ON {name} TO {role}")


def read_view(op: Executes, schema: str, name: str, sql: str, *, readers: Sequence[str]) -> None:
    """A view on `schema` for the account roles of other services; the owner's row-level security filters it by account."""
    roles = ", ".join(account_role(service) for service in readers)
    op.execute(f"CREATE VIEW {schema}.{name} WITH (security_barrier) AS {sql}")
    op.execute(f"GRANT USAGE ON SCHEMA {schema} TO {roles}")
    op.execute(f"GRANT SELECT ON {schema}.{name} TO {roles}")


def drop_view(op: Executes, schema: str, name: str) -> None:
    """Drop a view made by `read_view`."""
    op.execute(f"DROP VIEW {schema}.{name}")


def create_function(op: Executes, signature: str, body: str, *, callers: Sequence[str]) -> None:
    """Create a function and let exactly the roles `callers` execute it.

    `signature` is schema, name and argument types, as GRANT takes them; `body` the whole CREATE FUNCTION statement, in which
    a SECURITY DEFINER function pins its search_path.
    """
    op.execute(body)
    op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
    if callers:
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {', '.join(callers)}")


@contextmanager
def as_role(op: Executes, role: str, schema: str) -> Iterator[None]:
    """Create objects in `schema` that `role` owns."""
    op.execute(f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {role}")
    op.execute(f"SET LOCAL ROLE {role}")
    yield
    op.execute(f"SET LOCAL ROLE {OWNER}")
    op.execute(f"REVOKE CREATE ON SCHEMA {schema} FROM {role}")
