"""Takes one callback: checks where it comes from, keeps it, tells mapper; all in one commit or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from uuid import uuid4

import structlog
from asyncpg import InterfaceError, PostgresError
from sqlalchemy.exc import SQLAlchemyError

from ledgerwire.common.clock import Clock
from ledgerwire.common.errors import Transient, Waiting
from ledgerwire.connectwise.models import CallbackMessage
from ledgerwire.connectwise.signature import KeyUrlRefused, check_key_url, verify
from ledgerwire.ingest.judgement import Judged, judge, read_message
from ledgerwire.ingest.problems import CallbackRefused
from ledgerwire.ingest.receipt.model import Keeper, receipt_of
from ledgerwire.ingest.tenancy import Route, Tenancy, Tenant, UnknownConnectionError

BODY_LIMIT = 64 * 1024
ANSWER_SECONDS = 4.0
"""ConnectWise gives up after five seconds; the rest is for the network."""

ACCEPTED = "accepted"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """How a callback was taken: `accepted`, `duplicate` or `ignored` (with a reason)."""

    outcome: str
    correlation_id: str
    reason: str | None = None


class Receiver:
    """The use case behind the callback address."""

    def __init__(self, tenancy: Tenancy, keeper: Keeper, clock: Clock) -> None:
        self._tenancy = tenancy
        self._keeper = keeper
        self._clock = clock
        self._accepted = _AcceptedLog()

    async def receive(self, token: str, raw: bytes, signature: str | None) -> Taken:
        """Verify and store a callback. CallbackRefused, whose problem says what to answer, if it is not taken."""
        started = monotonic()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                taken = await self._receive(token, raw, signature)
        except (TimeoutError, SQLAlchemyError, PostgresError, InterfaceError, OSError) as error:
            _log.warning("callback.not_stored", error=type(error).__name__)
            raise CallbackRefused("CALLBACK_NOT_STORED", "the database did not answer in time") from error
        milliseconds = round((monotonic() - started) * 1000, 1)
        if taken.outcome == ACCEPTED:
            self._accepted.write(taken.correlation_id, milliseconds)
        else:
            _log.info(
                f"callback.{taken.outcome}",
                reason=taken.reason,
                correlation_id=taken.correlation_id,
                milliseconds=milliseconds,
            )
        return taken

    async def _receive(self, token: str, raw: bytes, signature: str | None) -> Taken:
        route = await self._tenancy.route(token)
        if route is None:
            raise CallbackRefused("CALLBACK_TOKEN_UNKNOWN", "no account has this address")
        try:
            tenant = await self._tenancy.tenant(route.account_id, route.connection_id)
        except UnknownConnectionError:
            raise CallbackRefused("CALLBACK_TOKEN_UNKNOWN", "the connection of this address is gone") from None
        message = read_message(raw)
        await self._verify(tenant, message, raw, signature)
        judged = judge(message, raw, own_member=tenant.own_member, real_time=tenant.terms.real_time)
        return await self._store(route, judged)

    async def _verify(self, tenant: Tenant, message: CallbackMessage, raw: bytes, signature: str | None) -> None:
        config = tenant.psa.config
        try:
            url = _passed(message.metadata.key_url if message.metadata else None, tenant.key_hosts, config.company_id)
        except KeyUrlRefused as error:
            raise CallbackRefused(error.code, str(error)) from error
        if not signature:
            raise CallbackRefused("CALLBACK_SIGNATURE_BAD", "there is no signature")
        if not await self._is_signed(tenant, url, raw, signature):
            raise CallbackRefused("CALLBACK_SIGNATURE_BAD", "the signature is not that of these bytes")
        if (message.company_id or "").casefold() != config.company_id.casefold():
            raise CallbackRefused("CALLBACK_COMPANY_DIFFERS", "the message names another company")

    async def _is_signed(self, tenant: Tenant, url: str, raw: bytes, signature: str) -> bool:
        try:
            key = await tenant.psa.fetch_signing_key(url)
            if verify(raw, signature, key):
                return True
            newer = await tenant.psa.fetch_signing_key(url, after_mismatch=True)
        except (Transient, Waiting) as error:
            raise CallbackRefused("CALLBACK_KEY_UNAVAILABLE", f"the signing key: {error.code}") from error
        return newer != key and verify(raw, signature, newer)

    async def _store(self, route: Route, judged: Judged) -> Taken:
        receipt = receipt_of(
            judged,
            account_id=route.account_id,
            connection_id=route.connection_id,
            receipt_id=uuid4(),
            received_at=self._clock.now(),
        )
        new = await self._keeper.keep(receipt)
        if not new:
            return Taken("duplicate", receipt.correlation_id)
        return Taken("ignored" if judged.ignored else ACCEPTED, receipt.correlation_id, judged.ignored)


@lru_cache(maxsize=1000)
def _passed(url: str | None, hosts: frozenset[str], company_id: str) -> str:
    """As `check_key_url`, remembering what passed: a tenant's callbacks name the same address again and again."""
    return check_key_url(url, hosts=hosts, company_id=company_id)


class _AcceptedLog:
    """One line for those that were accepted together: by one commit and so within one turn of the event loop."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._longest = 0.0

    def write(self, correlation_id: str, milliseconds: float) -> None:
        if not self._ids:
            asyncio.get_running_loop().call_soon(self._flush)
        self._ids.append(correlation_id)
        self._longest = max(self._longest, milliseconds)

    def _flush(self) -> None:
        _log.info("callback.accepted", count=len(self._ids), correlation_ids=self._ids, milliseconds=self._longest)
        self._ids, self._longest = [], 0.0
