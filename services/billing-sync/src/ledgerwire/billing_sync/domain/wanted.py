"""What one subscription asks of an agreement: seats by day, or charges to be mirrored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledgerwire.billing_sync.domain.plan import CreditDue, Reason
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.money import ZERO


@dataclass(frozen=True, slots=True)
class Held:
    """Seats held from a day to a day (inclusive; None = until further notice) at one cost and price.

    Attributes:
        cost_known: False where the source shows no cost for these days: a row that exists keeps its own.
    """

    starts: date
    ends: date | None
    quantity: Decimal
    unit_cost: Decimal
    unit_price: Decimal
    reason: Reason = Reason.NEW
    cost_known: bool = True


@dataclass(frozen=True, slots=True)
class Charge:
    """One net charge, mirrored as a row of its own.

    Attributes:
        key: unique within the subscription: the same charge read again has the same key.
        changed_on: the day from which the quantity holds, where only the subscription's state is known.
        term_key: subscription and first day of the cycle for the charge of a whole cycle, "" otherwise: one per cycle, ever.
        former: keys that its row may carry from before; one that ends with a colon stands for all that begin with it.
        seats: seats it adds or, negative, gives back, where the quantity is 1 for an amount.
        closed: its cycle is over and only the seats of today are known: charged if it never was, else left as it is.
    """

    key: str
    starts: date
    ends: date | None
    quantity: Decimal
    unit_cost: Decimal
    unit_price: Decimal
    description: str = ""
    term_key: str = ""
    reason: Reason = Reason.ANNUAL_CHARGE
    changed_on: date | None = None
    former: tuple[str, ...] = ()
    seats: Decimal = ZERO
    closed: bool = False


@dataclass(frozen=True, slots=True)
class CreditGiven:
    """A credit for seats given back in invoiced days that a person settled: not listed again.

    Attributes:
        quantity: seats given back; of a charge that was mirrored, what counts is `amount`.
        charge: `Charge.key` of the mirrored charge it lowers, "" for seats held.
        product_id: that the seats were billed as, 0 for the product of their line.
    """

    starts: date
    ends: date
    quantity: Decimal
    amount: Decimal = ZERO
    charge: str = ""
    product_id: int = 0


@dataclass(frozen=True, slots=True)
class Unsure:
    """The source tells what is held now, and not since which day: it may be any from `starts` on.

    Attributes:
        ends: last day, inclusive, where an end is recorded.
    """

    starts: date
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class PaidAhead:
    """Days that lines paid for at once, before the subscription was charged by the month.

    Attributes:
        last: the last of them.
        unbilled: what to say where no row of ours bills them.
    """

    last: date
    unbilled: Finding


@dataclass(frozen=True, slots=True)
class WantedLine:
    """What a subscription asks for.

    Attributes:
        line: the subscription's id.
        held: seats by day, in order and disjoint (monthly motion).
        charges: net charges (annual, Azure, one-off).
        known_from: the first day `held` speaks about; days before are not compared.
        updates_price: the price rule also moves rows that exist.
        findings: what was noticed on the way here; one that stops leaves the line alone.
        settled: credits that a person settled.
        owed: credits for seats given back that the plan before listed, and nobody settled.
        currency: of its amounts, "" if unknown.
        unsure: the last change of `held` has no day.
        product_from: the day from which the source charges for this product, where it charged for another before.
        paid: what was paid for at once before `held` begins.
    """

    line: str
    product_id: int
    name: str = ""
    customer: str = ""
    held: tuple[Held, ...] = ()
    charges: tuple[Charge, ...] = ()
    known_from: date = date.min
    updates_price: bool = False
    findings: tuple[Finding, ...] = ()
    settled: tuple[CreditGiven, ...] = ()
    owed: tuple[CreditDue, ...] = ()
    currency: str = ""
    unsure: Unsure | None = None
    product_from: date | None = None
    paid: PaidAhead | None = None

    @property
    def seats_now(self) -> Decimal:
        return self.held[-1].quantity if self.held else ZERO
