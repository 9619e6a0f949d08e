"""What was invoiced of agreements, line by line, and the months that each line bills.

Read with the account's posting connection, whose role may see invoices. A line of an invoice belongs to the month it bills:
that of its invoice, or, for a row that was billed for earlier days too, those days.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledgerwire.billing_sync.domain.agreements import Addition, Agreement, RowValues, Written
from ledgerwire.billing_sync.domain.days import DAY, month_billed, month_end, month_start, parts_by_month, shift_month
from ledgerwire.billing_sync.domain.preview import amount_of_days
from ledgerwire.billing_sync.domain.reconciliation import Figure
from ledgerwire.billing_sync.planning import Situation
from ledgerwire.common.errors import Waiting
from ledgerwire.common.money import CENT, ZERO
from ledgerwire.connectwise import ConnectWise
from ledgerwire.connectwise.accounting import transactions_by_invoice
from ledgerwire.connectwise.models import Invoice


@dataclass(frozen=True, slots=True)
class InvoicedLine:
    """One product line of an agreement's invoice."""

    agreement_id: int
    product_id: int
    dated: date
    quantity: Decimal
    amount: Decimal


async def invoiced_lines(psa: ConnectWise, agreements: Iterable[int], first: date, last: date) -> list[InvoicedLine]:
    """The product lines of invoices of these agreements that are dated within some days.

    Raises:
        Waiting: the key's role may not read invoices.
    """
    wanted = set(agreements)
    dated: Sequence[Invoice] = await psa.invoices_dated(first, last)
    own = [row.id for row in dated if row.apply_to_type == "Agreement" and row.apply_to_id in wanted]
    invoices = {row.id: row for row in await psa.invoices(own)}
    found: list[InvoicedLine] = []
    if not invoices:
        return found
    transactions = await psa.export_invoices(sorted(invoices))
    for number, exported in transactions_by_invoice(invoices.values(), transactions).items():
        invoice = invoices.get(number)
        if invoice is None or invoice.date is None or invoice.apply_to_id is None:
            continue
        for detail in (each for transaction in exported for each in transaction.details):
            if detail.is_tax or detail.item is None or detail.item.id is None:
                continue
            # the export writes revenue as a credit: what a customer is charged is negative there
            quantity, amount = -(detail.quantity or ZERO), -(detail.total or ZERO)
            found.append(InvoicedLine(invoice.apply_to_id, detail.item.id, invoice.date, quantity, amount))
    return found


def by_month(
    lines: Sequence[InvoicedLine],
    agreement: Agreement,
    rows: Sequence[Addition],
    written: Iterable[Written] = (),
    *,
    in_advance: bool,
) -> Iterator[tuple[int, date, Figure]]:
    """Product, month and figure of every line of an agreement's invoices.

    A row is billed for days before its invoice's month once, on the first invoice that has it; from then on month by month.

    `written` are our records of the agreement's rows: what a row said before a person changed it, invoices may have seen.
    """
    formerly = _formerly(rows, written)
    if agreement.bill_one_time:
        known = (*rows, *formerly)
        return ((line.product_id, _lump_month(line, known), _whole(line)) for line in lines)
    return _monthly(lines, rows, formerly, in_advance)


def _monthly(
    lines: Sequence[InvoicedLine], rows: Sequence[Addition], formerly: Sequence[Addition], in_advance: bool
) -> Iterator[tuple[int, date, Figure]]:
    begun: set[int] = set()
    for line in sorted(lines, key=lambda each: each.dated):
        month = month_billed(line.dated, in_advance=in_advance)
        going_on, late = _row_of(line, month, rows, begun)
        if going_on is None and late is None:
            going_on, late = _row_of(line, month, formerly, begun)
        begun |= {row.id for row in (going_on, late) if row is not None}
        if late is None:
            yield line.product_id, month, _whole(line)
            continue
        for each, amount in _shares(late.values, late.values.effective, month).items():
            yield line.product_id, each, Figure(line.quantity, amount)


def _formerly(rows: Sequence[Addition], written: Iterable[Written]) -> list[Addition]:
    """Rows as we wrote them and as invoices saw them, where that is not what they say now."""
    now = {row.id: row for row in rows}
    found: list[Addition] = []
    for record in written:
        row = now.get(record.addition_id)
        product_id = row.product_id if row else record.product_id
        past = (record.values, *(record.billed_as.pieces if record.billed_as else ()))
        found += [
            Addition(record.addition_id, record.agreement_id, product_id, values)
            for values in past
            if row is None or values != row.values
        ]
    return found


def _row_of(
    line: InvoicedLine, month: date, rows: Sequence[Addition], begun: Collection[int]
) -> tuple[Addition | None, Addition | None]:
    """The row that a line bills: for its invoice's month alone, or, as the second, for earlier days too."""
    alike = [row for row in rows if (row.product_id, row.values.billed) == (line.product_id, line.quantity)]
    going_on = next((row for row in alike if _bills(row, line, month, begun)), None)
    if going_on is not None:
        return going_on, None
    return None, next((row for row in alike if _bills_late(row, line, month, begun)), None)


def _whole(line: InvoicedLine) -> Figure:
    return Figure(line.quantity, line.amount)


def _bills(row: Addition, line: InvoicedLine, month: date, begun: Collection[int]) -> bool:
    """Whether a line is this row's for its invoice's month alone."""
    if row.values.effective < month and row.id not in begun:
        return False
    shares = _shares(row.values, max(row.values.effective, month), month)
    return bool(shares) and abs(sum(shares.values(), ZERO) - line.amount) <= CENT


def _bills_late(row: Addition, line: InvoicedLine, month: date, begun: Collection[int]) -> bool:
    """Whether a line is this row's first, for earlier days too."""
    if row.values.effective >= month or row.id in begun:
        return False
    shares = _shares(row.values, row.values.effective, month)
    return bool(shares) and abs(sum(shares.values(), ZERO) - line.amount) <= CENT * len(shares)


def _shares(values: RowValues, first: date, month: date) -> dict[date, Decimal]:
    """What a row comes to from a day to the end of a month, by months."""
    last = month_end(month) if values.ends is None else min(values.ends, month_end(month))
    return {
        begin.replace(day=1): amount_of_days(values.billed, values.unit_price, begin, end)
        for begin, end in parts_by_month(first, last)
    }


def _lump_month(line: InvoicedLine, rows: Sequence[Addition]) -> date:
    for row in rows:
        amount = row.values.billed * row.values.unit_price
        if row.product_id == line.product_id and abs(amount - line.amount) <= CENT:
            return month_start(row.values.effective)
    return month_start(line.dated)


def last_day_of_invoices(found: Situation, last: date, today: date) -> date:
    """The last day on which an invoice of these agreements is dated that may bill a month up to `last`'s.

    An invoice that comes late catches up on all the days before it, and may be dated after today. None of an agreement is
    dated as late as its next one.
    """
    agreements = (*found.agreements.values(), *found.former)
    made = (agreement.next_invoice - DAY for agreement in agreements if agreement.next_invoice is not None)
    return max(month_end(shift_month(month_start(last), 2)), today, *made)


async def read_invoiced(
    psa: ConnectWise, found: Situation, first: date, last: date
) -> tuple[list[InvoicedLine] | None, str]:
    """What was invoiced, or why it cannot be read."""
    ids = {agreement.id for agreement in (*found.agreements.values(), *found.former)}
    try:
        return await invoiced_lines(psa, ids, first, last), ""
    except Waiting as error:
        return None, f"invoices cannot be read with this key ({error.code}): bought and agreements only"
