"""What is sold: customers, subscriptions and the lines charged for them, moved on by a settable day."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from ledgerwire.sandbox.partnercenter.cycles import cycle_of, term_end
from ledgerwire.sandbox.partnercenter.switches import Switches
from ledgerwire.sandbox.partnercenter.wire import RefusedError

_DAY = timedelta(days=1)
_WINDOW = timedelta(days=7)
_CENT = Decimal("0.01")
_UNIT_FIRST = {"cancelImmediate", "convert"}


@dataclass(slots=True)
class Customer:
    """A customer tenant."""

    id: str
    name: str
    domain: str
    relationship: str = "reseller"
    country: str = "US"


@dataclass(slots=True)
class Subscription:
    """A subscription; `batches` are the seats still inside their window, by the day they were added."""

    id: str
    customer_id: str
    order_id: str
    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    term: str
    plan: str
    created: datetime
    start: date
    term_start: date
    term_end: date
    cycle_start: date
    cycle_end: date
    cycle_days: int
    cycle: int = 0
    status: str = "active"
    auto_renew: bool = True
    trial: bool = False
    next_quantity: int | None = None
    batches: list[tuple[date, int]] = field(default_factory=list)
    version: int = 1


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the reconciliation."""

    customer_id: str
    subscription_id: str
    order_id: str
    sku: str
    name: str
    kind: str
    ordered: date
    first: date
    last: date
    quantity: Decimal
    unit_price: Decimal
    effective: Decimal
    subtotal: Decimal
    term_start: date
    term_end: date
    frequency: str
    reference: str
    trial: bool = False
    description: str = ""
    credit_reason: str = ""


