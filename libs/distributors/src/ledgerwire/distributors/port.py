"""The port of seat sources: customers, their subscriptions and the lines charged, whoever the distributor is.

A source gives what it can read and says what it could not: a refused row or a page that never came makes a part incomplete,
and nothing is ended for what an incomplete part does not show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar

from ledgerwire.common.errors import LedgerwireError
from ledgerwire.common.seats import (
    ChargeLine,
    Completeness,
    RowProblem,
    SeatReading,
    SourceCustomer,
    SourceProduct,
    SubscriptionSnapshot,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Period:
    """Days of charges that are asked for, both inclusive."""

    first: date
    last: date

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """What one question to a source brought.

    Attributes:
        problems: rows or pages that could not be given, each with a code of the catalogue.
        complete: every page and row was read, or the missing ones are known by customer (`RowProblem.customer_id`).
    """

    rows: tuple[T, ...]
    problems: tuple[RowProblem, ...] = ()
    complete: bool = True


class SeatSource(Protocol):
    """One distributor (or the person or script that stands in for one).

    Every method raises the common errors: Waiting (keys refused, consent gone), Transient (unreachable, throttled).
    """

    @property
    def name(self) -> str:
        """The source's name in the account's settings."""
        ...

    async def customers(self) -> Part[SourceCustomer]:
        """Every customer."""
        ...

    async def products(self) -> Part[SourceProduct]:
        """What is known of products beyond what subscriptions and lines say; may be empty."""
        ...

    async def subscriptions(self, customer: SourceCustomer) -> Part[SubscriptionSnapshot]:
        """Every subscription of a customer, ended ones included while the source shows them."""
        ...

    async def charges(self, period: Period) -> Part[ChargeLine]:
        """The lines charged for days of a period, in any order, subtotals as given."""
        ...


def _unread(source: str, place: str, error: LedgerwireError, customer_id: str) -> RowProblem:
    params = (("source", source), ("place", place), ("reason", error.code))
    return RowProblem(place, "BS_SOURCE_INCOMPLETE", params, customer_id)


@dataclass(slots=True)
class _Collected:
    customers: tuple[SourceCustomer, ...] = ()
    products: tuple[SourceProduct, ...] = ()
    subscriptions: list[SubscriptionSnapshot] = field(default_factory=list)
    charges: tuple[ChargeLine, ...] = ()
    problems: list[RowProblem] = field(default_factory=list)
    complete: bool = True

    def take(self, part: Part[T]) -> tuple[T, ...]:
        self.problems += part.problems
        self.complete = self.complete and part.complete
        return part.rows


async def read_source(
    source: SeatSource,
    period: Period,
    now: datetime,
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> SeatReading:
    """Read a source once, customer by customer.

    A customer whose subscriptions cannot be read is one problem; the others go on. Customers or charges that cannot be read at
    all raise the source's error.

    Args:
        source: where to read.
        period: days of charges.
        now: aware UTC moment.
        progress: told after each customer: how many are read, of how many.
    """
    got = _Collected()
    got.customers = got.take(await source.customers())
    got.products = got.take(await source.products())
    for place, customer in enumerate(got.customers, 1):
        try:
            got.subscriptions += got.take(await source.subscriptions(customer))
        except LedgerwireError as error:
            got.problems.append(_unread(source.name, f"subscriptions of {customer.name}", error, customer.id))
            got.complete = False
        progress(place, len(got.customers))
    got.charges = got.take(await source.charges(period))
    return SeatReading(
        source=source.name,
        fetched_at=now,
        completeness=Completeness.COMPLETE if got.complete else Completeness.PARTIAL,
        customers=got.customers,
        products=got.products,
        subscriptions=tuple(got.subscriptions),
        charges=got.charges,
        problems=tuple(got.problems),
    )
