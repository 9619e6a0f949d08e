"""The one place where a stored connection becomes a client: settings, secret, tokens, budget and guarded HTTP together.

One instance per process and service. A client is kept as long as its connection's version stays the same: it holds caches
and the process's share of the provider's concurrency.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from ledgerwire.accounting.factory import NAMES, build_ledger, build_token_source, ledger_addresses
from ledgerwire.accounting.port import Ledger
from ledgerwire.accounting.tokens import TokenSet, TokenSource
from ledgerwire.common.db.session import Database
from ledgerwire.common.http.calls import CallHook, ignore_call
from ledgerwire.common.http.client import guarded_client
from ledgerwire.common.http.guard import HttpPolicy, authority
from ledgerwire.common.security import SecretBox
from ledgerwire.common.settings import Settings
from ledgerwire.connectwise.client import ConnectWise, build_connectwise
from ledgerwire.connectwise.config import ConnectWiseConfig
from ledgerwire.tenants.budget import BudgetGate, PsaBudgetGate, windows_of
from ledgerwire.tenants.read import (
    AccountContext,
    ConnectionContext,
    account_for_service,
    account_stamp,
    open_connection_secret,
)
from ledgerwire.tenants.tokens import ConsentRefreshTurn, ConsentTokenStore

T = TypeVar("T")

JUST_NOW_SECONDS = 0.5
"""How long what was read of an account serves to open its connections: a group of work reads it, then opens two of them."""


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    version: int
    client: T
    close: Callable[[], Awaitable[None]]


class ConnectionClients:
    """Opens the connections of any account for one service."""

    def __init__(self, database: Database, settings: Settings, *, on_call: CallHook = ignore_call) -> None:
        self._database = database
        self._settings = settings
        self._on_call = on_call
        self._box = SecretBox.from_settings(settings)
        self._connectwise: dict[tuple[UUID, bool], _Kept[ConnectWise]] = {}
        self._ledgers: dict[UUID, _Kept[Ledger]] = {}
        self._opening = asyncio.Lock()
        self._read: dict[UUID, tuple[float, AccountContext]] = {}
        self._contexts: dict[UUID, tuple[str, AccountContext]] = {}

    async def account(self, account_id: UUID) -> AccountContext:
        """The account's settings as they are now: asked each time, read in full where they are not what they were."""
        async with self._database.account(account_id) as unit:
            stamp = await account_stamp(unit)
            known = self._contexts.get(account_id)
            context = known[1] if known is not None and known[0] == stamp else await account_for_service(unit)
        # what changed between stamp and reading is seen next time, when the stamp is another
        self._contexts[account_id] = (stamp, context)
        now = monotonic()
        self._read = {key: value for key, value in self._read.items() if now - value[0] < JUST_NOW_SECONDS}
        self._read[account_id] = (now, context)
        return context

    async def _connection(self, account_id: UUID, connection_id: UUID) -> ConnectionContext:
        """One connection, as it was read with the account just now (for that or another connection), else read anew."""
        at, context = self._read.get(account_id, (0.0, None))
        if context is not None and monotonic() - at < JUST_NOW_SECONDS and connection_id in context.connections:
            return context.connections[connection_id]
        return (await self.account(account_id)).connection(connection_id)

    async def connectwise(self, account_id: UUID, connection_id: UUID, *, for_seats: bool = False) -> ConnectWise:
        """The ConnectWise client of a PSA connection; ConfigurationError if the account has it no more.

        `for_seats` signs in with billing sync's own key, where the account has one.
        """
        connection = await self._connection(account_id, connection_id)
        for_seats = for_seats and "seats_public_key" in connection.config
        async with self._opening:
            kept = self._connectwise.get((connection_id, for_seats))
            if kept is None or kept.version != connection.version:
                if kept is not None:
                    await kept.close()
                client = self._open_connectwise(connection, for_seats=for_seats)
                kept = self._connectwise[connection_id, for_seats] = _Kept(connection.version, client, client.close)
            return kept.client

    async def ledger(self, account_id: UUID, connection_id: UUID) -> Ledger:
        """The ledger behind an accounting connection; ConfigurationError if the account has it no more."""
        connection = await self._connection(account_id, connection_id)
        async with self._opening:
            kept = self._ledgers.get(connection_id)
            if kept is None or kept.version != connection.version:
                if kept is not None:
                    await kept.close()
                kept = self._ledgers[connection_id] = self._open_ledger(connection)
            return kept.client

    async def close(self) -> None:
        """Close every client."""
        closers = [kept.close for kept in self._connectwise.values()] + [kept.close for kept in self._ledgers.values()]
        for close in closers:
            await close()
        self._connectwise.clear()
        self._ledgers.clear()

    def connectwise_config(self, connection: ConnectionContext, *, for_seats: bool = False) -> ConnectWiseConfig:
        """Where a PSA connection is and how to sign in, its secret opened."""
        stored, secret = connection.config, open_connection_secret(self._box, connection)
        return ConnectWiseConfig(
            site=stored["site"],
            company_id=stored["company_id"],
            public_key=stored["seats_public_key"] if for_seats else stored["public_key"],
            private_key=secret.seats_private_key if for_seats else secret.private_key,
            client_id=stored["client_id"],
            codebase=stored.get("codebase"),
            api_version=stored.get("api_version", ConnectWiseConfig.__dataclass_fields__["api_version"].default),
            ca_file=stored.get("ca_file"),
            on_premise=stored.get("on_premise", False),
            key_hosts=tuple(stored.get("key_hosts", ())),
            call_seconds=self._settings.connectwise_timeout_seconds,
        )

    def _open_connectwise(self, connection: ConnectionContext, *, for_seats: bool) -> ConnectWise:
        """Every client of a connection takes its calls from the connection's budget, whichever key it signs in with."""
        windows = windows_of(connection.kind, connection.config)
        gate = PsaBudgetGate(self._database, connection.account_id, connection.connection_id, windows)
        config = self.connectwise_config(connection, for_seats=for_seats)
        return build_connectwise(config, gate, on_call=self._on_call)

    def _open_ledger(self, connection: ConnectionContext) -> _Kept[Ledger]:
        config = dict(connection.config) | {
            "request_timeout_seconds": self._settings.ledger_timeout_seconds,
            "settle_delay_seconds": self._settings.ledger_settle_seconds,
        }
        http = guarded_client(self._policy(connection.kind, config), on_call=self._on_call)
        windows = windows_of(connection.kind, config)
        gate = BudgetGate(
            self._database, connection.account_id, connection.connection_id, windows, NAMES[connection.kind]
        )
        tokens = self._token_source(connection, config, http)
        ledger = build_ledger(connection.kind, config, http, tokens, gate)
        return _Kept(connection.version, ledger, http.aclose)

    def _token_source(
        self, connection: ConnectionContext, config: dict[str, object], http: httpx.AsyncClient
    ) -> TokenSource:
        """One token source per connection version: it uses that version's HTTP client."""
        store = ConsentTokenStore(
            self._database, self._box, connection.account_id, connection.consent_id, make=TokenSet
        )
        turn = ConsentRefreshTurn(self._database, connection.account_id, connection.consent_id)
        return build_token_source(connection.kind, config, http, store, turn=turn)

    def _policy(self, kind: str, config: dict[str, object]) -> HttpPolicy:
        hosts = frozenset(authority(urlsplit(url).netloc) for url in ledger_addresses(kind, config))
        ca_file = config.get("ca_file")
        return HttpPolicy(
            allowed_hosts=hosts,
            ca_file=str(ca_file) if ca_file else None,
            private_hosts_allowed=hosts if config.get("on_premise") else frozenset(),
            total_seconds=self._settings.ledger_timeout_seconds,
        )
