"""Three figures for each customer, product and period: bought, on the agreement, invoiced; and why they differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ledgerwire.billing_sync.domain.agreements import RowValues
from ledgerwire.billing_sync.domain.days import days_in_month, month_end
from ledgerwire.billing_sync.domain.preview import amount_of_days
from ledgerwire.billing_sync.domain.wanted import Held
from ledgerwire.common.money import CENT, ZERO, round_half_up


class Cause(StrEnum):
    """Why the three differ; `tied` where they do not."""

    TIED = "tied"
    NOT_MAPPED = "not-mapped"
    NOT_ON_AGREEMENT = "not-on-agreement"
    NOT_SOLD = "not-sold"
    QUANTITY_DIFFERS = "quantity-differs"
    EDITED_BY_HAND = "edited-by-hand"
    ADDED_MID_MONTH = "added-mid-month"
    PRICE_CHANGED = "price-changed"
    NOT_INVOICED = "not-invoiced"
    INVOICED_TWICE = "invoiced-twice"
    CREDIT_NOT_PASSED_ON = "credit-not-passed-on"


@dataclass(frozen=True, slots=True)
class Place:
    """What is compared: one customer, product and month (its first day)."""

    customer: str
    product: str
    period: date


@dataclass(frozen=True, slots=True)
class Figure:
    """A quantity at the end of the period and an amount at sell price.

    Attributes:
        prices: of one seat, each that is in the amount; empty where unknown.
    """

    quantity: Decimal
    amount: Decimal
    prices: frozenset[Decimal] = field(default=frozenset(), compare=False)

    def plus(self, other: Figure) -> Figure:
        """Both together."""
        return Figure(self.quantity + other.quantity, self.amount + other.amount, self.prices | other.prices)


@dataclass(frozen=True, slots=True)
class Notes:
    """What is known about a place besides its figures."""

    mapped: bool = True
    edited_by_hand: bool = False
    credit: Decimal = ZERO
    """Credits of the source (negative) that were not passed on."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of the reconciliation.

    Attributes:
        invoiced: None in a two-way report.
        difference: amount that should have been invoiced (or stand on the agreement), less the source's credits, less what
            was: positive is revenue lost, negative is owed to the customer.
        currency: ISO 4217.
    """

    place: Place
    bought: Figure
    on_agreement: Figure
    invoiced: Figure | None
    difference: Decimal
    cause: Cause
    currency: str = ""


NONE = Figure(ZERO, ZERO)


def bought_figure(held: Iterable[Held], period: date) -> Figure:
    """Seats held in a month: at its end, and what they sell for by calendar days."""
    spans = ((span.starts, span.ends, span.quantity, span.unit_price) for span in held)
    return _figure(spans, period)


def agreement_figure(rows: Iterable[RowValues], period: date) -> Figure:
    """Rows in a month: at its end, and what they come to by calendar days."""
    return _figure(((row.effective, row.ends, row.quantity, row.unit_price) for row in rows), period)


def _figure(spans: Iterable[tuple[date, date | None, Decimal, Decimal]], period: date) -> Figure:
    first, last = period, month_end(period)
    total = NONE
    for starts, ends, quantity, price in spans:
        begin, end = max(starts, first), last if ends is None else min(ends, last)
        if begin <= end and quantity:
            amount = amount_of_days(quantity, price, begin, end)
            total = total.plus(Figure(quantity if end == last else ZERO, amount, frozenset({price})))
    return total


def compare(
    bought: Mapping[Place, Figure],
    on_agreement: Mapping[Place, Figure],
    invoiced: Mapping[Place, Figure] | None,
    notes: Mapping[Place, Notes] | None = None,
    *,
    currency: str = "",
    tolerance: Decimal = CENT,
) -> list[Comparison]:
    """Every place any of the three knows, in order, with its difference and cause.

    Args:
        bought: figures by place.
        on_agreement: figures by place.
        invoiced: figures by place; None makes the report two-way.
        notes: what is known besides.
        currency: of all amounts.
        tolerance: a difference up to this is rounding.
    """
    places = {*bought, *on_agreement, *(invoiced or {})}
    lines = []
    for place in sorted(places, key=lambda p: (p.customer, p.product, p.period)):
        figures = bought.get(place, NONE), on_agreement.get(place, NONE)
        billed = None if invoiced is None else invoiced.get(place, NONE)
        last = figures[1] if billed is None else billed
        said = (notes or {}).get(place, Notes())
        difference = figures[0].amount + said.credit - last.amount
        cause = _cause(figures[0], figures[1], billed, said, tolerance, place.period)
        cause = Cause.TIED if abs(difference) <= tolerance else cause
        lines.append(Comparison(place, figures[0], figures[1], billed, difference, cause, currency))
    return lines


def _cause(bought: Figure, on: Figure, billed: Figure | None, notes: Notes, tolerance: Decimal, period: date) -> Cause:
    if not notes.mapped:
        return Cause.NOT_MAPPED
    if abs(bought.amount - on.amount) > tolerance or (billed is None and bought.quantity != on.quantity):
        return _between_source_and_agreement(bought, on, notes)
    if billed is not None and abs(on.amount - billed.amount) > tolerance:
        return _between_agreement_and_invoice(on, billed, period)
    return Cause.CREDIT_NOT_PASSED_ON if notes.credit else Cause.TIED


def _between_source_and_agreement(bought: Figure, on: Figure, notes: Notes) -> Cause:
    if on == NONE:
        return Cause.NOT_ON_AGREEMENT
    if bought == NONE:
        return Cause.NOT_SOLD
    if notes.edited_by_hand:
        return Cause.EDITED_BY_HAND
    if bought.quantity != on.quantity:
        return Cause.QUANTITY_DIFFERS
    known = bought.prices and on.prices
    return Cause.ADDED_MID_MONTH if known and bought.prices == on.prices else Cause.PRICE_CHANGED


def _between_agreement_and_invoice(on: Figure, billed: Figure, period: date) -> Cause:
    if billed.amount == 0:
        return Cause.NOT_INVOICED
    if on.amount and billed.amount >= 2 * on.amount:
        return Cause.INVOICED_TWICE
    if len(on.prices) != 1 or round_half_up(on.quantity * next(iter(on.prices))) != on.amount:
        return Cause.ADDED_MID_MONTH
    if billed.quantity != on.quantity:
        return Cause.QUANTITY_DIFFERS
    days = days_in_month(period)
    parts = {round_half_up(on.amount * part / days) for part in range(1, days)}
    return Cause.ADDED_MID_MONTH if billed.amount in parts else Cause.PRICE_CHANGED
