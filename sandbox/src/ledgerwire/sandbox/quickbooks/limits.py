"""QuickBooks' limits: calls per minute and batches per minute and company, calls per second and calls in flight."""

from collections import defaultdict, deque
from datetime import datetime

from ledgerwire.sandbox.quickbooks.switches import Switches


class Limits:
    """Sliding windows in virtual time."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._calls: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._in_flight = 0

    def enter(self) -> bool:
        """Take a place among the calls in flight; False (and no place) when all are taken."""
        if self._switches.limits_enabled and self._in_flight >= self._switches.concurrent_limit:
            return False
        self._in_flight += 1
        return True

    def leave(self) -> None:
        """Give the place back."""
        self._in_flight -= 1

    def admit(self, realm: str, client_id: str, now: datetime, *, batch: bool) -> bool:
        """Judge one call and count it; a call refused here does not count."""
        if not self._switches.limits_enabled:
            return True
        moment = now.timestamp()
        wanted = [
            (self._calls["minute", realm], 60.0, self._switches.minute_limit),
            (self._calls["second", f"{realm}/{client_id}"], 1.0, self._switches.second_limit),
        ]
        if batch:
            wanted.append((self._calls["batch", realm], 60.0, self._switches.batch_minute_limit))
        for calls, span, _ in wanted:
            while calls and not 0 <= moment - calls[0] < span:
                calls.popleft()
        if any(len(calls) >= limit for calls, _, limit in wanted):
            return False
        for calls, _, _ in wanted:
            calls.append(moment)
        return True
