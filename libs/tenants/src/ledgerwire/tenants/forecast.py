"""When will a backlog be done? From the provider's windows and the calls a document needs (D19). Pure.

The forecast is the bound that the providers set: no process of ours can be faster, and with work waiting they are used to the
full. It stands for records that pass; retries and refusals come on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal

CONNECTWISE_PER_MINUTE = 1000
"""ConnectWise publishes no quota; it throttles traffic much above this (developer guide)."""
CONNECTWISE_CALLS = Decimal("1.2")
"""ConnectWise calls a document in bulk: its batch, and its share of the reads before and after."""
LEDGER_CALLS = {"xero": Decimal("0.05"), "quickbooks": Decimal("1.2")}
"""Ledger calls a document in bulk, until there are measured ones: Xero takes 50 sales documents a call."""


@dataclass(frozen=True, slots=True)
class Left:
    """One window of a connection: at most `ceiling` calls in `seconds`, `left` of them now; closed for a while after a refusal."""

    name: str
    seconds: int
    ceiling: int
    left: int
    closed_for: timedelta = timedelta(0)


def finish_in(documents: int, calls_per_document: Decimal, windows: Sequence[Left]) -> timedelta:
    """How long until so many documents are posted and batched; 0 for none. The slowest limit decides."""
    if documents <= 0:
        return timedelta(0)
    calls = int((documents * calls_per_document).to_integral_value(ROUND_CEILING))
    batches = Decimal(documents) * CONNECTWISE_CALLS / CONNECTWISE_PER_MINUTE * 60
    return max(
        [timedelta(seconds=int(batches.to_integral_value(ROUND_CEILING))), *(_through(calls, one) for one in windows)]
    )


def _through(calls: int, window: Left) -> timedelta:
    """When a window has let so many calls through: what is left goes at once, the rest as the window opens again."""
    more = max(calls - window.left, 0)
    seconds = Decimal(more) * window.seconds / window.ceiling if window.ceiling else Decimal(0)
    return window.closed_for + timedelta(seconds=int(seconds.to_integral_value(ROUND_CEILING)))
