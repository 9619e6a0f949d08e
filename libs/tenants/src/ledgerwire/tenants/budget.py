"""The provider's call limits of one connection, counted in the database for all processes together.

Bulk work takes from its own, narrower windows besides: what it leaves of the provider's is for what is urgent (D19).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Any, Protocol
from uuid import UUID

from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import Waiting
from ledgerwire.common.work.urgency import is_bulk
from ledgerwire.tenants.forecast import Left
from ledgerwire.tenants.plan import CONNECTWISE
from ledgerwire.tenants.repository import functions


@dataclass(frozen=True, slots=True)
class Window:
    """At most `ceiling` calls in any span of `seconds`; one for `bulk` counts the calls of bulk work alone."""

    name: str
    seconds: int
    ceiling: int
    bulk: bool = False


XERO_WINDOWS = (
    Window("minute", 60, 60),
    Window("day", 86_400, 5_000),
    Window("bulk minute", 60, 57, bulk=True),
    Window("bulk day", 86_400, 4_800, bulk=True),
)
"""Xero's limits per organisation: 60 calls a minute, 5,000 a day (developer documentation, "OAuth 2.0 API limits")."""

QUICKBOOKS_WINDOWS = (
    Window("minute", 60, 480),
    Window("second", 1, 8),
    Window("bulk minute", 60, 456, bulk=True),
)
"""Intuit's limits per company: 500 calls a minute, 10 a second; a little less, for calls bunch up on their way."""

CONNECTWISE_PER_MINUTE = 1_000
"""ConnectWise publishes no quota; it throttles traffic much above this (developer guide)."""


