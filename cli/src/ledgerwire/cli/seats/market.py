"""What a distributor sold in half a year: the same seed gives the same subscriptions, changes and charges. Pure."""

from __future__ import annotations

import random
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from ledgerwire.common.money import round_half_up
from ledgerwire.common.seats import (
    ChargeKind,
    ChargeLine,
    Frequency,
    SourceCustomer,
    SourceProduct,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from ledgerwire.distributors.push import Push

FIRST = date(2026, 1, 1)
LAST_MONTH = 6
CURRENCY = "AUD"
QUIET = 5
"""Customers at the front of the list whose seats never change: leaks are planted there."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Change:
    """Seats of a subscription from a day on; 0 ends it."""

    day: date
    seats: int


@dataclass(frozen=True, slots=True)
class Deal:
    """One subscription over the half-year."""

    id: str
    customer: str
    sku: str
    name: str
    frequency: Frequency
    cost: Decimal
    changes: tuple[Change, ...]


@dataclass(slots=True)
class Market:
    """Everything that is sold; `as_of` gives what a distributor would post on a day."""

    customers: tuple[SourceCustomer, ...]
    products: tuple[SourceProduct, ...]
    deals: list[Deal] = field(default_factory=list)
    credits: list[ChargeLine] = field(default_factory=list)

    def as_of(self, day: date) -> Push:
        """Customers, products, subscriptions as they stand, and every line up to the day."""
        known = [deal for deal in self.deals if deal.changes[0].day <= day + timedelta(days=5)]
        charges = [line for deal in known for line in _lines(deal, day)]
        charges += [line for line in self.credits if line.charge_start <= day]
        return Push(self.customers, self.products, tuple(_snapshot(deal, day) for deal in known), tuple(charges))


def market(seed: int, customers: int = 40, skus: int = 30) -> Market:
    """A market of `customers`, the last of which nobody linked, and `skus`, a few of them annual, one metered."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, no secret
    people = tuple(SourceCustomer(f"tenant-{number:02}", f"Tenant {number:02}") for number in range(customers))
    annual = max(skus // 6, 1)
    products = tuple(
        SourceProduct(f"CFQ7TTC0{number:04}:{number % 10:04}", _name(number, skus, annual)) for number in range(skus)
    )
    made = Market(people, products)
    costs = [Decimal(chance.randrange(300, 4200)) / 100 for _ in products]
    monthly = list(range(skus - annual - 1))
    for place, customer in enumerate(people):
        for number in chance.sample(monthly, min(3, len(monthly))):
            changes = _steady(chance) if place < QUIET or place == customers - 1 else tuple(_changes(chance))
            made.deals.append(_deal(customer, products[number], Frequency.MONTHLY, costs[number], changes))
        if place >= QUIET and place % 3 == 0 and place < customers - 1:
            number = skus - 1 - annual + chance.randrange(annual)
            start = (FIRST, date(2026, 3, 10))[place % 2]
            cost = costs[number] * 10
            changes = (Change(start, chance.randrange(2, 12)),)
            made.deals.append(_deal(customer, products[number], Frequency.ANNUAL, cost, changes))
            if place % 2 == 0:
                other = skus - 1 - annual + (number + 1 - (skus - 1 - annual)) % annual
                changes = (Change(date(2026, 4, 15), chance.randrange(2, 12)),)
                made.deals.append(_deal(customer, products[other], Frequency.ANNUAL, cost + 12, changes))
        if place >= QUIET and place % 4 == 0 and place < customers - 1:
            changes = (Change(FIRST, 1),)
            made.deals.append(_deal(customer, products[skus - 1], Frequency.USAGE, Decimal(40 + place), changes))
    return made


def credit(deal: Deal, day: date, amount: Decimal) -> ChargeLine:
    """A credit of the distributor on a subscription."""
    end = _month_end(day)
    return ChargeLine(
        f"{deal.id}/credit/{day}", "", deal.customer, deal.id, deal.sku, deal.name, ChargeKind.CREDIT, Decimal(1), -amount,
        CURRENCY, day, end, deal.frequency, event_date=day, credit_reason="goodwill",
    )  # fmt: skip


def _name(number: int, skus: int, annual: int) -> str:
    if number == skus - 1:
        return "Azure plan"
    return f"Cloud product {number:02}" + (", one year" if number >= skus - 1 - annual else "")


def _deal(
    customer: SourceCustomer, product: SourceProduct, frequency: Frequency, cost: Decimal, changes: tuple[Change, ...]
) -> Deal:
    return Deal(
        f"{customer.id}/{product.sku}".lower(), customer.id, product.sku, product.name, frequency, cost, changes
    )


def _steady(chance: random.Random) -> tuple[Change, ...]:
    return (Change(FIRST, chance.randrange(6, 40)),)


def _changes(chance: random.Random) -> Iterator[Change]:
    """At most one change a month, before or after the day of the month on which the distributor's invoice comes."""
    seats = chance.randrange(3, 40)
    yield Change(FIRST, seats)
    for month in range(1, LAST_MONTH + 1):
        if chance.random() > 0.4:
            continue
        day = date(2026, month, chance.randrange(2, 29))
        seats = 0 if chance.random() < 0.06 else max(1, seats + chance.choice((-3, -2, -1, 1, 2, 3, 5)))
        yield Change(day, seats)
        if seats == 0:
            return


def _snapshot(deal: Deal, day: date) -> SubscriptionSnapshot:
    seen = [change for change in deal.changes if change.day <= day] or [deal.changes[0]]
    last, first = seen[-1], deal.changes[0]
    ended = last.seats == 0
    quantity = seen[-2].seats if ended else last.seats
    annual = deal.frequency is Frequency.ANNUAL
    return SubscriptionSnapshot(
        id=deal.id,
        customer_id=deal.customer,
        sku=deal.sku,
        name=deal.name,
        quantity=Decimal(quantity),
        frequency=deal.frequency,
        start=first.day,
        status=SubscriptionStatus.DELETED if ended else SubscriptionStatus.ACTIVE,
        unit_cost=deal.cost,
        currency=CURRENCY,
        term="P1Y" if annual else "P1M",
        term_start=first.day,
        term_end=_year_end(first.day) if annual else None,
        ended_on=last.day - _DAY if ended else None,
        changed_on=last.day if len(seen) > 1 and not ended else None,
    )


def _lines(deal: Deal, day: date) -> Iterator[ChargeLine]:
    if deal.frequency is Frequency.USAGE:
        yield from _usage(deal, day)
        return
    before = 0
    for change in deal.changes:
        if change.day > day and before:
            return
        end = _year_end(change.day) if deal.frequency is Frequency.ANNUAL else _month_end(change.day)
        kind = ChargeKind.NEW if not before else ChargeKind.ADD_QUANTITY
        if change.seats < before:
            kind = ChargeKind.CANCEL if change.seats == 0 else ChargeKind.REMOVE_QUANTITY
        if before:
            yield _line(deal, change.day, end, kind, before, refund=True)
        if change.seats:
            yield _line(deal, change.day, end, kind, change.seats)
        before = change.seats


def _line(deal: Deal, first: date, last: date, kind: ChargeKind, seats: int, *, refund: bool = False) -> ChargeLine:
    annual = deal.frequency is Frequency.ANNUAL
    share = Decimal(1) if annual else Decimal((last - first).days + 1) / monthrange(first.year, first.month)[1]
    unit = deal.cost * share
    sign = -1 if refund else 1
    return ChargeLine(
        f"{deal.id}/{first}/{'refund' if refund else 'charge'}", f"G{first:%Y%m}", deal.customer, deal.id, deal.sku,
        deal.name, kind, Decimal(seats), sign * round_half_up(unit * seats), CURRENCY, first, last, deal.frequency,
        event_date=first, unit_price=deal.cost, effective_unit_price=sign * unit,
        term_start=first if annual else None, term_end=last if annual else None, reference_id=f"{deal.id}/{first}",
    )  # fmt: skip


def _usage(deal: Deal, day: date) -> Iterator[ChargeLine]:
    """The total of a month is known once the month is over."""
    for month in range(1, LAST_MONTH + 1):
        first = date(2026, month, 1)
        last = _month_end(first)
        if last >= day:
            return
        units = Decimal(100 + (month * 37 + len(deal.id)) % 60)
        amount = round_half_up(deal.cost * units / 100)
        yield ChargeLine(
            f"{deal.id}/{first}/usage", f"G{first:%Y%m}", deal.customer, deal.id, deal.sku, deal.name, ChargeKind.USAGE,
            units, amount, CURRENCY, first, last, deal.frequency, event_date=last,
        )  # fmt: skip


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _year_end(day: date) -> date:
    return day.replace(year=day.year + 1) - _DAY
