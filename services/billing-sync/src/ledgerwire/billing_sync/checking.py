"""The set-up check: everything billing sync needs of ConnectWise, read with its own key; `fix` makes only what is missing.

Each item is one call or a few; nothing is written without `fix`, and then only what the role of the document permits: set-up rows
in the order category, subcategory, product type, unit, and miscellaneous products made active.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date

from ledgerwire.billing_sync import psa as wire
from ledgerwire.billing_sync.catalog import setup_row
from ledgerwire.billing_sync.domain.agreements import Agreement
from ledgerwire.billing_sync.domain.linter import is_active, lint_agreement
from ledgerwire.billing_sync.domain.products import check_default, find_default
from ledgerwire.billing_sync.repository.links import Links
from ledgerwire.billing_sync.settings import chosen_agreements, rules_of
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.errors import Waiting
from ledgerwire.common.seats import Motion
from ledgerwire.connectwise import ConnectWise
from ledgerwire.connectwise.catalog import SetupTable
from ledgerwire.connectwise.rights import SEAT_ROLE
from ledgerwire.connectwise.security import beyond, lacking
from ledgerwire.tenants.seats_file import SeatsSection

_NAMES = {
    SetupTable.CATEGORY: "Category",
    SetupTable.SUBCATEGORY: "Subcategory",
    SetupTable.PRODUCT_TYPE: "Product Type",
    SetupTable.UNIT_OF_MEASURE: "Unit of Measure",
}
MISCELLANEOUS = "misc"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the check. `fixed` says what was made or made active just now."""

    name: str
    findings: tuple[Finding, ...] = ()
    fixed: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not any(finding.stops for finding in self.findings)


@dataclass(frozen=True, slots=True)
class SetUp:
    """The whole check."""

    items: tuple[Item, ...] = field(default=())

    @property
    def ok(self) -> bool:
        return all(item.ok for item in self.items)


class Checking:
    """One run of the check for one account."""

    def __init__(self, psa: ConnectWise, section: SeatsSection, links: Links, today: date, *, fix: bool) -> None:
        self._psa = psa
        self._section = section
        self._links = links
        self._today = today
        self._fix = fix

    async def run(self) -> SetUp:
        """Every item; one that the role may not read is an item with the missing right, and the others go on."""
        items: dict[str, Callable[[], Awaitable[Item]]] = {
            "security role": self._role,
            "miscellaneous products": self._miscellaneous,
            "defaults of created products": self._defaults,
            "agreements": self._agreements,
        }
        return SetUp(tuple([await _told(name, check) for name, check in items.items()]))

    async def _role(self) -> Item:
        """What the key's own role has, lacks and has beyond the published list (A167-A186)."""
        settings, customized = await self._psa.security.mine(), await self._psa.security.customized()
        missing = [
            Finding("BS_PERMISSION_MISSING", {"right": str(right)})
            for right in lacking(settings, SEAT_ROLE, customized)
        ]
        more = [Finding("BS_PERMISSION_BEYOND", {"right": str(right)}) for right in beyond(settings, SEAT_ROLE)]
        return Item("security role", (*missing, *more))

    async def _miscellaneous(self) -> Item:
        """A product whose id contains "misc" exists, and all of them are active (A187-A189)."""
        rows = await self._psa.catalog.containing(MISCELLANEOUS)
        if not rows:
            return Item("miscellaneous products", (Finding("BS_MISC_PRODUCT_MISSING", {}),))
        findings, fixed = [], []
        for row in rows:
            name = row.identifier or str(row.id)
            if row.active:
                continue
            if self._fix:
                await self._psa.catalog.change(row.id, {"inactiveFlag": False})
                fixed.append(f"{name} made active")
            else:
                findings.append(Finding("BS_MISC_PRODUCT_INACTIVE", {"product": name}))
        return Item("miscellaneous products", tuple(findings), tuple(fixed))

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
        return Item("defaults of created products", tuple(findings), tuple(fixed))

    async def _agreements(self) -> Item:
        """Every linked company has an active agreement, and those chosen have the shape of their motion (A199-A207)."""
        chosen = {**chosen_agreements(self._section), **self._links.agreements}
        linked = {link.company for link in self._section.customers} | set(self._links.customers.values())
        companies = sorted(linked | {company for company, _ in chosen})
        names = {row.id: row.name or str(row.id) for row in await self._psa.companies(companies)}
        tables = await wire.terms(self._psa)
        rows = [wire.agreement_of(row, tables) for row in await self._psa.agreements.of_companies(companies)]
        found = {row.id: row for row in rows}
        active = {row.company_id for row in rows if is_active(row, self._today)}
        findings = [
            Finding("BS_NO_ACTIVE_AGREEMENT", {"customer": names.get(company, f"company {company}")})
            for company in companies
            if company not in active
        ]
        findings += self._shapes(chosen, found)
        return Item("agreements", tuple(findings))

    def _shapes(self, chosen: dict[tuple[int, Motion], int], found: dict[int, Agreement]) -> list[Finding]:
        rules = rules_of(self._section)
        findings: list[Finding] = []
        for (_, motion), number in sorted(chosen.items(), key=lambda item: item[1]):
            if number in found:
                findings += lint_agreement(found[number], motion, rules, self._today)
        return findings


async def _told(name: str, check: Callable[[], Awaitable[Item]]) -> Item:
    try:
        return await check()
    except Waiting as error:
        return Item(name, (Finding("BS_PERMISSION_MISSING", {"right": str(error)}),))
