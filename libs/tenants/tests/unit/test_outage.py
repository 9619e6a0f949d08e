"""Four hours without a provider, simulated with a clock of its own: pauses, windows and sizes are the real ones.

What a claim, a group, a wake and a take do is done here as the work store and the budgets do it in the database.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from ledgerwire.common.errors import Transient
from ledgerwire.common.retry import TRANSIENT
from ledgerwire.common.work.destination import Later, decide
from ledgerwire.common.work.engine import GROUP_LIMIT, WOKEN_AT_ONCE
from ledgerwire.tenants.budget import CONNECTWISE_PER_MINUTE, Window, connectwise_windows

HOUR = 3600.0
OUTAGE = 4 * HOUR
REFUSED_AFTER, READS, CALL_SECONDS, AHEAD = 2.0, 9, 0.01, 4
WORKERS = 8
LONGEST_PAUSE = TRANSIENT.ceiling.total_seconds() * (1 + TRANSIENT.jitter)
BIG = 4_000
SMALL = tuple(range(5, 205, 10))


@dataclass
class Counted:
    """A window, counted by sixtieths."""

    window: Window
    taken: deque[list[float]] = field(default_factory=deque)

    def wait(self, calls: int, now: float) -> float:
        """How long until so many calls fit."""
        step = self.window.seconds / 60
        while self.taken and self.taken[0][0] <= now // step - 61:
            self.taken.popleft()
        used = sum(calls for _, calls in self.taken)
        for slot, before in self.taken:
            if used + calls <= self.window.ceiling:
                break
            used -= before
            if used + calls <= self.window.ceiling:
                return (slot + 61) * step - now
        return 0.0

    def take(self, calls: int, now: float) -> None:
        slot = now // (self.window.seconds / 60)
        if self.taken and self.taken[-1][0] == slot:
            self.taken[-1][1] += calls
        else:
            self.taken.append([slot, calls])


@dataclass
class Tenant:
    """One connection: its rows as (due, attempts), its windows, and what became of it."""

    size: int
    rows: list[tuple[float, int]]
    windows: list[Counted] = field(default_factory=lambda: [Counted(one) for one in connectwise_windows()])
    served_at: float = 0.0
    troubled: bool = False
    calls: int = 0
    finished_at: float = 0.0
    longest_wait: float = 0.0

    def claim(self, now: float) -> list[int]:
        """The attempts of a group of due rows."""
        claimed = []
        while self.rows and self.rows[0][0] <= now and len(claimed) < GROUP_LIMIT:
            due, attempts = heapq.heappop(self.rows)
            if now > OUTAGE:
                self.longest_wait = max(self.longest_wait, now - max(due, OUTAGE)) if not claimed else self.longest_wait
            claimed.append(attempts)
        return claimed

    def calls_made(self, calls: int, now: float) -> float:
        """When these calls have been made, each few of them after the wait for the windows."""
        while calls > 0:
            some = min(calls, AHEAD)
            while wait := max(counted.wait(some, now) for counted in self.windows):
                now += wait + 1e-6
            for counted in self.windows:
                counted.take(some, now)
            now, calls, self.calls = now + some * CALL_SECONDS, calls - some, self.calls + some
        return now

    def wake(self, now: float) -> None:
        """As the worker does after a group that passed, until nobody sleeps any more."""
        asleep = sorted(self.rows)[:WOKEN_AT_ONCE]
        self.rows = [(now if attempts else due, attempts) for due, attempts in asleep] + sorted(self.rows)[
            WOKEN_AT_ONCE:
        ]
        heapq.heapify(self.rows)
        self.troubled = len(asleep) == WOKEN_AT_ONCE


def group(tenant: Tenant, now: float, draw: random.Random) -> float:
    """Serve one group; when it ends."""
    claimed = tenant.claim(now)
    if now < OUTAGE:
        ended = now + REFUSED_AFTER
        for attempts in claimed:
            later = decide(Transient("down", code="UNREACHABLE"), attempts, draw.random)
            assert isinstance(later, Later)
            assert later.after is not None
            heapq.heappush(tenant.rows, (ended + later.after.total_seconds(), attempts + 1))
        tenant.troubled = True
        return ended
    ended = tenant.calls_made(READS + len(claimed), now)
    tenant.finished_at = ended
    if tenant.troubled:
        tenant.wake(ended)
    return ended


def turns(tenants: list[Tenant], draw: random.Random) -> Iterator[float]:
    """Groups one after the other, the longest unserved connection next, on so many connections at once."""
    free = [0.0] * WORKERS
    busy_until = {id(tenant): 0.0 for tenant in tenants}
    while any(tenant.rows for tenant in tenants):
        now = heapq.heappop(free)
        ready = [one for one in tenants if one.rows and one.rows[0][0] <= now and busy_until[id(one)] <= now]
        if not ready:
            coming = [max(one.rows[0][0], busy_until[id(one)]) for one in tenants if one.rows]
            heapq.heappush(free, max(min(coming), now + 1e-3))
            continue
        tenant = min(ready, key=lambda one: one.served_at)
        tenant.served_at = now
        ended = group(tenant, now, draw)
        busy_until[id(tenant)] = ended
        heapq.heappush(free, ended)
        yield ended


@pytest.fixture(scope="module")
def drained() -> list[Tenant]:
    """A big tenant and small ones after four hours without ConnectWise and whatever it took since."""
    draw = random.Random(19)  # noqa: S311 - a seeded simulation
    tenants = [Tenant(size, sorted((draw.uniform(0, OUTAGE), 0) for _ in range(size))) for size in (BIG, *SMALL)]
    assert max(turns(tenants, draw)) > OUTAGE
    return tenants


def bound(tenant: Tenant) -> float:
    """How long ConnectWise's limit alone makes the calls last, in seconds."""
    return tenant.calls / CONNECTWISE_PER_MINUTE * 60


@pytest.mark.requirement("D19")
def test_a_backlog_of_four_hours_drains_within_the_limits_own_bound_and_a_tenth(drained) -> None:
    big = drained[0]
    assert big.calls <= 1.2 * BIG
    assert big.finished_at - OUTAGE <= 1.1 * bound(big)
    assert bound(big) < LONGEST_PAUSE, "sleeping the pauses out would have taken longer"


@pytest.mark.requirement("D19")
def test_no_tenant_starves_after_an_outage(drained) -> None:
    for small in drained[1:]:
        # one of its rows finds out that ConnectWise is back; that one wakes the rest
        assert small.finished_at - OUTAGE <= LONGEST_PAUSE + 1.1 * bound(small) + 10
    assert max(tenant.longest_wait for tenant in drained) <= 60, "nobody who is due waits long for a turn"


def test_the_limit_is_kept_while_it_drains(drained) -> None:
    assert all(tenant.calls >= tenant.size for tenant in drained)
    for tenant in drained:
        for counted in tenant.windows:
            assert sum(calls for _, calls in counted.taken) <= counted.window.ceiling
