"""When will a backlog be done? From the provider's windows and the calls a document needs (D19). Pure.

The forecast is the bound that the providers set: no process of ours can be faster, and with work waiting they are used to the
full. It stands for records that pass; retries and refusals come on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal

CONNECTWISE_CALLS = Decimal("1.2")
"""ConnectWise calls a document in bulk: its batch, and its share of the reads before and after."""
LEDGER_CALLS = {"xero": Decimal("0.05"), "quickbooks": Decimal("1.2")}
"""Ledger calls a document in bulk, until there are measured ones: Xero takes 50 sales documents a call."""


@dataclass(frozen=True, slots=True)
class Left:
    """One window of a connection: at most `ceiling` calls in `seconds`, `left` of them now; closed for a while after a refusal.

    `bulk`: it counts the calls of bulk work alone.
    """

    name: str
    seconds: int
    ceiling: int
    left: int
    closed_for: timedelta = timedelta(0)
    bulk: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """What documents need of one provider: so many calls, which its windows let through."""

    calls: Decimal
    windows: Sequence[Left]


def finish_in(*needs: Need) -> timedelta:
    """How long until every provider has let its calls through; 0 for none. The slowest window decides."""
    return max((_through(_whole(need.calls), one) for need in needs for one in need.windows), default=timedelta(0))


def _whole(calls: Decimal) -> int:
    return int(calls.to_integral_value(ROUND_CEILING))


def _through(calls: int, window: Left) -> timedelta:
    """When a window has let so many calls through: what is left goes at once, the rest as the window opens again."""
    if calls <= 0:
        return timedelta(0)
    more = max(calls - window.left, 0)
    seconds = Decimal(more) * window.seconds / window.ceiling if window.ceiling else Decimal(0)
    return window.closed_for + timedelta(seconds=int(seconds.to_integral_value(ROUND_CEILING)))
