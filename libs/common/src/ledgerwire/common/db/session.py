"""The unit of work: the only place that begins and commits a transaction.

`Database.account(id)` runs as the service's own role with `app.account_id` set for this transaction only, so row-level
security shows one account and nothing else. `Database.system()` runs as the service's `_system` role, whose policies reach
outbox, inbox, work, lease, budget and dead letters of every account and no other table. `Database.single()` is the same for
one statement, which needs no transaction around it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy import Executable
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

T = TypeVar("T")


class Unit:
    """One transaction. Hooks added with `after_commit` run only if it committed.

    `traces` holds the traceparent of the work it serves by correlation id, so that messages sent from it go on with it.
    """

    def __init__(self, connection: AsyncConnection, account_id: UUID | None) -> None:
        self._connection = connection
        self.account_id = account_id
        self.traces: Mapping[str, str] = {}
        self.hooks: list[Callable[[], None]] = []
        self._gathered: dict[Callable[[Unit, list[Any]], Awaitable[None]], list[Any]] = {}

    async def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run one statement in this transaction."""
        return await self._connection.execute(statement, parameters)

    def after_commit(self, hook: Callable[[], None]) -> None:
        """Call `hook` (which must not block) once the transaction has committed."""
        if hook not in self.hooks:
            self.hooks.append(hook)

    def gather(self, write: Callable[[Unit, list[T]], Awaitable[None]], row: T) -> None:
        """Have `write` called once before the commit, with all rows that were gathered for it in order.

        For rows of which nothing in the same transaction reads: one statement for all of them instead of one for each.
        """
        self._gathered.setdefault(write, []).append(row)

    async def write_gathered(self) -> None:
        """Write what was gathered; the unit of work does it before it commits."""
        while self._gathered:
            gathered, self._gathered = self._gathered, {}
            for write, rows in gathered.items():
                await write(self, rows)


class SingleUnit(Unit):
    """One statement that commits by itself: BEGIN and COMMIT would be two more round trips."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection, None)
        self._used = False

    async def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run the statement; a second one would not be in one transaction with it, and is refused."""
        if self._used:
            raise RuntimeError("a single statement commits by itself: use system() for several")
        self._used = True
        return await super().execute(statement, parameters)


def _opened_for(connection: AsyncConnection, account_id: UUID) -> None:
    """Have the transaction set the account together with its BEGIN, which the first statement sends."""
    driver: Any = connection.sync_connection.connection.driver_connection if connection.sync_connection else None
    driver.open_for(account_id)


class Database:
    """The two pools of one service."""

    def __init__(self, account_engine: AsyncEngine, system_engine: AsyncEngine) -> None:
        self._account = account_engine
        self._system = system_engine
        self._single = system_engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def account(self, account_id: UUID) -> AsyncIterator[Unit]:
        """A transaction that sees one account; commits on leaving, rolls back on any exception."""
        async with _connected(self._account) as connection, connection.begin():
            _opened_for(connection, account_id)
            unit = Unit(connection, account_id)
            yield unit
            await unit.write_gathered()
        for hook in unit.hooks:
            hook()

    @asynccontextmanager
    async def system(self) -> AsyncIterator[Unit]:
        """A transaction over the message and work tables of all accounts."""
        async with _connected(self._system) as connection, connection.begin():
            unit = Unit(connection, None)
            yield unit
            await unit.write_gathered()
        for hook in unit.hooks:
            hook()

    @asynccontextmanager
    async def single(self) -> AsyncIterator[Unit]:
        """One statement over the message and work tables of all accounts, which commits when it is done."""
        async with _connected(self._single) as connection:
            unit = SingleUnit(connection)
            yield unit
            await unit.write_gathered()
        for hook in unit.hooks:
            hook()

    async def close(self) -> None:
        """Close both pools."""
        await self._account.dispose()
        await self._system.dispose()


_OF_THE_DRIVER = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection of the pool, given back on leaving.

    A connection that breaks while it is being set up, or in the middle of an answer, shows the driver's own error, which
    SQLAlchemy does not translate: whoever goes on while the database is away must not have to know two kinds of errors.
    """
    try:
        async with engine.connect() as connection:
            yield connection
    except _OF_THE_DRIVER as error:
        raise OperationalError("(connection)", None, error, connection_invalidated=True) from error
