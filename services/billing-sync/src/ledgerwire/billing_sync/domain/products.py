"""The catalog product made for a SKU that has none (M23), and what must be there before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.money import ZERO
from ledgerwire.common.seats import SourceProduct

IDENTIFIER_LIMIT = 60
DESCRIPTION_LIMIT = 60
VENDOR_SKU_LIMIT = 50
CLASSES = ("NonInventory", "Agreement")
MISCELLANEOUS, EACH = "Miscellaneous", "Each"


@dataclass(frozen=True, slots=True)
class SetupRow:
    """A row of a set-up table: found by name once, kept by id."""

    id: int
    name: str
    inactive: bool = False
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class Defaults:
    """Ids a created product carries; None where the default is absent or inactive."""

    category_id: int | None
    subcategory_id: int | None
    type_id: int | None
    unit_id: int | None


@dataclass(frozen=True, slots=True)
class ProductSettings:
    """How products are made.

    Attributes:
        product_class: NonInventory or Agreement, never Inventory.
        taxable: explicit; None stops creation.
        category_by_sku: (category id, subcategory id) for a SKU.
    """

    product_class: str = "NonInventory"
    taxable: bool | None = None
    category_by_sku: Mapping[str, tuple[int, int]] | None = None


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product to be created, in ConnectWise's terms."""

    identifier: str
    description: str
    customer_description: str
    vendor_sku: str
    product_class: str
    category_id: int
    subcategory_id: int
    type_id: int
    unit_id: int
    taxable: bool
    price: Decimal
    cost: Decimal
    billable_option: str = "Billable"


def find_default(rows: Iterable[SetupRow], name: str, parent_id: int | None = None) -> SetupRow | None:
    """The row of a name, stray spaces and case aside; an active one before an inactive one."""
    wanted = name.strip().lower()
    found = [row for row in rows if row.name.strip().lower() == wanted and parent_id in {None, row.parent_id}]
    return min(found, key=lambda row: (row.inactive, row.id), default=None)


def check_default(table: str, row: SetupRow | None, name: str) -> Finding | None:
    """Why a default cannot be used: absent, or inactive."""
    if row is not None and not row.inactive:
        return None
    state = "absent" if row is None else "inactive"
    return Finding("BS_DEFAULT_MISSING", {"table": table, "name": name, "state": state})


def new_product(
    product: SourceProduct,
    settings: ProductSettings,
    defaults: Defaults,
    *,
    taken: frozenset[str] = frozenset(),
    price: Decimal = ZERO,
    cost: Decimal = ZERO,
) -> NewProduct | tuple[Finding, ...]:
    """The product to create for a SKU, or everything that forbids it, before any write.

    Args:
        product: the SKU.
        settings: class, taxable flag, categories by SKU.
        defaults: ids of the default rows.
        taken: identifiers in use, upper case.
        price: for one seat and cycle.
        cost: for one seat and cycle.
    """
    mapped = (settings.category_by_sku or {}).get(product.sku)
    category, subcategory = mapped or (defaults.category_id, defaults.subcategory_id)
    missing = {
        "Category": (category, MISCELLANEOUS),
        "Subcategory": (subcategory, MISCELLANEOUS),
        "Product Type": (defaults.type_id, MISCELLANEOUS),
        "Unit of Measure": (defaults.unit_id, EACH),
    }
    findings = [
        Finding("BS_DEFAULT_MISSING", {"table": table, "name": name, "state": "absent or inactive"})
        for table, (found, name) in missing.items()
        if found is None
    ]
    if settings.taxable is None or settings.product_class not in CLASSES:
        findings.append(Finding("BS_PRODUCT_SETTING_MISSING", _unset(product, settings)))
    if findings or category is None or subcategory is None or defaults.type_id is None or defaults.unit_id is None:
        return tuple(findings)
    return NewProduct(
        identifier=_identifier(product, taken),
        description=product.name[:DESCRIPTION_LIMIT],
        customer_description=product.name,
        vendor_sku=product.sku[:VENDOR_SKU_LIMIT],
        product_class=settings.product_class,
        category_id=category,
        subcategory_id=subcategory,
        type_id=defaults.type_id,
        unit_id=defaults.unit_id,
        taxable=bool(settings.taxable),
        price=price,
        cost=cost,
    )


def _unset(product: SourceProduct, settings: ProductSettings) -> dict[str, str]:
    if settings.taxable is None:
        return {"product": product.name, "setting": "taxable", "expected": "yes or no", "found": "not set"}
    expected = " or ".join(CLASSES)
    return {"product": product.name, "setting": "class", "expected": expected, "found": settings.product_class}


def _identifier(product: SourceProduct, taken: frozenset[str]) -> str:
    """The SKU as Product ID; one that is in use (by a product with another Vendor SKU) gets a number."""
    base = product.sku[:IDENTIFIER_LIMIT]
    number, name = 1, base
    while name.upper() in taken:
        number += 1
        suffix = f"-{number}"
        name = f"{base[: IDENTIFIER_LIMIT - len(suffix)]}{suffix}"
    return name


def uncovered_categories(
    used: Mapping[int, str], revenue: Iterable[int | None], cogs: Iterable[int | None]
) -> tuple[Finding, ...]:
    """Categories in use without a GL mapping for agreement products (M23): next month's invoices would stop.

    Args:
        used: category names by id.
        revenue: category ids that a revenue (RA) mapping names; None stands for a mapping of every category.
        cogs: the same of cost mappings.
    """
    covered = {"revenue": set(revenue), "cost of goods": set(cogs)}
    return tuple(
        Finding("BS_GL_MAPPING_MISSING", {"category": name, "mapping": kind})
        for identity, name in sorted(used.items(), key=lambda item: item[1])
        for kind, ids in covered.items()
        if None not in ids and identity not in ids
    )
