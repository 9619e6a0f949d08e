"""Seats and agreements as a test reads them, with a store that applies plans and invoices as ConnectWise would."""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from ledgerwire.billing_sync.domain.agreements import Addition, Agreement, RowValues, Written
from ledgerwire.billing_sync.domain.days import first_uninvoiced, month_end, shift_month
from ledgerwire.billing_sync.domain.plan import AgreementPlan, StepKind
from ledgerwire.billing_sync.domain.planner import AgreementInput, plan_agreement
from ledgerwire.billing_sync.domain.preview import next_invoice_line
from ledgerwire.billing_sync.domain.rules import PriceBasis, PriceRule, SeatRules
from ledgerwire.billing_sync.domain.wanted import Held, WantedLine
from ledgerwire.billing_sync.domain.wanting import Product
from ledgerwire.common.seats import ChargeKind, ChargeLine, Frequency, Motion, SubscriptionSnapshot

PRODUCT = 501
RULES = SeatRules(since=date(2026, 1, 1))
FIXED = Product(PRODUCT, "Business Premium", PriceRule(PriceBasis.FIXED, Decimal("22.00")))


def day(text):
    """A day of 2026 as "17 Mar"."""
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    number, name, *year = text.split()
    return date(int(year[0]) if year else 2026, months.index(name) + 1, int(number))


def agreement(next_invoice="1 Apr", **changes):
    base = Agreement(
        40,
        "Cloud Monthly",
        7,
        date(2025, 1, 1),
        "Cloud",
        next_invoice=next_invoice and day(next_invoice),
        currency="USD",
    )
    return replace(base, **changes)


def one_time(**changes):
    base = agreement(
        "1 Apr", id=41, name="Cloud Annual", billing_option="NotRecurring", bill_one_time=True, prorate=False
    )
    return replace(base, **changes)


def values(quantity, effective, ends=None, price="22.00", cost="18.00"):
    return RowValues(Decimal(quantity), Decimal(price), Decimal(cost), day(effective), ends and day(ends))


def held(quantity, starts, ends=None, price="22.00", cost="18.00"):
    return Held(day(starts), ends and day(ends), Decimal(quantity), Decimal(cost), Decimal(price))


def wanted(*spans, line="sub-1", product=PRODUCT, **changes):
    base = WantedLine(line, product, "Business Premium", "Acme", tuple(spans), known_from=min(s.starts for s in spans))
    return replace(base, **changes)


def subscription(quantity=10, start="1 Mar", frequency=Frequency.MONTHLY, **changes):
    base = SubscriptionSnapshot(
        "sub-1",
        "tenant-1",
        "CFQ7TTC0LCHC:0002",
        "Business Premium",
        Decimal(quantity),
        frequency,
        day(start),
        currency="USD",
    )
    return (
        replace(base, unit_cost=Decimal("18.00"), **changes) if "unit_cost" not in changes else replace(base, **changes)
    )


_KEYS = iter(range(1, 1_000_000))


def charge(kind, quantity, subtotal, first, last, unit="12.00", **changes):
    """One line as given; a refund has a negative subtotal and positive seats."""
    line = ChargeLine(
        key=f"L{next(_KEYS)}",
        invoice="G001",
        customer_id="tenant-1",
        subscription_id="sub-1",
        sku="CFQ7TTC0LCHC:0002",
        name="Business Premium",
        kind=ChargeKind(kind),
        quantity=Decimal(quantity),
        subtotal=Decimal(subtotal),
        currency="USD",
        charge_start=day(first),
        charge_end=day(last),
        frequency=Frequency.MONTHLY,
        unit_price=Decimal(unit),
    )
    return replace(line, **changes)


