"""Reads and writes accounts as the role `lw_tenants`, one account per unit of work."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from ledgerwire.common.canonical import sha256_hex
from ledgerwire.common.db.models.tenants import (
    Account,
    CallbackRoute,
    Company,
    Connection,
    Consent,
    MappingVersion,
    SettingsVersion,
)
from ledgerwire.common.db.session import Unit
from ledgerwire.tenants.plan import WantedCompany, WantedConnection, WantedConsent
from ledgerwire.tenants.secrets import SealedConsent
from ledgerwire.tenants.views import DirectoryEntry, MappingView

_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('ledgerwire.account:' || :account_id, 0))")
_DIRECTORY = text("SELECT * FROM tenants.directory()")


async def directory(unit: Unit) -> list[DirectoryEntry]:
    """Every account with its connections; for a system unit of any service."""
    return [DirectoryEntry(**row) for row in (await unit.execute(_DIRECTORY)).mappings()]


async def take_turn(unit: Unit) -> None:
    """Let one change of this account finish before the next begins."""
    await unit.execute(_TURN, {"account_id": str(unit.account_id)})


async def account(unit: Unit) -> Row[Any] | None:
    """The unit's account."""
    return (await unit.execute(select(Account.__table__).where(Account.account_id == unit.account_id))).one_or_none()


async def add_account(unit: Unit, name: str, settings: dict[str, Any]) -> None:
    """A new account, on hold."""
    await unit.execute(insert(Account).values(account_id=unit.account_id, name=name, settings=settings))


async def set_settings(unit: Unit, settings: dict[str, Any]) -> None:
    """Replace the account's settings."""
    await unit.execute(
        update(Account).where(Account.account_id == unit.account_id).values(settings=settings, updated_at=func.now())
    )


async def settings_versions(unit: Unit) -> list[Row[Any]]:
    """What the account was set to after each change that was recorded, oldest first."""
    query = select(SettingsVersion.__table__).where(SettingsVersion.account_id == unit.account_id)
    return list(await unit.execute(query.order_by(SettingsVersion.version)))


async def add_settings_version(
    unit: Unit, version: int, settings: dict[str, Any], *, author: str, reason: str, at: datetime | None = None
) -> None:
    """Write down what the account is set to since now, or since `at`."""
    await unit.execute(
        insert(SettingsVersion).values(
            account_id=unit.account_id,
            version=version,
            settings=settings,
            author=author,
            reason=reason,
            created_at=func.now() if at is None else at,
        )
    )


async def set_status(unit: Unit, status: str, go_live_from: date | None) -> None:
    """Open or close the go-live gate."""
    await unit.execute(
        update(Account)
        .where(Account.account_id == unit.account_id)
        .values(status=status, go_live_from=go_live_from, updated_at=func.now())
    )


async def connections(unit: Unit) -> dict[UUID, Row[Any]]:
    """The account's connections by id."""
    rows = await unit.execute(
        select(Connection.__table__).where(Connection.account_id == unit.account_id).order_by(Connection.name)
    )
    return {row.connection_id: row for row in rows}


async def add_connection(unit: Unit, wanted: WantedConnection, secret: bytes | None) -> None:
    """A new connection, not tested yet."""
    await unit.execute(
        insert(Connection).values(
            account_id=unit.account_id,
            connection_id=wanted.connection_id,
            name=wanted.name,
            kind=wanted.kind,
            config=wanted.config,
            secret=secret,
            secret_set_at=None if secret is None else func.now(),
        )
    )


async def change_connection(unit: Unit, connection_id: UUID, config: dict[str, Any], secret: bytes | None) -> None:
    """Replace config and, if given, the secret; the last test says nothing about it any more (A027, A053)."""
    values: dict[str, Any] = {
        "config": config,
        "state": "untested",
        "state_detail": None,
        "tested_at": None,
        "version": Connection.version + 1,
    }
    if secret is not None:
        values |= {"secret": secret, "secret_set_at": func.now()}
    await unit.execute(update(Connection).where(Connection.connection_id == connection_id).values(values))


async def note_test(unit: Unit, connection_id: UUID, version: int, state: str, detail: str) -> bool:
    """Store the result of a test of `version`; False if the connection was changed since."""
    result = await unit.execute(
        update(Connection)
        .where(Connection.connection_id == connection_id, Connection.version == version)
        .values(state=state, state_detail=detail, tested_at=func.now())
    )
    return result.rowcount == 1


