"""The gate before each provider call: minute and day budgets, and what the provider's headers say about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

_PROBLEMS = {"appmin": "appminute", "day": "day", "daily": "day", "concurrent": "concurrent", "min": "minute"}
_DEFAULT_WAIT = {"concurrent": timedelta(seconds=1)}
_WAIT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class LimitReport:
    """What one answer says about the provider's limits; None where it says nothing.

    Attributes:
        minute_remaining, day_remaining: calls left in the tenant's window.
        problem: which limit refused the call: "minute", "day", "appminute", "concurrent", or "unknown" for a 429
            that does not say; None when the call was not refused.
        retry_after: the wait advised, present whenever `problem` is.
    """

    minute_remaining: int | None = None
    day_remaining: int | None = None
    problem: str | None = None
    retry_after: timedelta | None = None


class CallGate(Protocol):
    """The shared budget of one connection."""

    async def take(self, n: int = 1) -> None:
        """Take `n` calls from minute and day budget. Raises Waiting(RATE_LIMITED) with the moment they reopen."""
        ...

    async def observe(self, report: LimitReport) -> None:
        """Follow the provider: lower what is left to its figures, close until `retry_after` after a refusal."""
        ...


class OpenGate:
    """A gate that never closes: for a person's single command, and for tests."""

    async def take(self, n: int = 1) -> None:
        """Everything may pass."""

    async def observe(self, report: LimitReport) -> None:
        """Nothing is counted."""


def read_limits(status: int, headers: Mapping[str, str], now: datetime | None = None) -> LimitReport:
    """Read Xero's limit headers (developer documentation "OAuth 2.0 API limits").

    The problem's wording differs between answers ("minute", "Minute", "MinuteLimit" …), so it is matched loosely; a
    concurrency refusal may come without Retry-After.
    """
    problem = _problem(headers.get("X-Rate-Limit-Problem", "")) if status == 429 else None
    retry_after = None
    if problem is not None:
        advised = read_retry_after(headers.get("Retry-After"), now)
        retry_after = advised if advised is not None else _DEFAULT_WAIT.get(problem, _WAIT)
    return LimitReport(
        minute_remaining=_count(headers.get("X-MinLimit-Remaining")),
        day_remaining=_count(headers.get("X-DayLimit-Remaining")),
        problem=problem,
        retry_after=retry_after,
    )


def read_retry_after(value: str | None, now: datetime | None = None) -> timedelta | None:
    """Retry-After as a wait: seconds or an HTTP date (RFC 9110 §10.2.3); None when absent or unreadable."""
    if value is None:
        return None
    seconds = _count(value)
    if seconds is not None:
        return timedelta(seconds=seconds)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return max(moment - (now or datetime.now(UTC)), timedelta(0))


def _problem(text: str) -> str:
    folded = text.casefold().replace("-", "").replace("_", "").replace(" ", "")
    return next((problem for part, problem in _PROBLEMS.items() if part in folded), "unknown")


def _count(value: str | None) -> int | None:
    text = (value or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
