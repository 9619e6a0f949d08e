"""The port of seat sources: customers, their subscriptions and the lines charged, whoever the distributor is.

A source gives what it can read and says what it could not: a refused row or a page that never came makes a part incomplete,
and nothing is ended for what an incomplete part does not show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from ledgerwire.distributors.joining import join
from ledgerwire.distributors.standing import standing

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Period:
    """Days of charges that are asked for, both inclusive."""

    first: date
    last: date

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last

    def touches(self, first: date, last: date) -> bool:
        """Whether any day of a stretch is in it."""
        return first <= self.last and last >= self.first


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
    customers: list[SourceCustomer] = field(default_factory=list)
    products: tuple[SourceProduct, ...] = ()
    subscriptions: list[SubscriptionSnapshot] = field(default_factory=list)
    charges: list[ChargeLine] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    unsure: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    complete: bool = True
    everyone: bool = True

    def take(self, part: Part[T]) -> tuple[T, ...]:
        self.problems += part.problems
        self.touched |= {problem.customer_id for problem in part.problems if problem.customer_id}
        self.complete = self.complete and part.complete
        return part.rows

    def take_charges(self, part: Part[ChargeLine]) -> None:
        """Lines, and whose are not all there."""
        self.charges += self.take(part)
        named = {customer.id for customer in self.customers}
        unnamed = [each for each in _charged(self.charges) if each not in named]
        self.customers += [SourceCustomer(each, each) for each in unnamed]
        self.unsure |= set() if self.everyone else set(unnamed)
        self.unsure |= {problem.customer_id for problem in part.problems if problem.customer_id}
        if not part.complete and not (part.problems and all(problem.customer_id for problem in part.problems)):
            self.unsure |= {customer.id for customer in self.customers}

    def join(self, source: str) -> None:
        """Bring each line to its subscription; lines of none stand for themselves where nothing else could be theirs.

        A customer with lines that may be for a subscription in the list or for another one is unsure: nothing is billed twice.
        """
        partial = self.touched | self.unsure
        joined = join(self.subscriptions, self.charges, partial)
        self.charges = joined.lines
        doubted = {(line.customer_id, line.subscription_id): line for line in joined.unsure}
        self.problems += [_nobodys(source, line) for line in doubted.values()]
        self.unsure |= {line.customer_id for line in joined.unsure}
        self.subscriptions += standing(line for line in joined.alone if line.customer_id not in partial | self.unsure)


def _nobodys(source: str, line: ChargeLine) -> RowProblem:
    reason = f"subscription {line.subscription_id} is not among the customer's, and it shows others of {line.sku}"
    params = (("source", source), ("row", line.key), ("reason", reason))
    return RowProblem(line.key, "BS_SOURCE_ROW_REFUSED", params, line.customer_id)


def _charged(lines: Sequence[ChargeLine]) -> list[str]:
    """Customers of lines: one that is charged and was never named is one that nobody linked, not one to leave out."""
    return list(dict.fromkeys(line.customer_id for line in lines))


async def read_source(
    source: SeatSource,
    period: Period,
    now: datetime,
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> SeatReading:
    """Read a source once, customer by customer.

    A customer whose subscriptions cannot be read is one problem; the others go on. Customers or charges that cannot be read at
    all raise the source's error. Where some of the charges are missing and nobody knows whose, every customer is unsure.

    Args:
        source: where to read.
        period: days of charges.
        now: aware UTC moment.
        progress: told after each customer: how many are read, of how many.
    """
    got = _Collected()
    customers = await source.customers()
    got.customers += got.take(customers)
    got.everyone = customers.complete
    got.products = got.take(await source.products())
    for place, customer in enumerate(got.customers, 1):
        try:
            got.subscriptions += got.take(await source.subscriptions(customer))
        except LedgerwireError as error:
            got.problems.append(_unread(source.name, f"subscriptions of {customer.name}", error, customer.id))
            got.touched.add(customer.id)
            got.complete = False
        progress(place, len(got.customers))
    got.take_charges(await source.charges(period))
    got.join(source.name)
    return SeatReading(
        source=source.name,
        fetched_at=now,
        completeness=Completeness.COMPLETE if got.complete else Completeness.PARTIAL,
        customers=tuple(got.customers),
        products=got.products,
        subscriptions=tuple(got.subscriptions),
        charges=tuple(got.charges),
        problems=tuple(got.problems),
        unsure=frozenset(got.unsure),
    )
