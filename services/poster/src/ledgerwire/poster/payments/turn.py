"""A turn at a connection for a command: the lease that the service's workers take too, so that they never work at once."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from uuid import UUID

from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.errors import LedgerwireError, Transient
from ledgerwire.common.work.lease import Lease, LeaseTerms, take

SERVICE = "poster"
PATIENCE = timedelta(minutes=1)
_ASK_EVERY = 0.5


class LeasedTurn:
    """Implements the `Turn` port on a lease of its own."""

    def __init__(self, database: Database, lease: Lease, account_id: UUID) -> None:
        self.account_id = account_id
        self.connection_id = lease.connection_id
        self._database = database
        self._lease = lease

    @property
    def fence(self) -> int:
        return self._lease.fence

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[Unit]:
        async with self._database.account(self.account_id) as unit:
            await self._lease.check(unit)
            yield unit

    async def ensure_lease(self, outlasts: timedelta) -> None:
        await self._lease.ensure(outlasts)


@asynccontextmanager
async def leased_turn(
    database: Database, account_id: UUID, connection_id: UUID, terms: LeaseTerms, patience: timedelta = PATIENCE
) -> AsyncIterator[LeasedTurn]:
    """Take the connection for the length of a block.

    An interrupted block leaves the lease to run out: a request may be under way. An error of ours says that none is.

    Raises:
        Transient: another worker held it all the while.
    """
    lease = await _taken(database, account_id, connection_id, terms, patience)
    async with lease.kept():
        try:
            yield LeasedTurn(database, lease, account_id)
        except LedgerwireError:
            await lease.release()
            raise
    await lease.release()


async def _taken(
    database: Database, account_id: UUID, connection_id: UUID, terms: LeaseTerms, patience: timedelta
) -> Lease:
    holder = f"{socket.gethostname()}:{os.getpid()}:command"
    deadline = monotonic() + patience.total_seconds()
    while True:
        async with database.system() as unit:
            lease = await take(database, unit, SERVICE, account_id, connection_id, holder, terms)
        if lease is not None:
            return lease
        if monotonic() >= deadline:
            raise Transient("Documents of this ledger are being posted; try again in a minute", code="CONNECTION_BUSY")
        await asyncio.sleep(_ASK_EVERY)