async def reseal_connection(unit: Unit, connection_id: UUID, secret: bytes) -> None:
    """Replace the sealed form of an unchanged secret (key rotation)."""
    await unit.execute(update(Connection).where(Connection.connection_id == connection_id).values(secret=secret))


async def route_callbacks(unit: Unit, connection_id: UUID, token_hash: bytes) -> None:
    """Let a path token lead to this connection."""
    values = {"token_hash": token_hash, "account_id": unit.account_id, "connection_id": connection_id}
    await unit.execute(upsert(CallbackRoute).values(values).on_conflict_do_nothing())


async def consents(unit: Unit) -> dict[UUID, Row[Any]]:
    """The account's consents by id."""
    return {
        row.consent_id: row
        for row in await unit.execute(select(Consent.__table__).where(Consent.account_id == unit.account_id))
    }


async def add_consent(unit: Unit, wanted: WantedConsent, sealed: SealedConsent) -> None:
    """A consent that is new to the account."""
    await unit.execute(
        insert(Consent).values(
            account_id=unit.account_id, consent_id=wanted.consent_id, **_consent_values(wanted, sealed)
        )
    )


async def replace_consent(unit: Unit, wanted: WantedConsent, sealed: SealedConsent) -> None:
    """A consent given anew: its tokens count, whatever was rotated before."""
    await unit.execute(
        update(Consent)
        .where(Consent.consent_id == wanted.consent_id)
        .values(**_consent_values(wanted, sealed), state="ok", state_detail=None, version=Consent.version + 1)
    )


async def reseal_consent(unit: Unit, consent_id: UUID, version: int, sealed: SealedConsent) -> bool:
    """Replace the sealed form of unchanged tokens (key rotation); False if they were rotated meanwhile."""
    result = await unit.execute(
        update(Consent).where(Consent.consent_id == consent_id, Consent.version == version).values(**sealed._asdict())
    )
    return result.rowcount == 1


async def companies(unit: Unit) -> dict[UUID, Row[Any]]:
    """The account's ledger companies by id."""
    rows = await unit.execute(
        select(Company.__table__).where(Company.account_id == unit.account_id).order_by(Company.name)
    )
    return {row.company_id: row for row in rows}


async def put_company(unit: Unit, wanted: WantedCompany) -> None:
    """Add or replace a company."""
    values = {
        "connectwise_connection_id": wanted.connectwise_connection_id,
        "ledger_connection_id": wanted.ledger_connection_id,
        "location_ids": list(wanted.locations),
    }
    key = {"account_id": unit.account_id, "company_id": wanted.company_id}
    statement = upsert(Company).values(**key, name=wanted.name, **values)
    await unit.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


async def remove(
    unit: Unit, *, companies: Collection[UUID], connections: Collection[UUID], consents: Collection[UUID]
) -> None:
    """Delete companies with their ledger connections and consents (of an account that has not gone live)."""
    await unit.execute(delete(Company).where(Company.company_id.in_(companies)))
    await unit.execute(delete(Connection).where(Connection.connection_id.in_(connections)))
    await unit.execute(delete(Consent).where(Consent.consent_id.in_(consents)))


async def current_mapping(unit: Unit) -> MappingView | None:
    """The newest mapping version."""
    newest = select(MappingVersion.__table__).where(MappingVersion.account_id == unit.account_id)
    row = (await unit.execute(newest.order_by(MappingVersion.version.desc()).limit(1))).one_or_none()
    if row is None:
        return None
    return MappingView(row.version, row.author, row.reason, row.created_at, row.body_hash, row.effective_from)


async def mappings(unit: Unit) -> list[Row[Any]]:
    """All mapping versions of the account, newest first."""
    query = select(MappingVersion.__table__).where(MappingVersion.account_id == unit.account_id)
    return list(await unit.execute(query.order_by(MappingVersion.version.desc())))


async def add_mapping(
    unit: Unit, version: int, body: bytes, *, author: str, reason: str, effective_from: date | None = None
) -> None:
    """A new mapping version; versions are never changed."""
    await unit.execute(
        insert(MappingVersion).values(
            account_id=unit.account_id,
            version=version,
            author=author,
            reason=reason,
            body=body,
            body_hash=sha256_hex(body),
            effective_from=effective_from,
        )
    )


def _consent_values(wanted: WantedConsent, sealed: SealedConsent) -> dict[str, Any]:
    return {
        "provider": wanted.provider,
        "client_id": wanted.client_id,
        "given_hash": wanted.given,
        "expires_at": None,
        **sealed._asdict(),
    }
