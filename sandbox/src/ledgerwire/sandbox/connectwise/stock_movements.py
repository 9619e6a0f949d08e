"""Movements of stock without a vendor or a customer: adjustments and transfers."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLine:
    """An item moved. `cost` is per unit, `total` quantity times cost as the PSA rounded it, of the quantity's sign."""

    item_identifier: str
    description: str
    quantity: int
    cost: Decimal
    total: Decimal
    item_id: int | None = None
    category_id: int | None = None
    subcategory_id: int | None = None
    warehouse_id: int | None = None
    serial_numbers: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A closed inventory adjustment: a positive quantity was found (stock rises), a negative one is gone."""

    adjustment_id: int
    identifier: str
    closed: date
    lines: tuple[StockLine, ...]
    reason: str = ""
    type_id: int | None = None
    location_id: int | None = None
    department_id: int | None = None

    @property
    def id(self) -> str:
        """The `unpostedProductId`, such as `1-adjustment`."""
        return f"{self.adjustment_id}-adjustment"

    @property
    def total(self) -> Decimal:
        """By how much stock rises."""
        return sum((line.total for line in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One item moved from one warehouse to another; the quantity is positive."""

    transfer_id: int
    moved: date
    line: StockLine
    from_warehouse_id: int
    to_warehouse_id: int
    from_location_id: int | None = None
    to_location_id: int | None = None
    from_department_id: int | None = None
    to_department_id: int | None = None

    @property
    def id(self) -> str:
        """The `unpostedProductId`, such as `1-transfer`."""
        return f"{self.transfer_id}-transfer"

    @property
    def total(self) -> Decimal:
        """The cost of what moved."""
        return self.line.total