def connectwise_windows(per_minute: int = CONNECTWISE_PER_MINUTE) -> tuple[Window, ...]:
    """ConnectWise's windows for so many calls a minute, a little less, for calls bunch up on their way.

    Bulk work goes at a pace, so that it never uses a minute up in its first half: it waits a few seconds each time, and what
    is urgent finds room at any moment.
    """
    return (
        Window("minute", 60, max(per_minute * 98 // 100, 1)),
        Window("bulk pace", 10, max(per_minute * 93 // 600, 1), bulk=True),
    )


WINDOWS = {"xero": XERO_WINDOWS, "quickbooks": QUICKBOOKS_WINDOWS}
"""The limits by the kind of ledger connection."""


UNSTATED_PAUSE = timedelta(seconds=30)
"""How long ConnectWise is left alone after a refusal that does not say how long."""
CALLS_AHEAD, AHEAD_SECONDS = 4, 0.5
"""What work may have taken ahead in a process, and for how long; the minute's room for what is urgent covers it."""
_TOO_MANY = 429


def windows_of(kind: str, config: Mapping[str, Any]) -> tuple[Window, ...]:
    """The windows of a connection; none for a kind without limits."""
    if kind == CONNECTWISE:
        return connectwise_windows(config.get("calls_per_minute") or CONNECTWISE_PER_MINUTE)
    return WINDOWS.get(kind, ())


def left_of(windows: Sequence[Window], counted: Sequence[Left]) -> tuple[Left, ...]:
    """What is left of each of these windows, by what is counted in the database; one that was never used is whole."""
    known = {(one.name, one.seconds): one for one in counted}
    return tuple(_left(window, known.get((window.name, window.seconds))) for window in windows)


def _left(window: Window, counted: Left | None) -> Left:
    taken = counted.ceiling - counted.left if counted is not None else 0
    closed_for = counted.closed_for if counted is not None else timedelta(0)
    left = max(window.ceiling - taken, 0)
    return Left(window.name, window.seconds, window.ceiling, left, closed_for, window.bulk)


class LimitReport(Protocol):
    """What one answer says about the limits; None where it says nothing."""

    @property
    def minute_remaining(self) -> int | None: ...
    @property
    def day_remaining(self) -> int | None: ...
    @property
    def problem(self) -> str | None: ...
    @property
    def retry_after(self) -> timedelta | None: ...


class _Budget:
    """The windows of one connection."""

    code = "RATE_LIMITED"

    def __init__(
        self, database: Database, account_id: UUID, connection_id: UUID, windows: Sequence[Window], provider: str
    ) -> None:
        self._provider = provider
        self._database = database
        self._account_id = account_id
        self._connection_id = connection_id
        self._windows = tuple(windows)

    async def take(self, n: int = 1) -> None:
        """Take `n` calls from every window, or from none: then Waiting until the last of them has room."""
        bulk = is_bulk()
        windows = [window for window in self._windows if bulk or not window.bulk]
        if not windows:
            return
        async with self._database.single() as unit:
            wait = await functions.budget_take(unit, self._account_id, self._connection_id, windows, n)
        if wait > timedelta(0):
            raise Waiting(f"{self._provider} allows no more calls for now", code=self.code, after=wait)

    async def _observe(self, told: Sequence[functions.Told]) -> None:
        if told:
            async with self._database.single() as unit:
                await functions.budget_observe(unit, self._account_id, self._connection_id, told)


class BudgetGate(_Budget):
    """The gate before each call of one ledger connection."""

    def __init__(
        self,
        database: Database,
        account_id: UUID,
        connection_id: UUID,
        windows: Sequence[Window] = XERO_WINDOWS,
        provider: str = "Xero",
    ) -> None:
        super().__init__(database, account_id, connection_id, windows, provider)

    async def observe(self, report: LimitReport) -> None:
        """Follow the provider: lower what is left to its figures; after a refusal close for as long as it asked."""
        remaining = {"minute": report.minute_remaining, "day": report.day_remaining}
        closed = report.retry_after if report.problem is not None else None
        closed_window = next(
            (item.name for item in self._windows if item.name == report.problem), self._windows[0].name
        )
        said = [
            functions.Told(item.name, remaining.get(item.name), closed if item.name == closed_window else None)
            for item in self._windows
        ]
        await self._observe([each for each in said if each.remaining is not None or each.closed_for is not None])


@dataclass(slots=True)
class _Ahead:
    """Calls that were taken and are not made yet: good for a moment, lost after it."""

    left: int = 0
    good_until: float = 0.0
    since: float = 0.0
    made: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Of who takes more: those that come meanwhile find what he took."""

    def count(self, n: int) -> None:
        """Note that `n` calls are about to be made."""
        now = monotonic()
        if now > self.since + AHEAD_SECONDS:
            self.since, self.made = now, 0
        self.made += n

    def take(self, n: int) -> bool:
        """Make `n` calls of those that were taken ahead; False where there are too few."""
        if monotonic() > self.good_until:
            self.left = 0
        if self.left < n:
            return False
        self.left -= n
        return True

    def add(self, n: int) -> None:
        """Calls beyond those that are made now."""
        self.left += n
        self.good_until = monotonic() + AHEAD_SECONDS


class PsaBudgetGate(_Budget):
    """The gate before each call of one ConnectWise connection, whose answers name no figures.

    Work takes a few calls ahead, which are good for a moment: every record needs one, and each take is a transaction. Bulk
    work takes them at once; what is urgent no more than it has just made, so that a call now and then wastes none. What is
    taken for the one is never used by the other: urgent calls come from the provider's windows, bulk calls from its own too.
    """

    code = "CONNECTWISE_RATE_LIMITED"

    def __init__(
        self,
        database: Database,
        account_id: UUID,
        connection_id: UUID,
        windows: Sequence[Window],
        *,
        ahead: int = CALLS_AHEAD,
    ) -> None:
        super().__init__(database, account_id, connection_id, windows, "ConnectWise")
        self._at_once = max(min(ahead, *(window.ceiling for window in windows)), 1)
        self._ahead = {True: _Ahead(), False: _Ahead()}

    async def take(self, n: int = 1) -> None:
        """Take `n` calls from every window, or from none: then Waiting until the last of them has room."""
        bulk = is_bulk()
        ahead = self._ahead[bulk]
        ahead.count(n)
        async with ahead.turn:
            if ahead.take(n):
                return
            more = max(n, self._at_once if bulk else min(self._at_once, ahead.made))
            try:
                await super().take(more)
            except Waiting:
                if more == n or bulk:
                    raise
                await super().take(more := n)  # the last calls of the minute are not refused for those that may follow
            ahead.add(more - n)

    async def observe(self, status: int, retry_after: timedelta | None) -> None:
        """Learn how ConnectWise answered: a 429 closes the budget for as long as it asked, half a minute if it did not."""
        if status != _TOO_MANY:
            return
        closed = UNSTATED_PAUSE if retry_after is None else retry_after
        for ahead in self._ahead.values():
            ahead.left = 0
        await self._observe([functions.Told(self._windows[0].name, closed_for=closed)])
