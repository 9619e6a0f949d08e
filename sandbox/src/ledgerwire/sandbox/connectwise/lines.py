"""What an invoice is made of, before any general ledger entry exists."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

RevenueType = Literal["R", "RA", "AP", "RP", "RE", "RD", "SD"]
"""GL types of sales lines: service, agreement, agreement product, product, expense, deferred, discount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One line of an invoice as the PSA holds it.

    `total` is already rounded by the PSA; positive is revenue. On a credit memo, whose invoice total is negative,
    the lines are negative and so are quantities or prices. `tax_by_level` holds the line's share of each tax level's
    amount, level one first. `cost` is the line's whole cost, not per unit. Dimensions are ids of the PSA's tables and None where the line has none.
    """

    kind: RevenueType
    description: str
    quantity: Decimal
    price: Decimal
    total: Decimal
    cost: Decimal = Decimal(0)
    taxable: bool = False
    tax_by_level: tuple[Decimal, ...] = ()
    item_identifier: str | None = None
    item_id: int | None = None
    product_class: str | None = None
    drop_shipped: bool = False
    agreement_id: int | None = None
    agreement_type_id: int | None = None
    category_id: int | None = None
    work_role_id: int | None = None
    work_type_id: int | None = None
    subcategory_id: int | None = None
    expense_type_id: int | None = None
    location_id: int | None = None
    department_id: int | None = None