def guid(*parts: object) -> str:
    """An id that is the same in every run."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


class Market:
    """The whole business of one partner. Every event takes place on the day that `now` says."""

    def __init__(self, now: Callable[[], datetime], switches: Switches) -> None:
        self._now = now
        self._switches = switches
        self.customers: dict[str, Customer] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.charges: list[Charge] = []
        self.prices: dict[tuple[str, str, str], Decimal] = {}
        self.currency = "USD"

    def load(self, customers: list[Customer], currency: str) -> None:
        """Start over with these customers and nothing sold."""
        self.customers = {customer.id: customer for customer in customers}
        self.subscriptions, self.charges, self.prices, self.currency = {}, [], {}, currency

    def subscription(self, subscription_id: str) -> Subscription:
        """One by its id, brought up to today. Raises RefusedError 20003."""
        self.settle()
        found = self.subscriptions.get(subscription_id.casefold())
        if found is None:
            raise RefusedError(404, "20003", "The subscription was not found.")
        return found

    # --- events

    def buy(
        self,
        customer_id: str,
        sku: str,
        name: str,
        quantity: int,
        price: Decimal,
        *,
        term: str = "P1M",
        plan: str = "monthly",
        ends: date | None = None,
        trial: bool = False,
    ) -> Subscription:
        """A new subscription; `ends` makes its first term end with another one or with the month."""
        if customer_id not in self.customers:
            raise RefusedError(404, "1000", "The customer was not found.")
        today = self._now().date()
        place = len(self.subscriptions) + 1
        first, last = cycle_of(today, term, plan, 0)
        self.prices[sku, term, plan] = price
        bought = Subscription(
            id=guid("subscription", customer_id, place),
            customer_id=customer_id,
            order_id=guid("order", customer_id, place).replace("-", "")[:12],
            sku=sku,
            name=name,
            quantity=quantity,
            unit_price=Decimal(0) if trial else price,
            term=term,
            plan="none" if trial else plan,
            created=self._now(),
            start=today,
            term_start=today,
            term_end=ends or term_end(today, term),
            cycle_start=first,
            cycle_end=min(last, ends or last),
            cycle_days=(last - first).days + 1,
            trial=trial,
            batches=[(today, quantity)],
        )
        self.subscriptions[bought.id] = bought
        self._charge(bought, "new", quantity, bought.cycle_start)
        return bought

    def resize(self, subscription_id: str, quantity: int) -> None:
        """Seats added, or given back inside their window. Raises RefusedError 800091, 2002 or 800090."""
        held, today = self._changeable(subscription_id), self._now().date()
        if quantity < 1:
            raise RefusedError(400, "2002", "The quantity is out of range.")
        change = quantity - held.quantity
        if change == 0:
            return
        open_batches = [(day, count) for day, count in held.batches if today - day <= _WINDOW]
        if change < 0:
            open_batches = _taken(open_batches, -change)
        kind, reference = ("addQuantity" if change > 0 else "removeQuantity"), self._reference(held)
        self._charge(held, kind, -held.quantity, today, reference)
        held.quantity, held.version, held.next_quantity = quantity, held.version + 1, None
        held.batches = [*open_batches, (today, change)] if change > 0 else open_batches
        self._charge(held, kind, quantity, today, reference)

    def cancel(self, subscription_id: str) -> None:
        """Cancelled with a refund of the days not used. Raises RefusedError 900117 after seven days."""
        held, today = self._changeable(subscription_id), self._now().date()
        if today - held.term_start > _WINDOW:
            raise RefusedError(400, "900117", "The cancellation window has passed.")
        self._charge(held, "cancelImmediate", -held.quantity, today)
        held.status, held.auto_renew, held.version = "deleted", False, held.version + 1

    def suspend(self, subscription_id: str) -> None:
        """Suspended, and charged on; it does not renew by itself any more."""
        held = self._changeable(subscription_id)
        held.status, held.auto_renew, held.version = "suspended", False, held.version + 1

    def renewing(self, subscription_id: str, *, auto_renew: bool, quantity: int | None = None) -> None:
        """What happens at the end of the term."""
        held = self._changeable(subscription_id)
        held.auto_renew, held.next_quantity, held.version = auto_renew, quantity, held.version + 1

    def convert(self, subscription_id: str, sku: str, name: str, price: Decimal, plan: str = "monthly") -> None:
        """A full upgrade, or a trial turned into the paid product: the subscription keeps its id."""
        held, today = self._changeable(subscription_id), self._now().date()
        reference = self._reference(held)
        self._charge(held, "convert", -held.quantity, today, reference)
        held.sku, held.name, held.unit_price, held.version = sku, name, price, held.version + 1
        if held.trial:
            held.trial, held.plan = False, plan
        self.prices[sku, held.term, held.plan] = price
        self._charge(held, "convert", held.quantity, today, reference)

    def use(self, subscription_id: str, subtotal: Decimal, first: date, last: date) -> None:
        """A month of metered use of an Azure plan."""
        held = self.subscription(subscription_id)
        line = self._line(held, "new", Decimal(1), first, last, self._reference(held))
        self.charges.append(
            replace(line, unit_price=subtotal, effective=subtotal, subtotal=subtotal, frequency="",
                    description="Azure plan")
        )  # fmt: skip

    def credit(self, subscription_id: str, amount: Decimal, reason: str) -> None:
        """A credit of the vendor; `amount` without sign."""
        held, today = self.subscription(subscription_id), self._now().date()
        line = self._line(held, "customerCredit", Decimal(1), today, today, self._reference(held))
        self.charges.append(replace(line, effective=-amount, subtotal=-amount, credit_reason=reason))

    # --- time

    def settle(self) -> None:
        """Whatever fell due up to today: next cycles, renewals, ends."""
        today = self._now().date()
        for held in self.subscriptions.values():
            while held.status in {"active", "suspended"} and held.cycle_end < today:
                self._next(held)

    def _next(self, held: Subscription) -> None:
        if held.cycle_end < held.term_end:
            held.cycle += 1
            kind = "cycleCharge"
        elif not held.auto_renew or held.trial:
            held.status, held.version = "expired", held.version + 1
            return
        else:
            held.term_start = held.term_end + _DAY
            held.term_end, held.cycle, kind = term_end(held.term_start, held.term), 0, "renew"
            held.unit_price = self.prices.get((held.sku, held.term, held.plan), held.unit_price)
            held.quantity, held.next_quantity = held.next_quantity or held.quantity, None
            held.batches, held.version = [(held.term_start, held.quantity)], held.version + 1
        first, last = cycle_of(held.term_start, held.term, held.plan, held.cycle)
        held.cycle_start, held.cycle_end = first, min(last, held.term_end)
        held.cycle_days = (last - first).days + 1
        self._charge(held, kind, held.quantity, first, ordered=first)

    # --- lines

    def _changeable(self, subscription_id: str) -> Subscription:
        held = self.subscription(subscription_id)
        if held.status != "active":
            raise RefusedError(400, "800091" if held.status == "suspended" else "2011", f"It is {held.status}.")
        return held

    def _reference(self, held: Subscription) -> str:
        return guid("event", held.id, held.version, len(self.charges))

    def _charge(
        self, held: Subscription, kind: str, seats: int, first: date, reference: str = "", ordered: date | None = None
    ) -> None:
        if held.sku.startswith("DZH318Z0BPS6"):
            return
        line = self._line(held, kind, Decimal(abs(seats)), first, held.cycle_end, reference or self._reference(held))
        effective, subtotal = self._amount(held, kind, first, line.quantity)
        sign = -1 if seats < 0 else 1
        self.charges.append(
            replace(line, effective=sign * effective, subtotal=sign * subtotal, ordered=ordered or line.ordered)
        )

    def _amount(self, held: Subscription, kind: str, first: date, seats: Decimal) -> tuple[Decimal, Decimal]:
        days = (held.cycle_end - first).days + 1
        whole, price = held.cycle_days, held.unit_price
        if self._switches.short_cycle == "year_365" and days < whole and held.cycle_end == held.term_end:
            price = price * (12 if held.plan == "monthly" else 1)
            whole = 365
        effective = price * days / whole
        unit_first = kind in _UNIT_FIRST if self._switches.rounding == "as_printed" else None
        if unit_first or (unit_first is None and self._switches.rounding == "unit_first"):
            effective = effective.quantize(_CENT, ROUND_DOWN)
        return effective, (effective * seats).quantize(_CENT, ROUND_DOWN)

    def _line(
        self, held: Subscription, kind: str, quantity: Decimal, first: date, last: date, reference: str
    ) -> Charge:
        return Charge(
            customer_id=held.customer_id,
            subscription_id=held.id,
            order_id=held.order_id,
            sku=held.sku,
            name=held.name,
            kind=kind,
            ordered=self._now().date(),
            first=first,
            last=last,
            quantity=quantity,
            unit_price=held.unit_price,
            effective=Decimal(0),
            subtotal=Decimal(0),
            term_start=held.term_start,
            term_end=held.term_end,
            frequency={"monthly": "Monthly", "annual": "Annual"}.get(held.plan, ""),
            reference=reference,
            trial=held.trial,
        )


def _taken(batches: list[tuple[date, int]], seats: int) -> list[tuple[date, int]]:
    """The batches left once seats are given back, the newest first. Raises RefusedError 800090."""
    left = list(batches)
    while seats:
        if not left:
            raise RefusedError(400, "800090", "The quantity cannot be decreased any more.")
        day, count = left.pop()
        if count > seats:
            left.append((day, count - seats))
        seats -= min(count, seats)
    return left
