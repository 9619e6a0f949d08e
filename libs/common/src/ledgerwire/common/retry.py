"""The one home of retry numbers: how often and how long, by cause."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class RetryBudget:
    """How a cause is retried.

    Attributes:
        attempts: failures (of any cause) after which the work is given up.
        first: pause after the first failure; each further one is `factor` times as long, up to `ceiling`.
        jitter: share by which a pause varies to either side, so that those who failed together do not return together.
    """

    attempts: int
    first: timedelta
    ceiling: timedelta
    factor: float = 2.0
    jitter: float = 0.2

    def spent(self, failures: int) -> bool:
        """True when `failures` earlier ones and this one use the budget up."""
        return failures + 1 >= self.attempts

    def pause(self, failures: int, draw: Callable[[], float] = random.random) -> timedelta:
        """The pause after a failure that `failures` others came before; `draw` gives a number in [0, 1)."""
        longest = self.ceiling / self.first
        steps = min(self.factor ** min(failures, 64), longest)
        spread = 1 + self.jitter * (2 * draw() - 1)
        return self.first * steps * spread


TRANSIENT: Final = RetryBudget(attempts=300, first=timedelta(seconds=2), ceiling=timedelta(minutes=15))
"""About three days: a provider's longest outages end by themselves."""

AMBIGUOUS: Final = RetryBudget(attempts=100, first=timedelta(seconds=30), ceiling=timedelta(minutes=15))
"""Each try is a look-up, never a second write."""

UNEXPECTED: Final = RetryBudget(attempts=4, first=timedelta(seconds=5), ceiling=timedelta(minutes=5), factor=4.0)
"""A fault of ours: it may be a passing circumstance, more likely it is the same next time."""

RETRY_AFTER_CEILING: Final = timedelta(hours=24)
"""A server's own advice is followed up to a day (daily quotas reset by then); beyond that it is a mistake."""
