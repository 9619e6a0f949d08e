"""The three-way reconciliation: bought, on the agreement, invoiced; for whole months, by customer and product (D10).

Where the posting connection may not see invoices, the report is two-way and says so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from ledgerwire.billing_sync.domain.agreements import Agreement, RowValues, Written
from ledgerwire.billing_sync.domain.claims import BILLABLE
from ledgerwire.billing_sync.domain.days import (
    DAY,
    days_between,
    days_in_month,
    first_uninvoiced,
    month_end,
    month_start,
    parts_by_month,
    shift_month,
)
from ledgerwire.billing_sync.domain.plan import Reason
from ledgerwire.billing_sync.domain.recalled import recalled
from ledgerwire.billing_sync.domain.reconciliation import (
    NONE,
    Figure,
    Notes,
    Place,
    agreement_figure,
    bought_figure,
    compare,
)
from ledgerwire.billing_sync.domain.wanted import Charge, CreditGiven, WantedLine
from ledgerwire.billing_sync.domain.wanting import Product, wanted_line
from ledgerwire.billing_sync.invoiced import InvoicedLine, by_month
from ledgerwire.billing_sync.linking import Given, Sold
from ledgerwire.billing_sync.planning import Situation
from ledgerwire.billing_sync.report import SeatReport
from ledgerwire.billing_sync.settings import price_rules
from ledgerwire.common.money import ZERO, round_half_up
from ledgerwire.common.seats import ChargeKind, Motion


def months_between(first: date, last: date) -> list[date]:
    """First days of the months from `first`'s to `last`'s."""
    months, month = [], month_start(first)
    while month <= last:
        months.append(month)
        month = shift_month(month, 1)
    return months


def _by_share(given: CreditGiven) -> dict[date, Decimal]:
    """A settled credit by months: that of a charge in the month it begins in, else by its days."""
    if given.charge:
        return {month_start(given.starts): given.amount}
    parts = [
        (month_start(a), Decimal(days_between(a, b)) / days_in_month(a))
        for a, b in parts_by_month(given.starts, given.ends)
    ]
    whole, left = sum((share for _, share in parts), ZERO), given.amount
    shares: dict[date, Decimal] = {}
    for month, share in parts[:-1]:
        shares[month] = round_half_up(given.amount * share / whole)
        left -= shares[month]
    return {**shares, parts[-1][0]: left}


def reconcile(
    given: Given, found: Situation, invoiced: Sequence[InvoicedLine] | None, first: date, last: date, two_way: str = ""
) -> SeatReport:
    """Compare the months from `first`'s to `last`'s; `invoiced` None gives a two-way report."""
    months = set(months_between(first, last))
    work = _Work(given, found, months)
    work.take_wanted()
    work.take_unlinked()
    work.take_agreements()
    billed = None if invoiced is None else work.billed(invoiced)
    named = [agreement.currency for agreement in found.agreements.values()]
    named += [line.currency for lines in found.lines.values() for line in lines]
    currency = next((each for each in named if each), "")
    rows = compare(work.bought, work.standing, billed, work.notes, currency=currency)
    return SeatReport(min(months), month_end(max(months)), tuple(rows), two_way)


class _Work:
    def __init__(self, given: Given, found: Situation, months: set[date]) -> None:
        self.given = given
        self.found = found
        self.months = months
        self.bought: dict[Place, Figure] = {}
        self.standing: dict[Place, Figure] = {}
        self.notes: dict[Place, Notes] = {}
        self.names: dict[int, str] = {}
        self.written = {record.written.addition_id: record.written for record in given.records}
        self.by_line: dict[str, list[Written]] = defaultdict(list)
        products = {row.id: row.product_id for rows in found.additions.values() for row in rows}
        for each in self.written.values():
            product_id = products.get(each.addition_id, each.product_id)
            self.by_line[each.line].append(replace(each, product_id=product_id))
        for lines in found.lines.values():
            self.names |= {line.product_id: line.name for line in lines}

    def place(self, company_id: int, product_id: int, month: date) -> Place:
        customer = self.found.linked.names.get(company_id, f"company {company_id}")
        return Place(customer, self.names.get(product_id, f"product {product_id}"), month)

    def take_wanted(self) -> None:
        for (company_id, motion), lines in self.found.lines.items():
            agreement = self.found.agreements[company_id, motion]
            for line in (each for whole in lines for each in self._known(whole, agreement)):
                charged = replace(line, charges=self._placed(line)) if not agreement.bill_one_time else line
                for month in self.months:
                    figure = _wanted_in(charged, month, once=agreement.bill_one_time)
                    figure = figure.plus(self._not_compared(line, month))
                    _add(self.bought, self.place(company_id, line.product_id, month), figure)
        every = [sold for each in self.found.linked.sold.values() for sold in each]
        parts = Counter((sold.company_id, sold.subscription.id) for sold in every)
        for sold in every:
            for charge in sold.charges:
                month = month_start(charge.charge_start)
                if charge.kind is ChargeKind.CREDIT and month in self.months and not self.given.rules.credits:
                    self._credit(self.place(sold.company_id, sold.product.id, month), charge.subtotal)
            self._take_settled(sold, alone=parts[sold.company_id, sold.subscription.id] == 1)

    def _take_settled(self, sold: Sold, *, alone: bool) -> None:
        """Credits that a person gave; of a subscription in two parts, those for seats are of its months."""
        months = sold.subscription.motion is Motion.SEAT_MONTHLY
        for given in self.given.settled.get(sold.subscription.id, ()):
            if not alone and months == bool(given.charge):
                continue
            for month, amount in _by_share(given).items():
                if month in self.months:
                    self._settled(self.place(sold.company_id, sold.product.id, month), amount)

    def _known(self, line: WantedLine, agreement: Agreement) -> Sequence[WantedLine]:
        """A line as the planner takes it: days and products that our records know better."""
        records = [record for record in self.by_line[line.line] if record.agreement_id == agreement.id]
        return recalled(line, records, self.given.today, self._first(agreement)).lines

    def _placed(self, line: WantedLine) -> tuple[Charge, ...]:
        """One-off charges and credits on the month that bills them whole: that of their row, else that of their first day."""
        rows = {record.charge: record.values.effective for record in self.by_line[line.line]}
        placed = []
        for charge in line.charges:
            first = month_start(rows.get(charge.key, charge.starts))
            aside = charge.reason in {Reason.ONE_OFF, Reason.CREDIT}
            placed.append(replace(charge, starts=first, ends=month_end(first)) if aside else charge)
        return tuple(placed)

    def _not_compared(self, line: WantedLine, month: date) -> Figure:
        """Days of which the source says nothing any more are taken as they stand: only those after are compared."""
        if line.known_from <= month:
            return NONE
        last = line.known_from - DAY
        own = (r for r in self.by_line[line.line] if not r.charge and r.product_id in {0, line.product_id})
        rows = (r.values for r in own)
        clipped = [replace(row, ends=min(row.ends or last, last)) for row in rows if row.effective <= last]
        return agreement_figure(clipped, month)

    def _note(self, place: Place) -> Notes:
        return self.notes.get(place, Notes())

    def _credit(self, place: Place, amount: Decimal) -> None:
        """A credit of the source is owed; it counts into what should have been invoiced."""
        note = self._note(place)
        self.notes[place] = replace(note, credit=note.credit + amount)

    def _settled(self, place: Place, amount: Decimal) -> None:
        """A credit that a person gave: what was billed for the seats stays on its invoice."""
        note = self._note(place)
        self.notes[place] = replace(note, settled=note.settled + amount)

    def take_unlinked(self) -> None:
        """What customers without a company bought, at the price it would sell for."""
        rules = price_rules(self.given.section)
        for customer, subscription in self.found.linked.unlinked:
            product = Product(0, subscription.name, rules.of(subscription.sku, subscription.motion))
            line = wanted_line(subscription, (), product, self.given.rules, customer=customer.name)
            for month in self.months:
                figure = _wanted_in(line, month, once=bool(line.charges))
                if figure != NONE:
                    place = Place(customer.name, subscription.name, month)
                    _add(self.bought, place, figure)
                    self.notes[place] = Notes(mapped=False)

    def take_agreements(self) -> None:
        for company_id, agreement in self._agreements():
            for row in self.found.additions[agreement.id]:
                ours = self.written.get(row.id)
                for month in self.months:
                    figure = _standing_in(row.values, month, once=agreement.bill_one_time)
                    place = self.place(company_id, row.product_id, month)
                    if figure != NONE:
                        _add(self.standing, place, figure)
                    note = self._note(place)
                    if ours is not None and ours.values != row.values:
                        note = replace(note, edited_by_hand=True)
                    if row.bill_customer == BILLABLE and self._is_to_come(agreement, ours, month):
                        note = replace(note, not_due=note.not_due + figure.amount)
                    self.notes[place] = note

    def _is_to_come(self, agreement: Agreement, ours: Written | None, month: date) -> bool:
        """Whether an agreement's next invoice, or one after it, bills a row for a month: none had to so far.

        An invoice that should have been made before today is late, and what it bills is due.
        """
        if agreement.next_invoice is None or agreement.next_invoice < self.given.today:
            return False
        if agreement.bill_one_time:
            return not agreement.invoiced_once
        first = self._first(agreement)
        if month >= first:
            return True
        return agreement.bills_prorated_additions and ours is not None and ours.uninvoiced_from >= first

    def _first(self, agreement: Agreement) -> date:
        ahead = self.given.rules.in_advance
        return first_uninvoiced(agreement.next_invoice, agreement.period_type, agreement.start, ahead)

    def billed(self, lines: Sequence[InvoicedLine]) -> dict[Place, Figure]:
        figures: dict[Place, Figure] = {}
        for company_id, agreement in self._agreements():
            own = [line for line in lines if line.agreement_id == agreement.id]
            ahead = self.given.rules.in_advance.get(agreement.period_type, True)
            rows = self.found.additions[agreement.id]
            records = [record for record in self.written.values() if record.agreement_id == agreement.id]
            for product_id, month, figure in by_month(own, agreement, rows, records, in_advance=ahead):
                if month in self.months:
                    _add(figures, self.place(company_id, product_id, month), figure)
        return figures

    def _agreements(self) -> list[tuple[int, Agreement]]:
        seen = {agreement.id: (company, agreement) for (company, _), agreement in self.found.agreements.items()}
        seen |= {agreement.id: (agreement.company_id, agreement) for agreement in self.found.former}
        return list(seen.values())


def _wanted_in(line: WantedLine, month: date, *, once: bool) -> Figure:
    total = bought_figure(line.held, month)
    for charge in line.charges:
        values = RowValues(charge.quantity, charge.unit_price, charge.unit_cost, charge.starts, charge.ends)
        total = total.plus(_standing_in(values, month, once=once))
    return total


def _standing_in(values: RowValues, month: date, *, once: bool) -> Figure:
    if not once:
        return agreement_figure([values], month)
    if values.void or month_start(values.effective) != month:
        return NONE
    return Figure(values.quantity, values.quantity * values.unit_price, frozenset({values.unit_price}))


def _add(figures: dict[Place, Figure], place: Place, figure: Figure) -> None:
    if figure != NONE:
        figures[place] = figures.get(place, NONE).plus(figure)
