"""Annual motion: a term is charged once; seats added or given back within it are charges of their own (M21, M22)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from ledgerwire.billing_sync.domain.days import DAY, days_between, shift_month
from ledgerwire.billing_sync.domain.held import seats_after
from ledgerwire.billing_sync.domain.plan import Reason
from ledgerwire.billing_sync.domain.preview import days_shown
from ledgerwire.billing_sync.domain.pricing import share_of_term
from ledgerwire.billing_sync.domain.wanted import Charge
from ledgerwire.common.money import ZERO, round_half_up
from ledgerwire.common.seats import ChargeKind, ChargeLine, SubscriptionSnapshot

PriceOf = Callable[[Decimal | None], Decimal | None]
_TERM_MONTHS = {"P1Y": 12, "P3Y": 36, "P5Y": 60}
_OPENS_A_TERM = {ChargeKind.NEW, ChargeKind.RENEW, ChargeKind.CONVERT, ChargeKind.CHANGE_PLAN}
_ASIDE = {ChargeKind.CREDIT, ChargeKind.ONE_TIME, ChargeKind.FEE}


def term_of(subscription: SubscriptionSnapshot) -> tuple[date, date]:
    """First and last day of the running term."""
    first = subscription.term_start or subscription.start
    if subscription.term_end is not None:
        return first, subscription.term_end
    return first, shift_month(first, _TERM_MONTHS.get(subscription.term, 12)) - DAY


def annual_charges(
    subscription: SubscriptionSnapshot, lines: Sequence[ChargeLine], price_of: PriceOf
) -> tuple[tuple[Charge, ...], bool]:
    """The charges of a subscription paid for a term at once, and whether all could be priced.

    Lines of one event (a wipe and what replaces it) are netted; without lines the subscription's own state is charged.
    """
    events = _events([line for line in lines if line.kind not in _ASIDE and not line.trial])
    if not events:
        return _from_state(subscription, price_of)
    charges: list[Charge] = []
    for (day, _, _), event in sorted(events.items()):
        opens = any(line.kind in _OPENS_A_TERM and line.subtotal > 0 for line in event)
        charge = _whole(subscription, event, price_of) if opens else _part(subscription, event, day, price_of)
        if charge is None:
            return (), False
        if charge.quantity != 0:
            charges.append(charge)
    return _once_a_term(charges), True


def _events(lines: Sequence[ChargeLine]) -> dict[tuple[date, str, str], list[ChargeLine]]:
    """Lines that belong to one event: the same day, invoice and reference; a line read twice counts once."""
    events: dict[tuple[date, str, str], list[ChargeLine]] = defaultdict(list)
    seen: set[str] = set()
    for line in lines:
        if line.key not in seen:
            seen.add(line.key)
            events[line.charge_start, line.invoice, line.reference_id].append(line)
    return events


def _once_a_term(charges: list[Charge]) -> tuple[Charge, ...]:
    """A term that opens twice (a corrected invoice, two exports) is one charge: the last says what it is."""
    by_key = {charge.key: charge for charge in charges}
    return tuple(by_key.values())


def _whole(subscription: SubscriptionSnapshot, event: Sequence[ChargeLine], price_of: PriceOf) -> Charge | None:
    line = [line for line in event if line.subtotal > 0][-1]
    seats = seats_after(event) or abs(line.quantity)
    net = sum((each.subtotal for each in event), ZERO)
    first, last = line.term_start or line.charge_start, line.charge_end
    if net <= 0:
        return _charge(f"term:{first}", (first, last), ZERO, ZERO, ZERO, subscription.name)
    unit = line.unit_price if line.unit_price is not None else net / seats
    price = price_of(unit)
    if price is None:
        return None
    cost = round_half_up(net / seats, 4)
    text = f"{subscription.name}, {days_shown(first, last)}"
    return _charge(f"term:{first}", (first, last), seats, cost, price, text, term_key=f"{subscription.id}:{first}")


def _part(
    subscription: SubscriptionSnapshot, event: Sequence[ChargeLine], day: date, price_of: PriceOf
) -> Charge | None:
    """Seats added or given back within the term: the net charge is the cost, the price is the sell price's share of days."""
    net = sum((line.subtotal for line in event), ZERO)
    before = sum((abs(line.quantity) for line in event if line.subtotal < 0), ZERO)
    after = sum((abs(line.quantity) for line in event if line.subtotal > 0), ZERO)
    unit = next((line.unit_price for line in event if line.unit_price is not None), subscription.unit_cost)
    price = price_of(unit)
    if price is None:
        return None
    last = max(line.charge_end for line in event)
    first, term_last = _term_around(subscription, event, last)
    share = share_of_term(price, after - before, days_between(day, last), days_between(first, term_last))
    text = f"{subscription.name}: {after - before:+f} seats, {days_shown(day, last)}"
    key = f"part:{day}:{event[0].reference_id or f'{before:f}-{after:f}'}"
    quantity = ZERO if after == before else Decimal(1)
    return _charge(key, (day, last), quantity, net, share, text)


def _term_around(subscription: SubscriptionSnapshot, event: Sequence[ChargeLine], last: date) -> tuple[date, date]:
    line = event[0]
    if line.term_start is not None and line.term_end is not None:
        return line.term_start, line.term_end
    months = _TERM_MONTHS.get(subscription.term, 12)
    return shift_month(last + DAY, -months), last


def _from_state(subscription: SubscriptionSnapshot, price_of: PriceOf) -> tuple[tuple[Charge, ...], bool]:
    price = price_of(subscription.unit_cost)
    if price is None:
        return (), False
    if subscription.quantity == 0:
        return (), True
    first, last = term_of(subscription)
    cost = subscription.unit_cost or ZERO
    text, term = f"{subscription.name}, {days_shown(first, last)}", f"{subscription.id}:{first}"
    charge = _charge(f"term:{first}", (first, last), subscription.quantity, cost, price, text, term_key=term)
    changed = subscription.changed_on
    return (replace(charge, changed_on=changed if changed is not None and changed > first else None),), True


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
