"""Xero's arithmetic: lines to the cent, tax per line, totals as sums of rounded lines.

Developer documentation "Rounding in Xero": LineAmount = round(Quantity x UnitAmount - discount, 2); tax is rounded
on each line and then summed; unit prices keep two decimals unless the call says ``unitdp=4``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Literal

Basis = Literal["Exclusive", "Inclusive", "NoTax"]

CENT = Decimal("0.01")
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Rounding:
    """How one call rounds: the mode at half a cent and the decimals kept on unit prices (2 or 4)."""

    mode: str = ROUND_HALF_UP
    unit_places: int = 2

    def money(self, value: Decimal) -> Decimal:
        """Round to whole cents."""
        return value.quantize(CENT, rounding=self.mode)

    def unit(self, value: Decimal) -> Decimal:
        """Round a unit price to the decimals this call keeps."""
        return value.quantize(Decimal(1).scaleb(-self.unit_places), rounding=self.mode)

    def quantity(self, value: Decimal) -> Decimal:
        """Quantities keep four decimals."""
        return value.quantize(Decimal("0.0001"), rounding=self.mode)


ROUNDING_MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}


@dataclass(frozen=True, slots=True)
class Totals:
    """Header amounts of a document, all in its own currency."""

    sub_total: Decimal
    total_tax: Decimal
    total: Decimal


def line_amount(
    quantity: Decimal,
    unit_amount: Decimal,
    rounding: Rounding,
    *,
    discount_rate: Decimal | None = None,
    discount_amount: Decimal | None = None,
) -> Decimal:
    """Amount of a line to the cent, less its discount (a percentage or an amount)."""
    gross = quantity * unit_amount
    if discount_rate:
        gross -= gross * discount_rate / _HUNDRED
    elif discount_amount:
        gross -= discount_amount
    return rounding.money(gross)


def line_tax(amount: Decimal, rate_percent: Decimal, basis: Basis, rounding: Rounding) -> Decimal:
    """Tax of one line, rounded on the line: on top when Exclusive, contained when Inclusive, none for NoTax."""
    if basis == "NoTax":
        return Decimal("0.00")
    if basis == "Exclusive":
        return rounding.money(amount * rate_percent / _HUNDRED)
    return rounding.money(amount * rate_percent / (_HUNDRED + rate_percent))


def totals(lines: Iterable[tuple[Decimal, Decimal]], basis: Basis) -> Totals:
    """Sum (amount, tax) pairs of rounded lines into the header amounts."""
    pairs = list(lines)
    amounts = sum((amount for amount, _ in pairs), Decimal("0.00"))
    tax = sum((tax for _, tax in pairs), Decimal("0.00"))
    if basis == "Inclusive":
        return Totals(amounts - tax, tax, amounts)
    return Totals(amounts, tax, amounts + tax)
