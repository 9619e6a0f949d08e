"""The catalog product of every SKU that is sold: mapped, found by its Vendor SKU, or to be made when the plan is applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from ledgerwire.billing_sync import psa as wire
from ledgerwire.billing_sync.domain import products as domain
from ledgerwire.billing_sync.domain.links import link_product
from ledgerwire.billing_sync.domain.products import Defaults, NewProduct, ProductSettings, SetupRow
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.seats import SourceProduct
from ledgerwire.connectwise import ConnectWise
from ledgerwire.connectwise.catalog import NewProduct as WireProduct
from ledgerwire.connectwise.catalog import SetupTable
from ledgerwire.connectwise.models.catalog import CatalogProduct, SetupRecord
from ledgerwire.tenants.seats_file import SeatsSection


@dataclass(slots=True)
class Shelf:
    """What is known of the SKUs of one look.

    Attributes:
        ids: SKU → product id; a negative one stands for a product that applying the plan makes.
        to_make: that negative id → the product.
        found: SKU → product, of those just found by their Vendor SKU: worth keeping by id.
        prices: product id → catalog price.
        findings: SKU → why it has no product.
    """

    ids: dict[str, int] = field(default_factory=dict)
    to_make: dict[int, NewProduct] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    prices: dict[int, Decimal] = field(default_factory=dict)
    findings: dict[str, tuple[Finding, ...]] = field(default_factory=dict)


async def stocked(
    psa: ConnectWise,
    section: SeatsSection,
    products: Mapping[str, SourceProduct],
    known: Mapping[str, int],
    *,
    with_prices: bool,
) -> Shelf:
    """Find the product of every SKU; nothing is written here.

    Args:
        psa: where the catalog is.
        section: mapped SKUs, and what created products are.
        products: every SKU that is sold.
        known: SKU → product id from earlier looks.
        with_prices: a price rule starts from the catalog's price.
    """
    shelf = Shelf()
    mapped = {**known, **{link.sku: link.product for link in section.skus if link.product is not None}}
    unknown = [sku for sku in products if sku not in mapped]
    rows = await psa.catalog.by_vendor_sku(unknown) if unknown else {}
    missing: list[SourceProduct] = []
    for sku, product in products.items():
        items = [wire.item_of(row) for row in rows.get(sku, ())]
        link = link_product(product, mapped, items, create=section.products.create)
        if link.product_id is not None:
            shelf.ids[sku] = link.product_id
            if sku not in mapped:
                shelf.found[sku] = link.product_id
        elif link.create:
            missing.append(product)
        else:
            shelf.findings[sku] = link.findings
    if missing:
        await _to_make(psa, section, missing, shelf)
    if with_prices:
        await _priced(psa, shelf)
    return shelf


async def _priced(psa: ConnectWise, shelf: Shelf) -> None:
    for row in await psa.catalog.by_ids([each for each in set(shelf.ids.values()) if each > 0]):
        if row.price is not None:
            shelf.prices[row.id] = row.price


async def _to_make(psa: ConnectWise, section: SeatsSection, missing: Sequence[SourceProduct], shelf: Shelf) -> None:
    tables = {table: [setup_row(row) for row in await psa.catalog.records(table)] for table in SetupTable}
    settings = ProductSettings(section.products.product_class, section.products.taxable, _by_sku(section, tables))
    taken = await _taken(psa, missing)
    for number, product in enumerate(missing, 1):
        made = domain.new_product(product, settings, defaults_of(section, tables), taken=taken)
        if isinstance(made, NewProduct):
            shelf.to_make[-number] = made
            shelf.ids[product.sku] = -number
        else:
            shelf.findings[product.sku] = made


async def _taken(psa: ConnectWise, missing: Sequence[SourceProduct]) -> frozenset[str]:
    rows = await psa.catalog.by_identifier([product.sku[: domain.IDENTIFIER_LIMIT] for product in missing])
    return frozenset((row.identifier or "").upper() for found in rows.values() for row in found)


def setup_row(row: SetupRecord) -> SetupRow:
    """A row of a set-up table as the domain sees it."""
    return SetupRow(row.id, row.name or "", not row.active, row.category.id if row.category else None)


def defaults_of(section: SeatsSection, tables: Mapping[SetupTable, Sequence[SetupRow]]) -> Defaults:
    """Ids of the rows that created products carry; None where one is absent or inactive."""
    wanted = section.products
    category = _active(tables[SetupTable.CATEGORY], wanted.category)
    return Defaults(
        category,
        _active(tables[SetupTable.SUBCATEGORY], wanted.subcategory, category),
        _active(tables[SetupTable.PRODUCT_TYPE], wanted.type),
        _active(tables[SetupTable.UNIT_OF_MEASURE], wanted.unit),
    )


def _active(rows: Sequence[SetupRow], name: str, parent: int | None = None) -> int | None:
    row = domain.find_default(rows, name, parent)
    return None if row is None or row.inactive else row.id


def _by_sku(section: SeatsSection, tables: Mapping[SetupTable, Sequence[SetupRow]]) -> Mapping[str, tuple[int, int]]:
    """Categories that the file names for a SKU, with their subcategory of the default name or their first one."""
    found = {}
    for link in section.skus:
        category = _active(tables[SetupTable.CATEGORY], link.category) if link.category else None
        if category is None:
            continue
        below = [row for row in tables[SetupTable.SUBCATEGORY] if row.parent_id == category and not row.inactive]
        named = _active(below, section.products.subcategory)
        if named is not None or below:
            found[link.sku] = (category, named if named is not None else min(row.id for row in below))
    return found


async def make(psa: ConnectWise, product: NewProduct) -> CatalogProduct:
    """The product of this SKU: looked for first, made only where there is none."""
    return await psa.catalog.ensure(
        WireProduct(
            identifier=product.identifier,
            description=product.customer_description,
            category_id=product.category_id,
            subcategory_id=product.subcategory_id,
            type_id=product.type_id,
            unit_of_measure_id=product.unit_id,
            taxable=product.taxable,
            vendor_sku=product.vendor_sku,
            price=product.price,
            cost=product.cost,
            product_class=product.product_class,
        )
    )
