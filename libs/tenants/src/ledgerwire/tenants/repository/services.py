"""Reads an account through the views that services may see."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import JSONB

from ledgerwire.common.db.session import Unit

_ACCOUNT = text("SELECT * FROM tenants.account_for_services").columns(settings=JSONB)
_CONNECTIONS = text("SELECT * FROM tenants.connection_for_services ORDER BY name").columns(config=JSONB)
_COMPANIES = text("SELECT * FROM tenants.company_for_services ORDER BY name").columns(location_ids=JSONB)
_MAPPING = text(
    "SELECT version, body, body_hash, effective_from FROM tenants.mapping_version_for_services WHERE version = :version"
)
_TAKES_OVER = "greatest({0}.created_at::date, coalesce({0}.effective_from, {0}.created_at::date))"
_STILL_DECIDING = (
    " FROM tenants.mapping_version_for_services AS v WHERE NOT EXISTS ("
    "SELECT 1 FROM tenants.mapping_version_for_services AS other"
    f" WHERE ({_TAKES_OVER.format('other')}, other.version) > ({_TAKES_OVER.format('v')}, v.version)"
    " AND (other.effective_from IS NULL OR other.effective_from <= v.effective_from))"
)
_MAPPINGS = text(
    f"SELECT version, body, body_hash, effective_from{_STILL_DECIDING}"
    f" ORDER BY {_TAKES_OVER.format('v')} DESC, version DESC"
)
"""A version takes over when it is made, or on its first day if that is still to come: what was scheduled begins, whatever
was put right in the meantime. Of the versions that cover a date the last to take over decides it.
"""
_STAMP = text(
    "SELECT md5(concat_ws('/', coalesce((SELECT a::text FROM tenants.account_for_services AS a), ''),"
    " coalesce((SELECT string_agg(c::text, '/' ORDER BY c.connection_id) FROM tenants.connection_for_services AS c), ''),"
    " coalesce((SELECT string_agg(c::text, '/' ORDER BY c.company_id) FROM tenants.company_for_services AS c), ''),"
    " coalesce((SELECT string_agg(concat_ws('/', v.version, v.body_hash, v.effective_from, v.created_at), '/'"
    f" ORDER BY v.version){_STILL_DECIDING}), '')))"
)
"""Whole rows; of a mapping version, which never changes, its hash instead of its body."""
_CONSENT = text("SELECT * FROM tenants.consent_for_services WHERE consent_id = :consent_id")
_SEAT_CONSENT = text("SELECT * FROM tenants.seat_consent_for_services WHERE consent_id = :consent_id")


async def account(unit: Unit) -> Row[Any] | None:
    """The unit's account."""
    return (await unit.execute(_ACCOUNT)).one_or_none()


async def stamp(unit: Unit) -> str:
    """A digest of everything the other reads here give of the account."""
    found: str = (await unit.execute(_STAMP)).scalar_one()
    return found


async def connections(unit: Unit) -> list[Row[Any]]:
    """Its connections."""
    return list(await unit.execute(_CONNECTIONS))


async def companies(unit: Unit) -> list[Row[Any]]:
    """Its ledger companies."""
    return list(await unit.execute(_COMPANIES))


async def mapping(unit: Unit, version: int) -> Row[Any] | None:
    """One mapping version."""
    return (await unit.execute(_MAPPING, {"version": version})).one_or_none()


async def mappings(unit: Unit) -> list[Row[Any]]:
    """The mapping versions that still decide some date, the last to take over first."""
    return list(await unit.execute(_MAPPINGS))


async def consent(unit: Unit, consent_id: UUID) -> Row[Any] | None:
    """One consent, sealed."""
    return (await unit.execute(_CONSENT, {"consent_id": consent_id})).one_or_none()


async def seat_consent(unit: Unit, consent_id: UUID) -> Row[Any] | None:
    """One consent of a seat source, sealed: the only ones that billing sync sees."""
    return (await unit.execute(_SEAT_CONSENT, {"consent_id": consent_id})).one_or_none()
