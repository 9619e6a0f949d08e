"""One reading of a source: everything it showed, whether that is all, and the rows it could not give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ledgerwire.common.seats.charge import ChargeLine
from ledgerwire.common.seats.customer import SourceCustomer
from ledgerwire.common.seats.product import SourceProduct
from ledgerwire.common.seats.subscription import SubscriptionSnapshot


class Completeness(StrEnum):
    """Whether what is absent may be taken for ended."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    """The source stopped halfway, or rows were refused: what is missing is unknown and nothing is ended for it."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row or page a source could not give.

    Attributes:
        place: where it stands ("row 17", "customers page 3").
        code: a code of the catalogue.
        params: values of its sentence.
        customer_id: the customer it belongs to where known, "": only that customer's absences become unknown.
    """

    place: str
    code: str
    params: tuple[tuple[str, str], ...] = ()
    customer_id: str = ""


@dataclass(frozen=True, slots=True)
class SeatReading:
    """What one source showed at one moment, in normal form.

    Attributes:
        source: name of the source in the account's settings.
        fetched_at: aware UTC moment at which the reading began.
        completeness: `COMPLETE` only if every page and row was read.
        subscriptions: every subscription, ended ones included while the source shows them.
        charges: lines of the invoices (or the unbilled period) that were read; may be empty.
        unsure: customers of whom something could not be read: what is shown of them is not all, so nothing of it is planned.
    """

    source: str
    fetched_at: datetime
    completeness: Completeness
    customers: tuple[SourceCustomer, ...] = ()
    products: tuple[SourceProduct, ...] = ()
    subscriptions: tuple[SubscriptionSnapshot, ...] = ()
    charges: tuple[ChargeLine, ...] = ()
    problems: tuple[RowProblem, ...] = ()
    unsure: frozenset[str] = frozenset()
