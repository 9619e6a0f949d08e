"""Annual motion: a cycle is charged once; seats added or given back within it are charges of their own (M21, M22).

A cycle is what one charge pays for: a year, or the three of a triennial one. A term of three years that is paid every year has
three. What a source charges once and for all has no cycle: each purchase counts. All that is charged from one day on is one
charge, known by that day: what is read of it later, under whatever reference, corrects the same row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from ledgerwire.billing_sync.domain.charged_days import ChargedDay, charged_days
from ledgerwire.billing_sync.domain.cycles import Cycle, cycle_days, cycles_of, share_of_cycle
from ledgerwire.billing_sync.domain.days import DAY, days_between
from ledgerwire.billing_sync.domain.plan import Reason
from ledgerwire.billing_sync.domain.preview import days_shown
from ledgerwire.billing_sync.domain.pricing import share_of_term
from ledgerwire.billing_sync.domain.purchases import Doubt, told_apart
from ledgerwire.billing_sync.domain.wanted import Charge
from ledgerwire.common.money import CENT, ZERO, round_half_up
from ledgerwire.common.seats import ChargeKind, ChargeLine, Frequency, SubscriptionSnapshot, SubscriptionStatus

PriceOf = Callable[[ChargeLine | None], Decimal | None]
_MONTH, _WINDOW = 31, 7
_BEGINS = {ChargeKind.NEW, ChargeKind.RENEW, ChargeKind.CYCLE}
_TURNS_INTO = {ChargeKind.CONVERT, ChargeKind.CHANGE_PLAN}
_ASIDE = {ChargeKind.CREDIT, ChargeKind.ONE_TIME, ChargeKind.FEE}


@dataclass(slots=True)
class AnnualCharges:
    """What a subscription paid for at once comes to.

    Attributes:
        priced: all of it could be priced.
        doubts: lines that may be counted already.
        upgrades: days on which as many seats were charged as taken back, at other money: no rule prices the difference.
    """

    charges: tuple[Charge, ...] = ()
    priced: bool = True
    doubts: list[Doubt] = field(default_factory=list)
    upgrades: list[ChargedDay] = field(default_factory=list)


def annual_charges(
    subscription: SubscriptionSnapshot,
    lines: Sequence[ChargeLine],
    price_of: PriceOf,
    today: date | None = None,
    paid_from: date = date.min,
) -> AnnualCharges:
    """The charges of a subscription paid for a cycle at once.

    Lines of one day (a wipe and what replaces it) are netted; without lines the subscription's own state is charged. A day
    whose lines come to nothing is a charge of nothing: what was written for it is taken back.

    Args:
        subscription: as the source shows it now.
        lines: its lines, in any order.
        price_of: the sell price of one seat and cycle for a line, or for the subscription's state.
        today: decides which cycles have begun, where there are no lines.
        paid_from: the first day that is paid for at once; where there are no lines, days before it are not charged here.
    """
    counted = charged_at_once(lines)
    if not counted:
        return _from_state(subscription, price_of, today, paid_from)
    if subscription.frequency is Frequency.ONE_TIME:
        return _purchases(subscription, counted, price_of)
    result, charges, running = AnnualCharges(), [], (date.min, date.min)
    for day in charged_days(subscription, [line for line in counted if line.subtotal]):
        opens = _opens(day, running[1])
        charge = _cycle(subscription, day, price_of) if opens else _part(subscription, day, running, price_of)
        if charge is None:
            return AnnualCharges(priced=False)
        if opens:
            running = charge.starts, max(running[1], charge.ends or charge.starts)
        elif not day.seats and abs(day.net) > CENT:
            result.upgrades.append(day)
        charges.append(charge)
        result.doubts += day.doubts
    result.charges = tuple(charges)
    return result


def charged_at_once(lines: Sequence[ChargeLine]) -> list[ChargeLine]:
    """Lines of a subscription that is paid for at once now, without its months before."""
    return [line for line in lines if line.kind not in _ASIDE and not line.trial and not _monthly(line)]


def charged_by_month(lines: Sequence[ChargeLine]) -> list[ChargeLine]:
    """The months of such a subscription, from before it was paid for at once."""
    return [line for line in lines if line.kind not in _ASIDE and not line.trial and _monthly(line)]


def paid_at_once(lines: Sequence[ChargeLine]) -> list[ChargeLine]:
    """Lines that a subscription charged by the month now was paid with before, for longer than a month, and their changes."""
    own = [line for line in lines if line.kind not in _ASIDE and line.frequency is not Frequency.MONTHLY]
    cycles = [line for line in own if days_between(line.charge_start, line.charge_end) > _MONTH]
    return [
        line
        for line in own
        if line in cycles or any(each.charge_start <= line.charge_start <= each.charge_end for each in cycles)
    ]


def paid_to(subscription: SubscriptionSnapshot, lines: Sequence[ChargeLine]) -> date | None:
    """The last day that such lines pay for: the day before all seats were refunded, else the end of the cycle."""
    seats, last, known = ZERO, date.min, False
    for day in charged_days(subscription, [line for line in lines if line.subtotal and not line.trial]):
        opens = _opens(day, last)
        known = known or opens
        seats = day.seats if opens else seats + day.seats
        taken = all(line.subtotal < 0 for line in day.lines)
        ends = known or any(line.kind is ChargeKind.CANCEL or line.kind in _TURNS_INTO for line in day.lines)
        last = day.day - DAY if taken and ends and seats <= 0 else max(last, day.last)
    return None if last == date.min else last


def _monthly(line: ChargeLine) -> bool:
    """A month charged before the subscription was paid for a year at once."""
    return line.frequency is Frequency.MONTHLY and days_between(line.charge_start, line.charge_end) <= _MONTH


def _opens(day: ChargedDay, running_to: date) -> bool:
    """Whether a cycle begins: a plan or a product that a running one turns into is a change within it."""
    kinds = {line.kind for line in day.lines if line.subtotal > 0}
    return bool(kinds & _BEGINS) or (bool(kinds & _TURNS_INTO) and day.day > running_to)


def _cycle(subscription: SubscriptionSnapshot, day: ChargedDay, price_of: PriceOf) -> Charge | None:
    """A cycle, whole or, where it is cut short (an end that follows another's), at its share of days."""
    first, last, seats, net = day.day, day.last, day.seats, day.net
    price = price_of(_priced_line(subscription, day, (first, last)))
    if price is None:
        return None
    text = f"{subscription.name}, {days_shown(first, last)}"
    cost = ZERO
    if net <= 0 or seats <= 0:
        seats = ZERO
    else:
        cost = round_half_up(net / seats, 4)
    unit = share_of_cycle(price, subscription.frequency, first, last)
    charge = _charge(f"term:{first}", (first, last), seats, cost, unit, text, term_key=f"{subscription.id}:{first}")
    begun = {line.term_start for line in day.lines if line.term_start is not None and line.term_start != first}
    near = {first - DAY, first + DAY}  # a day is another one in another zone
    terms = tuple(f"term:{each}" for each in sorted(begun | near))
    return replace(charge, former=(f"part:{first}", f"part:{first}:", *terms))


def _part(
    subscription: SubscriptionSnapshot, day: ChargedDay, running: tuple[date, date], price_of: PriceOf
) -> Charge | None:
    """Seats added or given back within a cycle: the net charge is the cost, the price is the sell price's share of days."""
    first, last, seats = day.day, day.last, day.seats
    price = price_of(_priced_line(subscription, day, running))
    if price is None:
        return None
    whole = cycle_days(subscription.frequency, last)
    if running[0] <= first and last <= running[1]:
        whole = max(whole, days_between(*running))
    share = share_of_term(price, seats, days_between(first, last), whole)
    text = f"{subscription.name}: {seats:+f} seats, {days_shown(first, last)}"
    charge = _charge(f"part:{first}", (first, last), Decimal(1) if share else ZERO, day.net, share, text)
    return replace(charge, seats=seats, former=(f"part:{first}:", f"term:{first}"))


def _priced_line(subscription: SubscriptionSnapshot, day: ChargedDay, running: tuple[date, date]) -> ChargeLine:
    """The line whose list price is that of a seat and cycle; where lines share one event, what they come to together."""
    charged = [line for line in day.lines if line.subtotal > 0] or list(day.lines)
    line = charged[-1]
    units = {each.unit_price for each in charged if each.kind is line.kind and each.quantity == line.quantity}
    if len(units) == 1 or not day.seats:
        return line
    whole = max(cycle_days(subscription.frequency, day.last), days_between(*running))
    days = days_between(day.day, day.last)
    unit = abs(day.net / day.seats) * max(whole, days) / days
    return replace(line, unit_price=round_half_up(unit, 4))


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
        charge = _charge(f"term:{line.charge_start}", period, sign * seats, cost, price, text)
        begun = line.term_start or line.charge_start
        days[line.charge_start].append(replace(charge, former=(f"part:{line.charge_start}:", f"term:{begun}")))
    return AnnualCharges(tuple(_together(same) for same in days.values()), doubts=doubts)


def _together(charges: Sequence[Charge]) -> Charge:
    """Charges of one day are one row: at their seats where price and cost are one, else at what they come to."""
    first = replace(charges[0], former=tuple(sorted({name for each in charges for name in each.former})))
    if len(charges) == 1:
        return first
    if len({(each.unit_price, each.unit_cost) for each in charges}) == 1:
        return replace(first, quantity=sum((each.quantity for each in charges), ZERO))
    price = sum((round_half_up(each.quantity * each.unit_price) for each in charges), ZERO)
    cost = sum((round_half_up(each.quantity * each.unit_cost) for each in charges), ZERO)
    return replace(first, quantity=Decimal(1) if price or cost else ZERO, unit_price=price, unit_cost=cost)


def _from_state(
    subscription: SubscriptionSnapshot, price_of: PriceOf, today: date | None, paid_from: date
) -> AnnualCharges:
    """Every cycle that has begun, at the seats the subscription says; one that is over is charged only if it never was."""
    price = price_of(None)
    if price is None:
        return AnnualCharges(priced=False)
    begun = cycles_of(subscription, today)
    *over, running = [cycle for cycle in begun if cycle[1] >= paid_from] or begun[-1:]
    if subscription.quantity == 0:
        over = []
        if _held_to(subscription, running) == running[1]:
            return AnnualCharges()
    charges = [replace(_stated(subscription, cycle, price, today, paid_from), closed=True) for cycle in over]
    return AnnualCharges((*charges, _stated(subscription, running, price, today, paid_from)))


def _stated(
    subscription: SubscriptionSnapshot, cycle: Cycle, price: Decimal, today: date | None, paid_from: date
) -> Charge:
    """A cycle by state. Seats that changed on a day not told have changed on the day that this is seen."""
    (begun, last), first = cycle, min(max(cycle[0], paid_from), cycle[1])
    cost, seats = subscription.unit_cost or ZERO, subscription.quantity
    if subscription.frequency is not Frequency.ONE_TIME:
        held_to = _held_to(subscription, cycle)
        seats = ZERO if held_to < first else seats
        price = share_of_cycle(price, subscription.frequency, first, last, held_to)
        cost = share_of_cycle(cost, subscription.frequency, first, last, held_to)
        last = max(first, held_to)
    text, term = f"{subscription.name}, {days_shown(first, last)}", f"{subscription.id}:{begun}"
    charge = _charge(f"term:{begun}", (first, last), seats, cost, price, text, term_key=term)
    changed = subscription.changed_on or today
    within = changed is not None and first < changed <= last and subscription.frequency is not Frequency.ONE_TIME
    near = tuple(f"term:{day}" for day in (begun - DAY, begun + DAY))
    passed = today is not None and cycle[1] < today and last == cycle[1] and not within
    changed = changed if within else None
    return replace(charge, changed_on=changed, former=("part:", *near), closed=passed)


def _held_to(subscription: SubscriptionSnapshot, cycle: Cycle) -> date:
    """The last day that is owed: a cycle cancelled within its first days is given back, later it is owed to its end."""
    ended, (first, last) = subscription.ended_on, cycle
    cancelled = subscription.status is SubscriptionStatus.DELETED and ended is not None
    return ended if cancelled and ended is not None and days_between(first, ended) < _WINDOW else last


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
