"""Sell prices: from a rule, never from cost alone, never 0 (M21)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from ledgerwire.billing_sync.domain.rules import PriceBasis, PriceRule
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.money import ZERO, round_down, round_half_up
from ledgerwire.common.seats import ChargeLine

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class PriceSources:
    """The amounts a rule may start from, each for one seat and one charge cycle; None where unknown."""

    cost: Decimal | None = None
    erp: Decimal | None = None
    source: Decimal | None = None
    catalog: Decimal | None = None


def sell_price(rule: PriceRule | None, amounts: PriceSources) -> Decimal | None:
    """The price of one seat and cycle, to the cent; None where the rule (or what it needs) is missing or comes to 0."""
    if rule is None:
        return None
    price = _by_rule(rule, amounts)
    return round_half_up(price) if price is not None and round_half_up(price) > 0 else None


def _by_rule(rule: PriceRule, amounts: PriceSources) -> Decimal | None:
    given = {
        PriceBasis.FIXED: rule.value,
        PriceBasis.ERP: amounts.erp,
        PriceBasis.SOURCE: amounts.source,
        PriceBasis.CATALOG: amounts.catalog,
    }
    if rule.basis in given or amounts.cost is None:
        return given.get(rule.basis)
    if rule.basis is PriceBasis.MARKUP:
        return amounts.cost * (_HUNDRED + rule.value) / _HUNDRED
    return amounts.cost * _HUNDRED / (_HUNDRED - rule.value) if rule.value < _HUNDRED else None


def price_missing(product: str, customer: str, rule: PriceRule | None) -> Finding:
    """The stop where no price can be told."""
    basis = rule.basis.value if rule else "none"
    return Finding("BS_PRICE_RULE_MISSING", {"product": product, "customer": customer, "rule": basis})


def sold_below_cost(
    product: str, customer: str, cycle: str, seats: Iterable[tuple[Decimal, Decimal, Decimal]]
) -> Iterator[Finding]:
    """A word where the newest of some (seats, unit price, unit cost) sells for less than it costs."""
    sold = [each for each in seats if each[0] > 0]
    if not sold:
        return
    quantity, price, cost = sold[-1]
    if 0 <= price < cost:
        money = {"price": f"{price:,.2f}", "cost": f"{cost:,.2f}", "loss": f"{(cost - price) * quantity:,.2f}"}
        names = {"product": product, "customer": customer, "cycle": cycle, "seats": f"{quantity.normalize():f}"}
        yield Finding("BS_SELLS_BELOW_COST", {**names, **money})


def usage_base(lines: Iterable[ChargeLine], *, keeps_earned_credit: bool) -> Decimal:
    """What a month of metered use is priced on.

    The subtotal is after the partner earned credit; where the partner keeps that credit the customer's price stands on the
    list amount (list price x billable units, cut to the cent), line by line, and on the subtotal where no list price is given.
    """
    base = ZERO
    for line in lines:
        units = line.quantity if line.billable_quantity is None else line.billable_quantity
        if keeps_earned_credit and line.unit_price is not None and line.subtotal > 0:
            base += max(round_down(line.unit_price * units), line.subtotal)
        else:
            base += line.subtotal
    return base


def share_of_term(annual_price: Decimal, seats: Decimal, days_left: int, term_days: int) -> Decimal:
    """The price of seats added within a term that is paid at once: annual price x seats x days left ÷ days of the term."""
    return round_half_up(annual_price * seats * days_left / term_days)
