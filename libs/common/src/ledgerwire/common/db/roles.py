"""The database roles: who owns, who writes, who relays. Roles are made by bootstrap; migrations only grant."""

from __future__ import annotations

OWNER = "lw_owner"
"""Owns schemas, tables, views and functions; cannot log in and is subject to row-level security like everyone else."""

DIRECTORY = "lw_directory"
"""Owns the one function that lists accounts and connections to the schedulers; cannot log in."""

FIRST_SERVICES = ("ingest", "mapper", "poster")
"""The services that the first revisions of the database know; a later one gets its grants with its own revision."""

SERVICES = (*FIRST_SERVICES, "billing")
"""The services with a schema of their own."""

WRITERS = ("tenants", *SERVICES)
"""Everyone who logs in: the CLI's use cases (`tenants`) and the services."""


def account_role(service: str) -> str:
    """The role that works on one account at a time (`app.account_id`)."""
    return f"lw_{service}"


def system_role(service: str) -> str:
    """The role of relay, claim loop and metrics: message and work tables of all accounts, nothing else."""
    return f"lw_{service}_system"


def login_roles() -> tuple[str, ...]:
    """Every role that logs in."""
    return tuple(role for service in WRITERS for role in (account_role(service), system_role(service)))
