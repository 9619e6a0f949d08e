"""Signing keys, fetched through the guarded client and kept for a short while."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from ledgerwire.common.errors import Transient
from ledgerwire.common.http.client import classify_transport_error
from ledgerwire.connectwise.signature import parse_signing_key

KEEP_SECONDS = 600.0
REFETCH_SECONDS = 60.0
FETCHES_A_MINUTE = 10
_KEEP_KEYS = 64


@dataclass(slots=True)
class _Kept:
    key: str | None
    fetched_at: float


class SigningKeys:
    """Keys of one tenant by their (already checked) address.

    A key is fetched at most once a minute and the tenant's keys together at most ten times a minute, whatever arrives; a
    rotated key is noticed by the mismatch it causes.
    """

    def __init__(
        self, http: httpx.AsyncClient, client_id: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._http = http
        self._client_id = client_id
        self._now = monotonic
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._fetches: list[float] = []
        self._flights: dict[str, asyncio.Lock] = {}

    async def get(self, url: str, *, after_mismatch: bool = False) -> str | None:
        """The key at `url`, None if there is none (or it was looked for a moment ago and nothing changed).

        Raises Transient when the key cannot be had now: the callback is neither good nor bad and should come again.
        """
        kept = self._fresh(url, after_mismatch=after_mismatch)
        if kept is not None:
            return kept.key
        # A burst of callbacks asks for one key at one moment: the first fetches it, the others wait for that answer.
        flight = self._flights.setdefault(url, asyncio.Lock())
        try:
            async with flight:
                kept = self._fresh(url, after_mismatch=after_mismatch)
                return kept.key if kept is not None else await self._fetched(url)
        finally:
            if not flight.locked():
                self._flights.pop(url, None)

    def _fresh(self, url: str, *, after_mismatch: bool) -> _Kept | None:
        kept = self._kept.get(url)
        if kept is None:
            return None
        enough = REFETCH_SECONDS if after_mismatch or kept.key is None else KEEP_SECONDS
        return kept if self._now() - kept.fetched_at < enough else None

    async def _fetched(self, url: str) -> str | None:
        key = await self._fetch(url)
        self._kept[url] = _Kept(key, self._now())
        self._kept.move_to_end(url)
        while len(self._kept) > _KEEP_KEYS:
            self._kept.popitem(last=False)
        return key

    async def _fetch(self, url: str) -> str | None:
        now = self._now()
        self._fetches = [moment for moment in self._fetches if now - moment < 60.0]
        if len(self._fetches) >= FETCHES_A_MINUTE:
            raise Transient("Too many signing keys were asked for in a minute", code="CALLBACK_KEY_UNAVAILABLE")
        self._fetches.append(now)
        try:
            answer = await self._http.get(url, headers={"clientId": self._client_id, "Accept": "application/json"})
        except httpx.HTTPError as error:
            raise classify_transport_error(error, method_is_write=False) from error
        if answer.status_code == 429 or answer.status_code >= 500:
            raise Transient(f"The signing key answered HTTP {answer.status_code}", code="CALLBACK_KEY_UNAVAILABLE")
        return parse_signing_key(answer.content) if answer.status_code == 200 else None
