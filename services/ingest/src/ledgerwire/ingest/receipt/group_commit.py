"""Callbacks that come together share a commit. Each is answered only after it, and a bad one does not fail its companions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

import asyncpg
import structlog

from ledgerwire.common.crashpoints import reach
from ledgerwire.common.db.direct import DirectPool
from ledgerwire.common.grouping import Grouped
from ledgerwire.ingest import points
from ledgerwire.ingest.receipt.model import Receipt
from ledgerwire.ingest.receipt.repository import ReceiptRows

_log = structlog.get_logger(__name__)

LIMIT: Final = 200
AT_ONCE: Final = 2
"""Transactions at once: while one commits, the next is being filled."""
_OF_ONE_ROW: Final = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)
"""Errors that a row's own content can cause: the others of its group may be stored without it."""


class GroupCommit:
    """Keeps receipts through one pool."""

    def __init__(self, pool: DirectPool, rows: ReceiptRows) -> None:
        self._pool = pool
        self._rows = rows
        self._groups: Grouped[Receipt, bool] = Grouped(self._keep_all, limit=LIMIT, at_once=AT_ONCE)

    async def keep(self, receipt: Receipt) -> bool:
        """See `Keeper`."""
        return await self._groups.ask(receipt)

    async def close(self) -> None:
        """Wait for the commits under way, then close the pool."""
        await self._groups.close()
        await self._pool.close()

    async def _keep_all(self, receipts: Sequence[Receipt]) -> list[bool | Exception]:
        try:
            new = await self._commit(receipts)
        except _OF_ONE_ROW as error:
            if len(receipts) == 1:
                return [error]
            _log.warning("callback.group_split", count=len(receipts), error=type(error).__name__)
            return [(await self._keep_all([receipt]))[0] for receipt in receipts]
        return [receipt.receipt_id in new for receipt in receipts]

    async def _commit(self, receipts: Sequence[Receipt]) -> set[object]:
        """One transaction. In the same order everywhere, so that two of them cannot wait for each other."""
        ordered = sorted(receipts, key=lambda one: (one.account_id, one.judged.dedupe_key))
        new: set[object] = set()
        async with self._pool.transaction(ordered[0].account_id) as unit:
            for account_id, own in groupby(ordered, key=lambda one: one.account_id):
                new |= await self._rows.insert(unit, account_id, list(own))
            reach(points.WRITTEN)
        reach(points.STORED)
        return new
