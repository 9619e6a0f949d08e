"""Annual motion: a cycle is charged once; seats added or given back within it are charges of their own (M21, M22).

A cycle is what one charge pays for: a year, or the three of a triennial one. A term of three years that is paid every year has
three. What a source charges once and for all has no cycle: each purchase counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from ledgerwire.billing_sync.domain.days import DAY, days_between, shift_month
from ledgerwire.billing_sync.domain.held import seats_after
from ledgerwire.billing_sync.domain.plan import Reason
from ledgerwire.billing_sync.domain.preview import days_shown
from ledgerwire.billing_sync.domain.pricing import share_of_term
from ledgerwire.billing_sync.domain.purchases import Doubt, in_one_document, says, told_apart
from ledgerwire.billing_sync.domain.wanted import Charge
from ledgerwire.common.money import ZERO, round_half_up
from ledgerwire.common.seats import ChargeKind, ChargeLine, Frequency, SubscriptionSnapshot

PriceOf = Callable[[ChargeLine | None], Decimal | None]
_YEAR, _LONGEST_YEAR, _MONTH = 12, 366, 31
_CYCLE_MONTHS = {Frequency.TRIENNIAL: 36}
_TERM_MONTHS = {"P1Y": 12, "P3Y": 36, "P5Y": 60}
_BEGINS = {ChargeKind.NEW, ChargeKind.RENEW, ChargeKind.CYCLE}
_TURNS_INTO = {ChargeKind.CONVERT, ChargeKind.CHANGE_PLAN}
_ASIDE = {ChargeKind.CREDIT, ChargeKind.ONE_TIME, ChargeKind.FEE}


@dataclass(slots=True)
class AnnualCharges:
    """What a subscription paid for at once comes to.

    Attributes:
        priced: all of it could be priced.
        doubts: lines that may be counted already.
    """

    charges: tuple[Charge, ...] = ()
    priced: bool = True
    doubts: list[Doubt] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Event:
    """Lines of one day, document and reference (and order, where nothing but lines shows the subscription)."""

    day: date
    reference: str
    order: str
    documents: dict[str, list[ChargeLine]]

    @property
    def lines(self) -> list[ChargeLine]:
        """What the last document says: another one before it was corrected by it, or is the same one."""
        return list(self.documents.values())[-1]

    @property
    def net(self) -> Decimal:
        """The amount: a document that takes something back stands on top of those before it."""
        taken_back = any(line.subtotal < 0 for line in self.lines)
        counted = [line for lines in self.documents.values() for line in lines] if taken_back else self.lines
        return sum((line.subtotal for line in counted), ZERO)


def annual_charges(
    subscription: SubscriptionSnapshot, lines: Sequence[ChargeLine], price_of: PriceOf, today: date | None = None
) -> AnnualCharges:
    """The charges of a subscription paid for a cycle at once.

    Lines of one event (a wipe and what replaces it) are netted; without lines the subscription's own state is charged.

    Args:
        subscription: as the source shows it now.
        lines: its lines, in any order.
        price_of: the sell price of one seat and cycle for a line, or for the subscription's state.
        today: decides which cycle of a longer term runs, where there are no lines.
    """
    counted = [line for line in lines if line.kind not in _ASIDE and not line.trial and not _monthly(line)]
    if not counted:
        return _from_state(subscription, price_of, today)
    if subscription.frequency is Frequency.ONE_TIME:
        return _purchases(subscription, counted, price_of)
    result, charges, running = AnnualCharges(), defaultdict(list), date.min
    for event in _events(subscription, counted):
        opens = _opens(event, running)
        charge = _cycle(subscription, event, price_of) if opens else _part(subscription, event, price_of)
        if charge is None:
            return AnnualCharges(priced=False)
        if opens:
            running = max(running, charge.ends or charge.starts)
        if charge.quantity != 0:
            charges[charge.key].append(charge)
        result.doubts += _doubts(subscription, event, charge)
    result.charges = tuple(_together(same) for same in charges.values())
    return result


def _monthly(line: ChargeLine) -> bool:
    """A month charged before the subscription was paid for a year at once."""
    return line.frequency is Frequency.MONTHLY and days_between(line.charge_start, line.charge_end) <= _MONTH


def _events(subscription: SubscriptionSnapshot, lines: Iterable[ChargeLine]) -> list[_Event]:
    """Lines that belong together, in order of their days; a line read twice counts once."""
    found: dict[tuple[date, str, str], list[ChargeLine]] = defaultdict(list)
    for line in lines:
        order = line.order_id if subscription.from_charges else ""
        found[line.charge_start, line.reference_id, order].append(line)
    return [_Event(*key, in_one_document(found[key])) for key in sorted(found)]


def _opens(event: _Event, running: date) -> bool:
    """Whether a cycle begins: a plan or a product that a running one turns into is a change within it."""
    kinds = {line.kind for line in event.lines if line.subtotal > 0}
    return bool(kinds & _BEGINS) or (bool(kinds & _TURNS_INTO) and event.day > running)


def _doubts(subscription: SubscriptionSnapshot, event: _Event, charge: Charge) -> list[Doubt]:
    """Documents that were left out for a later one, unless they are known to say the same or to have been taken back."""
    billed = {invoice: lines for invoice, lines in event.documents.items() if invoice and lines is not event.lines}
    told = sorted(says(line) for line in event.lines)
    certain = bool(event.reference) or (not subscription.from_charges and subscription.quantity <= charge.quantity)
    others = [
        line
        for lines in billed.values()
        for line in lines
        if not (certain and sorted(says(each) for each in lines) == told)
    ]
    if any(line.subtotal < 0 for line in event.lines) and any(line.kind in _BEGINS for line in event.lines):
        return []  # the later document takes the earlier one back
    return [Doubt(event.net, tuple(others))] if others else []


def _cycle(subscription: SubscriptionSnapshot, event: _Event, price_of: PriceOf) -> Charge | None:
    line = [line for line in event.lines if line.subtotal > 0][-1]
    first, last = event.day, line.charge_end
    key, days = f"term:{first}", (first, last)
    if event.net <= 0:
        return _charge(key, days, ZERO, ZERO, ZERO, subscription.name)
    price = price_of(line)
    if price is None:
        return None
    seats = _seats(subscription, event.lines) or abs(line.quantity)
    text = f"{subscription.name}, {days_shown(first, last)}"
    price = _for_days(price, subscription.frequency, first, last)
    cost = round_half_up(event.net / seats, 4)
    return _charge(key, days, seats, cost, price, text, term_key=f"{subscription.id}:{first}")


def _seats(subscription: SubscriptionSnapshot, lines: Sequence[ChargeLine]) -> Decimal:
    """Seats of a document. One that names the same twice charges twice where no source says that one subscription is meant."""
    seats = seats_after(lines)
    charged = [says(line) for line in lines if line.subtotal > 0]
    twice = subscription.from_charges and len(charged) == len(lines) and len(set(charged)) == 1
    return seats * len(charged) if twice else seats


def _months(frequency: Frequency, first: date, last: date) -> int:
    """Months of the cycle that days charged belong to."""
    days = days_between(first, last)
    whole = (months for months in sorted(_TERM_MONTHS.values()) if days <= months // _YEAR * _LONGEST_YEAR)
    return max(_CYCLE_MONTHS.get(frequency, _YEAR), next(whole, _YEAR))


def _for_days(price: Decimal, frequency: Frequency, first: date, last: date) -> Decimal:
    """The price of a seat: a first cycle that is cut short (an end that follows another's) costs its share of days."""
    days, whole = days_between(first, last), _cycle_days(frequency, first, last)
    return share_of_term(price, Decimal(1), days, whole) if days < whole else price


def _cycle_days(frequency: Frequency, first: date, last: date) -> int:
    return days_between(shift_month(last + DAY, -_months(frequency, first, last)), last)


def _part(subscription: SubscriptionSnapshot, event: _Event, price_of: PriceOf) -> Charge | None:
    """Seats added or given back within a cycle: the net charge is the cost, the price is the sell price's share of days.

    Nothing but day and reference is in the key: what is charged further under them corrects the same row.
    """
    lines, day = event.lines, event.day
    before = sum((abs(line.quantity) for line in lines if line.subtotal < 0), ZERO)
    after = sum((abs(line.quantity) for line in lines if line.subtotal > 0), ZERO)
    price = price_of(next((line for line in lines if line.unit_price is not None), lines[-1]))
    if price is None:
        return None
    last = max(line.charge_end for line in lines)
    whole = _cycle_days(subscription.frequency, day, last)
    share = share_of_term(price, after - before, days_between(day, last), whole)
    text = f"{subscription.name}: {after - before:+f} seats, {days_shown(day, last)}"
    key = f"part:{day}:{event.reference or event.order}"
    net = sum((line.subtotal for line in lines), ZERO)
    return _charge(key, (day, last), ZERO if after == before else Decimal(1), net, share, text)


def _purchases(subscription: SubscriptionSnapshot, lines: Sequence[ChargeLine], price_of: PriceOf) -> AnnualCharges:
    """What is bought once and for all: every purchase counts, those of one day together."""
    purchases, doubts = told_apart(line for line in lines if line.subtotal)
    days: dict[date, list[Charge]] = defaultdict(list)
    for line in (each.line for each in purchases):
        price = price_of(line)
        if price is None:
            return AnnualCharges(priced=False)
        seats, sign = abs(line.quantity) or Decimal(1), -1 if line.subtotal < 0 else 1
        cost = round_half_up(abs(line.subtotal) / seats, 4)
        period = line.charge_start, line.charge_end
        text = f"{subscription.name}, {days_shown(*period)}"
        days[line.charge_start].append(_charge(f"term:{line.charge_start}", period, sign * seats, cost, price, text))
    charges = (_together(same) for same in days.values())
    return AnnualCharges(tuple(charge for charge in charges if charge.quantity != 0), doubts=doubts)


def _together(charges: Sequence[Charge]) -> Charge:
    """Charges of one key are one row: at their seats where price and cost are one, else at what they come to."""
    first = charges[0]
    if len(charges) == 1:
        return first
    if len({(each.unit_price, each.unit_cost) for each in charges}) == 1:
        return replace(first, quantity=sum((each.quantity for each in charges), ZERO))
    price = sum((round_half_up(each.quantity * each.unit_price) for each in charges), ZERO)
    cost = sum((round_half_up(each.quantity * each.unit_cost) for each in charges), ZERO)
    return replace(first, quantity=Decimal(1) if price or cost else ZERO, unit_price=price, unit_cost=cost)


def _from_state(subscription: SubscriptionSnapshot, price_of: PriceOf, today: date | None) -> AnnualCharges:
    """The cycle that runs, at the seats the subscription says; cycles before it are left as they were charged."""
    price = price_of(None)
    if price is None:
        return AnnualCharges(priced=False)
    if subscription.quantity == 0:
        return AnnualCharges()
    first, last = _running_cycle(subscription, today)
    once = subscription.frequency is Frequency.ONE_TIME
    price = price if once else _for_days(price, subscription.frequency, first, last)
    cost = subscription.unit_cost or ZERO
    cost = cost if once else _for_days(cost, subscription.frequency, first, last)
    text, term = f"{subscription.name}, {days_shown(first, last)}", f"{subscription.id}:{first}"
    charge = _charge(f"term:{first}", (first, last), subscription.quantity, cost, price, text, term_key=term)
    changed = subscription.changed_on
    return AnnualCharges((replace(charge, changed_on=changed if changed is not None and changed > first else None),))


def _running_cycle(subscription: SubscriptionSnapshot, today: date | None) -> tuple[date, date]:
    """First and last day of the cycle that contains today, within the running term."""
    first = subscription.term_start or subscription.start
    end = subscription.term_end
    if subscription.frequency is Frequency.ONE_TIME:
        return first, end or shift_month(first, _TERM_MONTHS.get(subscription.term, _YEAR)) - DAY
    months, passed = _CYCLE_MONTHS.get(subscription.frequency, _YEAR), 0
    if end is None:
        end = shift_month(first, max(months, _TERM_MONTHS.get(subscription.term, months))) - DAY
    while today is not None and shift_month(first, passed + months) <= min(today, end):
        passed += months
    return shift_month(first, passed), min(shift_month(first, passed + months) - DAY, end)


def _charge(
    key: str,
    days: tuple[date, date],
    quantity: Decimal,
    cost: Decimal,
    price: Decimal,
    text: str,
    *,
    term_key: str = "",
) -> Charge:
    return Charge(key, days[0], days[1], quantity, cost, price, text, term_key, Reason.ANNUAL_CHARGE)
