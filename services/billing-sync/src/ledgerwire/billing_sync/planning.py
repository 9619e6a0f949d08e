"""Read sources and agreements, link them, and plan: nothing is written to ConnectWise here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from ledgerwire.billing_sync import psa as wire
from ledgerwire.billing_sync.catalog import Shelf, stocked
from ledgerwire.billing_sync.domain.agreements import Addition, Agreement, RowValues, Written
from ledgerwire.billing_sync.domain.days import first_uninvoiced
from ledgerwire.billing_sync.domain.elsewhere import RowElsewhere, begins_after
from ledgerwire.billing_sync.domain.links import Company, link_agreement, link_customer
from ledgerwire.billing_sync.domain.planner import AgreementInput, plan_agreement
from ledgerwire.billing_sync.domain.products import NewProduct
from ledgerwire.billing_sync.domain.rules import PriceBasis, SeatRules
from ledgerwire.billing_sync.domain.wanted import CreditGiven, WantedLine
from ledgerwire.billing_sync.domain.wanting import Product, wanted_line
from ledgerwire.billing_sync.repository.links import Links
from ledgerwire.billing_sync.repository.written import Record
from ledgerwire.billing_sync.settings import chosen_agreements, chosen_companies, price_rules, rules_of
from ledgerwire.billing_sync.stored import AgreementPart, PlanState, StepState, StoredPlan, StoredStep, part_of
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.seats import (
    ChargeLine,
    Completeness,
    Motion,
    SeatReading,
    SourceCustomer,
    SourceProduct,
    SubscriptionSnapshot,
)
from ledgerwire.connectwise import ConnectWise
from ledgerwire.distributors.port import Period
from ledgerwire.tenants.seats_file import SeatsSection

AHEAD = timedelta(days=62)
"""Lines are charged ahead of their invoice; this far after today they are read."""

Progress = Callable[[str, int, int], None]
Place = tuple[int, Motion]


def no_progress(_stage: str, _done: int, _all: int) -> None:
    """Tell nobody."""


def period_of(section: SeatsSection, today: date) -> Period:
    """The days of charges that a plan reads."""
    return Period(section.since, today + AHEAD)


@dataclass(frozen=True, slots=True)
class Sold:
    """One subscription of a linked customer with its lines and its product."""

    subscription: SubscriptionSnapshot
    charges: tuple[ChargeLine, ...]
    company_id: int
    product: Product
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Joined:
    """One subscription with its lines, the company it is for, and the source that shows it."""

    company_id: int
    subscription: SubscriptionSnapshot
    charges: tuple[ChargeLine, ...]
    source: str


@dataclass(slots=True)
class Linked:
    """What the sources sold, joined with ConnectWise as far as people said how.

    Attributes:
        held: subscriptions of customers whose charges are not all there: left as they are, whatever little is shown of them.
        partial: companies of whom something was not shown: what is absent there is unknown, not gone.
    """

    sold: dict[Place, list[Sold]] = field(default_factory=lambda: defaultdict(list))
    names: dict[int, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unlinked: list[tuple[SourceCustomer, SubscriptionSnapshot]] = field(default_factory=list)
    shelf: Shelf = field(default_factory=Shelf)
    held: set[str] = field(default_factory=set)
    partial: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Given:
    """What a plan is made from besides ConnectWise."""

    section: SeatsSection
    readings: tuple[SeatReading, ...]
    links: Links
    records: tuple[Record, ...]
    today: date
    settled: Mapping[str, tuple[CreditGiven, ...]] = field(default_factory=dict)

    @property
    def rules(self) -> SeatRules:
        return rules_of(self.section)


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything one look found, before it is decided upon.

    Attributes:
        agreements: (company, motion) → the agreement chosen for it.
        additions: agreement → its rows, read now.
        lines: (company, motion) → what is wanted there.
        former: agreements that we wrote to and that another one has replaced (a copy, M22).
    """

    linked: Linked
    agreements: Mapping[Place, Agreement]
    additions: Mapping[int, tuple[Addition, ...]]
    lines: Mapping[Place, tuple[WantedLine, ...]]
    findings: tuple[Finding, ...]
    former: tuple[Agreement, ...] = ()


