"""The provider's call limits of one connection, counted in the database for all processes together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import Waiting
from ledgerwire.tenants.repository import functions


@dataclass(frozen=True, slots=True)
class Window:
    """At most `ceiling` calls in any span of `seconds`."""

    name: str
    seconds: int
    ceiling: int


XERO_WINDOWS = (Window("minute", 60, 60), Window("day", 86_400, 5_000))
"""Xero's limits per organisation: 60 calls a minute, 5,000 a day (developer documentation, "OAuth 2.0 API limits")."""

QUICKBOOKS_WINDOWS = (Window("minute", 60, 480), Window("second", 1, 8))
"""Intuit's limits per company: 500 calls a minute, 10 a second; a little less, for calls bunch up on their way."""

WINDOWS = {"xero": XERO_WINDOWS, "quickbooks": QUICKBOOKS_WINDOWS}
"""The limits by the kind of connection."""


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


class BudgetGate:
    """The gate before each call of one connection."""

    def __init__(
        self, database: Database, account_id: UUID, connection_id: UUID, windows: Sequence[Window] = XERO_WINDOWS
    ) -> None:
        self._database = database
        self._account_id = account_id
        self._connection_id = connection_id
        self._windows = tuple(windows)

    async def take(self, n: int = 1) -> None:
        """Take `n` calls from every window, or from none: then Waiting(RATE_LIMITED) until the last of them has room."""
        async with self._database.account(self._account_id) as unit:
            waits = [
                await functions.budget_take(
                    unit, self._connection_id, window.name, seconds=window.seconds, n=n, ceiling=window.ceiling
                )
                for window in self._windows
            ]
            wait = max(waits, default=timedelta(0))
            if wait > timedelta(0):
                # leaving by an exception gives back what the other windows gave
                raise Waiting("the provider's call limit is reached", code="RATE_LIMITED", after=wait)

    async def observe(self, report: LimitReport) -> None:
        """Follow the provider: lower what is left to its figures; after a refusal close for as long as it asked."""
        remaining = {"minute": report.minute_remaining, "day": report.day_remaining}
        closed = report.retry_after if report.problem is not None else None
        closed_window = next(
            (item.name for item in self._windows if item.name == report.problem), self._windows[0].name
        )
        async with self._database.account(self._account_id) as unit:
            for window in self._windows:
                left = remaining.get(window.name)
                closed_for = closed if window.name == closed_window else None
                if left is not None or closed_for is not None:
                    await functions.budget_observe(
                        unit, self._connection_id, window.name, remaining=left, closed_for=closed_for
                    )
