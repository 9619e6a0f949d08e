"""Sign in to each ledger from time to time: a lost consent or right is found before a record meets it (D18).

One worker at a time serves a ledger connection, so one signs in, and the consent is used before it dies of not being used.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog

from ledgerwire.common.errors import LeaseLost, LedgerwireError
from ledgerwire.common.work.model import Group
from ledgerwire.poster.ports import Clients
from ledgerwire.tenants.schedule import SCHEDULED, cause_of, pause_after

WORK_KIND = "connection"
EVERY = timedelta(hours=6)

_log = structlog.get_logger(__name__)


class WatchConnection:
    """Handles the recurring row of a ledger connection; what it met last stands in the row."""

    def __init__(self, clients: Clients, *, every: Callable[[], timedelta] = lambda: EVERY) -> None:
        self._clients = clients
        self._every = every

    async def __call__(self, group: Group) -> None:
        for item in group.items:
            pause, cause = self._every(), SCHEDULED
            try:
                ledger = await self._clients.ledger(group.account_id, group.connection_id)
                await ledger.reference_data(fresh=True)
            except LeaseLost:
                raise
            except LedgerwireError as error:
                pause, cause = pause_after(error), cause_of(error)
                _log.warning("connection.fails", code=error.code, why=str(error), connection=str(group.connection_id))
            async with group.unit() as unit:
                await group.again(unit, item, code=cause, after=pause)
