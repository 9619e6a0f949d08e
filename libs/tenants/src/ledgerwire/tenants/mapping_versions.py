"""Use cases on mapping versions: list, show, change, roll back. A version is never changed; each has an author and a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row

from ledgerwire.common.canonical import from_canonical, sha256_hex
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.errors import ConfigurationError, Stopped
from ledgerwire.common.ids import account_id
from ledgerwire.tenants.account_file import mapping_bytes
from ledgerwire.tenants.mapping_file import MappingSection
from ledgerwire.tenants.repository import accounts as rows
from ledgerwire.tenants.views import MappingView


async def versions(database: Database, name: str) -> list[MappingView]:
    """All versions of an account, newest first; ConfigurationError if there is no such account."""
    async with database.account(account_id(name)) as unit:
        await _turn(unit, name)
        return [_view(row) for row in await rows.mappings(unit)]


async def content(database: Database, name: str, version: int | None = None) -> tuple[MappingView, MappingSection]:
    """One version (the newest unless named) and what it says; ConfigurationError if there is none."""
    async with database.account(account_id(name)) as unit:
        await _turn(unit, name)
        row = await _version(unit, name, version)
        return _view(row), _section(row)


async def change(
    database: Database,
    name: str,
    mapping: MappingSection,
    *,
    author: str,
    reason: str,
    effective_from: date | None = None,
) -> tuple[MappingView, bool]:
    """Make a version of `mapping`, unless the newest says the same from the same day; tells whether one was made.

    `effective_from` is the first document date it decides; None = every date. The first version of an account decides every
    date. Raises ConfigurationError for an unknown account, an empty reason or an impossible first day.
    """
    async with database.account(account_id(name)) as unit:
        await _turn(unit, name)
        _check_companies(mapping, [row.name for row in (await rows.companies(unit)).values()])
        return await _add(unit, mapping_bytes(mapping), author, reason, effective_from)


def _check_companies(mapping: MappingSection, known: Sequence[str]) -> None:
    """Sections of a company that is none would decide nothing, in silence."""
    findings = [
        Finding(
            "MAPPING_VALUE_WRONG",
            {
                "place": "the mapping",
                "setting": f"companies[{company}]",
                "value": company,
                "reason": f"the account has no company of that name, only {', '.join(sorted(known))}",
            },
        )
        for company in mapping.companies
        if company not in known
    ]
    if findings:
        raise Stopped(findings)


async def roll_back(
    database: Database, name: str, version: int, *, author: str, reason: str, effective_from: date | None = None
) -> tuple[MappingView, bool]:
    """Make a new version that says what `version` said; the ones in between stay on record."""
    async with database.account(account_id(name)) as unit:
        await _turn(unit, name)
        row = await _version(unit, name, version)
        return await _add(unit, row.body, author, f"{reason} (as version {version})", effective_from)


async def _turn(unit: Unit, name: str) -> None:
    await rows.take_turn(unit)
    if await rows.account(unit) is None:
        raise ConfigurationError(f"there is no account {name!r}", code="ACCOUNT_UNKNOWN")


async def _version(unit: Unit, name: str, version: int | None) -> Row[Any]:
    found = [row for row in await rows.mappings(unit) if version is None or row.version == version]
    if not found:
        raise ConfigurationError(f"account {name!r} has no mapping version {version or ''}".rstrip())
    return found[0]


async def _add(
    unit: Unit, body: bytes, author: str, reason: str, effective_from: date | None
) -> tuple[MappingView, bool]:
    if not reason.strip():
        raise ConfigurationError("a mapping version needs a reason")
    newest = next(iter(await rows.mappings(unit)), None)
    if newest is None and effective_from is not None:
        raise ConfigurationError("the first mapping version decides every date: leave its first day out")
    if newest is not None and (newest.body_hash, newest.effective_from) == (sha256_hex(body), effective_from):
        return _view(newest), False
    version = 1 if newest is None else newest.version + 1
    await rows.add_mapping(unit, version, body, author=author, reason=reason, effective_from=effective_from)
    return _view((await rows.mappings(unit))[0]), True


def _view(row: Row[Any]) -> MappingView:
    return MappingView(row.version, row.author, row.reason, row.created_at, row.body_hash, row.effective_from)


def _section(row: Row[Any]) -> MappingSection:
    return MappingSection.model_validate(from_canonical(row.body, dict[str, Any]))
