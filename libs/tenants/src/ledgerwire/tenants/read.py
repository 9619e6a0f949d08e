"""An account as a service sees it. Secrets stay sealed until they are opened by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from ledgerwire.common.canonical import from_canonical
from ledgerwire.common.db.session import Unit
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.record_type import RecordType
from ledgerwire.common.security import SecretBox
from ledgerwire.tenants.account_file import SyncSection
from ledgerwire.tenants.effective import deciding
from ledgerwire.tenants.plan import CONNECTWISE
from ledgerwire.tenants.repository import accounts as directory_rows
from ledgerwire.tenants.repository import callback_routes
from ledgerwire.tenants.repository import services as rows
from ledgerwire.tenants.seats_file import SeatsSection
from ledgerwire.tenants.secrets import ConnectWiseSecret, callback_token_hash, open_connection
from ledgerwire.tenants.views import DirectoryEntry


@dataclass(frozen=True, slots=True)
class ConnectionContext:
    """One connection. `version` rises with each change, so that cached clients notice."""

    account_id: UUID
    connection_id: UUID
    name: str
    kind: str
    config: Mapping[str, Any]
    state: str
    version: int
    secret: bytes | None = field(default=None, repr=False)

    @property
    def consent_id(self) -> UUID:
        """The consent of a ledger connection."""
        return UUID(self.config["consent_id"])


@dataclass(frozen=True, slots=True)
class CompanyContext:
    """One ledger company and the PSA locations that post to it (empty = all)."""

    company_id: UUID
    name: str
    connectwise_connection_id: UUID
    ledger_connection_id: UUID
    location_ids: tuple[int, ...]

    def takes(self, location_id: int | None) -> bool:
        """Whether records of a location post to this company."""
        return not self.location_ids or location_id in self.location_ids


@dataclass(frozen=True, slots=True)
class MappingContext:
    """One mapping version: the exact canonical bytes, their hash, and the first document date it decides (None = all)."""

    version: int
    body: bytes
    body_hash: str
    effective_from: date | None = None

    @property
    def record_types(self) -> tuple[RecordType, ...]:
        """The types of record that are carried: invoices always, the others where the mapping enables them."""
        body = from_canonical(self.body, dict[str, Any])
        sections = [body, *(body.get("companies") or {}).values()]
        others = {RecordType.PROCUREMENT: "procurement", RecordType.EXPENSE: "expenses"}
        enabled = (
            kind for kind, name in others.items() if any((each.get(name) or {}).get("enabled") for each in sections)
        )
        return (RecordType.INVOICE, *enabled)


@dataclass(frozen=True, slots=True)
class AccountContext:
    """Everything a service needs of an account but its secrets.

    `mappings` are the versions that still decide some date, newest first; `seats` is None where no seats are kept.
    """

    account_id: UUID
    name: str
    status: str
    go_live_from: date | None
    sync: SyncSection
    connections: Mapping[UUID, ConnectionContext]
    companies: tuple[CompanyContext, ...]
    mappings: tuple[MappingContext, ...]
    seats: SeatsSection | None = None

    @property
    def mapping(self) -> MappingContext:
        """The version that decides documents of today."""
        return self.mapping_on(datetime.now(UTC).date())

    def mapping_on(self, day: date) -> MappingContext:
        """The version that decides documents of a day."""
        return deciding(self.mappings, day) or self.mappings[-1]

    @property
    def live(self) -> bool:
        """Whether the go-live gate is open; before that nothing is written to a ledger or batched."""
        return self.status == "live"

    def is_before_go_live(self, day: date) -> bool:
        """Whether a record of this day is left alone for good: dated before the first live day."""
        return self.go_live_from is not None and day < self.go_live_from

    @property
    def psa(self) -> ConnectionContext:
        """The ConnectWise connection."""
        return next(item for item in self.connections.values() if item.kind == CONNECTWISE)

    def connection(self, connection_id: UUID) -> ConnectionContext:
        """One connection; ConfigurationError if the account has it no more."""
        found = self.connections.get(connection_id)
        if found is None:
            raise ConfigurationError(f"account {self.name!r} has no connection {connection_id}")
        return found

    def company_for_location(self, location_id: int | None) -> CompanyContext | None:
        """The company that a location's records post to, None if no company takes them."""
        return next((company for company in self.companies if company.takes(location_id)), None)

    def company_of_ledger(self, connection_id: UUID) -> CompanyContext | None:
        """The company behind a ledger connection."""
        return next((item for item in self.companies if item.ledger_connection_id == connection_id), None)


async def account_for_service(unit: Unit) -> AccountContext:
    """The account of an account unit, read now; ConfigurationError if there is none or it was never fully applied."""
    account = await rows.account(unit)
    mappings = await rows.mappings(unit)
    if account is None or not mappings:
        raise ConfigurationError(f"there is no account {unit.account_id}")
    connections = [
        ConnectionContext(
            row.account_id, row.connection_id, row.name, row.kind, row.config, row.state, row.version, row.secret
        )
        for row in await rows.connections(unit)
    ]
    companies = tuple(
        CompanyContext(
            row.company_id, row.name, row.connectwise_connection_id, row.ledger_connection_id, tuple(row.location_ids)
        )
        for row in await rows.companies(unit)
    )
    return AccountContext(
        account_id=account.account_id,
        name=account.name,
        status=account.status,
        go_live_from=account.go_live_from,
        sync=SyncSection.model_validate(account.settings["sync"]),
        connections={item.connection_id: item for item in connections},
        companies=companies,
        mappings=tuple(map(_mapping, mappings)),
        seats=SeatsSection.model_validate(seats) if (seats := account.settings.get("seats")) else None,
    )


async def account_stamp(unit: Unit) -> str:
    """What `account_for_service` reads, as a digest that the server makes: equal as long as nothing of it changes."""
    return await rows.stamp(unit)


async def mapping_version(unit: Unit, version: int) -> MappingContext:
    """One mapping version of the unit's account; ConfigurationError if it never existed."""
    row = await rows.mapping(unit, version)
    if row is None:
        raise ConfigurationError(f"account {unit.account_id} has no mapping version {version}")
    return _mapping(row)


def _mapping(row: Row[Any]) -> MappingContext:
    return MappingContext(row.version, row.body, row.body_hash, row.effective_from)


def open_connection_secret(box: SecretBox, connection: ConnectionContext) -> ConnectWiseSecret:
    """The secret of a PSA connection, opened now; ConfigurationError if it has none."""
    if connection.secret is None:
        raise ConfigurationError(f"connection {connection.name!r} has no secret")
    return open_connection(box, connection.connection_id, connection.secret)


async def accounts_of_callbacks(unit: Unit, tokens: Sequence[str]) -> list[tuple[UUID, UUID] | None]:
    """Account and PSA connection of callbacks' path tokens in one statement, in their order, None for an unknown one.

    For ingest's system unit.
    """
    return await callback_routes.accounts(unit, [callback_token_hash(token) for token in tokens])


async def all_connections(unit: Unit) -> list[DirectoryEntry]:
    """Every account with its connections, for schedulers; needs a system unit."""
    return await directory_rows.directory(unit)
