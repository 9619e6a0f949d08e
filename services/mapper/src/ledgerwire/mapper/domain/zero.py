"""Records over nothing: no effect when every account and tracking nets to zero, posted when money moves (M4)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ledgerwire.common.money import ZERO
from ledgerwire.mapper.domain.segments import Parts


def has_no_effect(total: Decimal, tax: Decimal, lines: Iterable[tuple[Parts, Decimal]]) -> bool:
    """Whether a record of this total, tax and frozen (parts, amount) lines nets to zero on every account and tracking."""
    if total != 0 or tax != 0:
        return False
    sums: dict[tuple[str, tuple[str, ...]], Decimal] = {}
    for parts, amount in lines:
        key = (parts.account, parts.classes)
        sums[key] = sums.get(key, ZERO) + amount
    return not any(sums.values())
