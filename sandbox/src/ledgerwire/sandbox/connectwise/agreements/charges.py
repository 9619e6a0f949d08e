"""What an addition comes to on the next invoice of its agreement."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ledgerwire.sandbox.connectwise.agreements.periods import (
    ONE_TIME,
    Grid,
    Period,
    billed_period,
    billing_option,
    day_of,
    grid_of,
    last_day_of,
)
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row

_CENT = Decimal("0.01")
_UNIT = Decimal("0.00001")
_DAY = timedelta(days=1)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Charge:
    """One addition on one invoice: `factor` periods of `quantity` units, for the days of `stretch`."""

    addition_id: int
    quantity: Decimal
    factor: Decimal
    stretch: Period
    amount: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Billed:
    """What has been invoiced of an addition."""

    invoice_id: int
    agreement_id: int
    charge: Charge


@dataclass(frozen=True, slots=True)
class Run:
    """An agreement on the point of being invoiced."""

    agreement: Row
    option: str
    dated: date
    grid: Grid
    period: Period

    @property
    def is_one_time(self) -> bool:
        return self.option == ONE_TIME


def cents(amount: Decimal) -> Decimal:
    """Half a cent away from zero."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


def next_run(state: ConnectWiseState, agreement: Row) -> Run | None:
    """The agreement's next invoice; None when it has none (a One-Time agreement that was invoiced, an ended one)."""
    dated = day_of(agreement, "nextInvoiceDate")
    if dated is None:
        return None
    option = billing_option(agreement, state.tables["billing_cycles"])
    grid = grid_of(agreement, option)
    if option == ONE_TIME:
        return Run(agreement, option, dated, grid, Period(dated, dated))
    period = billed_period(agreement, grid, dated, state.switches.advance_period_types)
    last = last_day_of(agreement)
    return None if last is not None and period.first > last else Run(agreement, option, dated, grid, period)


def billed_quantity(addition: Row) -> Decimal:
    """Quantity less what the agreement includes; what is included never makes a credit."""
    quantity, included = Decimal(addition.get("quantity") or 0), Decimal(addition.get("lessIncluded") or 0)
    return max(quantity - included, ZERO) if included > 0 else quantity


def last_day(state: ConnectWiseState, addition: Row) -> date | None:
    """The last day billed; None without a cancelled date."""
    cancelled = day_of(addition, "cancelledDate")
    if cancelled is None or state.switches.addition_last_day == "inclusive":
        return cancelled
    return cancelled - _DAY


def charge_of(state: ConnectWiseState, run: Run | None, addition: Row) -> Charge | None:
    """The addition on that invoice; None when it is not on it."""
    quantity = billed_quantity(addition)
    if run is None or not quantity or addition.get("billCustomer") == "DoNotBill":
        return None
    stretch = _stretch(state, run, addition)
    if stretch is None:
        return None
    factor = Decimal(1) if run.is_one_time else _factor(run, stretch)
    price = ZERO if addition.get("billCustomer") == "NoCharge" else Decimal(addition.get("unitPrice") or 0)
    cost = Decimal(addition.get("unitCost") or 0)
    number = int(addition.get("id") or 0)
    return Charge(number, quantity, factor, stretch, cents(quantity * price * factor), cents(quantity * cost * factor))


def _stretch(state: ConnectWiseState, run: Run, addition: Row) -> Period | None:
    """The days that the invoice bills: those of its period, and earlier ones of an addition never invoiced before."""
    effective = day_of(addition, "effectiveDate") or run.period.first
    billed_before = bool(state.billed.get(int(addition.get("id") or 0)))
    if run.is_one_time:
        return None if billed_before else Period(effective, last_day(state, addition) or effective)
    from_now_on = billed_before or run.agreement.get("invoiceProratedAdditionsFlag") is False
    first = max(effective, run.period.first) if from_now_on else effective
    ends = (run.period.last, last_day_of(run.agreement), last_day(state, addition))
    last = min(day for day in ends if day is not None)
    return Period(first, last) if first <= last else None


def _factor(run: Run, stretch: Period) -> Decimal:
    """Periods in force: days ÷ days of the period, both ends counted; whole periods where nothing is prorated."""
    whole = not run.agreement.get("prorateFlag")
    parts = run.grid.between(stretch.first, stretch.last)
    return sum(
        (
            Decimal(1) if whole or part == period else Decimal(part.days) / Decimal(period.days)
            for period, part in parts
        ),
        ZERO,
    )


def base_amount(run: Run) -> Decimal:
    """The agreement's own amount on that invoice, prorated where it began or ended inside the period."""
    amount = Decimal(run.agreement.get("billAmount") or 0)
    if run.is_one_time or not amount:
        return amount
    start = day_of(run.agreement, "billStartDate") or day_of(run.agreement, "startDate") or run.period.first
    last = last_day_of(run.agreement) or run.period.last
    stretch = Period(max(start, run.period.first), min(last, run.period.last))
    return cents(amount * _factor(run, stretch)) if stretch.first <= stretch.last else ZERO


def columns(state: ConnectWiseState, agreement: Row, addition: Row) -> dict[str, Any]:
    """The computed columns of an addition: what it comes to a period, and on the next invoice."""
    quantity = billed_quantity(addition)
    price, cost = Decimal(addition.get("unitPrice") or 0), Decimal(addition.get("unitCost") or 0)
    charge = charge_of(state, next_run(state, agreement), addition)
    factor = charge.factor if charge else ZERO
    return {
        "billedQuantity": quantity,
        "extPrice": cents(quantity * price),
        "extCost": cents(quantity * cost),
        "margin": cents(quantity * (price - cost)),
        "proratePrice": _unit(price * factor),
        "prorateCost": _unit(cost * factor),
        "extendedProratePrice": charge.amount if charge else Decimal("0.00"),
        "extendedProrateCost": charge.cost if charge else Decimal("0.00"),
    }


def _unit(amount: Decimal) -> Decimal:
    return amount.quantize(_UNIT, ROUND_HALF_UP)