async def look(psa: ConnectWise, given: Given, progress: Progress = no_progress) -> Situation:
    """Join what was read with ConnectWise as it is now.

    It costs the pages of companies, agreements and unknown SKUs, and one call for each agreement in question.
    """
    companies = {company.id: company for company in await wire.companies(psa, given.section.company_statuses)}
    linked = await _linked(psa, given, companies)
    tables = await wire.terms(psa)
    chosen = {**chosen_agreements(given.section), **given.links.agreements}
    places = _places(linked, chosen, given.records)
    rows = await psa.agreements.of_companies(sorted({company for company, _ in places}))
    visible = [wire.in_currency(wire.agreement_of(row, tables), companies) for row in rows]
    agreements: dict[Place, Agreement] = {}
    findings = list(linked.findings)
    for company_id, motion in places:
        name = linked.names.get(company_id) or _name(companies, company_id)
        pick = chosen.get((company_id, motion))
        link = link_agreement(name, company_id, motion, pick, visible, given.today)
        findings += link.findings
        if link.agreement is not None:
            agreements[company_id, motion] = link.agreement
    in_use = {agreement.id for agreement in agreements.values()}
    wrote = {record.written.agreement_id for record in given.records}
    former = tuple(each for each in visible if each.id in wrote and each.id not in in_use)
    ids = sorted({*in_use, *(each.id for each in former)})
    progress("agreements", 0, len(ids))
    exact = given.rules.cancelled_is_last_day
    additions = await wire.additions_of(psa, ids, cancelled_is_last_day=exact)
    progress("agreements", len(ids), len(ids))
    known = {agreement.id: agreement for agreement in (*agreements.values(), *former)}
    elsewhere = _Elsewhere(given, known, additions)
    lines = {
        place: tuple(elsewhere.begun(_line(sold, given, linked), agreement) for sold in linked.sold.get(place, ()))
        for place, agreement in agreements.items()
    }
    return Situation(linked, agreements, additions, lines, tuple(findings), former)


class _Elsewhere:
    """Seats of a line that stand on another agreement of its company."""

    def __init__(
        self, given: Given, known: Mapping[int, Agreement], additions: Mapping[int, tuple[Addition, ...]]
    ) -> None:
        self.given = given
        self.known = known
        self.rows = {row.id: row.values for rows in additions.values() for row in rows}
        self.records: dict[tuple[int, str], list[Written]] = defaultdict(list)
        for record in given.records:
            if not record.written.charge:
                self.records[record.company_id, record.written.line].append(record.written)

    def begun(self, line: WantedLine, agreement: Agreement) -> WantedLine:
        """The line from the day on which it stands nowhere else."""
        others = [each for each in self.records[agreement.company_id, line.line] if each.agreement_id != agreement.id]
        if not others:
            return line
        rows = [RowElsewhere(other := self.known.get(each.agreement_id), self._values(each, other)) for each in others]
        first = first_uninvoiced(
            agreement.next_invoice, agreement.period_type, agreement.start, self.given.rules.in_advance
        )
        return begins_after(line, agreement, rows, first)

    def _values(self, record: Written, agreement: Agreement | None) -> RowValues | None:
        """The row now; what we wrote, where its agreement cannot be seen."""
        return record.values if agreement is None else self.rows.get(record.addition_id)


def decide(given: Given, found: Situation, connection_id: UUID, now: datetime, calls: int = 0) -> StoredPlan:
    """Plan every agreement of a situation."""
    parts: list[AgreementPart] = []
    steps: list[StoredStep] = []
    by_company: dict[int, list[Record]] = defaultdict(list)
    for record in given.records:
        by_company[record.company_id].append(record)
    for agreement, places in _by_agreement(found.agreements):
        company_id, motion = places[0]
        shown = (line for place in places for line in found.lines[place])
        lines = tuple(line for line in shown if line.line not in found.linked.held)
        own = [record.written for record in by_company[company_id] if record.written.agreement_id == agreement.id]
        others = [record.written for record in by_company[company_id] if record.written.agreement_id != agreement.id]
        plan = plan_agreement(
            AgreementInput(
                agreement=agreement,
                motion=motion,
                lines=lines,
                additions=found.additions[agreement.id],
                written=tuple(own),
                rules=given.rules,
                today=given.today,
                elsewhere=tuple(other for other in others if other.charge),
                billed_elsewhere=frozenset(
                    line.line
                    for (company, _), wanted in found.lines.items()
                    for line in wanted
                    if company == company_id
                ),
                complete=company_id not in found.linked.partial
                and all(reading.completeness is Completeness.COMPLETE for reading in given.readings),
            )
        )
        known = {line.line: (line.product_id, line.name) for line in lines}
        company = (company_id, found.linked.names.get(company_id, agreement.name))
        parts.append(part_of(plan, agreement, company, motion, known))
        steps += [StoredStep(step, StepState.PLANNED, place) for place, step in enumerate(plan.steps)]
    return StoredPlan(
        plan_id=uuid4(),
        connection_id=connection_id,
        day=given.today,
        state=PlanState.OPEN,
        made_at=now,
        findings=found.findings,
        parts=tuple(parts),
        steps=tuple(steps),
        products=_needed(found.linked.shelf, steps),
        calls=calls,
    )


def _by_agreement(agreements: Mapping[Place, Agreement]) -> list[tuple[Agreement, list[Place]]]:
    """Each agreement with the motions it takes: seats charged monthly and metered use may share one."""
    places: dict[int, list[Place]] = defaultdict(list)
    for place, agreement in agreements.items():
        places[agreement.id].append(place)
    rows = {agreement.id: agreement for agreement in agreements.values()}
    return [
        (rows[number], sorted(places[number], key=lambda place: place[1] is Motion.AZURE_PLAN))
        for number in sorted(rows)
    ]


