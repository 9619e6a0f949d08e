"""Products and their categories. None is of class Inventory, so no sale of this month carries a stock journal (M6)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Row = dict[str, Any]

CATEGORIES = {
    "Managed Seats": 1,
    "Cloud Subscriptions": 2,
    "Annual Subscriptions": 3,
    "Backup Storage": 4,
    "Hardware": 5,
    "Other Services": 6,
    "Telephony": 7,
}


@dataclass(frozen=True, slots=True)
class Product:
    """A catalog product; prices in AUD without tax, up to five decimals as distributors quote them."""

    id: int
    code: str
    description: str
    category: str
    price: Decimal
    cost: Decimal
    product_class: str = "NonInventory"
    drop_ship: bool = False


def _product(key: int, code: str, description: str, category: str, price: str, cost: str, **more: Any) -> Product:
    return Product(key, code, description, category, Decimal(price), Decimal(cost), **more)


_AGREEMENT = {"product_class": "Agreement"}

_PRODUCTS = (
    _product(1, "MS-WORKSTATION", "Managed workstation", "Managed Seats", "68.50", "21.40", **_AGREEMENT),
    _product(2, "MS-SERVER", "Managed server", "Managed Seats", "245.00", "88.00", **_AGREEMENT),
    _product(3, "M365-BP", "Microsoft 365 Business Premium", "Cloud Subscriptions", "32.90", "27.96", **_AGREEMENT),
    _product(4, "M365-BB", "Microsoft 365 Business Basic", "Cloud Subscriptions", "9.00", "7.65", **_AGREEMENT),
    _product(5, "EXO-P1", "Exchange Online Plan 1", "Cloud Subscriptions", "6.05", "5.14", **_AGREEMENT),
    _product(6, "AZ-USAGE", "Azure usage, units", "Cloud Subscriptions", "0.04712", "0.04005", **_AGREEMENT),
    _product(
        7,
        "M365-BP-YR",
        "Microsoft 365 Business Premium, one year",
        "Annual Subscriptions",
        "362.40",
        "308.04",
        **_AGREEMENT,
    ),
    _product(8, "BKP-GB", "Backup storage, per GB", "Backup Storage", "0.0471", "0.0210", **_AGREEMENT),
    _product(9, "NB-14-I7", "Notebook 14 inch, i7, 32 GB", "Hardware", "2189.00", "1842.10"),
    _product(10, "DOCK-USBC", "USB-C dock", "Hardware", "389.00", "301.25"),
    _product(11, "FW-60", "Firewall appliance, 3 year bundle", "Hardware", "1764.50", "1388.00"),
    _product(12, "SRV-R450", "Rack server, configured", "Hardware", "14260.00", "12015.00", drop_ship=True),
    _product(13, "CAT6-M", "Cat 6 cable, per metre", "Hardware", "5.2456", "2.9800"),
    _product(14, "AP-WIFI6", "Wireless access point, Wi-Fi 6", "Hardware", "249.95", "171.40"),
    _product(15, "DOMAIN-AU", "Domain name, .com.au, 1 year", "Other Services", "21.95", "14.20"),
    _product(16, "GOV-FILING", "Government filing fee, at cost", "Other Services", "87.00", "87.00"),
    _product(17, "SIP-TRUNK", "SIP trunk, 10 channels", "Telephony", "118.00", "74.00"),
    _product(18, "ARM-DUAL", "Dual monitor arm", "Hardware", "333.335", "218.20"),
    _product(19, "SWITCH-24", "Network switch, 24 port", "Hardware", "1149.00", "913.40"),
)
PRODUCTS = {product.code: product for product in _PRODUCTS}


def _catalog_row(product: Product) -> Row:
    return {
        "id": product.id,
        "identifier": product.code,
        "description": product.description,
        "customerDescription": product.description,
        "inactiveFlag": False,
        "category": {"id": CATEGORIES[product.category], "name": product.category},
        "subcategory": {"id": CATEGORIES[product.category], "name": product.category},
        "type": {"id": 1, "name": "Service" if product.product_class == "Agreement" else "Hardware"},
        "productClass": product.product_class,
        "serializedFlag": False,
        "unitOfMeasure": {"id": 1, "name": "Each"},
        "price": product.price,
        "cost": product.cost,
        "taxableFlag": product.code != "GOV-FILING",
        "dropShipFlag": product.drop_ship,
    }


def catalog_tables() -> dict[str, list[Row]]:
    """Catalog and category tables by REST path."""
    categories = [{"id": key, "name": name, "inactiveFlag": False} for name, key in CATEGORIES.items()]
    return {
        "procurement/catalog": [_catalog_row(product) for product in PRODUCTS.values()],
        "procurement/categories": categories,
    }
