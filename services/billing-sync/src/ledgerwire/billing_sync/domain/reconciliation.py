"""Three figures for each customer, product and period: bought, on the agreement, invoiced; and why they differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    """Why the three differ; `tied` where they do not, `not-invoiced-yet` where the next invoice will bill it."""

    TIED = "tied"
    NOT_MAPPED = "not-mapped"
    NOT_ON_AGREEMENT = "not-on-agreement"
    NOT_SOLD = "not-sold"
    QUANTITY_DIFFERS = "quantity-differs"
    EDITED_BY_HAND = "edited-by-hand"
    ADDED_MID_MONTH = "added-mid-month"
    PRICE_CHANGED = "price-changed"
    NOT_INVOICED = "not-invoiced"
    NOT_INVOICED_YET = "not-invoiced-yet"
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
    """What is known about a place besides its figures.

    Attributes:
        credit: credits of the source (negative, at its prices) that were not passed on.
        settled: credits for seats given back (positive) that a person settled: what was billed for them stays on the invoice.
        not_due: of the agreement's amount, what the next invoice bills and none has had to bill so far.
    """

    mapped: bool = True
    edited_by_hand: bool = False
    credit: Decimal = ZERO
    settled: Decimal = ZERO
    not_due: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of the reconciliation: a place that ties, or one of the causes why it does not.

    A place with several causes has a line for each, with the same figures; their differences sum to that of the place.

    Attributes:
        invoiced: None in a two-way report.
        difference: what this cause comes to, of the amount that should have been invoiced (or stand on the agreement), less
            the source's credits, less what was: positive is revenue lost, negative is owed to the customer.
        currency: ISO 4217.
    """

    place: Place
    bought: Figure
    on_agreement: Figure
    invoiced: Figure | None
    difference: Decimal
    cause: Cause
    currency: str = ""

    @property
    def leaks(self) -> bool:
        """Whether something has to be done about it."""
        return self.cause not in {Cause.TIED, Cause.NOT_INVOICED_YET}


NONE = Figure(ZERO, ZERO)


def bought_figure(held: Iterable[Held], period: date) -> Figure:
    """Seats held in a month: at its end, and what they sell for by calendar days."""
    spans = ((span.starts, span.ends, span.quantity, span.unit_price) for span in held)
    return _figure(spans, period)


def agreement_figure(rows: Iterable[RowValues], period: date) -> Figure:
    """Rows in a month: at its end, and what they come to by calendar days."""
    return _figure(((row.effective, row.ends, row.billed, row.unit_price) for row in rows), period)


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
    """Every place any of the three knows, in order, with its differences and their causes.

    Args:
        bought: figures by place.
        on_agreement: figures by place.
        invoiced: figures by place; None makes the report two-way.
        notes: what is known besides.
        currency: of all amounts.
        tolerance: a difference up to this is rounding.
    """
    places = {*bought, *on_agreement, *(invoiced or {})}
    lines: list[Comparison] = []
    for place in sorted(places, key=lambda p: (p.customer, p.product, p.period)):
        figures = bought.get(place, NONE), on_agreement.get(place, NONE)
        billed = None if invoiced is None else invoiced.get(place, NONE)
        said = (notes or {}).get(place, Notes())
        parts = _Causes(*figures, billed, said, tolerance, place.period).parts()
        for cause, difference in parts.items():
            lines.append(Comparison(place, *figures, billed, difference, cause, currency))
    return lines


@dataclass(frozen=True, slots=True)
class _Causes:
    """Why one place differs: between the source and the agreement, between that and the invoice, and the source's credits."""

    bought: Figure
    on: Figure
    billed: Figure | None
    notes: Notes
    tolerance: Decimal
    period: date

    def parts(self) -> dict[Cause, Decimal]:
        """Each cause with what it comes to; `tied` alone with what is rounding."""
        last = self.on if self.billed is None else self.billed
        whole = self.bought.amount + self.notes.settled - last.amount
        if not self.notes.mapped:
            return {Cause.NOT_MAPPED: whole + self.notes.credit}
        credit = {} if not self.notes.credit else {Cause.CREDIT_NOT_PASSED_ON: self.notes.credit}
        if self._nil(whole):
            return credit or {Cause.TIED: whole}
        # a credit at the source's prices never explains a difference at sell prices, unless the invoice gives just that
        agreement = self.bought.amount + self.notes.settled - self.on.amount
        if self._nil(agreement) and self._nil(whole + self.notes.credit):
            return {Cause.TIED: whole + self.notes.credit}
        found: dict[Cause, Decimal] = {}
        for cause, difference in (
            *self._on_agreement(agreement),
            *self._on_invoice(whole - agreement),
            *credit.items(),
        ):
            found[cause] = found.get(cause, ZERO) + difference
        return found or {Cause.TIED: whole}

    def _nil(self, amount: Decimal) -> bool:
        return abs(amount) <= self.tolerance

    def _on_agreement(self, difference: Decimal) -> Iterator[tuple[Cause, Decimal]]:
        if not self._nil(difference):
            yield _between_source_and_agreement(self.bought, self.on, self.notes), difference

    def _on_invoice(self, difference: Decimal) -> Iterator[tuple[Cause, Decimal]]:
        if self.billed is None or self._nil(difference):
            return
        later = _within(self.notes.not_due, difference)
        if not self._nil(later):
            yield Cause.NOT_INVOICED_YET, later
            difference -= later
        if not self._nil(difference):
            due = Figure(self.on.quantity, self.on.amount - later, self.on.prices)
            yield _between_agreement_and_invoice(due, self.billed, self.period), difference


def _within(part: Decimal, whole: Decimal) -> Decimal:
    """As much of a part as lies in the whole, nothing where they have different signs."""
    return ZERO if part * whole <= 0 else min(part, whole, key=abs)


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
    if on == NONE:
        return Cause.NOT_ON_AGREEMENT
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
