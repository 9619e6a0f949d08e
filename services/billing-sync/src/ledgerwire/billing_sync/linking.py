"""Who bought what: subscriptions of the sources joined with companies and products of ConnectWise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from ledgerwire.billing_sync.catalog import Shelf, stocked
from ledgerwire.billing_sync.domain.links import Company, agreements_in_use, link_customer
from ledgerwire.billing_sync.domain.plan import CreditDue
from ledgerwire.billing_sync.domain.rules import PriceBasis, SeatRules
from ledgerwire.billing_sync.domain.turned import turned
from ledgerwire.billing_sync.domain.wanted import CreditGiven
from ledgerwire.billing_sync.domain.wanting import Product
from ledgerwire.billing_sync.repository.links import Links
from ledgerwire.billing_sync.repository.written import Record
from ledgerwire.billing_sync.settings import chosen_agreements, chosen_companies, price_rules, rules_of
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.seats import ChargeLine, Motion, SeatReading, SourceCustomer, SourceProduct, SubscriptionSnapshot
from ledgerwire.connectwise import ConnectWise
from ledgerwire.tenants.seats_file import SeatsSection

Place = tuple[int, Motion]
"""A company and how its seats are sold."""


@dataclass(frozen=True, slots=True)
class Sold:
    """One subscription of a linked customer, or one of the two parts of it, with its lines and its product.

    Attributes:
        paid_from: the first day that is paid for at once, where it was charged by the month before.
    """

    subscription: SubscriptionSnapshot
    charges: tuple[ChargeLine, ...]
    company_id: int
    product: Product
    findings: tuple[Finding, ...] = ()
    paid_from: date = date.min


@dataclass(frozen=True, slots=True)
class _Joined:
    """One subscription with its lines, the company it is for, and the source that shows it.

    Attributes:
        findings: what was noticed on the way here.
        paid_from: as in `Sold`.
        product_id: of the rows that are all that is known of it, 0 where its SKU tells.
    """

    company_id: int
    subscription: SubscriptionSnapshot
    charges: tuple[ChargeLine, ...]
    source: str
    findings: tuple[Finding, ...] = ()
    paid_from: date = date.min
    product_id: int = 0


@dataclass(slots=True)
class Linked:
    """What the sources sold, joined with ConnectWise as far as people said how.

    Attributes:
        held: subscriptions of customers whose charges are not all there: left as they are, whatever little is shown of them.
        partial: companies of whom something was not shown: what is absent there is unknown, not gone.
        unsold: subscriptions whose SKU is no product: they stop, and are shown all the same.
    """

    sold: dict[Place, list[Sold]] = field(default_factory=lambda: defaultdict(list))
    names: dict[int, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unlinked: list[tuple[SourceCustomer, SubscriptionSnapshot]] = field(default_factory=list)
    shelf: Shelf = field(default_factory=Shelf)
    held: set[str] = field(default_factory=set)
    partial: set[int] = field(default_factory=set)
    unsold: set[str] = field(default_factory=set)

    @property
    def stopped(self) -> frozenset[str]:
        """Subscriptions that a source shows and nothing is planned for: their customer's company or their product is not known."""
        return frozenset(self.unsold | {subscription.id for _, subscription in self.unlinked})


@dataclass(frozen=True, slots=True)
class Given:
    """What a plan is made from besides ConnectWise.

    Attributes:
        settled: credits that people settled, by subscription.
        owed: credits that the newest plan listed and nobody settled, by subscription.
    """

    section: SeatsSection
    readings: tuple[SeatReading, ...]
    links: Links
    records: tuple[Record, ...]
    today: date
    settled: Mapping[str, tuple[CreditGiven, ...]] = field(default_factory=dict)
    owed: Mapping[str, tuple[CreditDue, ...]] = field(default_factory=dict)

    @property
    def rules(self) -> SeatRules:
        return rules_of(self.section)

    @property
    def agreements(self) -> dict[Place, int]:
        """The agreement of each company's motion, by the account file and the copies made."""
        return agreements_in_use(chosen_agreements(self.section), self.links.agreements, self.links.copies)


