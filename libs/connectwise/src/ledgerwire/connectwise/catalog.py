"""Catalog products and the set-up tables they are filed under.

ConnectWise knows no idempotency keys: what may exist is looked for before it is made, and an outcome that is unknown
(Ambiguous) is settled by looking again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from ledgerwire.common.canonical import wire_bytes
from ledgerwire.connectwise import patch
from ledgerwire.connectwise.conditions import Field, is_writable, text_chunks
from ledgerwire.connectwise.errors import Answer, unreadable
from ledgerwire.connectwise.models.catalog import CatalogProduct, SetupRecord
from ledgerwire.connectwise.session import Session, T, decode
from ledgerwire.connectwise.setup_tables import by_ids

CATALOG = "/procurement/catalog"
IDENTIFIER_CHARS = 75
DESCRIPTION_CHARS = 60


class SetupTable(StrEnum):
    """The product set-up tables, in the order in which missing records are made."""

    CATEGORY = "/procurement/categories"
    SUBCATEGORY = "/procurement/subcategories"
    PRODUCT_TYPE = "/procurement/types"
    UNIT_OF_MEASURE = "/procurement/unitOfMeasures"


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A catalog product to be made (M23); texts are cut to what ConnectWise takes.

    Attributes:
        product_class: NonInventory or Agreement, never Inventory.
        taxable: from an explicit setting of the account.
    """

    identifier: str
    description: str
    category_id: int
    subcategory_id: int
    type_id: int
    unit_of_measure_id: int
    taxable: bool
    vendor_sku: str = ""
    price: Decimal | None = None
    cost: Decimal | None = None
    product_class: str = "NonInventory"

    def body(self) -> dict[str, Any]:
        """The product as the endpoint takes it. Raises ValueError for the class Inventory."""
        if self.product_class == "Inventory":
            raise ValueError("seats are not stock: the class must not be Inventory")
        values: dict[str, Any] = {
            "identifier": self.identifier[:IDENTIFIER_CHARS],
            "description": self.description[:DESCRIPTION_CHARS],
            "customerDescription": self.description,
            "category": {"id": self.category_id},
            "subcategory": {"id": self.subcategory_id},
            "type": {"id": self.type_id},
            "unitOfMeasure": {"id": self.unit_of_measure_id},
            "productClass": self.product_class,
            "taxableFlag": self.taxable,
            "billableOption": "Billable",
            "price": self.price,
            "cost": self.cost,
            "vendorSku": self.vendor_sku or None,
        }
        return {name: value for name, value in values.items() if value is not None}


class Catalog:
    """One tenant's catalog. Errors as of every client method."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def by_vendor_sku(self, skus: Sequence[str]) -> dict[str, list[CatalogProduct]]:
        """The products of each SKU, inactive ones too; a SKU that no condition can name has none."""
        return await self._by_text("vendorSku", "vendor_sku", skus)

    async def by_identifier(self, identifiers: Sequence[str]) -> dict[str, list[CatalogProduct]]:
        """The products of exactly these Product IDs, inactive ones too."""
        return await self._by_text("identifier", "identifier", identifiers)

    async def by_ids(self, ids: Sequence[int]) -> list[CatalogProduct]:
        """The products with these ids; one that is gone is left out."""
        return await by_ids(self._session, CATALOG, CatalogProduct, ids)

    async def containing(self, text: str) -> list[CatalogProduct]:
        """The products whose Product ID contains a text, whatever the case, active or not."""
        rows = await self._session.rows(CATALOG, CatalogProduct, conditions=Field("identifier").contains(text))
        return [row for row in rows if text.casefold() in (row.identifier or "").casefold()]

    async def create(self, product: NewProduct) -> CatalogProduct:
        """Make a product. Refused with ObjectExists when its Product ID is taken."""
        return await self._made(CATALOG, product.body(), CatalogProduct)

    async def ensure(self, product: NewProduct) -> CatalogProduct:
        """The product of this SKU, else of this Product ID, else a new one. The lowest id where there are several."""
        if product.vendor_sku:
            found = (await self.by_vendor_sku([product.vendor_sku]))[product.vendor_sku]
            if found:
                return min(found, key=lambda row: row.id)
        identifier = product.identifier[:IDENTIFIER_CHARS]
        found = (await self.by_identifier([identifier]))[identifier]
        return min(found, key=lambda row: row.id) if found else await self.create(product)

    async def change(self, product_id: int, values: Mapping[str, Any]) -> CatalogProduct:
        """Replace fields of a product (`price`, `cost`, `vendorSku`, `inactiveFlag`, ...) and return it as it is now."""
        path = f"{CATALOG}/{product_id}"
        answer = await self._session.write("PATCH", path, patch.replace(values))
        return _read(answer, "PATCH", path, CatalogProduct)

    async def records(self, table: SetupTable) -> list[SetupRecord]:
        """All rows of a set-up table, inactive ones too."""
        return await self._session.rows(table, SetupRecord)

    async def named(self, table: SetupTable, name: str, *, category_id: int | None = None) -> list[SetupRecord]:
        """The rows of this name, ignoring case and stray spaces; subcategories of one category where it is given."""
        wanted = " ".join(name.split()).casefold()
        return [
            row
            for row in await self.records(table)
            if " ".join((row.name or "").split()).casefold() == wanted
            and (category_id is None or row.category is None or row.category.id == category_id)
        ]

    async def create_record(self, table: SetupTable, name: str, *, category_id: int | None = None) -> SetupRecord:
        """Make a row of a set-up table; a subcategory needs its category."""
        body: dict[str, Any] = {"name": name, "inactiveFlag": False}
        if category_id is not None:
            body["category"] = {"id": category_id}
        return await self._made(table, body, SetupRecord)

    async def ensure_record(self, table: SetupTable, name: str, *, category_id: int | None = None) -> SetupRecord:
        """The active row of this name: found, activated or made."""
        found = sorted(await self.named(table, name, category_id=category_id), key=lambda row: (not row.active, row.id))
        if not found:
            return await self.create_record(table, name, category_id=category_id)
        return found[0] if found[0].active else await self.activate_record(table, found[0].id)

    async def activate_record(self, table: SetupTable, record_id: int) -> SetupRecord:
        """Make an inactive row active."""
        path = f"{table}/{record_id}"
        answer = await self._session.write("PATCH", path, patch.replace({"inactiveFlag": False}))
        return _read(answer, "PATCH", path, SetupRecord)

    async def _by_text(self, field: str, attribute: str, values: Sequence[str]) -> dict[str, list[CatalogProduct]]:
        found: dict[str, list[CatalogProduct]] = {value: [] for value in values}
        spelled = {value.casefold(): value for value in values}
        for chunk in text_chunks([value for value in found if value and is_writable(value)]):
            for row in await self._session.rows(CATALOG, CatalogProduct, conditions=Field(field).in_(chunk)):
                value = spelled.get((getattr(row, attribute) or "").casefold())
                if value is not None:
                    found[value].append(row)
        return found

    async def _made(self, path: str, body: dict[str, Any], kind: type[T]) -> T:
        return _read(await self._session.write("POST", path, wire_bytes(body)), "POST", path, kind)


def _read(answer: Answer, method: str, path: str, kind: type[T]) -> T:
    try:
        return decode(answer.body, kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(answer, method=method, path=path, is_write=True) from error
