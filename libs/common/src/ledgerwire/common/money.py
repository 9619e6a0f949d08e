"""Money: exact decimals with their currency, and the one rounding rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal(0)
_UNITS = tuple(Decimal(1).scaleb(-places) for places in range(10))
"""1, 0.1, 0.01 ...: the exponents that rounding needs, made once."""


def round_half_up(amount: Decimal, places: int = 2) -> Decimal:
    """Round half away from zero, as both ledgers do, to `places` (0 to 9) decimals."""
    return amount.quantize(_UNITS[places], ROUND_HALF_UP)


def round_down(amount: Decimal, places: int = 2) -> Decimal:
    """Truncate towards zero to `places` (0 to 9) decimals."""
    return amount.quantize(_UNITS[places], ROUND_DOWN)


def floor_cents(amount: Decimal) -> Decimal:
    """The largest whole-cent amount that is not above `amount`."""
    return amount.quantize(CENT, ROUND_FLOOR)


def is_cents(amount: Decimal) -> bool:
    """Whether an amount has no more than two decimals of value."""
    return round_half_up(amount) == amount


class CurrencyMismatchError(ValueError):
    """Two amounts of different currencies were combined."""


@dataclass(frozen=True, order=False, slots=True)
class Money:
    """An exact amount in one currency (ISO 4217 code)."""

    amount: Decimal
    currency: str

    def _same(self, other: Money) -> Decimal:
        if self.currency != other.currency:
            raise CurrencyMismatchError(f"{self.currency} and {other.currency} cannot be combined")
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __str__(self) -> str:
        return f"{self.amount:,.2f} {self.currency}"


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Sum decimals exactly; an empty sum is 0."""
    return sum(amounts, ZERO)