async def linked_with(psa: ConnectWise, given: Given, companies: Mapping[int, Company]) -> Linked:
    """Subscriptions of every source with the company and the product that each is for, and what stands in the way."""
    linked = Linked()
    joined: list[_Joined] = []
    products: dict[str, SourceProduct] = {}
    for reading in given.readings:
        linked.findings += [Finding(problem.code, dict(problem.params)) for problem in reading.problems]
        products |= {product.sku: product for product in reading.products}
        joined += _joined(reading, given, companies, linked)
    parts = [part for each in _told_once(joined, linked) for part in _parts(each, given)]
    for each in parts:
        products.setdefault(each.subscription.sku, SourceProduct(each.subscription.sku, each.subscription.name))
    sold = {each.subscription.sku for each in parts}
    rules = price_rules(given.section)
    from_catalog = any(rule.basis is PriceBasis.CATALOG for rule in rules.all)
    wanted = {sku: products[sku] for sku in sorted(sold)}
    linked.shelf = await stocked(psa, given.section, wanted, given.links.products, with_prices=from_catalog)
    linked.findings += [finding for found in linked.shelf.findings.values() for finding in found]
    for one in parts:
        subscription = one.subscription
        product_id = one.product_id or linked.shelf.ids.get(subscription.sku)
        if product_id is None:
            linked.unsold.add(subscription.id)
            continue
        source = products[subscription.sku]
        product = Product(
            product_id,
            source.name,
            rules.of(subscription.sku, subscription.motion),
            source.erp_unit_price,
            linked.shelf.prices.get(product_id),
        )
        sold_as = Sold(subscription, one.charges, one.company_id, product, one.findings, one.paid_from)
        linked.sold[one.company_id, subscription.motion].append(sold_as)
    return linked


def _parts(one: _Joined, given: Given) -> list[_Joined]:
    """A subscription, in two parts where it was charged by the month and is paid for at once now."""
    own = [each.written for each in given.records if each.company_id == one.company_id]
    own = [record for record in own if record.line == one.subscription.id]
    monthly = given.agreements.get((one.company_id, Motion.SEAT_MONTHLY))
    seats = [record for record in own if not record.charge and record.agreement_id == monthly]
    split = turned(one.subscription, one.charges, seats, [record for record in own if record.charge])
    if split is None:
        return [one]
    parts = [replace(one, paid_from=split.day)]
    if split.day > given.section.since:
        latest = max(seats, key=lambda record: record.values.effective, default=None)
        product_id = latest.product_id if latest is not None and not split.lines else 0
        parts.append(replace(one, subscription=split.months, charges=split.lines, product_id=product_id))
    return parts


def _told_once(joined: Sequence[_Joined], linked: Linked) -> list[_Joined]:
    """Each subscription of a company once; one that several sources show would be billed by each of them, and stops."""
    by_id: dict[tuple[int, str], list[_Joined]] = defaultdict(list)
    for each in joined:
        by_id[each.company_id, each.subscription.id].append(each)
    found: list[_Joined] = []
    for (company_id, line), shown in by_id.items():
        sources = ", ".join(dict.fromkeys(each.source for each in shown))
        params = {"line": line, "customer": linked.names[company_id], "sources": sources}
        doubts = (Finding("BS_SOLD_BY_TWO_SOURCES", params),) if len(shown) > 1 else ()
        found.append(replace(shown[0], findings=doubts))
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
        linked.names[link.company_id] = name_of(companies, link.company_id)
        for subscription in own:
            lines = by_line.get(subscription.id) or by_line.get(f"order:{subscription.order_id or '-'}", [])
            found.append(_Joined(link.company_id, subscription, tuple(lines), reading.source))
    return found


def name_of(companies: Mapping[int, Company], company_id: int) -> str:
    """What a company is called; its id where ConnectWise does not show it."""
    return companies[company_id].name if company_id in companies else f"company {company_id}"
