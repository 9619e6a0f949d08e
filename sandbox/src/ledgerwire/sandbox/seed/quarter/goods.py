"""What the group sells and buys, and the posting guide: where each kind of it belongs in any of the four ledgers.

All four companies keep the same chart; the expected ledger is worked out from this page alone. `STOCK` products are of
class Inventory: their sale moves cost from stock (M6), unless they go straight from the distributor to the customer.
"""

from decimal import Decimal

from ledgerwire.sandbox.seed import catalog, posting_guide
from ledgerwire.sandbox.seed.catalog import Product
from ledgerwire.sandbox.seed.posting_guide import Stream

BANK = "090"
CLEARING = "855"
COST_OF_SALES = "310"
FREIGHT_IN = "315"
STOCK_CHANGES = "320"
STOCK = "630"
VAN_STOCK = "631"
PAYABLE = "800"
OLD_TELEPHONY = "291"
MISSING_ACCOUNT = "299"

CATEGORIES = {
    **catalog.CATEGORIES,
    "Stock Hardware": 20,
    "Warranties": 21,
    "Training": 22,
    "Consulting": 23,
    "Cabling Stock": 24,
    "Repairs": 25,
    "Kits": 26,
}


def _stocked(key: int, code: str, description: str, price: str, cost: str) -> Product:
    return Product(key, code, description, "Stock Hardware", Decimal(price), Decimal(cost), product_class="Inventory")


_STOCK = (
    _stocked(31, "ST-NB13", "Notebook 13 inch, from stock", "1849.00", "1512.40"),
    _stocked(32, "ST-DOCK", "Dock, from stock", "329.00", "246.15"),
    _stocked(33, "ST-MON27", "Monitor 27 inch, from stock", "489.00", "371.80"),
    _stocked(34, "ST-SSD1T", "SSD 1 TB, from stock", "179.95", "122.35"),
    _stocked(35, "ST-HEAD", "Headset, from stock", "139.50", "88.90"),
    _stocked(36, "ST-UPS", "UPS 1500 VA, from stock", "612.00", "455.05"),
)
_OTHERS = (
    Product(37, "WARRANTY-3Y", "Warranty, three years", "Warranties", Decimal("289.00"), Decimal("205.00")),
    Product(38, "TRAIN-DAY", "Training, per day", "Training", Decimal("1150.00"), Decimal("400.00")),
    Product(39, "CONSULT-DAY", "Consulting, per day", "Consulting", Decimal("1480.00"), Decimal("700.00")),
)
_PLANTED = (
    Product(40, "CBL-CAT7", "Cat 7 cable, from stock", "Cabling Stock", Decimal("4.90"), Decimal("2.75"), "Inventory"),
    Product(41, "REPAIR-HR", "Workshop repair", "Repairs", Decimal("160.00"), Decimal("0.00")),
    Product(42, "KIT-OFFICE", "Office kit", "Kits", Decimal("240.00"), Decimal("150.00")),
    Product(43, "NEW-SENSOR", "Door sensor", "Hardware", Decimal("88.00"), Decimal("61.00")),
)
NOT_IN_LEDGER = "NEW-SENSOR"
OTHER_ACCOUNT_ITEM = "KIT-OFFICE"
"""Its item sells to another account than the PSA's table says: where the item decides the account, that stops (M10)."""

PRODUCTS: dict[str, Product] = {
    **catalog.PRODUCTS,
    **{product.code: product for product in (*_STOCK, *_OTHERS, *_PLANTED)},
}
STOCKED = tuple(product.code for product in _STOCK)

STREAMS: dict[str, Stream] = {
    **posting_guide.STREAMS,
    "stock": Stream("RP", "232", "Hardware", category="Stock Hardware"),
    "warranty": Stream("RP", "233", "Hardware", category="Warranties"),
    "training": Stream("RP", "260", "Service Desk", category="Training"),
    "consulting": Stream("RP", "240", "Projects", category="Consulting"),
    "cabling": Stream("RP", "232", "Hardware", category="Cabling Stock"),
    "repairs": Stream("RP", "260", "Service Desk", category="Repairs"),
    "kits": Stream("RP", "230", "Hardware", category="Kits"),
    "hosting": Stream("RA", "210", "Backup", "HOSTING", agreement_type="Hosting"),
    "discount": Stream("SD", "270", "Hardware", "DISCOUNT"),
}

BUSINESS_LINE, LOCATION = posting_guide.BUSINESS_LINE, posting_guide.LOCATION
RECEIVABLE, TAX_ACCOUNT = posting_guide.RECEIVABLE, posting_guide.GST_ACCOUNT
DEFERRED, ROUNDING = posting_guide.DEFERRED, posting_guide.ROUNDING
BUSINESS_LINES = tuple(sorted({stream.business_line for stream in STREAMS.values()}))
PURCHASE_LINE = "Hardware"
EXPENSE_LINE = "Service Desk"

EXPENSE_TYPES = {
    # PSA expense type: (id, account, tax is reclaimed)
    "Mileage": (1, "449", False),
    "Airfare": (2, "493", True),
    "Hotel": (3, "493", True),
    "Meals": (4, "420", True),
    "Office supplies": (5, "453", True),
    "Software": (6, "463", True),
    "Parking and tolls": (7, "449", True),
}
UNMAPPED_EXPENSE_TYPE = "Relocation"
PAYMENT_TYPES = {"Own money": 1, "Company card": 2}
CLASSIFICATIONS = {"Reimbursable": 1, "NonReimbursable": 2, "Personal": 3}
EMPLOYEES = "804"
