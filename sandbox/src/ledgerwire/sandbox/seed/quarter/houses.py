"""The four ledger companies of the group, each in the country, currency and tax regime it lives in.

Sydney keeps its books in AUD with GST 10 %, London in GBP with VAT 20 %, 0 % or exempt, Austin in USD with sales tax of
6.25 % and 2 % (labour is untaxed), Vancouver in CAD with GST 5 % and PST 7 %. One ConnectWise serves all four; a record's
location says whose it is.
"""

from dataclasses import dataclass
from decimal import Decimal

CURRENCIES = {"AUD": 1, "GBP": 2, "USD": 3, "CAD": 4, "EUR": 5, "NZD": 6, "SGD": 7}
DAY_RATES = {"EUR": Decimal("0.86"), "NZD": Decimal("0.91")}
"""What the ledgers take for a day rate: units of the house's currency for one of the foreign one."""


@dataclass(frozen=True, slots=True)
class TaxLevel:
    """One level of a tax code: percent, and the name by which state, city or province know it."""

    percent: Decimal
    name: str
    agency: str


@dataclass(frozen=True, slots=True)
class TaxCode:
    """A PSA tax code with its levels, and the ledger tax types that a bookkeeper writes for it.

    `identifier` has at most 8 characters; `sales_type` and `purchase_type` are Xero's.
    """

    id: int
    identifier: str
    description: str
    levels: tuple[TaxLevel, ...]
    sales_type: str
    purchase_type: str = ""

    @property
    def percent(self) -> Decimal:
        return sum((level.percent for level in self.levels), Decimal(0))


def _code(
    key: int, identifier: str, description: str, types: tuple[str, str], *levels: tuple[str, str, str]
) -> TaxCode:
    made = tuple(TaxLevel(Decimal(percent), name, agency) for percent, name, agency in levels)
    return TaxCode(key, identifier, description, made, *types)


TAX_CODES = {
    code.identifier: code
    for code in (
        _code(1, "GST", "GST on Income", ("OUTPUT", "INPUT"), ("10", "GST on Income", "ATO")),
        _code(2, "EXPORT", "GST Free Exports", ("EXEMPTEXPORT", ""), ("0", "GST Free Exports", "ATO")),
        _code(3, "VAT20", "20% (VAT on Income)", ("OUTPUT2", "INPUT2"), ("20", "20% (VAT on Income)", "HMRC")),
        _code(
            4, "VAT0", "Zero Rated Income", ("ZERORATEDOUTPUT", "ZERORATEDINPUT"), ("0", "Zero Rated Income", "HMRC")
        ),
        _code(
            5, "AUSTIN", "Austin sales tax", ("TAX001", ""), ("6.25", "Texas state", "TX"), ("2", "Austin city", "AUS")
        ),
        _code(6, "BC", "GST and PST", ("TAX001", ""), ("5", "GST", "CRA"), ("7", "BC PST", "BC")),
        _code(7, "GST5", "GST", ("TAX002", "TAX003"), ("5", "GST", "CRA")),
        # An old code that is still on one company; no ledger has a rate of this name: TAX_CODE_UNKNOWN.
        _code(8, "GST10", "Goods and services tax", ("OUTPUT", "INPUT"), ("10", "GST10", "ATO")),
    )
}


@dataclass(frozen=True, slots=True)
class Rate:
    """A tax rate of the ledger; `components` where several agencies share it. `sales`, `purchases`: where it may stand."""

    tax_type: str
    name: str
    components: tuple[tuple[str, str], ...]
    sales: bool
    purchases: bool

    @property
    def percent(self) -> Decimal:
        return sum((Decimal(percent) for _, percent in self.components), Decimal(0))


@dataclass(frozen=True, slots=True)
class House:
    """One ledger company. `untaxed_*` and `no_tax` are Xero tax types; `prices` turns list prices into its currency."""

    key: str
    name: str
    country: str
    currency: str
    zone: str
    locations: dict[str, int]
    tax_code: str
    free_code: str | None
    rates: tuple[Rate, ...]
    untaxed_sales: str
    untaxed_purchases: str
    no_tax: str
    card: str
    prices: Decimal
    realm: str
    foreign: tuple[str, ...] = ()

    @property
    def standard(self) -> TaxCode:
        """The tax code of an ordinary customer."""
        return TAX_CODES[self.tax_code]

    @property
    def standard_rate(self) -> str:
        """The tax type of an ordinary sale."""
        return self.standard.sales_type


