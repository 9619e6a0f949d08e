"""One run of the set-up check, from what ConnectWise must be to what may run; `fix` makes only what is missing.

Each item is one call or a few; nothing is written without `fix`, and then only what the role of the document permits: set-up rows
in the order category, subcategory, product type, unit, and miscellaneous products made active.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date

from ledgerwire.billing_sync import psa as wire
from ledgerwire.billing_sync.catalog import setup_row
from ledgerwire.billing_sync.domain.agreements import Agreement
from ledgerwire.billing_sync.domain.links import agreements_in_use
from ledgerwire.billing_sync.domain.linter import is_active, lint_agreement
from ledgerwire.billing_sync.domain.products import check_default, find_default
from ledgerwire.billing_sync.repository.links import Links
from ledgerwire.billing_sync.settings import chosen_agreements, chosen_companies, rules_of
from ledgerwire.billing_sync.setup import mappings, rights
from ledgerwire.billing_sync.setup.outcome import CONNECT, MAP, PSA, RUN, Item, Phase, SetUp
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.seats import Motion, SeatReading
from ledgerwire.connectwise import ConnectWise
from ledgerwire.connectwise.catalog import SetupTable
from ledgerwire.tenants.seats_file import SeatsSection

_NAMES = {
    SetupTable.CATEGORY: "Category",
    SetupTable.SUBCATEGORY: "Subcategory",
    SetupTable.PRODUCT_TYPE: "Product Type",
    SetupTable.UNIT_OF_MEASURE: "Unit of Measure",
}
MISCELLANEOUS = "misc"
_ITEM_MISC, _ITEM_DEFAULTS, _ITEM_AGREEMENTS = "miscellaneous products", "defaults of created products", "agreements"
Read = Callable[[], Awaitable[tuple[SeatReading, ...]]]


class Checking:
    """One run of the check for one account."""

    def __init__(
        self,
        psa: ConnectWise,
        posting: ConnectWise,
        section: SeatsSection,
        links: Links,
        today: date,
        read: Read,
        *,
        fix: bool,
    ) -> None:
        self._psa = psa
        self._posting = posting
        self._section = section
        self._links = links
        self._today = today
        self._read = read
        self._fix = fix
        self._found: dict[int, Agreement] = {}

    async def run(self) -> SetUp:
        """Every phase in turn; one whose predecessor has not passed is not looked at (A162)."""
        phases = [Phase(PSA, opened=True, items=await self._psa_items())]
        readings: tuple[SeatReading, ...] = ()
        if phases[-1].passed:
            readings = await self._read()
        sources = tuple(_source(reading) for reading in readings)
        phases.append(Phase(CONNECT, opened=phases[-1].passed, items=sources))
        mapped = (self._customers(readings),) if phases[-1].passed else ()
        phases.append(Phase(MAP, opened=phases[-1].passed, items=mapped))
        phases.append(Phase(RUN, opened=phases[-1].passed))
        return SetUp(tuple(phases))

    async def _psa_items(self) -> tuple[Item, ...]:
        psa = self._psa
        items: dict[str, Callable[[], Awaitable[Item]]] = {
            "connection": lambda: rights.reads(psa, "connection", rights.CONNECTION_READS),
            "security role": lambda: rights.role(psa),
            "set-up tables": lambda: rights.reads(psa, "set-up tables", rights.TABLES),
            _ITEM_MISC: self._miscellaneous,
            _ITEM_DEFAULTS: self._defaults,
            mappings.NAME: lambda: mappings.check(psa, self._posting, self._section, self._links),
            _ITEM_AGREEMENTS: self._agreements,
        }
        return tuple([await rights.told(name, check) for name, check in items.items()])

    async def _miscellaneous(self) -> Item:
        """A product whose id contains "misc" exists, and all of them are active (A187-A189)."""
        rows = await self._psa.catalog.containing(MISCELLANEOUS)
        if not rows:
            return Item(_ITEM_MISC, (Finding("BS_MISC_PRODUCT_MISSING", {}),))
        findings, fixed = [], []
        for row in (row for row in rows if not row.active):
            name = row.identifier or str(row.id)
            if self._fix:
                await self._psa.catalog.change(row.id, {"inactiveFlag": False})
                fixed.append(f"{name} made active")
            else:
                findings.append(Finding("BS_MISC_PRODUCT_INACTIVE", {"product": name}))
        told = tuple(f"{row.identifier} is active" for row in rows if row.active)
        return Item(_ITEM_MISC, tuple(findings), tuple(fixed), told)

    async def _defaults(self) -> Item:
        """Category, subcategory, product type and unit, found by name; missing ones are made in that order (A191-A198)."""
        wanted = self._section.products
        names = dict(zip(SetupTable, (wanted.category, wanted.subcategory, wanted.type, wanted.unit), strict=True))
        findings: list[Finding] = []
        fixed: list[str] = []
        category: int | None = None
        for table, name in names.items():
            below = category if table is SetupTable.SUBCATEGORY else None
            rows = [setup_row(row) for row in await self._psa.catalog.records(table)]
            row = find_default(rows, name, below)
            problem = check_default(_NAMES[table], row, name)
            if problem is not None and self._fix:
                made = await self._psa.catalog.ensure_record(table, name, category_id=below)
                fixed.append(f"{_NAMES[table]} {name!r} {'made active' if row else 'created'}")
                category = made.id if table is SetupTable.CATEGORY else category
                continue
            if problem is not None:
                findings.append(problem)
            if table is SetupTable.CATEGORY and row is not None:
                category = row.id
        return Item(_ITEM_DEFAULTS, tuple(findings), tuple(fixed))

    async def _agreements(self) -> Item:
        """Every linked company has an active agreement, and those chosen have the shape of their motion (A199-A207)."""
        chosen = self._chosen()
        linked = {link.company for link in self._section.customers} | set(self._links.customers.values())
        companies = sorted(linked | {company for company, _ in chosen})
        names = {row.id: row.name or str(row.id) for row in await self._psa.companies(companies)}
        tables = await wire.terms(self._psa)
        rows = [wire.agreement_of(row, tables) for row in await self._psa.agreements.of_companies(companies)]
        self._found = {row.id: row for row in rows}
        active = {row.company_id for row in rows if is_active(row, self._today)}
        findings = [
            Finding("BS_NO_ACTIVE_AGREEMENT", {"customer": names.get(company, f"company {company}")})
            for company in companies
            if company not in active
        ]
        rules = rules_of(self._section)
        # A company's motions are written apart: what is wrong with one agreement holds up that one alone.
        places = {*chosen, *((company, None) for company in companies if company not in {each for each, _ in chosen})}
        held_up = {place for place in places if place[0] not in active}
        for (company, motion), number in sorted(chosen.items(), key=lambda item: item[1]):
            if number in self._found:
                wrong = lint_agreement(self._found[number], motion, rules, self._today)
            else:
                wrong = (_invisible(names.get(company, f"company {company}"), motion, number),)
            findings += wrong
            held_up |= {(company, motion)} if any(finding.stops for finding in wrong) else set()
        return Item(_ITEM_AGREEMENTS, tuple(findings), each_alone=len(held_up) < len(places))

    def _chosen(self) -> dict[tuple[int, Motion], int]:
        return agreements_in_use(chosen_agreements(self._section), self._links.agreements, self._links.copies)

    def _customers(self, readings: tuple[SeatReading, ...]) -> Item:
        """Customers that sources show, each with its company and agreements; a few may be begun with (A200)."""
        companies = chosen_companies(self._section)
        told, linked = [], 0
        for reading in readings:
            for customer in reading.customers:
                ids = companies.get((reading.source, customer.id), [])
                company = ids[0] if ids else self._links.customers.get((reading.source, customer.id))
                motions = {each.motion for each in reading.subscriptions if each.customer_id == customer.id}
                if company is None:
                    told.append(f"{customer.name}: not linked to a company")
                    continue
                linked += 1
                told += [f"{customer.name}, {motion.value}: {self._state(company, motion)}" for motion in motions]
        nobody = Finding("BS_CUSTOMER_MAPPING_NOT_FOUND", {"customer": "Any customer", "id": "-", "candidates": "none"})
        return Item("customers", () if linked else (nobody,), told=tuple(sorted(told)))

    def _state(self, company: int, motion: Motion) -> str:
        number = self._chosen().get((company, motion))
        if number is None:
            return "no agreement chosen"
        found = self._found.get(number)
        return f"{found.name} ({found.status})" if found else f"agreement {number}, not visible"


def _invisible(customer: str, motion: Motion, number: int) -> Finding:
    shown = f"none; agreement {number} is not visible to the API member's role, or gone"
    return Finding("BS_NO_AGREEMENT", {"customer": customer, "motion": motion.value, "candidates": shown})


def _source(reading: SeatReading) -> Item:
    findings = tuple(Finding(each.code, dict(each.params), warned=True) for each in reading.problems)
    told = (
        f"{len(reading.customers)} customers, {len(reading.subscriptions)} subscriptions, {len(reading.charges)} lines"
    )
    return Item(f"source {reading.source}", findings, told=(told,))
