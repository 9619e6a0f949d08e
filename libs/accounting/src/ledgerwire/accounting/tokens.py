"""Access tokens of one consent: refreshed before they expire, by one worker at a time, saved before they are used."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from ledgerwire.accounting.oauth import Grant, GrantRefusedError, TokenEndpoint
from ledgerwire.common.clock import Clock, SystemClock
from ledgerwire.common.errors import Transient, Waiting
from ledgerwire.common.flights import Flights

REVOKED = "revoked"

RECONNECTED_YET = timedelta(minutes=1)
"""How often work that waits for a new consent looks whether there is one; a revoked one costs no call to the provider."""
_MARGIN = timedelta(minutes=2)
_POLL_SECONDS = 0.05
_POLLS = 400


@dataclass(frozen=True, slots=True)
class TokenSet:
    """What is stored of one consent, decrypted.

    Attributes:
        expires_at: aware UTC moment at which the access token ends, None when there is none yet.
        version: rises with every rotation; the guard of compare-and-set.
        state: "ok" or "revoked".
    """

    access_token: str | None = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime | None
    version: int
    client_id: str
    client_secret: str = field(repr=False)
    state: str = "ok"


class TokenStore(Protocol):
    """Where one consent's tokens are kept. Each call is a short transaction of its own."""

    async def load(self) -> TokenSet:
        """The stored set, never a cached one."""
        ...

    async def rotate(self, expected_version: int, fresh: TokenSet) -> bool:
        """Store `fresh` if the stored version is still `expected_version` and raise the version; False if it is not."""
        ...

    async def mark_revoked(self, detail: str) -> None:
        """Record that the consent is dead, so that no one tries again before an admin has reconnected."""
        ...


class RefreshTurn(Protocol):
    """Who may refresh now, over all processes: a short lease (30 s is enough), never a lock held over the HTTP call."""

    async def take(self) -> bool:
        """Take the turn; False while another has it."""
        ...

    async def give_back(self) -> None:
        """End the turn early."""
        ...


class AlwaysMyTurn:
    """The turn of an installation in which one process refreshes a consent."""

    async def take(self) -> bool:
        return True

    async def give_back(self) -> None:
        """Nothing is held."""


class TokenSource:
    """Gives out the access token of one consent. Share one instance per consent within a process.

    Raises from both methods: Waiting(TOKEN_REVOKED) when a person must reconnect; Waiting(TOKEN_REFUSED) when the endpoint
    refuses without calling the consent dead; Transient when the endpoint or the store does not answer.
    """

    def __init__(
        self,
        store: TokenStore,
        endpoint: TokenEndpoint,
        *,
        turn: RefreshTurn | None = None,
        clock: Clock | None = None,
        ledger: str = "Xero",
    ) -> None:
        self._store = store
        self._endpoint = endpoint
        self._turn = turn or AlwaysMyTurn()
        self._clock = clock or SystemClock()
        self._ledger = ledger
        self._lock = asyncio.Lock()
        self._current: TokenSet | None = None
        self._unsaved: tuple[int, TokenSet] | None = None
        self._flights = Flights[str]()

    async def token(self) -> str:
        """An access token that is good for two minutes at least."""
        known = self._usable(self._current)
        return known or await self._renewed(stale=None)

    async def refresh(self, stale: str) -> str:
        """Another access token than `stale`, which the provider has just called expired."""
        return await self._renewed(stale)

    async def _renewed(self, stale: str | None) -> str:
        # A caller that gives up must not lose a refresh token that is already spent.
        return await self._flights.land(self._one_flight(stale))

    async def _one_flight(self, stale: str | None) -> str:
        async with self._lock:
            known = self._usable(self._current, stale)
            return known or await self._take_turn(stale)

    async def _take_turn(self, stale: str | None) -> str:
        """Refresh when the turn is ours; else wait for the token that whoever has the turn will store."""
        for _ in range(_POLLS):
            if await self._turn.take():
                try:
                    return await self._stored_or_refreshed(stale)
                finally:
                    await self._turn.give_back()
            stored = await self._loaded()
            known = self._usable(stored, stale)
            if known is not None:
                self._current = stored
                return known
            await asyncio.sleep(_POLL_SECONDS)
        raise Transient("Another worker has been refreshing the token for too long")

    async def _stored_or_refreshed(self, stale: str | None) -> str:
        await self._save_unsaved()
        stored = await self._loaded()
        if self._usable(stored, stale) is None:
            stored = await self._refreshed(stored)
        self._current = stored
        return stored.access_token or ""

    async def _loaded(self) -> TokenSet:
        stored = await self._store.load()
        if stored.state == REVOKED or stored.refresh_token is None:
            raise self._revoked()
        return stored

    async def _refreshed(self, stored: TokenSet) -> TokenSet:
        try:
            grant = await self._granted(stored)
        except GrantRefusedError as refusal:
            again = await self._loaded()
            if again.refresh_token == stored.refresh_token:
                await self._store.mark_revoked(refusal.code)
                raise self._revoked() from refusal
            # Another worker rotated in between: its token is the live one.
            return await self._refreshed_last(again)
        return await self._saved(stored, grant)

    async def _refreshed_last(self, stored: TokenSet) -> TokenSet:
        if self._usable(stored) is not None:
            return stored
        try:
            grant = await self._granted(stored)
        except GrantRefusedError as refusal:
            await self._store.mark_revoked(refusal.code)
            raise self._revoked() from refusal
        return await self._saved(stored, grant)

    async def _granted(self, stored: TokenSet) -> Grant:
        return await self._endpoint.refresh(stored.client_id, stored.client_secret, stored.refresh_token or "")

    async def _saved(self, stored: TokenSet, grant: Grant) -> TokenSet:
        fresh = replace(
            stored,
            access_token=grant.access_token,
            refresh_token=grant.refresh_token or stored.refresh_token,
            expires_at=self._clock.now() + grant.expires_in,
            version=stored.version + 1,
        )
        self._unsaved = (stored.version, fresh)
        kept = await self._save_unsaved()
        return fresh if kept else await self._loaded()

    async def _save_unsaved(self) -> bool:
        """Store what was granted but not stored yet; whether it is what the store now has."""
        if self._unsaved is None:
            return False
        expected, fresh = self._unsaved
        try:
            kept = await self._store.rotate(expected, fresh)
        except Exception as error:
            raise Transient("A fresh token could not be stored", code="TOKEN_NOT_SAVED") from error
        self._unsaved = None
        return kept

    def _usable(self, held: TokenSet | None, stale: str | None = None) -> str | None:
        """Its access token, unless it ends within the margin or is the one known to be stale."""
        if held is None or held.access_token is None or held.expires_at is None or held.access_token == stale:
            return None
        return held.access_token if held.expires_at - self._clock.now() > _MARGIN else None

    def _revoked(self) -> Waiting:
        self._current = None
        return Waiting(f"{self._ledger} is disconnected", code="TOKEN_REVOKED", after=RECONNECTED_YET)