@dataclass
class Psa:
    """One agreement with its rows and our records of them: applies a plan, invoices month by month."""

    agreement: Agreement
    rows: dict[int, Addition] = field(default_factory=dict)
    written: dict[int, Written] = field(default_factory=dict)
    copies: list["Psa"] = field(default_factory=list)
    rules: SeatRules = RULES
    motion: Motion = Motion.SEAT_MONTHLY
    today: date = date(2026, 3, 20)
    invoices: list[Decimal] = field(default_factory=list)
    invoiced: set[int] = field(default_factory=set)
    writes: int = 0

    def put(self, row, product=PRODUCT):
        """A row that a person entered."""
        number = 1000 + len(self.rows)
        self.rows[number] = Addition(number, self.agreement.id, product, row)
        if row.effective < self.first:
            self.invoiced.add(number)
        return number

    @property
    def first(self):
        given = self.agreement
        return first_uninvoiced(given.next_invoice, given.period_type, given.start, self.rules.in_advance)

    def plan(self, *lines, elsewhere=()) -> AgreementPlan:
        return plan_agreement(
            AgreementInput(
                self.agreement,
                self.motion,
                tuple(lines),
                tuple(self.rows.values()),
                tuple(self.written.values()),
                self.rules,
                self.today,
                elsewhere,
            )
        )

    def apply(self, *lines, elsewhere=()) -> AgreementPlan:
        made = (*elsewhere, *(record for copy in self.copies for record in copy.written.values()))
        plan = self.plan(*lines, elsewhere=made)
        for step in plan.steps:
            self._write(step)
        for line in plan.lines:
            if not line.stopped:
                self._record(line)
        return plan

    def crash(self, after, *lines):
        """Apply a plan up to a write that ConnectWise makes and we do not remember."""
        for number, step in enumerate(self.plan(*lines).steps):
            if number > after:
                return
            known = dict(self.written)
            self._write(step)
            if number == after and step.kind is StepKind.CREATE:
                self.written = known

    def _write(self, step):
        self.writes += 1
        if step.kind is StepKind.COPY_AGREEMENT:
            fresh = replace(self.agreement, id=self.agreement.id + 100, invoiced_once=False)
            self.copies.append(Psa(fresh, rules=self.rules, motion=self.motion, today=self.today))
            return
        target = self.copies[-1] if step.on_copy else self
        number = step.addition_id or next(_KEYS) + 2000
        target.rows[number] = Addition(number, target.agreement.id, step.product_id, step.after)
        target.written[number] = Written(
            number,
            target.agreement.id,
            step.product_id,
            step.line,
            step.after,
            target.first if step.on_copy else step.recorded_from,
            step.charge,
            step.billed_as,
            target.agreement.invoiced_once,
            step.seen,
        )

    def _record(self, line):
        for one in line.adopted:
            product = self.rows[one.addition_id].product_id
            self.written[one.addition_id] = Written(
                one.addition_id,
                self.agreement.id,
                product,
                line.line,
                one.values,
                one.uninvoiced_from,
                one.charge,
                one.billed_as,
                seen=one.seen,
            )
        for gone in line.forgotten:
            self.written.pop(gone, None)

    def next_invoice(self):
        """What the next invoice comes to, by the same rule as the preview."""
        return sum(
            (
                next_invoice_line(self.agreement, row.values, self.first, invoiced=number in self.invoiced).amount
                for number, row in self.rows.items()
            ),
            Decimal(0),
        )

    def invoice(self):
        """ConnectWise makes the next invoice; its amount."""
        amount = self.next_invoice()
        last = month_end(self.first)
        self.invoiced |= {number for number, row in self.rows.items() if row.values.effective <= last}
        self.invoices.append(amount)
        if self.agreement.bill_one_time:
            self.agreement = replace(self.agreement, invoiced_once=True, next_invoice=None)
        else:
            self.agreement = replace(self.agreement, next_invoice=shift_month(self.agreement.next_invoice, 1))
        return amount

    def live(self):
        """Rows that bill something, in order."""
        rows = [row.values for row in self.rows.values() if not row.values.void]
        return sorted(rows, key=lambda row: (row.effective, row.quantity))

    def seats_on(self, when):
        return sum((row.quantity for row in self.live() if row.covers(when)), Decimal(0))


def codes(plan):
    """Codes of a plan; each finding fills its sentence."""
    findings = [*plan.findings, *(finding for line in plan.lines for finding in line.findings)]
    assert all(said(finding) for finding in findings)
    return sorted({finding.code for finding in findings})


def said(finding):
    """The code of a finding whose message, action and place have every value they name."""
    entry = finding.entry
    texts = (finding.message, entry.render_action(finding.params), entry.render_where(finding.params))
    assert not any("?" in text for text in texts), texts
    return finding.code


def psa(**changes):
    rules = replace(RULES, **{k: v for k, v in changes.items() if k in {"edits", "decreases", "one_time", "since"}})
    rest = {k: v for k, v in changes.items() if k not in {"edits", "decreases", "one_time", "since"}}
    return Psa(rest.pop("agreement", agreement()), rules=rules, **rest)
