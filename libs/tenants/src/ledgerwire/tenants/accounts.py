"""Use cases on accounts: list, show, the result of a connection test, the go-live gate, re-sealing after a key change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.ids import account_id
from ledgerwire.common.security import SecretBox
from ledgerwire.tenants.apply import apply
from ledgerwire.tenants.plan import CONNECTWISE
from ledgerwire.tenants.repository import accounts as rows
from ledgerwire.tenants.secrets import SealedConsent, connection_place, consent_place
from ledgerwire.tenants.views import AccountView, CompanyView, ConnectionView, ConsentView, DirectoryEntry

__all__ = ["apply", "go_live", "hold", "list_accounts", "record_test", "reseal", "show"]

OK = "ok"
FAILED = "failed"


async def list_accounts(database: Database) -> list[DirectoryEntry]:
    """Every account with its connections."""
    async with database.system() as unit:
        return await rows.directory(unit)


async def show(database: Database, name: str) -> AccountView:
    """One account without its secrets; ConfigurationError if there is none of that name."""
    async with database.account(account_id(name)) as unit:
        return await _view(unit, name)


async def record_test(database: Database, name: str, connection: ConnectionView, *, ok: bool, detail: str) -> bool:
    """Store the result of testing `connection` as it was shown; False if it was changed since and has to be tested again."""
    async with database.account(account_id(name)) as unit:
        await _existing(unit, name)
        state = OK if ok else FAILED
        return await rows.note_test(unit, connection.connection_id, connection.version, state, detail)


async def go_live(
    database: Database, name: str, from_date: date | None = None, *, change_day: bool = False
) -> AccountView:
    """Open the gate: records dated from the first day on are posted, earlier ones are skipped.

    The first day is kept once it was given: an earlier one would post history, a later one leave out what was held. So
    `from_date` is needed the first time only, and another day is taken with `change_day` alone.

    Raises:
        ConfigurationError: no such account, a connection without a successful test since its last change (A027), no first
            day (GO_LIVE_DAY_MISSING), or one other than the day that is stored (GO_LIVE_DAY_DIFFERS).
    """
    async with database.account(account_id(name)) as unit:
        await rows.take_turn(unit)
        account = await _existing(unit, name)
        first_day = _first_day(name, account.go_live_from, from_date, change=change_day)
        untested = [row.name for row in (await rows.connections(unit)).values() if row.state != OK]
        if untested:
            raise ConfigurationError(
                f"account {name!r} cannot go live: {', '.join(untested)} has no successful test since its last change;"
                f" run: ledgerwire account connect {name!r}"
            )
        await rows.set_status(unit, "live", first_day)
        return await _view(unit, name)


def _first_day(name: str, stored: date | None, wanted: date | None, *, change: bool) -> date:
    chosen = wanted or stored
    if chosen is None:
        raise ConfigurationError(
            f"account {name!r} was never live: name the first day whose invoices are posted, --from YYYY-MM-DD",
            code="GO_LIVE_DAY_MISSING",
        )
    if stored is not None and chosen != stored and not change:
        raise ConfigurationError(
            f"account {name!r} posts what is dated from {stored} on, not from {chosen}: leave --from out to keep that day;"
            " with --change-day the new day counts, and what is dated between the two is posted, or skipped, by it",
            code="GO_LIVE_DAY_DIFFERS",
        )
    return chosen


async def hold(database: Database, name: str) -> AccountView:
    """Close the gate again: nothing more is written; what was posted stays."""
    async with database.account(account_id(name)) as unit:
        await rows.take_turn(unit)
        account = await _existing(unit, name)
        await rows.set_status(unit, "hold", account.go_live_from)
        return await _view(unit, name)


async def reseal(database: Database, box: SecretBox, name: str) -> int:
    """Seal the account's secrets with the current key; how many needed it. Safe to repeat and to run beside the services."""
    async with database.account(account_id(name)) as unit:
        await _existing(unit, name)
        count = 0
        for connection_id, row in (await rows.connections(unit)).items():
            if row.secret is not None and not box.is_current(row.secret):
                place = connection_place(connection_id)
                await rows.reseal_connection(unit, connection_id, box.seal(box.open(row.secret, place), place))
                count += 1
        for consent_id, row in (await rows.consents(unit)).items():
            sealed = _resealed(box, consent_id, row)
            if sealed is not None and await rows.reseal_consent(unit, consent_id, row.version, sealed):
                count += 1
        return count


def _resealed(box: SecretBox, consent_id: UUID, row: Row[Any]) -> SealedConsent | None:
    stored = {name: getattr(row, name) for name in SealedConsent._fields}
    if all(value is None or box.is_current(value) for value in stored.values()):
        return None
    places = {name: consent_place(name, consent_id) for name in stored}
    fresh = {
        name: None if value is None else box.seal(box.open(value, places[name]), places[name])
        for name, value in stored.items()
    }
    return SealedConsent(**fresh)


async def _existing(unit: Unit, name: str) -> Row[Any]:
    account = await rows.account(unit)
    if account is None:
        raise ConfigurationError(f"there is no account {name!r}", code="ACCOUNT_UNKNOWN")
    return account


async def _view(unit: Unit, name: str) -> AccountView:
    account = await _existing(unit, name)
    connections = await rows.connections(unit)
    consents = await rows.consents(unit)
    companies = (await rows.companies(unit)).values()
    return AccountView(
        account_id=account.account_id,
        name=account.name,
        status=account.status,
        go_live_from=account.go_live_from,
        settings=account.settings,
        connections=tuple(_connection(row, consents) for row in connections.values()),
        companies=tuple(
            CompanyView(row.company_id, row.name, connections[row.ledger_connection_id].name, tuple(row.location_ids))
            for row in companies
        ),
        mapping=await rows.current_mapping(unit),
    )


def _connection(row: Row[Any], consents: Mapping[UUID, Row[Any]]) -> ConnectionView:
    consent = consents.get(UUID(row.config["consent_id"])) if "consent_id" in row.config else None
    return ConnectionView(
        connection_id=row.connection_id,
        name=row.name,
        kind=row.kind,
        config=row.config,
        secret=f"set at {row.secret_set_at:%Y-%m-%d %H:%M:%S} UTC" if row.secret_set_at else "not set",
        state=row.state,
        state_detail=row.state_detail,
        tested_at=row.tested_at,
        version=row.version,
        training=row.kind == CONNECTWISE and row.config["company_id"].lower().startswith("training"),
        consent=None
        if consent is None
        else ConsentView(consent.state, consent.state_detail, consent.expires_at, consent.version),
    )
