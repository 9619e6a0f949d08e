"""Schema `tenants`: accounts, connections, companies, consents, mapping versions; leases and budgets."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from ledgerwire.common.db.base import Base, CreatedAt

SCHEMA = "tenants"


class Account(Base):
    """One subscriber. `status` is the go-live gate: hold | live; a live account always has its first day."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("status = 'hold' OR (status = 'live' AND go_live_from IS NOT NULL)", name="status"),
        {"schema": SCHEMA},
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(server_default=text("'hold'"))
    go_live_from: Mapped[date | None]
    settings: Mapped[dict[str, Any]]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class CallbackRoute(Base):
    """Which account a callback path token belongs to. Read only through a SECURITY DEFINER function: no row security."""

    __tablename__ = "callback_route"
    __table_args__ = ({"schema": SCHEMA},)

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    connection_id: Mapped[UUID]


class Connection(Base):
    """One connection to ConnectWise or to an accounting package. `secret` is encrypted; `config` holds no secret."""

    __tablename__ = "connection"
    __table_args__ = ({"schema": SCHEMA},)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.account.account_id"), primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    config: Mapped[dict[str, Any]]
    secret: Mapped[bytes | None]
    secret_set_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(server_default=text("'untested'"))
    state_detail: Mapped[str | None]
    tested_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))


class Company(Base):
    """One ledger company of an account and the ConnectWise locations that post to it (empty = all)."""

    __tablename__ = "company"
    __table_args__ = ({"schema": SCHEMA},)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.account.account_id"), primary_key=True)
    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    connectwise_connection_id: Mapped[UUID]
    ledger_connection_id: Mapped[UUID]
    location_ids: Mapped[list[Any]]


class Consent(Base):
    """One OAuth consent: client and token set, encrypted. Services change it only by functions.

    `given_hash` is a fingerprint of what the account file last gave, which the rotated tokens no longer show.

    `claimed_by` is the worker that may refresh until `claimed_until`; everyone else waits for the new version.
    """

    __tablename__ = "consent"
    __table_args__ = ({"schema": SCHEMA},)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.account.account_id"), primary_key=True)
    consent_id: Mapped[UUID] = mapped_column(primary_key=True)
    provider: Mapped[str]
    client_id: Mapped[str]
    given_hash: Mapped[str]
    client_secret: Mapped[bytes]
    access_token: Mapped[bytes | None]
    refresh_token: Mapped[bytes | None]
    expires_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(server_default=text("'ok'"))
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
    state_detail: Mapped[str | None]
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[datetime | None]


class SettingsVersion(Base):
    """The account's settings after a change to them: who, when, why. Never changed; an account may be older than its first."""

    __tablename__ = "settings_version"
    __table_args__ = ({"schema": SCHEMA},)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.account.account_id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[CreatedAt]
    author: Mapped[str]
    reason: Mapped[str]
    settings: Mapped[dict[str, Any]]


class MappingVersion(Base):
    """One immutable version of an account's mapping settings: who, when, why, and the exact canonical bytes.

    `effective_from` is the first document date it decides, None = every date; a later version wins where both apply.
    """

    __tablename__ = "mapping_version"
    __table_args__ = ({"schema": SCHEMA},)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.account.account_id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[CreatedAt]
    author: Mapped[str]
    reason: Mapped[str]
    body: Mapped[bytes]
    body_hash: Mapped[str]
    effective_from: Mapped[date | None]


class Lease(Base):
    """Who serves a connection now, per service. `fence` only rises; `served_at` orders connections for fairness."""

    __tablename__ = "lease"
    __table_args__ = ({"schema": SCHEMA},)

    service: Mapped[str] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    holder: Mapped[str | None]
    fence: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    expires_at: Mapped[datetime | None]
    served_at: Mapped[datetime] = mapped_column(server_default=text("'-infinity'"))


class Budget(Base):
    """Calls taken from one provider window of one connection, by sixtieths of the window.

    `slots[1]` counts the current sixtieth (number `slot` since the epoch), `slots[61]` the oldest that may still be inside
    the provider's window: so no span of `seconds` ever holds more than `ceiling` calls.
    """

    __tablename__ = "budget"
    __table_args__ = ({"schema": SCHEMA},)

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    window: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    seconds: Mapped[int]
    slot: Mapped[int] = mapped_column(BigInteger)
    slots: Mapped[list[Decimal]] = mapped_column(ARRAY(Numeric))
    ceiling: Mapped[Decimal] = mapped_column(Numeric)
    closed_until: Mapped[datetime | None]