def _needed(shelf: Shelf, steps: Sequence[StoredStep]) -> dict[int, NewProduct]:
    used = {stored.step.product_id for stored in steps}
    return {number: product for number, product in shelf.to_make.items() if number in used}


def _places(linked: Linked, chosen: Mapping[Place, int], records: Sequence[Record]) -> list[Place]:
    """Where something is wanted, or where we wrote: (company, motion)."""
    written = {record.written.agreement_id for record in records}
    kept = {place for place, agreement_id in chosen.items() if agreement_id in written}
    return sorted({*linked.sold, *kept})


def _name(companies: Mapping[int, Company], company_id: int) -> str:
    return companies[company_id].name if company_id in companies else f"company {company_id}"


async def _linked(psa: ConnectWise, given: Given, companies: Mapping[int, Company]) -> Linked:
    linked = Linked()
    joined: list[_Joined] = []
    products: dict[str, SourceProduct] = {}
    for reading in given.readings:
        linked.findings += [Finding(problem.code, dict(problem.params)) for problem in reading.problems]
        products |= {product.sku: product for product in reading.products}
        joined += _joined(reading, given, companies, linked)
    for each in joined:
        products.setdefault(each.subscription.sku, SourceProduct(each.subscription.sku, each.subscription.name))
    sold = {each.subscription.sku for each in joined}
    rules = price_rules(given.section)
    from_catalog = any(rule.basis is PriceBasis.CATALOG for rule in rules.all)
    wanted = {sku: products[sku] for sku in sorted(sold)}
    linked.shelf = await stocked(psa, given.section, wanted, given.links.products, with_prices=from_catalog)
    linked.findings += [finding for found in linked.shelf.findings.values() for finding in found]
    for one, doubts in _told_once(joined, linked):
        subscription = one.subscription
        product_id = linked.shelf.ids.get(subscription.sku)
        if product_id is None:
            continue
        source = products[subscription.sku]
        product = Product(
            product_id,
            source.name,
            rules.of(subscription.sku, subscription.motion),
            source.erp_unit_price,
            linked.shelf.prices.get(product_id),
        )
        sold_as = Sold(subscription, one.charges, one.company_id, product, doubts)
        linked.sold[one.company_id, subscription.motion].append(sold_as)
    return linked


def _told_once(joined: Sequence[_Joined], linked: Linked) -> list[tuple[_Joined, tuple[Finding, ...]]]:
    """Each subscription of a company once; one that several sources show would be billed by each of them, and stops."""
    by_id: dict[tuple[int, str], list[_Joined]] = defaultdict(list)
    for each in joined:
        by_id[each.company_id, each.subscription.id].append(each)
    found: list[tuple[_Joined, tuple[Finding, ...]]] = []
    for (company_id, line), shown in by_id.items():
        sources = ", ".join(dict.fromkeys(each.source for each in shown))
        params = {"line": line, "customer": linked.names[company_id], "sources": sources}
        found.append((shown[0], (Finding("BS_SOLD_BY_TWO_SOURCES", params),) if len(shown) > 1 else ()))
    return found


def _joined(reading: SeatReading, given: Given, companies: Mapping[int, Company], linked: Linked) -> list[_Joined]:
    """Subscriptions of linked customers with their lines; by id, else by order where ids differ."""
    chosen = chosen_companies(given.section)
    by_customer: dict[str, list[SubscriptionSnapshot]] = defaultdict(list)
    for subscription in reading.subscriptions:
        by_customer[subscription.customer_id].append(subscription)
    by_line: dict[str, list[ChargeLine]] = defaultdict(list)
    for charge in reading.charges:
        by_line[charge.subscription_id or f"order:{charge.order_id}"].append(charge)
    found = []
    not_whole = reading.unsure | {problem.customer_id for problem in reading.problems}
    for customer in reading.customers:
        own = by_customer.get(customer.id, [])
        stored = given.links.customers.get((reading.source, customer.id))
        ids = [*chosen.get((reading.source, customer.id), []), *([stored] if stored else [])]
        if customer.id in not_whole:
            linked.partial |= set(ids)
        if not own:
            continue
        if customer.id in reading.unsure:
            linked.held |= {subscription.id for subscription in own}
        link = link_customer(customer, {customer.id: ids}, companies.values())
        linked.findings += link.findings
        if link.company_id is None:
            linked.unlinked += [(customer, subscription) for subscription in own]
            continue
        linked.names[link.company_id] = _name(companies, link.company_id)
        for subscription in own:
            lines = by_line.get(subscription.id) or by_line.get(f"order:{subscription.order_id or '-'}", [])
            found.append(_Joined(link.company_id, subscription, tuple(lines), reading.source))
    return found


def _line(sold: Sold, given: Given, linked: Linked) -> WantedLine:
    customer = linked.names[sold.company_id]
    settled = given.settled.get(sold.subscription.id, ())
    line = wanted_line(
        sold.subscription,
        sold.charges,
        sold.product,
        given.rules,
        customer=customer,
        settled=settled,
        today=given.today,
    )
    return replace(line, findings=(*sold.findings, *line.findings))
