"""The lease on a connection: one worker per service serves it at a time, and a fencing number stops a late writer.

The server's clock decides when a lease ends; the holder keeps its own monotonic deadline, counted from before it asked, so
that it never believes longer than the server does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.errors import LeaseLost

_TAKE = text(
    "SELECT tenants.lease_take(:service, :account_id, :connection_id, :holder, CAST(:ttl AS interval),"
    " CAST(:grace AS interval))"
)
_RENEW = text("SELECT tenants.lease_renew(:service, :connection_id, :fence, CAST(:ttl AS interval))")
_RELEASE = text("SELECT tenants.lease_release(:service, :connection_id, :fence)")
_CHECK = text("SELECT tenants.lease_check(:service, :connection_id, :fence)")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """How long a lease lasts.

    Attributes:
        ttl: from taking or renewing it to its end.
        renew_every: pause between renewals; several must fit into `ttl`.
        grace: added before another worker may take over: the longest request timeout, so that a request sent under the
            old lease has ended one way or the other.
    """

    ttl: timedelta = timedelta(seconds=30)
    renew_every: timedelta = timedelta(seconds=5)
    grace: timedelta = timedelta(seconds=30)


_TO_SPARE = timedelta(seconds=1)
"""What a renewal for a call may take at the least: counted from when it is asked for, a slow answer would use up the lease.
The call itself may begin as much later than it was asked for."""


class Lease:
    """One connection of one service, ours until the deadline (or until it turns out to be lost)."""

    def __init__(
        self, database: Database, service: str, connection_id: UUID, fence: int, terms: LeaseTerms, taken_at: float
    ) -> None:
        self._database = database
        self._key = {"service": service, "connection_id": connection_id, "fence": fence}
        self._terms = terms
        self._deadline = taken_at + terms.ttl.total_seconds()
        self._lost = False
        self._quiet_at = taken_at
        self.connection_id = connection_id
        self.fence = fence

    def remaining(self) -> timedelta:
        """How much longer we may count on it; zero or less when not at all."""
        return timedelta(seconds=0 if self._lost else self._deadline - monotonic())

    @property
    def quiet_in(self) -> timedelta:
        """Until no request that it was ensured for can be under way any more; zero or less when that is now."""
        return timedelta(seconds=self._quiet_at - monotonic())

    async def check(self, unit: Unit) -> None:
        """Raise LeaseLost unless the fence is still ours; holds it so until the unit ends (row lock)."""
        held = (await unit.execute(_CHECK, self._key)).scalar_one()
        if not held:
            self._lost = True
            raise LeaseLost(f"connection {self.connection_id} is served by another worker now")

    async def renew(self, lasting: timedelta = timedelta(0)) -> None:
        """Extend it from now to a full term, or `lasting` if that is longer; it is never shortened.

        Raises:
            LeaseLost: someone else has taken over.
        """
        asked_at = monotonic()
        term = max(self._terms.ttl, lasting, self.remaining())
        async with self._database.single() as unit:
            renewed = (await unit.execute(_RENEW, {**self._key, "ttl": term})).scalar_one()
        if not renewed:
            self._lost = True
            raise LeaseLost(f"connection {self.connection_id} is served by another worker now")
        self._deadline = asked_at + term.total_seconds()

    async def ensure(self, outlasts: timedelta) -> None:
        """Renew if needed; LeaseLost unless it is ours for longer than `outlasts`."""
        if self.remaining() <= outlasts:
            await self.renew(outlasts + max(self._terms.renew_every, _TO_SPARE))
            if self.remaining() <= outlasts:
                raise LeaseLost(f"connection {self.connection_id}: the lease could not be renewed in time")
        self._quiet_at = max(self._quiet_at, monotonic() + (outlasts + _TO_SPARE).total_seconds())

    async def release(self) -> None:
        """Give it back at once. Never while a request whose end was not seen may be under way (`quiet_in`)."""
        async with self._database.single() as unit:
            await unit.execute(_RELEASE, self._key)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Renew in the background while the block runs."""
        beat = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beat.cancel()
            await asyncio.gather(beat, return_exceptions=True)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._terms.renew_every.total_seconds())
            try:
                await self.renew()
            except LeaseLost:
                _log.warning("lease.lost", connection=str(self.connection_id), fence=self.fence)
                return
            except (SQLAlchemyError, OSError) as error:
                # the deadline decides, not this one attempt
                _log.warning("lease.renewal_failed", connection=str(self.connection_id), error=type(error).__name__)


async def take(
    database: Database, unit: Unit, service: str, account_id: UUID, connection_id: UUID, holder: str, terms: LeaseTerms
) -> Lease | None:
    """Take the lease in `unit`; None while another worker holds it or its grace is not over."""
    asked_at = monotonic()
    fence = (
        await unit.execute(
            _TAKE,
            {
                "service": service,
                "account_id": account_id,
                "connection_id": connection_id,
                "holder": holder,
                "ttl": terms.ttl,
                "grace": terms.grace,
            },
        )
    ).scalar_one()
    if fence is None:
        return None
    return Lease(database, service, connection_id, fence, terms, asked_at)
