"""One at a time: whoever plans or applies the seats of a connection, a person or the schedule, holds its turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from uuid import UUID, uuid4, uuid5

from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import Ambiguous, Waiting
from ledgerwire.common.work.lease import Lease, LeaseTerms, take

SERVICE, _TURN = "billing", "seats"
_ASK_EVERY = 0.2
Hold = Callable[[], Awaitable[None]]


@asynccontextmanager
async def turn(
    database: Database, account_id: UUID, connection_id: UUID, terms: LeaseTerms, patience: timedelta
) -> AsyncIterator[Hold]:
    """Hold the connection's turn while the block runs; what is yielded is awaited before every write.

    After a write whose end was not seen the turn is not given back: it runs out by itself, so that nobody looks for the row
    before a request under way has ended.

    Raises:
        Waiting: BS_ANOTHER_RUN, somebody else held it longer than `patience`.
        LeaseLost: from what is yielded, when the turn is not surely ours for as long as a write takes.
    """
    lease = await _taken(database, account_id, connection_id, terms, patience)
    seen = False
    try:
        async with lease.kept():
            yield lambda: lease.ensure(terms.grace)
        seen = True
    except Exception as error:
        seen = not isinstance(error, Ambiguous)
        raise
    finally:
        if seen:
            await lease.release()


async def _taken(
    database: Database, account_id: UUID, connection_id: UUID, terms: LeaseTerms, patience: timedelta
) -> Lease:
    # the worker that serves the schedule's row holds the connection's own lease: the turn has a name of its own
    place, holder, until = uuid5(connection_id, _TURN), str(uuid4()), monotonic() + patience.total_seconds()
    while True:
        async with database.system() as unit:
            lease = await take(database, unit, SERVICE, account_id, place, holder, terms)
        if lease is not None:
            return lease
        if monotonic() >= until:
            message = "another run is at work on the seats of this connection, or one was cut off a moment ago"
            raise Waiting(message, code="BS_ANOTHER_RUN", after=timedelta(minutes=1))
        await asyncio.sleep(_ASK_EVERY)
