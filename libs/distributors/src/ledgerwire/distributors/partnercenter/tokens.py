"""Access tokens of the partner's sign-in: one refresh token, replaced as it is used and stored before its token is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import httpx
import msgspec

from ledgerwire.common.canonical import from_vendor
from ledgerwire.common.clock import Clock, SystemClock
from ledgerwire.common.errors import Transient, Waiting
from ledgerwire.common.flights import Flights
from ledgerwire.common.http.client import classify_transport_error

_MARGIN = timedelta(minutes=2)
_ASK_AGAIN = timedelta(minutes=5)
_RECONNECTED_YET = timedelta(minutes=1)
_TURN_SECONDS, _TURN_POLLS = 0.1, 400
"""A claim that its holder lost runs out before this many looks."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What is stored of the sign-in, decrypted; `version` rises with every replacement."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    version: int = 1
    revoked: bool = False


class KeyStore(Protocol):
    """Where the keys of one sign-in are kept. Each call is a short transaction of its own."""

    async def load(self) -> Keys:
        """The stored keys, never cached ones."""
        ...

    async def replace(self, expected_version: int, fresh: Keys) -> bool:
        """Store `fresh` if the stored version is still the expected one; False if it is not."""
        ...

    async def mark_revoked(self) -> None:
        """Record that a person must sign in again."""
        ...


class Turn(Protocol):
    """Who may use the refresh token now, over all processes: a short claim, never a lock held over the call.

    Two workers with one refresh token are two replacements of which one is lost, and with it the sign-in.
    """

    async def take(self) -> bool:
        """Take the turn; False while another has it."""
        ...

    async def give_back(self) -> None:
        """End the turn early."""
        ...


class AlwaysMyTurn:
    """The turn of an installation in which one process signs in."""

    async def take(self) -> bool:
        return True

    async def give_back(self) -> None:
        """Nothing is held."""


class SignIn:
    """Gives out access tokens by audience. Share one instance per sign-in.

    Raises Waiting(TOKEN_REVOKED) when a person must sign in again, Waiting(TOKEN_REFUSED) when the endpoint refuses the app,
    Transient when it does not answer or a fresh key cannot be stored.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        token_url: str,
        store: KeyStore,
        *,
        turn: Turn | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._turn = turn or AlwaysMyTurn()
        self._http = http
        self._url = token_url
        self._store = store
        self._clock = clock or SystemClock()
        self._lock = asyncio.Lock()
        self._held: dict[str, tuple[str, datetime]] = {}
        self._flights = Flights[str]()

    async def token(self, resource: str, stale: str = "") -> str:
        """An access token for an audience that is good for two minutes, and is not `stale`."""
        # A caller that gives up must not lose a refresh token that is already spent.
        return await self._flights.land(self._one_flight(resource, stale))

    async def _one_flight(self, resource: str, stale: str) -> str:
        """The lock is the flight's: a caller that gives up lets nobody else spend the same refresh token."""
        async with self._lock:
            held = self._held.get(resource)
            if held and held[0] != stale and held[1] - self._clock.now() > _MARGIN:
                return held[0]
            return await self._in_turn(resource)

    async def _in_turn(self, resource: str) -> str:
        for _ in range(_TURN_POLLS):
            if await self._turn.take():
                break
            await asyncio.sleep(_TURN_SECONDS)
        else:
            raise Transient("Another worker is signing in to Partner Center")
        try:
            return await self._granted(resource)
        finally:
            await self._turn.give_back()

    async def _granted(self, resource: str) -> str:
        keys = await self._live()
        body = await self._asked(keys, resource)
        if body.get("error") == "invalid_grant":
            again = await self._live()
            if again.version == keys.version:
                await self._store.mark_revoked()
                raise _revoked()
            # Another worker replaced it in between: that one is alive.
            keys, body = again, await self._asked(again, resource)
        if "error" in body:
            raise Waiting("Microsoft gives no token for now", code="TOKEN_REFUSED", after=_ASK_AGAIN)
        return await self._taken(keys, resource, body)

    async def _live(self) -> Keys:
        keys = await self._store.load()
        if keys.revoked:
            raise _revoked()
        return keys

    async def _asked(self, keys: Keys, resource: str) -> dict[str, Any]:
        form = {
            "grant_type": "refresh_token",
            "client_id": keys.client_id,
            "client_secret": keys.client_secret,
            "refresh_token": keys.refresh_token,
            "resource": resource,
        }
        try:
            response = await self._http.post(self._url, data=form, headers={"Accept": "application/json"})
        except httpx.RequestError as error:
            failed = classify_transport_error(error, method_is_write=False)
            raise Transient(f"The token endpoint did not answer ({failed.code})") from error
        try:
            body = from_vendor(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            body = None
        if response.status_code >= 500 or not isinstance(body, dict):
            raise Transient(f"The token endpoint gave no token (HTTP {response.status_code})")
        return body

    async def _taken(self, keys: Keys, resource: str, body: dict[str, Any]) -> str:
        token, lifetime = body.get("access_token"), str(body.get("expires_in", ""))
        if not isinstance(token, str) or not lifetime.isdigit():
            raise Transient("The token endpoint gave no token")
        replaced = body.get("refresh_token")
        if isinstance(replaced, str) and replaced != keys.refresh_token:
            try:
                await self._store.replace(keys.version, replace(keys, refresh_token=replaced))
            except Exception as error:
                raise Transient("A fresh token could not be stored", code="TOKEN_NOT_SAVED") from error
        self._held[resource] = token, self._clock.now() + timedelta(seconds=int(lifetime))
        return token


def _revoked() -> Waiting:
    return Waiting("The sign-in to Partner Center has ended", code="TOKEN_REVOKED", after=_RECONNECTED_YET)
