"""Takes one callback: checks where it comes from, keeps it, tells mapper; all in one transaction or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic
from uuid import uuid4

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ledgerwire.common.clock import Clock
from ledgerwire.common.contracts.record_closed_v1 import RecordClosedV1
from ledgerwire.common.crashpoints import reach
from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import Transient, Waiting
from ledgerwire.common.ids import AccountId, ConnectionId, record_id
from ledgerwire.common.mq.outbox import Outbox, new_message
from ledgerwire.connectwise.models import CallbackMessage
from ledgerwire.connectwise.signature import KeyUrlRefused, check_key_url, verify
from ledgerwire.ingest import points, repository
from ledgerwire.ingest.judgement import INVOICE, Judged, judge, read_message
from ledgerwire.ingest.problems import CallbackRefused
from ledgerwire.ingest.tenancy import Route, Tenancy, Tenant, UnknownConnectionError

BODY_LIMIT = 64 * 1024
ANSWER_SECONDS = 4.0
"""ConnectWise gives up after five seconds; the rest is for the network."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """How a callback was taken: `accepted`, `duplicate` or `ignored` (with a reason)."""

    outcome: str
    correlation_id: str
    reason: str | None = None


class Receiver:
    """The use case behind the callback address."""

    def __init__(self, database: Database, tenancy: Tenancy, outbox: Outbox, clock: Clock) -> None:
        self._database = database
        self._tenancy = tenancy
        self._outbox = outbox
        self._clock = clock

    async def receive(self, token: str, raw: bytes, signature: str | None) -> Taken:
        """Verify and store a callback. CallbackRefused, whose problem says what to answer, if it is not taken."""
        started = monotonic()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                taken = await self._receive(token, raw, signature)
        except (TimeoutError, SQLAlchemyError, OSError) as error:
            _log.warning("callback.not_stored", error=type(error).__name__)
            raise CallbackRefused("CALLBACK_NOT_STORED", "the database did not answer in time") from error
        _log.info(
            f"callback.{taken.outcome}",
            reason=taken.reason,
            correlation_id=taken.correlation_id,
            milliseconds=round((monotonic() - started) * 1000, 1),
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
            url = check_key_url(
                message.metadata.key_url if message.metadata else None,
                hosts=config.signing_key_hosts,
                company_id=config.company_id,
            )
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
        receipt_id = uuid4()
        correlation_id = str(receipt_id)
        async with self._database.account(route.account_id) as unit:
            new = await repository.store_receipt(
                unit,
                route.connection_id,
                judged,
                receipt_id=receipt_id,
                correlation_id=correlation_id,
                received_at=self._clock.now(),
            )
            if new and judged.ignored is None:
                record = record_id(
                    AccountId(route.account_id), ConnectionId(route.connection_id), INVOICE, judged.source_id
                )
                data = RecordClosedV1(
                    record_id=record,
                    connection_id=route.connection_id,
                    record_type="invoice",
                    source_id=judged.source_id,
                    found_by="callback",
                )
                announcement = new_message(
                    data,
                    account_id=route.account_id,
                    subject=str(record),
                    correlation_id=correlation_id,
                    causation_id=correlation_id,
                    source="ingest",
                )
                await self._outbox.append(unit, announcement)
                detail = {"action": judged.action, "source_id": judged.source_id}
                await repository.write_step(unit, route.account_id, record, "callback", detail, correlation_id)
        reach(points.STORED)
        if not new:
            return Taken("duplicate", correlation_id)
        return Taken("ignored" if judged.ignored else "accepted", correlation_id, judged.ignored)
