"""Quantity and unit price of a line: the exact product, else by the rounding policy; the GL line total decides (M11)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from ledgerwire.common.money import CENT, ZERO, round_half_up
from ledgerwire.mapper.domain.model import GlLine
from ledgerwire.mapper.domain.parts import Case, money_words
from ledgerwire.mapper.domain.rounding import limit
from ledgerwire.mapper.domain.settings import RoundingPolicy
from ledgerwire.mapper.domain.trace import Candidate, Decision

ONE = Decimal(1)
_FACING = {1: -ONE, -1: ONE}
"""By the document's sign: what turns an entry's amount into the line's."""
_UNITS = tuple(Decimal(1).scaleb(-places) for places in range(10))
_MOST_PIECES = Decimal(1_000_000)
"""Quantities above this are not split: what a clerk would read is no quantity any more."""


class Piece(NamedTuple):
    """A quantity at a unit price, in the document's sign; their product rounds to `net`."""

    quantity: Decimal
    unit_amount: Decimal
    net: Decimal


class LineFigures(NamedTuple):
    """One line in the document's sign: one piece, or two where it is spread.

    `rounding` is left for a rounding line; `shown` goes into the description. `decision` is None where quantity and price
    make the line: there is nothing to explain then.
    """

    pieces: tuple[Piece, ...]
    rounding: Decimal = ZERO
    shown: str = ""
    decision: int | None = None


def line_figures(case: Case, index: int, line: GlLine, sign: int) -> LineFigures:
    """Quantity and unit price of a line: the exact product, else by the rounding policy."""
    net = (line.total * _FACING[sign]).quantize(CENT, ROUND_HALF_UP)
    quantity, price = abs(line.quantity or ZERO), abs(line.price or ZERO)
    exact = _exact(quantity, price, abs(net), case.reference.rules.unit_decimals)
    if exact is not None:
        return LineFigures((Piece(quantity, exact if net >= ZERO else -exact, net),))
    if quantity and price:
        return _rounded(case, index, line, net, quantity, price)
    way = Candidate("GL entry", money_words(net), matched=True, reason="is used once, no price is shown")
    key = f"'{line.description}' {money_words(net)}"
    return _once(net, decision=case.trace.add(Decision("amount", key, "1 x total", (way,))))


def _once(net: Decimal, *, shown: str = "", decision: int | None = None) -> LineFigures:
    return LineFigures((Piece(ONE, net, net),), shown=shown, decision=decision)


def _fits(amount: Decimal, places: int | None) -> bool:
    return places is None or not amount % _UNITS[places]


def _exact(quantity: Decimal, price: Decimal, net: Decimal, places: int | None) -> Decimal | None:
    """The unit price, of as many decimals as the ledger keeps, that makes the line total; None if there is none."""
    if not quantity:
        return None
    if not price and net:
        price = round_half_up(net / quantity, 4)
        return price if quantity * price == net and _fits(quantity, places) else None
    if (quantity * price).quantize(CENT, ROUND_HALF_UP) != net:
        return None
    if places is None:
        return price
    unit = _UNITS[places]
    return None if quantity % unit or price % unit else price


def _rounded(case: Case, index: int, line: GlLine, net: Decimal, quantity: Decimal, price: Decimal) -> LineFigures:
    places = case.reference.rules.unit_decimals
    unit = price if places is None else round_half_up(price, places)
    made = round_half_up(quantity * unit) * (-1 if net < 0 else 1)
    shown = f"{quantity.normalize():f} x {price.normalize():f}"
    policy = case.settings.rounding.policy
    if policy == RoundingPolicy.LINE and _fits(quantity, places) and abs(net - made) <= limit(case, 1):
        figures = LineFigures((Piece(quantity, unit if net >= 0 else -unit, made),), rounding=net - made)
        treatment = "a rounding line ties it"
    elif policy == RoundingPolicy.SPREAD and (pieces := _spread(quantity, net)):
        figures = LineFigures(pieces, shown=shown)
        parts = " and ".join(f"{item.quantity:f} x {money_words(item.unit_amount)}" for item in pieces)
        treatment = f"split into {parts}" if len(pieces) > 1 else f"posted as {parts}"
    else:
        figures = _once(net, shown=shown)
        treatment = f"posted as 1 x {money_words(net)}"
    _tell(case, index, line, (quantity, price, made, net), treatment)
    return _decided(case, line, figures, (shown, money_words(made), money_words(net), treatment))


def _spread(quantity: Decimal, net: Decimal) -> tuple[Piece, ...]:
    """Whole units at two whole-cent prices, one cent apart, that add up to the line; none for a fraction of a unit."""
    if quantity != quantity.to_integral_value() or quantity > _MOST_PIECES:
        return ()
    cents, sign = int(abs(net) / CENT), -1 if net < 0 else 1
    low, dearer = divmod(cents, int(quantity))
    counts = ((int(quantity) - dearer, low * CENT), (dearer, (low + 1) * CENT))
    return tuple(Piece(Decimal(count), sign * price, sign * price * count) for count, price in counts if count)


def _tell(
    case: Case, index: int, line: GlLine, figures: tuple[Decimal, Decimal, Decimal, Decimal], treatment: str
) -> None:
    quantity, price, made, net = figures
    case.add(
        "ROUNDING_APPLIED",
        index,
        line_text=line.description,
        item=line.product or line.non_product_id or "",
        quantity=f"{quantity.normalize():,f}",
        price=f"{price.normalize():f}",
        found=money_words(made),
        expected=money_words(net),
        difference=money_words(net - made),
        treatment=treatment,
        cause=price_cause(quantity, price, net),
    )


def price_cause(quantity: Decimal, price: Decimal, net: Decimal) -> str:
    """Why quantity x unit price as the ledger keeps it is not the line total, computed rather than guessed (D13)."""
    if round_half_up(quantity * round_half_up(price)) == abs(net):
        return f"ConnectWise rounds the unit price to {money_words(round_half_up(price))} before it multiplies"
    if round_half_up(quantity * price) == abs(net):
        return "the unit price or quantity has more decimals than the ledger keeps"
    return "the line total is not quantity x price in ConnectWise (a discount, or an amount set by hand)"


def _decided(case: Case, line: GlLine, figures: LineFigures, words: tuple[str, str, str, str]) -> LineFigures:
    shown, made, net, treatment = words
    keeps = bool(figures.rounding)
    ways = (
        Candidate("quantity x price", shown, matched=keeps, reason=f"makes {made} in the ledger"),
        Candidate("line total", net, matched=not keeps, reason="is what ConnectWise printed"),
    )
    decision = case.trace.add(Decision("amount", f"'{line.description}' {net}", treatment, ways))
    return LineFigures(figures.pieces, figures.rounding, figures.shown, decision)
