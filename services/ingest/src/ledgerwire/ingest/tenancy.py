"""Accounts and their ConnectWise as ingest needs them, kept for a few seconds so that a callback costs no look-ups."""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.grouping import Grouped
from ledgerwire.common.record_type import RecordType
from ledgerwire.common.security import SecretBox
from ledgerwire.connectwise import ConnectWise
from ledgerwire.ingest import repository
from ledgerwire.tenants.account_file import SyncSection
from ledgerwire.tenants.clients import ConnectionClients
from ledgerwire.tenants.read import accounts_of_callbacks, open_connection_secret

KEEP_SECONDS = 10.0
_KEEP_ROUTES = 10_000
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,200}")


@dataclass(frozen=True, slots=True)
class Route:
    """Which account and connection a callback address belongs to."""

    account_id: UUID
    connection_id: UUID


@dataclass(frozen=True, slots=True)
class SyncTerms:
    """When an account's records are looked for.

    Attributes:
        live: whether the account has gone live; before, nothing is announced by the sweep.
        real_time: off, a close posts nothing by itself.
        sweep_every: pause between sweeps.
        sweep_min_age: closes younger than this are left to their callback.
        register_callback: whether ConnectWise is asked to call us.
    """

    live: bool
    real_time: bool = True
    sweep_every: timedelta = timedelta(minutes=5)
    sweep_min_age: timedelta = timedelta(minutes=2)
    register_callback: bool = True

    @property
    def gate(self) -> str:
        """`live`, `hold` (the sweep only counts) or `off` (so it does, by setting)."""
        if not self.real_time:
            return "off"
        return "live" if self.live else "hold"


@dataclass(frozen=True, slots=True)
class Tenant:
    """One account's ConnectWise, ready to use.

    `own_member` is the API member's login, if it is known; `record_types` are those that the account carries; `key_hosts` may
    serve its signing keys.
    """

    account_id: UUID
    connection_id: UUID
    account_name: str
    terms: SyncTerms
    psa: ConnectWise
    callback_token: str
    own_member: str | None
    record_types: tuple[RecordType, ...] = (RecordType.INVOICE,)
    key_hosts: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key_hosts", self.psa.config.signing_key_hosts)  # derived anew at every look otherwise


class UnknownConnectionError(LookupError):
    """The account has this ConnectWise connection no more."""


def sync_terms(sync: SyncSection, *, live: bool) -> SyncTerms:
    """An account's sync settings as ingest uses them."""
    return SyncTerms(
        live=live,
        real_time=sync.real_time,
        sweep_every=timedelta(seconds=sync.sweep_interval_seconds),
        sweep_min_age=timedelta(seconds=sync.sweep_min_age_seconds),
        register_callback=sync.callback.register_it,
    )


class Tenancy:
    """Routes by token and tenants by connection, each read again after a few seconds."""

    def __init__(
        self,
        database: Database,
        clients: ConnectionClients,
        box: SecretBox,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clients = clients
        self._box = box
        self._now = monotonic
        self._routes: OrderedDict[str, tuple[Route, float]] = OrderedDict()
        self._tenants: dict[UUID, tuple[Tenant, float]] = {}
        self._loading: dict[UUID, asyncio.Task[Tenant]] = {}
        self._asked: Grouped[str, tuple[UUID, UUID] | None] = Grouped(self._look_up, limit=500, at_once=1)

    async def route(self, token: str) -> Route | None:
        """The account and connection of a callback address; None for a token nobody has."""
        if not _TOKEN.fullmatch(token):
            return None
        kept = self._routes.get(token)
        if kept is not None and kept[1] > self._now():
            return kept[0]
        found = await self._asked.ask(token)
        if found is None:
            self._routes.pop(token, None)
            return None
        route = Route(*found)
        self._routes[token] = (route, self._now() + KEEP_SECONDS)
        self._routes.move_to_end(token)
        while len(self._routes) > _KEEP_ROUTES:
            self._routes.popitem(last=False)
        return route

    async def tenant(self, account_id: UUID, connection_id: UUID, *, fresh: bool = False) -> Tenant:
        """The account's ConnectWise; UnknownConnectionError if it is gone. `fresh` reads the settings now."""
        if fresh:
            return await self._keep(account_id, connection_id)
        kept = self._tenants.get(connection_id)
        if kept is not None and kept[1] > self._now():
            return kept[0]
        loading = self._loading.get(connection_id)
        if loading is None:
            # one of many callbacks at one moment reads the account; the others wait for what it finds
            loading = asyncio.create_task(self._keep(account_id, connection_id))
            self._loading[connection_id] = loading
            loading.add_done_callback(partial(self._loaded, connection_id))
        return await asyncio.shield(loading)

    def forget(self, connection_id: UUID) -> None:
        """Read this tenant again at its next use: something of it has just changed."""
        self._tenants.pop(connection_id, None)

    def _loaded(self, connection_id: UUID, loading: asyncio.Task[Tenant]) -> None:
        self._loading.pop(connection_id, None)
        if not loading.cancelled():
            loading.exception()  # whoever waits for it learns it; by now that may be nobody

    async def _look_up(self, tokens: Sequence[str]) -> list[tuple[UUID, UUID] | None]:
        async with self._database.system() as unit:
            return await accounts_of_callbacks(unit, tokens)

    async def _keep(self, account_id: UUID, connection_id: UUID) -> Tenant:
        tenant = await self._load(account_id, connection_id)
        self._tenants[connection_id] = (tenant, self._now() + KEEP_SECONDS)
        return tenant

    async def _load(self, account_id: UUID, connection_id: UUID) -> Tenant:
        try:
            account = await self._clients.account(account_id)
            connection = account.connection(connection_id)
            secret = open_connection_secret(self._box, connection)
            psa = await self._clients.connectwise(account_id, connection_id)
        except ConfigurationError as error:
            self._tenants.pop(connection_id, None)
            raise UnknownConnectionError(str(error)) from error
        async with self._database.account(account_id) as unit:
            registered = await repository.registration(unit, connection_id)
        return Tenant(
            account_id=account_id,
            connection_id=connection_id,
            account_name=account.name,
            terms=sync_terms(account.sync, live=account.live),
            psa=psa,
            callback_token=secret.callback_token,
            own_member=registered.member if registered else None,
            record_types=account.mapping.record_types,
        )
