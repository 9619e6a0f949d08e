"""A product (SKU) as a source knows it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class SourceProduct:
    """What is sold.

    Attributes:
        sku: the vendor SKU that a ConnectWise catalog product carries as its Vendor SKU (Microsoft:
            `ProductId:SkuId`, SkuId padded to four digits, upper case).
        name: the product's name.
        publisher: the maker's name, or "".
        term: ISO 8601 period of the commitment ("P1M", "P1Y", "P3Y"), "" where there is none.
        erp_unit_price: the source's recommended sell price for one seat and one charge cycle, None if unknown.
    """

    sku: str
    name: str
    publisher: str = ""
    term: str = ""
    erp_unit_price: Decimal | None = None
