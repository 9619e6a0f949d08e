"""Xero's rate limits: calls per minute and day and tenant, per minute and app, and calls in flight per tenant."""

import hashlib
import math
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ledgerwire.sandbox.xero.switches import Switches

Problem = Literal["minute", "day", "appminute", "concurrent"]

_MINUTE = 60.0
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call may go on, and the headers that tell the client how much is left."""

    headers: dict[str, str]
    problem: Problem | None = None


class Limits:
    """Counters in virtual time. The minute slides; the day is a fixed window whose start differs by tenant."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._minute: defaultdict[str, deque[float]] = defaultdict(deque)
        self._app_minute: defaultdict[str, deque[float]] = defaultdict(deque)
        self._days: dict[str, tuple[int, int]] = {}
        self._in_flight: defaultdict[str, int] = defaultdict(int)

    def enter(self, tenant_id: str) -> bool:
        """Take a place among the calls in flight; False (and no place) when all are taken."""
        if self._switches.limits_enabled and self._in_flight[tenant_id] >= self._switches.concurrent_limit:
            return False
        self._in_flight[tenant_id] += 1
        return True

    def leave(self, tenant_id: str) -> None:
        """Give the place back."""
        self._in_flight[tenant_id] -= 1

    def count(self, client_id: str, tenant_id: str, now: datetime, *, entered: bool) -> Verdict:
        """Judge one call and count it, whatever becomes of it; one refused here, or made while the limits are lifted, does not count."""
        moment = now.timestamp()
        minute, app_minute = self._minute[tenant_id], self._app_minute[client_id]
        _slide(minute, moment)
        _slide(app_minute, moment)
        used_today, day_left = self._day(tenant_id, moment)
        problem: Problem | None = None
        retry_after: int | None = None
        if self._switches.limits_enabled:
            if not entered:
                problem, retry_after = "concurrent", 1 if self._switches.concurrent_retry_after else None
            elif used_today >= self._switches.day_limit:
                problem, retry_after = "day", day_left
            elif len(minute) >= self._switches.minute_limit:
                problem, retry_after = "minute", _wait(minute, self._switches.minute_limit, moment)
            elif len(app_minute) >= self._switches.app_minute_limit:
                problem, retry_after = "appminute", _wait(app_minute, self._switches.app_minute_limit, moment)
        if problem is None and self._switches.limits_enabled:
            minute.append(moment)
            app_minute.append(moment)
            used_today += 1
            self._days[tenant_id] = (self._days[tenant_id][0], used_today)
        headers = {
            "X-DayLimit-Remaining": str(max(self._switches.day_limit - used_today, 0)),
            "X-MinLimit-Remaining": str(max(self._switches.minute_limit - len(minute), 0)),
            "X-AppMinLimit-Remaining": str(max(self._switches.app_minute_limit - len(app_minute), 0)),
        }
        if problem is not None:
            headers["X-Rate-Limit-Problem"] = problem
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        return Verdict(headers, problem)

    def _day(self, tenant_id: str, moment: float) -> tuple[int, int]:
        """Calls counted in the tenant's present day, and seconds until the next day begins."""
        offset = int.from_bytes(hashlib.sha256(tenant_id.encode()).digest()[:4], "big") % _DAY
        window, into = divmod(int(moment) - offset, _DAY)
        known, used = self._days.get(tenant_id, (window, 0))
        used = used if known == window else 0
        self._days[tenant_id] = (window, used)
        return used, _DAY - into


def _slide(calls: deque[float], moment: float) -> None:
    """Forget calls a minute old, or from a future the clock was moved back from."""
    while calls and not 0 <= moment - calls[0] < _MINUTE:
        calls.popleft()


def _wait(calls: deque[float], limit: int, moment: float) -> int:
    """Whole seconds until one more call fits into the sliding minute."""
    if limit <= 0:
        return int(_MINUTE)
    return max(1, math.ceil(_MINUTE - (moment - calls[len(calls) - limit])))