def _rate(tax_type: str, name: str, percent: str, *, sales: bool = False, purchases: bool = False) -> Rate:
    return Rate(tax_type, name, ((name, percent),), sales, purchases)


_AU_RATES = (
    _rate("OUTPUT", "GST on Income", "10", sales=True),
    _rate("INPUT", "GST on Expenses", "10", purchases=True),
    _rate("EXEMPTOUTPUT", "GST Free Income", "0", sales=True),
    _rate("EXEMPTEXPENSES", "GST Free Expenses", "0", purchases=True),
    _rate("EXEMPTEXPORT", "GST Free Exports", "0", sales=True),
    _rate("BASEXCLUDED", "BAS Excluded", "0", sales=True, purchases=True),
)
_GB_RATES = (
    _rate("OUTPUT2", "20% (VAT on Income)", "20", sales=True),
    _rate("INPUT2", "20% (VAT on Expenses)", "20", purchases=True),
    _rate("ZERORATEDOUTPUT", "Zero Rated Income", "0", sales=True),
    _rate("ZERORATEDINPUT", "Zero Rated Expenses", "0", purchases=True),
    _rate("EXEMPTOUTPUT", "Exempt Income", "0", sales=True),
    _rate("EXEMPTEXPENSES", "Exempt Expenses", "0", purchases=True),
    _rate("NONE", "No VAT", "0", sales=True, purchases=True),
)
_US_RATES = (
    Rate("TAX001", "Austin sales tax", (("Texas state", "6.25"), ("Austin city", "2")), sales=True, purchases=False),
    _rate("NONE", "Tax Exempt", "0", sales=True, purchases=True),
)
_CA_RATES = (
    Rate("TAX001", "GST and PST (BC)", (("GST", "5"), ("BC PST", "7")), sales=True, purchases=False),
    Rate("TAX002", "GST", (("GST", "5"),), sales=True, purchases=False),
    Rate("TAX003", "GST on Purchases", (("GST on Purchases", "5"),), sales=False, purchases=True),
    _rate("NONE", "Tax Exempt", "0", sales=True, purchases=True),
)

SYDNEY = House(
    "sydney", "Harbourline IT Pty Ltd", "AU", "AUD", "AUSEASTERNSTANDARDTIME", {"Sydney": 2, "Melbourne": 3},
    "GST", "EXPORT", _AU_RATES, "EXEMPTOUTPUT", "EXEMPTEXPENSES", "BASEXCLUDED", "Westpac Business Card", Decimal(1),
    "4620816365178234560", ("NZD",),
)  # fmt: skip
LONDON = House(
    "london", "Harbourline IT UK Limited", "GB", "GBP", "GMTSTANDARDTIME", {"London": 4, "Leeds": 5},
    "VAT20", "VAT0", _GB_RATES, "EXEMPTOUTPUT", "EXEMPTEXPENSES", "NONE", "Barclaycard Commercial", Decimal("0.52"),
    "4620816365178234561", ("EUR",),
)  # fmt: skip
AUSTIN = House(
    "austin", "Harbourline IT LLC", "US", "USD", "CENTRALSTANDARDTIME", {"Austin": 6},
    "AUSTIN", None, _US_RATES, "NONE", "NONE", "NONE", "Chase Ink Business", Decimal("0.66"), "4620816365178234562",
)  # fmt: skip
VANCOUVER = House(
    "vancouver", "Harbourline IT Canada Inc", "CA", "CAD", "PACIFICSTANDARDTIME", {"Vancouver": 7},
    "BC", "GST5", _CA_RATES, "NONE", "NONE", "NONE", "RBC Avion Business", Decimal("0.9"), "4620816365178234563",
)  # fmt: skip

HOUSES = (SYDNEY, LONDON, AUSTIN, VANCOUVER)
LOCATIONS = {name: key for house in HOUSES for name, key in house.locations.items()}


def house_of(location: str) -> House:
    """The company that a location's records belong to. Raises KeyError for an unknown location."""
    for house in HOUSES:
        if location in house.locations:
            return house
    raise KeyError(location)
