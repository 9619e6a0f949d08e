"""What a subscription asks of its agreement: seats, annual charges, months of use, one-offs; priced, or stopped by a reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ledgerwire.billing_sync.domain.annual import annual_charges, paid_at_once, paid_to
from ledgerwire.billing_sync.domain.charged_days import ChargedDay
from ledgerwire.billing_sync.domain.days import DAY, month_end, month_start
from ledgerwire.billing_sync.domain.held import STATE_KINDS, History, history_of
from ledgerwire.billing_sync.domain.paid_ahead import begun
from ledgerwire.billing_sync.domain.plan import CreditDue, Reason
from ledgerwire.billing_sync.domain.preview import days_shown
from ledgerwire.billing_sync.domain.pricing import PriceSources, price_missing, sell_price, sold_below_cost, usage_base
from ledgerwire.billing_sync.domain.purchases import told_apart
from ledgerwire.billing_sync.domain.rules import PriceBasis, PriceRule, SeatRules
from ledgerwire.billing_sync.domain.wanted import Charge, CreditGiven, Held, PaidAhead, Unsure, WantedLine
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.money import ZERO, round_half_up
from ledgerwire.common.seats import ChargeKind, ChargeLine, Motion, SubscriptionSnapshot, SubscriptionStatus

_ASIDE = {ChargeKind.CREDIT, ChargeKind.ONE_TIME, ChargeKind.FEE}


@dataclass(frozen=True, slots=True)
class Product:
    """The catalog product a subscription is sold as, with what its price may start from."""

    id: int
    name: str
    rule: PriceRule | None
    erp: Decimal | None = None
    catalog_price: Decimal | None = None


def wanted_line(
    subscription: SubscriptionSnapshot,
    charges: Sequence[ChargeLine],
    product: Product,
    rules: SeatRules,
    *,
    customer: str = "",
    settled: tuple[CreditGiven, ...] = (),
    owed: tuple[CreditDue, ...] = (),
    today: date | None = None,
    paid_from: date = date.min,
) -> WantedLine:
    """What one subscription asks for; its findings say what stops it or is worth knowing.

    Args:
        subscription: as the source shows it now.
        charges: its lines, of every invoice still in question, in any order.
        product: the linked catalog product and its price rule.
        rules: the account's policies.
        customer: the company's name, for messages.
        settled: credits that a person settled.
        owed: credits that the plan before listed, and nobody settled.
        today: decides which year of a longer term runs, where nothing but the subscription's state is known.
        paid_from: the first day that is paid for at once, where it was charged by the month before.
    """
    build = _Build(subscription, list(charges), product, rules, customer)
    if subscription.status is SubscriptionStatus.PENDING and not charges:
        return build.line((), ())
    findings = build.refusals()
    if findings or (subscription.trial and not rules.trials):
        return build.line((), (), findings or build.trial())
    if subscription.motion is Motion.SEAT_MONTHLY:
        return replace(build.seats(), settled=settled, owed=tuple(due for due in owed if not due.charge))
    if subscription.motion is Motion.AZURE_PLAN:
        return build.usage()
    return replace(build.annual(today, paid_from), settled=settled, owed=tuple(due for due in owed if due.charge))


class _Build:
    def __init__(
        self,
        subscription: SubscriptionSnapshot,
        charges: list[ChargeLine],
        product: Product,
        rules: SeatRules,
        customer: str,
    ) -> None:
        self.subscription = subscription
        self.charges = charges
        self.product = product
        self.rules = rules
        self.customer = customer
        self.names = {"customer": customer, "product": product.name}

    def line(
        self,
        held: tuple[Held, ...],
        charges: tuple[Charge, ...],
        findings: Sequence[Finding] = (),
        known_from: date = date.min,
    ) -> WantedLine:
        rule = self.product.rule
        return WantedLine(
            line=self.subscription.id,
            product_id=self.product.id,
            name=self.product.name,
            customer=self.customer,
            held=held,
            charges=charges,
            known_from=known_from,
            updates_price=rule is not None and rule.updates_price,
            findings=tuple(findings),
            currency=next(iter(self.currencies()), ""),
        )

    def currencies(self) -> list[str]:
        """Every currency that the source names for this subscription."""
        named = {line.currency for line in self.charges} | {self.subscription.currency}
        return sorted(named - {""})

    def refusals(self) -> list[Finding]:
        quantity = self.subscription.quantity
        if quantity < 0 or (
            quantity != quantity.to_integral_value() and self.subscription.motion is not Motion.AZURE_PLAN
        ):
            return [Finding("BS_QUANTITY_INVALID", {**self.names, "quantity": f"{quantity:f}"})]
        wrong = next((line for line in self.charges if self._not_seats(line)), None)
        if wrong is not None:
            return [Finding("BS_QUANTITY_INVALID", {**self.names, "quantity": f"{wrong.quantity:f}"})]
        currencies = self.currencies()
        if len(currencies) > 1:
            expected, *others = currencies
            params = {"agreement": self.customer, "expected": expected, "found": ", ".join(others)}
            return [Finding("BS_CURRENCY_DIFFERS", params)]
        return []

    def _not_seats(self, line: ChargeLine) -> bool:
        """Whether a line that changes seats names a part of a seat, or charges for fewer than none."""
        if self.subscription.motion is Motion.AZURE_PLAN or line.kind not in STATE_KINDS:
            return False
        return line.quantity != line.quantity.to_integral_value() or (line.quantity < 0 < line.subtotal)

    def trial(self) -> list[Finding]:
        return [Finding("BS_TRIAL_SKIPPED", self.names)]

    def price(self, cost: Decimal | None, sell: Decimal | None = None) -> Decimal | None:
        """The price of one seat and cycle; `sell` is what the source sells it for on the lines in question."""
        if sell is None:
            sell = self.subscription.unit_sell
        if sell is None:
            sell = next((line.unit_sell for line in reversed(self.charges) if line.unit_sell is not None), None)
        amounts = PriceSources(cost, self.product.erp, sell, self.product.catalog_price)
        return sell_price(self.product.rule, amounts)

    def seats(self) -> WantedLine:
        """Seats by day, with what is listed beside them: credits, one-offs, an end that is not sure."""
        ahead = paid_at_once(self.charges)
        history = history_of(self.subscription, [line for line in self.charges if line not in ahead])
        held: list[Held] = []
        for index, seats in enumerate(history.seats):
            after = history.seats[index + 1].starts - DAY if index + 1 < len(history.seats) else history.ends
            if history.ends is not None and (after is None or after > history.ends):
                after = history.ends
            if seats.quantity == 0 or (after is not None and after < seats.starts):
                continue
            price = ZERO if self.subscription.trial else self.price(seats.unit_cost, seats.unit_sell)
            if price is None:
                return self.line((), (), [price_missing(self.product.name, self.customer, self.product.rule)])
            known = seats.unit_cost is not None
            cost = ZERO if seats.unit_cost is None else seats.unit_cost
            held.append(Held(seats.starts, after, seats.quantity, cost, price, seats.reason, known))
        findings = [*self._notes(history), *self._below_cost((h.quantity, h.unit_price, h.unit_cost) for h in held)]
        aside, more = self._aside()
        first = history.seats[0].starts
        line = self.line(tuple(held), (), [*findings, *more], first)
        unsure = Unsure(history.seats[-1].starts, history.ends) if history.unsure else None
        line = replace(line, charges=aside, unsure=unsure, product_from=self._product_from())
        return self._after_paid(line, ahead)

    def _after_paid(self, line: WantedLine, ahead: list[ChargeLine]) -> WantedLine:
        """The seats from the day on that was not paid for at once before."""
        last = paid_to(self.subscription, ahead)
        if last is None:
            return line
        net = sum((each.subtotal for each in ahead), ZERO)
        days = days_shown(min(each.charge_start for each in ahead), last)
        invoices = ", ".join(sorted({each.invoice for each in ahead} - {""}))
        told = {"amount": f"{net:,.2f} {line.currency}", "invoice": invoices or "unbilled", "what": days}
        why = "it is charged by the month now, and no annual addition bills these days"
        unbilled = Finding("BS_ONE_OFF_NOT_BILLED", {**self.names, **told, "reason": why})
        return replace(begun(line, last + DAY), paid=PaidAhead(last, unbilled))

    def _below_cost(self, seats: Iterable[tuple[Decimal, Decimal, Decimal]]) -> Iterator[Finding]:
        cycle = "and cycle" if self.subscription.motion is Motion.SEAT_ANNUAL else "and month"
        if not self.subscription.trial:
            yield from sold_below_cost(self.product.name, self.customer, cycle, seats)

    def _product_from(self) -> date | None:
        """The first day charged for the SKU of now, where another was charged before."""
        own = (line for line in self.charges if line.kind not in _ASIDE)
        lines = sorted(own, key=lambda line: (line.charge_start, line.subtotal > 0))
        sku, before = self.subscription.sku, None
        for line in reversed(lines):
            if line.sku != sku:
                return before
            before = line.charge_start
        return None

    def _notes(self, history: History) -> list[Finding]:
        found = []
        if history.differs is not None:
            seats = {
                "expected": f"{self.subscription.quantity.normalize():f}",
                "found": f"{history.differs.normalize():f}",
            }
            found.append(Finding("BS_QUANTITY_MISMATCH", {**self.names, "agreement": "the source's charges", **seats}))
        ended = self.subscription.status in {SubscriptionStatus.EXPIRED, SubscriptionStatus.DELETED}
        if ended and self.subscription.ended_on is None:
            found.append(Finding("BS_END_NOT_CONFIRMED", {**self.names, "status": self.subscription.status.value}))
        return found

    def _aside(self) -> tuple[tuple[Charge, ...], list[Finding]]:
        """Credits and one-off charges: rows of their own where the account wants them and a rule prices them, else listed."""
        purchases, doubts = told_apart(line for line in self.charges if line.kind in _ASIDE and line.subtotal != 0)
        rows, found = [], [doubt.finding(self.customer, self.product.name) for doubt in doubts]
        for purchase in purchases:
            line, credit = purchase.line, purchase.line.kind is ChargeKind.CREDIT
            price = self._money(line.subtotal, line.sell_subtotal)
            wanted = self.rules.credits if credit else self.rules.one_offs
            if price is None or not wanted:
                found.append(self._not_billed(line, credit=credit, wanted=wanted))
                continue
            reason = Reason.CREDIT if credit else Reason.ONE_OFF
            name = ", ".join(filter(None, (line.name, days_shown(line.charge_start, line.charge_end), line.invoice)))
            days = line.charge_start, line.charge_end
            charge = Charge(f"line:{purchase.key}", *days, Decimal(1), line.subtotal, price, name, "", reason)
            rows.append(replace(charge, former=tuple(f"line:{key}" for key in purchase.read_as)))
        return tuple(rows), found

    def _not_billed(self, line: ChargeLine, *, credit: bool, wanted: bool) -> Finding:
        code = "BS_CREDIT_NOT_PASSED_ON" if credit else "BS_ONE_OFF_NOT_BILLED"
        basis = self.product.rule.basis.value if self.product.rule else "none"
        why = f"the price rule ({basis}) prices seats, not an amount" if wanted else "by setting of the account"
        told = {"amount": f"{line.subtotal:,.2f} {line.currency}", "invoice": line.invoice or "unbilled"}
        return Finding(code, {**self.names, **told, "what": line.name or line.kind.value, "reason": why})

    def _money(self, cost: Decimal, sell: Decimal | None) -> Decimal | None:
        """The price of an amount: the source's own, or the rule's markup on it; a price for one seat says nothing here."""
        rule = self.product.rule
        if rule is not None and rule.basis in {PriceBasis.MARKUP, PriceBasis.MARGIN}:
            sign = -1 if cost < 0 else 1
            price = sell_price(rule, PriceSources(cost=abs(cost)))
            return None if price is None else sign * price
        if rule is not None and rule.basis is PriceBasis.SOURCE:
            return sell
        return None

    def usage(self) -> WantedLine:
        """One total for each month of metered use, whatever days its lines carry."""
        months: dict[date, list[ChargeLine]] = defaultdict(list)
        for line in self.charges:
            if line.kind not in _ASIDE:
                months[month_start(line.charge_start)].append(line)
        rule, rows = self.product.rule, []
        for first, lines in sorted(months.items()):
            cost = sum((line.subtotal for line in lines), ZERO)
            base = usage_base(lines, keeps_earned_credit=rule is not None and rule.keeps_earned_credit)
            price = ZERO if base == cost == 0 else self._usage_price(base, lines)
            if price is None:
                return self.line((), (), [price_missing(self.product.name, self.customer, rule)])
            key, name = f"{first:%Y-%m}", f"{self.product.name}, {first:%B %Y}"
            months_use = ZERO if base == cost == 0 else Decimal(1)
            rows.append(Charge(key, first, month_end(first), months_use, cost, price, name, "", Reason.USAGE))
        aside, more = self._aside()
        return self.line((), (*rows, *aside), more)

    def _usage_price(self, base: Decimal, lines: Sequence[ChargeLine]) -> Decimal | None:
        """Use is priced on its amount: `erp` resells the list amount; a fixed price or the catalog's cannot price use."""
        rule = self.product.rule
        if rule is not None and rule.basis is PriceBasis.ERP and base > 0:
            return round_half_up(base)
        given = [line.sell_subtotal for line in lines if line.sell_subtotal is not None]
        return self._money(base, sum(given, ZERO) if len(given) == len(lines) else None)

    def annual(self, today: date | None, paid_from: date) -> WantedLine:
        """One charge for each cycle, and one for each change within it."""
        made = annual_charges(self.subscription, self.charges, self._cycle_price, today, paid_from)
        if not made.priced:
            return self.line((), (), [price_missing(self.product.name, self.customer, self.product.rule)])
        aside, more = self._aside()
        doubts = [doubt.finding(self.customer, self.product.name) for doubt in made.doubts]
        doubts += [self._upgrade(day) for day in made.upgrades if today is None or today <= day.last]
        cycles = [each for each in made.charges if each.term_key]
        doubts += self._below_cost((each.quantity, each.unit_price, each.unit_cost) for each in cycles)
        return self.line((), (*made.charges, *aside), [*doubts, *more])

    def _upgrade(self, day: ChargedDay) -> Finding:
        seats = sum((abs(line.quantity) for line in day.lines if line.subtotal > 0), ZERO)
        currency = next(iter(self.currencies()), "")
        money = {"amount": f"{day.net:,.2f} {currency}".strip(), "seats": f"{seats.normalize():f}"}
        days = {"date": f"{day.day:%d %b %Y}", "until": f"{day.last:%d %b %Y}"}
        return Finding("BS_UPGRADE_NOT_BILLED", {**self.names, **money, **days})

    def _cycle_price(self, line: ChargeLine | None) -> Decimal | None:
        if line is None:
            return self.price(self.subscription.unit_cost)
        cost = self.subscription.unit_cost if line.unit_price is None else line.unit_price
        if cost is None and line.quantity:
            cost = abs(line.subtotal) / abs(line.quantity)
        return self.price(cost, line.unit_sell)
