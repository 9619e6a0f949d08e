"""Whether the GL table maps agreement products of every category in use (M23); read with the posting connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ledgerwire.billing_sync.catalog import setup_row
from ledgerwire.billing_sync.domain.products import find_default, uncovered_categories
from ledgerwire.billing_sync.repository.links import Links
from ledgerwire.billing_sync.setup.outcome import Item
from ledgerwire.billing_sync.setup.rights import MISSING
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.errors import Waiting
from ledgerwire.connectwise import ConnectWise
from ledgerwire.connectwise.catalog import SetupTable
from ledgerwire.connectwise.models import GlAccount
from ledgerwire.tenants.seats_file import SeatsSection

AGREEMENT_PRODUCT = "AP"
"""GL type of the revenue of products on agreements; its cost account is a further column of the same row."""
_OWNER = frozenset({"corporate", "owner", "my company", "my company: owner", "company"})
NAME = "GL mappings"


async def check(psa: ConnectWise, posting: ConnectWise, section: SeatsSection, links: Links) -> Item:
    """Revenue and cost mappings of every category: those of products that are sold, and of products still to be made."""
    used = await used_categories(psa, section, links)
    try:
        table = [row for row in await posting.gl_accounts() if row.gl_type == AGREEMENT_PRODUCT]
        owner = [row for row in table if _level(row) in _OWNER]
    except Waiting as error:
        if error.code != "PERMISSION_MISSING":
            raise
        right = f"{error.detail.get('area', error)} (posting connection; the mappings were not looked at)"
        return Item(NAME, (Finding(MISSING, {"right": right}, warned=True),))
    revenue = _covered(table, owner, lambda row: any(row.segments))
    cost = _covered(table, owner, lambda row: bool(row.cogs1 or row.cogs2 or row.cogs3))
    findings = uncovered_categories(used, revenue, cost)
    told = tuple(f"category {name}" for _, name in sorted(used.items(), key=lambda item: item[1]))
    return Item(NAME, findings, told=told)


def _level(row: GlAccount) -> str:
    return ((row.mapped_type.name if row.mapped_type else None) or "").strip().casefold()


def _covered(
    table: Sequence[GlAccount], owner: Sequence[GlAccount], gives: Callable[[GlAccount], bool]
) -> list[int | None]:
    """Categories with a row that gives an account; None where the owner's row gives one to all of them."""
    found: list[int | None] = [
        row.mapped_record.id for row in table if _level(row) == "product category" and row.mapped_record and gives(row)
    ]
    return [*found, None] if any(gives(row) for row in owner) else found


async def used_categories(psa: ConnectWise, section: SeatsSection, links: Links) -> Mapping[int, str]:
    """Categories, by id: of linked products, and of those that created products are filed under."""
    numbers = {link.product for link in section.skus if link.product is not None} | set(links.products.values())
    used = {
        row.category.id: row.category.name or str(row.category.id)
        for row in await psa.catalog.by_ids(sorted(numbers))
        if row.category is not None and row.category.id is not None
    }
    rows = [setup_row(row) for row in await psa.catalog.records(SetupTable.CATEGORY)]
    filed = {link.category for link in section.skus if link.category}
    for name in (filed | {section.products.category}) if section.products.create else filed:
        row = find_default(rows, name)
        if row is not None:
            used[row.id] = row.name
    return used
