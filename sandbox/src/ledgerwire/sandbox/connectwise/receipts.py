"""What is received against a purchase order, before and after the general ledger has seen it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """One received line. A return to the vendor has a negative `quantity` and a negative `total`.

    `cost` is per unit and may have five decimals; `total` is what the PSA rounded quantity times cost to.
    `tax_by_level` is the vendor's tax on the line, level one first, negative on a return. `product_class` is the
    catalog's class as it stood at the receipt. Ids are those of the PSA's tables.
    """

    item_identifier: str
    description: str
    quantity: Decimal
    cost: Decimal
    total: Decimal
    product_class: str = "NonInventory"
    item_id: int | None = None
    category_id: int | None = None
    subcategory_id: int | None = None
    taxable: bool = False
    tax_by_level: tuple[Decimal, ...] = ()
    drop_shipped: bool = False
    warehouse_id: int | None = None
    serial_numbers: str | None = None
    line_number: int = 0
    line_item_id: int | None = None
    """The purchase order line; made up from the receipt where the table has none."""

    @property
    def is_stock(self) -> bool:
        """Whether the line goes into the PSA's stock: of class Inventory and not sent straight to the customer."""
        return self.product_class == "Inventory" and not self.drop_shipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One delivery on a purchase order: one row of the unposted list, one bill or, when negative, one credit.

    `freight` and its tax belong to this delivery. `packing_slip` tells two deliveries of one order apart. The vendor
    invoice's number and date are blank until the vendor has billed.
    """

    purchase_order_id: int
    po_number: str
    vendor_company_id: int
    received: date
    lines: tuple[ReceiptLine, ...]
    packing_slip: str = ""
    vendor_invoice_number: str | None = None
    vendor_invoice_date: date | None = None
    freight: Decimal = ZERO
    freight_taxable: bool = False
    freight_tax_by_level: tuple[Decimal, ...] = ()
    tax_code_id: int | None = None
    billing_terms_id: int | None = None
    currency_id: int | None = None
    location_id: int | None = None
    department_id: int | None = None
    customer_company_id: int | None = None
    tracking_number: str | None = None
    suffix: str = ""
    """Set only where a second delivery came under a packing slip that had been posted."""

    @property
    def id(self) -> str:
        """The `unpostedProductId`, such as `3-PS881-purchase`."""
        slip = self.packing_slip or self.po_number
        return f"{self.purchase_order_id}-{slip}{self.suffix}-purchase"

    @property
    def goods(self) -> Decimal:
        """All lines without freight and tax."""
        return sum((line.total for line in self.lines), ZERO)

    def taxes(self) -> tuple[Decimal, ...]:
        """Tax by level, freight's included."""
        return add_levels([*(line.tax_by_level for line in self.lines), self.freight_tax_by_level])

    @property
    def total(self) -> Decimal:
        """Goods, freight and tax: what the vendor is owed, negative for a return."""
        return self.goods + self.freight + sum(self.taxes(), ZERO)


def add_levels(amounts: list[tuple[Decimal, ...]]) -> tuple[Decimal, ...]:
    """Sums by level of tuples of any length."""
    count = max((len(each) for each in amounts), default=0)
    return tuple(sum((each[level] for each in amounts if level < len(each)), ZERO) for level in range(count))
