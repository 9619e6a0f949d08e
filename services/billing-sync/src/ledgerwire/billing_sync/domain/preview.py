"""What the next ConnectWise invoice will say for a row, by the documented rule of proration, to the cent.

Factor of a month = days in force ÷ days of that month, both ends counted. A row that has not been invoiced yet also bills
the months before, if the agreement bills additions for the past; one that has been invoiced bills the next period only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledgerwire.billing_sync.domain.agreements import Agreement, RowValues
from ledgerwire.billing_sync.domain.days import days_between, days_in_month, month_end, parts_by_month
from ledgerwire.common.money import ZERO, round_half_up


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One row on the next invoice: its amount and how it comes about."""

    amount: Decimal
    arithmetic: str


NOTHING = InvoiceLine(ZERO, "")


def next_invoice_line(agreement: Agreement, row: RowValues, uninvoiced_from: date, *, invoiced: bool) -> InvoiceLine:
    """The line of one row on the next invoice of its agreement.

    Args:
        agreement: its flags decide proration, the past, and whether it bills once.
        row: the row as it will be.
        uninvoiced_from: F (M20).
        invoiced: the row was on an invoice before, so its days before F are billed.
    """
    if row.billed == 0:
        return NOTHING
    if agreement.bill_one_time:
        amount = ZERO if agreement.invoiced_once else round_half_up(row.billed * row.unit_price)
        return InvoiceLine(amount, f"{row.billed.normalize():f} x {row.unit_price:.2f}, once")
    last = month_end(uninvoiced_from) if agreement.end is None else min(month_end(uninvoiced_from), agreement.end)
    last = last if row.ends is None else min(last, row.ends)
    first = max(row.effective, uninvoiced_from) if invoiced or not agreement.bills_prorated_additions else row.effective
    if first > last:
        return NOTHING
    return _prorated(agreement, row, first, last)


def _prorated(agreement: Agreement, row: RowValues, first: date, last: date) -> InvoiceLine:
    factor, parts = ZERO, []
    for begin, end in parts_by_month(first, last):
        days, whole = days_between(begin, end), days_in_month(begin)
        if days == whole or not agreement.prorate:
            factor += 1
            parts.append("1")
        else:
            factor += Decimal(days) / whole
            parts.append(f"{days}/{whole}")
    amount = round_half_up(row.billed * row.unit_price * factor)
    return InvoiceLine(amount, f"{row.billed.normalize():f} x {row.unit_price:.2f} x ({' + '.join(parts)})")


def amount_of_days(quantity: Decimal, unit_price: Decimal, first: date, last: date) -> Decimal:
    """What seats come to for a stretch of days in calendar months, to the cent."""
    factor = sum((Decimal(days_between(a, b)) / days_in_month(a) for a, b in parts_by_month(first, last)), ZERO)
    return round_half_up(quantity * unit_price * factor)


def days_shown(first: date, last: date) -> str:
    """A stretch of days as a clerk reads it."""
    return f"{first:%d %b %Y} to {last:%d %b %Y}" if first != last else f"{first:%d %b %Y}"
