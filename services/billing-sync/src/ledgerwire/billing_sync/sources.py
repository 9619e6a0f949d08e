"""The one place where a source of the account file becomes something to read: its keys, its hosts and its clients together.

One instance per process. A signed-in source is kept as long as its section of the account file stays the same: it holds access
tokens. Its consent is read from the store at every renewal, so a person who signs in again needs to restart nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from ledgerwire.common.clock import Clock
from ledgerwire.common.db.session import Database
from ledgerwire.common.http.calls import record_calls
from ledgerwire.common.http.client import guarded_client
from ledgerwire.common.http.guard import EgressRefused, HttpPolicy, authority
from ledgerwire.common.security import SecretBox
from ledgerwire.distributors.exports import ExportSource
from ledgerwire.distributors.partnercenter import (
    Keys,
    PartnerCenterConfig,
    PartnerCenterSource,
    SignIn,
    build_partner_center,
)
from ledgerwire.distributors.partnercenter.client import Sleep
from ledgerwire.distributors.port import SeatSource
from ledgerwire.distributors.push import PushSource
from ledgerwire.tenants.hosts import is_azure_blob_host
from ledgerwire.tenants.plan import seat_consent_id
from ledgerwire.tenants.read import AccountContext
from ledgerwire.tenants.repository.services import seat_consent
from ledgerwire.tenants.seat_sources import (
    FilesSourceSection,
    PartnerCenterSourceSection,
    SeatSourceSection,
    layout_of,
)
from ledgerwire.tenants.tokens import ConsentRefreshTurn, ConsentTokenStore

MOST_OF_AN_ANSWER = 16 * 1024 * 1024
MOST_OF_A_PART = 64 * 1024 * 1024
"""The most that one part of an export may hold, packed."""
_HOSTS_KEPT = 16


@dataclass(frozen=True, slots=True)
class _Tokens:
    """A consent in the terms of its store."""

    refresh_token: str | None = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)
    version: int = 0
    state: str = "ok"
    access_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


class ConsentKeys:
    """The keys of a sign-in, in the key store of consents: sealed, replaced by compare-and-set."""

    def __init__(self, store: ConsentTokenStore[_Tokens]) -> None:
        self._store = store

    async def load(self) -> Keys:
        """The stored keys, never cached ones; ConfigurationError if the consent is gone."""
        held = await self._store.load()
        return Keys(held.client_id, held.client_secret, held.refresh_token or "", held.version, held.state == "revoked")

    async def replace(self, expected_version: int, fresh: Keys) -> bool:
        """Store `fresh` if the stored version is still the expected one; False if it is not."""
        tokens = _Tokens(fresh.refresh_token, fresh.client_id, fresh.client_secret)
        return await self._store.rotate(expected_version, tokens)

    async def mark_revoked(self) -> None:
        """Record that a person must sign in again."""
        await self._store.mark_revoked("the vendor calls the consent ended")


@dataclass(slots=True)
class _Kept:
    section: PartnerCenterSourceSection
    http: httpx.AsyncClient
    source: PartnerCenterSource
    blobs: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    async def close(self) -> None:
        for client in (self.http, *self.blobs.values()):
            await client.aclose()


class SeatSources:
    """Opens the sources of any account."""

    def __init__(self, database: Database, box: SecretBox, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        self._database = database
        self._box = box
        self._clock = clock
        self._sleep = sleep
        self._kept: dict[tuple[UUID, str], _Kept] = {}

    async def open(self, account: AccountContext, section: SeatSourceSection) -> SeatSource:
        """The source behind a section."""
        if isinstance(section, FilesSourceSection):
            return ExportSource(section.name, section.folder, layout_of(section))
        if isinstance(section, PartnerCenterSourceSection):
            return await self._signed_in(account.account_id, section)
        return PushSource(self._database, account.account_id, section.name)

    async def close(self) -> None:
        """Close every client."""
        kept, self._kept = self._kept, {}
        for each in kept.values():
            await each.close()

    async def _signed_in(self, account_id: UUID, section: PartnerCenterSourceSection) -> PartnerCenterSource:
        key = account_id, section.name
        known = self._kept.get(key)
        if known is not None and known.section == section:
            return known.source
        self._kept[key] = made = self._partner_center(account_id, section)
        if known is not None:
            await known.close()
        return made.source

    def _partner_center(self, account_id: UUID, section: PartnerCenterSourceSection) -> _Kept:
        config = config_of(section)
        http = guarded_client(api_policy(section, config), on_call=record_calls("partnercenter"))
        consent = seat_consent_id(account_id, section.name)
        store = ConsentTokenStore(self._database, self._box, account_id, consent, make=_Tokens, read=seat_consent)
        turn = ConsentRefreshTurn(self._database, account_id, consent)
        sign_in = SignIn(http, config.token_url, ConsentKeys(store), turn=turn, clock=self._clock)
        blobs: dict[str, httpx.AsyncClient] = {}
        opener = partial(_blob_client, section, config, blobs)
        source = build_partner_center(section.name, config, http, sign_in, self._sleep, opener)
        return _Kept(section, http, source, blobs)


def config_of(section: PartnerCenterSourceSection) -> PartnerCenterConfig:
    """Where a partner tenant is: Microsoft's own addresses unless the section names others."""
    config = PartnerCenterConfig(section.currency, page_size=section.page_size)
    token_url = f"https://login.microsoftonline.com/{section.tenant}/oauth2/token"
    given = {name: getattr(section, name) for name in ("base_url", "graph_url", "token_url")}
    return replace(config, **{"token_url": token_url, **{name: url for name, url in given.items() if url}})


def api_policy(section: PartnerCenterSourceSection, config: PartnerCenterConfig) -> HttpPolicy:
    """What the signed-in client may reach: the three addresses and nothing else."""
    addresses = (config.base_url, config.graph_url, config.token_url)
    hosts = frozenset(authority(urlsplit(url).netloc) for url in addresses)
    return _policy(section, hosts, config.request_timeout, MOST_OF_AN_ANSWER)


def _blob_client(
    section: PartnerCenterSourceSection, config: PartnerCenterConfig, opened: dict[str, httpx.AsyncClient], host: str
) -> httpx.AsyncClient:
    """The client for one host of exports, without our tokens.

    Raises:
        EgressRefused: a manifest names a host that is neither one of the account file nor Azure's blob storage.
    """
    named = {authority(each) for each in section.blob_hosts}
    place = authority(host)
    if place not in named and not (not named and is_azure_blob_host(place.removesuffix(":443"))):
        raise EgressRefused(f"{host} is no host that exports are loaded from")
    if place not in opened:
        if len(opened) >= _HOSTS_KEPT:
            raise EgressRefused("the export is spread over too many hosts")
        policy = _policy(section, frozenset({place}), config.blob_timeout, MOST_OF_A_PART)
        opened[place] = guarded_client(policy, on_call=record_calls("partnercenter-blobs"))
    return opened[place]


def _policy(section: PartnerCenterSourceSection, hosts: frozenset[str], limit: timedelta, size: int) -> HttpPolicy:
    return HttpPolicy(
        allowed_hosts=hosts,
        ca_file=str(section.ca_file) if section.ca_file else None,
        private_hosts_allowed=hosts if section.on_premise else frozenset(),
        total_seconds=limit.total_seconds(),
        max_body_bytes=size,
    )
