"""Catalog products and their set-up tables, and the rights of a security role."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from ledgerwire.connectwise.models.base import Entity, Info, Reference


class SetupRecord(Entity, frozen=True, kw_only=True):
    """A row of a product set-up table: category, subcategory (of `category`), product type or unit of measure."""

    id: int
    name: str | None = None
    inactive_flag: bool | None = None
    default_flag: bool | None = None
    category: Reference | None = None

    @property
    def active(self) -> bool:
        return not self.inactive_flag


class CatalogProduct(Entity, frozen=True, kw_only=True):
    """A catalog product as a seller sees it; `vendor_sku` is what a distributor calls it."""

    id: int
    identifier: str | None = None
    description: str | None = None
    customer_description: str | None = None
    inactive_flag: bool | None = None
    product_class: str | None = None
    category: Reference | None = None
    subcategory: Reference | None = None
    type: Reference | None = None
    unit_of_measure: Reference | None = None
    price: Decimal | None = None
    cost: Decimal | None = None
    taxable_flag: bool | None = None
    vendor_sku: str | None = None
    manufacturer_part_number: str | None = None
    billable_option: str | None = None
    info: Info | None = msgspec.field(default=None, name="_info")

    @property
    def active(self) -> bool:
        return not self.inactive_flag


class RoleSetting(Entity, frozen=True, kw_only=True):
    """What a role may do with one function of a module: each level is None, My or All."""

    id: int | None = None
    module_name: str | None = None
    module_function_name: str | None = None
    module_function_identifier: str | None = None
    add_level: str | None = None
    edit_level: str | None = None
    delete_level: str | None = None
    inquire_level: str | None = None

    def level(self, action: str) -> str:
        """The level of Add, Edit, Delete or Inquire; "None" where nothing is said."""
        return getattr(self, f"{action.lower()}_level") or "None"


class CustomizeItem(Entity, frozen=True, kw_only=True):
    """An entry of a function's "customize" list: a set-up table or agreement type that the role may use."""

    id: int | None = None
    module_function_name: str | None = None
    name: str | None = None
    allow_flag: bool | None = None


class SecurityRole(Entity, frozen=True, kw_only=True):
    """A security role."""

    id: int
    name: str | None = None
    role_type: str | None = None
    admin_flag: bool | None = None
    inactive_flag: bool | None = None
