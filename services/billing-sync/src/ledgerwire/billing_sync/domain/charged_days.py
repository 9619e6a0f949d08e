"""Lines of a subscription that is paid for at once, by the day from which they charge; each fact once, whoever tells it.

Documents tell the same thing again: a line that was unbilled is billed, an invoice is corrected. They also go on from each other:
what one takes back is what the one before charged. So an event of a later document stands for the one that it tells again, and
beside the one that it goes on from.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledgerwire.billing_sync.domain.purchases import Doubt, in_one_document
from ledgerwire.common.money import ZERO
from ledgerwire.common.seats import ChargeKind, ChargeLine, SubscriptionSnapshot

_BEGINS = {ChargeKind.NEW, ChargeKind.RENEW, ChargeKind.CYCLE}


@dataclass(frozen=True, slots=True)
class ChargedDay:
    """All that is charged from one day on.

    Attributes:
        seats: charged less taken back.
        doubts: lines left out of which nobody can tell whether they are counted already.
    """

    day: date
    lines: tuple[ChargeLine, ...]
    seats: Decimal
    doubts: tuple[Doubt, ...] = ()

    @property
    def net(self) -> Decimal:
        return sum((line.subtotal for line in self.lines), ZERO)

    @property
    def last(self) -> date:
        return max(line.charge_end for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Event:
    """Lines of one document and reference."""

    invoice: str
    reference: str
    lines: tuple[ChargeLine, ...]

    @property
    def charged(self) -> Counter[Decimal]:
        return Counter(abs(line.quantity) for line in self.lines if line.subtotal > 0)

    @property
    def taken(self) -> Counter[Decimal]:
        return Counter(abs(line.quantity) for line in self.lines if line.subtotal < 0)

    @property
    def opens(self) -> bool:
        return any(line.kind in _BEGINS and line.subtotal > 0 for line in self.lines)

    @property
    def content(self) -> list[tuple[str, Decimal, Decimal, date]]:
        return sorted((line.kind.value, abs(line.quantity), line.subtotal, line.charge_end) for line in self.lines)


def charged_days(subscription: SubscriptionSnapshot, lines: Iterable[ChargeLine]) -> list[ChargedDay]:
    """The days of charge in order. Orders are kept apart where nothing but lines shows the subscription."""
    by_day: dict[date, dict[str, list[ChargeLine]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        by_day[line.charge_start][line.order_id if subscription.from_charges else ""].append(line)
    return [_day(subscription, day, by_day[day]) for day in sorted(by_day)]


def _day(subscription: SubscriptionSnapshot, day: date, orders: dict[str, list[ChargeLine]]) -> ChargedDay:
    counted: list[ChargeLine] = []
    doubts: list[Doubt] = []
    seats = ZERO
    for order in sorted(orders):
        events, told_again = _told_once(orders[order])
        own, beyond = _as_held(subscription, [line for event in events for line in event.lines])
        counted += own
        seats += _seats(subscription, own)
        left = [old for old, new in told_again if not _certain(subscription, old, new)]
        beyond += [line for event in left for line in event.lines]
        if beyond:
            doubts.append(Doubt(sum((line.subtotal for line in own), ZERO), tuple(beyond)))
    return ChargedDay(day, tuple(counted), seats, tuple(doubts))


def _as_held(subscription: SubscriptionSnapshot, lines: list[ChargeLine]) -> tuple[list[ChargeLine], list[ChargeLine]]:
    """Lines that open a cycle at the seats that the source shows, and those beyond: one invoice in an old and a new export."""
    quantities = {abs(line.quantity) for line in lines}
    opening = all(line.kind in _BEGINS and line.subtotal > 0 for line in lines)
    if subscription.from_charges or not opening or len(quantities) == 1 or subscription.quantity not in quantities:
        return lines, []
    beyond = [line for line in lines if abs(line.quantity) != subscription.quantity]
    return [line for line in lines if abs(line.quantity) == subscription.quantity], beyond


def _told_once(lines: Sequence[ChargeLine]) -> tuple[list[_Event], list[tuple[_Event, _Event]]]:
    """The events that count, and those left out with the later one that stands for each."""
    kept: list[_Event] = []
    left: list[tuple[_Event, _Event]] = []
    for invoice, own in in_one_document(lines).items():
        earlier = list(kept)
        for event in _events(invoice, own):
            told = next((old for old in earlier if _tells_again(event, old)), None)
            if told is not None:
                earlier.remove(told)
                kept.remove(told)
                left.append((told, event))
            kept.append(event)
    return kept, left


def _events(invoice: str, lines: Sequence[ChargeLine]) -> list[_Event]:
    """Events of a document: by reference; without one, what opens a cycle apart from what changes it."""
    found: dict[tuple[str, bool], list[ChargeLine]] = defaultdict(list)
    for line in lines:
        found[line.reference_id, not line.reference_id and line.kind in _BEGINS].append(line)
    return [_Event(invoice, reference, tuple(own)) for (reference, _), own in found.items()]


def _tells_again(new: _Event, old: _Event) -> bool:
    """Whether an event of a later document is one of an earlier document, told once more or corrected."""
    if old.charged and old.charged <= new.taken:
        return False  # it goes on from there
    if new.reference and old.reference:
        return new.reference == old.reference or (new.opens and old.opens)
    if new.opens or old.opens:
        return new.opens and old.opens
    if new.taken or old.taken:
        return new.taken == old.taken or new.content == old.content
    return new.content == old.content


def _certain(subscription: SubscriptionSnapshot, old: _Event, new: _Event) -> bool:
    """Whether it is sure that the earlier event is not one of its own: it was not billed, or is known to be the same."""
    if not old.invoice or not new.invoice:
        return True
    same = old.content == new.content
    if new.reference and new.reference == old.reference:
        return same
    shown = not subscription.from_charges and subscription.quantity <= sum(new.charged.elements(), ZERO)
    return same and (bool(new.taken) or shown)


def _seats(subscription: SubscriptionSnapshot, lines: Sequence[ChargeLine]) -> Decimal:
    """Seats charged less seats taken back.

    Two lines of one event may charge the same seats (a product that is billed in two parts). Lines that say the very same are
    seats of their own where nothing but lines shows the subscription, or where it holds as many.
    """
    alike: dict[tuple[ChargeKind, bool, Decimal, str], Counter[tuple[object, ...]]] = defaultdict(Counter)
    for line in lines:
        told = (line.subtotal, line.unit_price, line.charge_end, line.order_id, line.name)
        alike[line.kind, line.subtotal < 0, abs(line.quantity), line.reference_id][told] += 1
    every = sum((quantity * max(c.values()) for (_, back, quantity, _), c in alike.items() if not back), ZERO)
    changed = any(line.kind not in _BEGINS for line in lines)
    apart = subscription.from_charges or changed or subscription.quantity >= every
    seats = ZERO
    for (_, back, quantity, _), contents in alike.items():
        several = max(contents.values()) if apart else 1
        seats += -quantity * several if back else quantity * several
    return seats
