"""The month an invoice bills: the same for the planner's first day not invoiced and for what the reconciliation counts."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ledgerwire.billing_sync.domain.agreements import Addition, Billed, Written
from ledgerwire.billing_sync.domain.days import first_uninvoiced, month_billed, next_month
from ledgerwire.billing_sync.invoiced import InvoicedLine, by_month

from .build import PRODUCT, agreement, day, values


def billed(lines, rows, *, ahead=True, written=(), at=None):
    """Months as (month, seats, amount), of lines given as (dated, seats, amount)."""
    told = [InvoicedLine(40, PRODUCT, day(on), Decimal(seats), Decimal(amount)) for on, seats, amount in lines]
    additions = [Addition(number, 40, PRODUCT, row) for number, row in enumerate(rows)]
    found = by_month(told, at or agreement("1 May"), additions, tuple(written), in_advance=ahead)
    return [(month, figure.quantity, figure.amount) for _, month, figure in found]


@pytest.mark.parametrize(
    ("dated", "period_type", "month"),
    [("1 Apr", "Future", "1 Apr"), ("25 Mar", "Future", "1 Apr"), ("1 Apr", "Current", "1 Mar"), ("31 Mar", "Current", "1 Mar")],
)  # fmt: skip
@pytest.mark.requirement("D10", "M20")
def test_an_invoice_bills_the_month_that_was_the_first_not_invoiced_before_it(dated, period_type, month):
    ahead = period_type == "Future"
    assert first_uninvoiced(day(dated), period_type, day("1 Jan 2025")) == month_billed(day(dated), in_advance=ahead)
    assert billed([(dated, 2, "44")], [values(2, "1 Jan")], ahead=ahead) == [(day(month), 2, 44)]


@pytest.mark.requirement("D10", "M20")
def test_invoices_of_the_25th_bill_the_month_after_and_no_month_twice():
    lines = [("25 Feb", 2, "44"), ("25 Mar", 2, "44"), ("25 Apr", 2, "44")]
    months = [month for month, _, _ in billed(lines, [values(2, "1 Jan")])]
    assert months == [next_month(day(dated)) for dated, _, _ in lines]


LATE = [("1 Apr", 1, "34.06"), ("1 May", 1, "25")]
"""One seat of 22.00 since 15 March, first on the invoice of 1 April; 25.00 on the next."""
MONTHS_OF_LATE = [(day("1 Mar"), 1, Decimal("12.06")), (day("1 Apr"), 1, Decimal("22.00")), (day("1 May"), 1, 25)]


def record(first, ends=None, quantity=1):
    """What we wrote into the row that `by_month` is told as the first."""
    return Written(0, 40, PRODUCT, "sub-1", values(quantity, first, ends), day("1 Apr"))


@pytest.mark.requirement("D10", "M20")
def test_a_price_that_a_person_changed_later_leaves_the_months_of_the_first_invoice_where_they_were():
    assert billed(LATE, [values(1, "15 Mar", price="25")], written=[record("15 Mar")]) == MONTHS_OF_LATE


@pytest.mark.requirement("D10", "M20")
def test_so_do_seats_changed_an_end_set_back_and_a_row_deleted():
    two = [("1 Apr", 1, "34.06"), ("1 May", 2, "44")]
    shares = [*MONTHS_OF_LATE[:2], (day("1 May"), 2, 44)]
    assert billed(two, [values(2, "15 Mar")], written=[record("15 Mar")]) == shares
    once = [("1 Apr", 1, "34.06")]
    assert billed(once, [values(1, "15 Mar", "20 Mar")], written=[record("15 Mar")]) == MONTHS_OF_LATE[:2]
    assert billed(once, [], written=[record("15 Mar")]) == MONTHS_OF_LATE[:2]


@pytest.mark.requirement("D10", "M20")
def test_a_change_that_was_taken_over_keeps_what_the_invoice_saw():
    """The row says 25.00 and so does our record of it; what its first days were billed at is noted beside it."""
    seen = Billed((values(1, "15 Mar", "30 Apr"),), day("30 Apr"))
    taken = replace(record("15 Mar"), values=values(1, "15 Mar", price="25"), billed_as=seen)
    assert billed(LATE, [values(1, "15 Mar", price="25")], written=[taken]) == MONTHS_OF_LATE
