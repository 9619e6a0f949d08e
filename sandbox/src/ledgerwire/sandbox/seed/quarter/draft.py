"""An invoice as a coordinator of one of the four companies drew it up; no account appears here."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ledgerwire.sandbox.seed.draft import InvoiceType, Outcome
from ledgerwire.sandbox.seed.posting_guide import Stream
from ledgerwire.sandbox.seed.quarter.goods import PRODUCTS, STREAMS
from ledgerwire.sandbox.seed.quarter.houses import House, TaxCode
from ledgerwire.sandbox.seed.quarter.people import Party, payer_of
from ledgerwire.sandbox.seed.setup_tables import TERMS
from ledgerwire.sandbox.seed.tax import cents

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line. `printed` is the line total where the PSA shows another figure than quantity x price, rounded.

    `total` is the line without tax, fractions of a cent included, positive is revenue; `net` what an accounting package
    can hold of it: whole cents.
    """

    stream_name: str
    description: str
    quantity: Decimal
    price: Decimal
    taxable: bool = True
    product: str | None = None
    printed: Decimal | None = None
    unit_cost: Decimal = ZERO
    drop_shipped: bool = False
    total: Decimal = field(init=False)
    net: Decimal = field(init=False)

    def __post_init__(self) -> None:
        total = cents(self.quantity * self.price) if self.printed is None else self.printed
        object.__setattr__(self, "total", total)
        object.__setattr__(self, "net", cents(total))

    @property
    def stream(self) -> Stream:
        return STREAMS[self.stream_name]

    @property
    def item(self) -> str:
        """What the ledger knows the sale as: the product code, or the Non-Product ID of its kind."""
        return self.product or self.stream.item or ""

    @property
    def cost(self) -> Decimal:
        """What the goods cost, with the sign of the sale."""
        return cents(self.quantity * self.unit_cost)

    @property
    def moves_stock(self) -> bool:
        """Whether the sale takes goods out of stock (M6)."""
        product = PRODUCTS.get(self.product or "")
        return product is not None and product.product_class == "Inventory" and not self.drop_shipped


@dataclass(frozen=True, slots=True)
class Draft:
    """One invoice of the quarter; `fault` names what was planted on it.

    `line_sum` adds the lines in whole cents, each rounded by itself; `net` is as printed, the exact lines added before
    they are rounded. Tax is on the document as a whole, each level rounded by itself, as the PSA computes it.
    """

    family: str
    type: InvoiceType
    house: House
    customer: Party
    day: date
    lines: tuple[DraftLine, ...]
    agreement_type: str | None = None
    fault: str | None = None
    outcome: Outcome = "posted"
    customer_po: str | None = None
    location: str | None = None
    prefix: str = "INV"
    kind_shown: str | None = None
    number: str | None = None
    printed_tax: Decimal | None = None
    hides_tax_code: bool = False
    line_sum: Decimal = field(init=False)
    net: Decimal = field(init=False)
    tax_by_level: tuple[Decimal, ...] = field(init=False)
    tax: Decimal = field(init=False)

    def __post_init__(self) -> None:
        line_sum = sum((line.net for line in self.lines), ZERO)
        net = cents(sum((line.total for line in self.lines), ZERO))
        taxed = sum((line.net for line in self.lines if self.is_taxed(line)), ZERO)
        taxable = taxed + net - line_sum if taxed else taxed
        levels = self.tax_code.levels if self.tax_code else ()
        by_level = tuple(cents(taxable * level.percent / 100) for level in levels)
        for name, value in (
            ("line_sum", line_sum),
            ("net", net),
            ("tax_by_level", by_level),
            ("tax", sum(by_level, ZERO)),
        ):
            object.__setattr__(self, name, value)

    @property
    def payer(self) -> Party:
        """Who pays (M13)."""
        return payer_of(self.customer)

    @property
    def place(self) -> str:
        """The location that billed it."""
        return self.location or self.customer.location

    @property
    def currency(self) -> str:
        return self.payer.currency

    @property
    def tax_code(self) -> TaxCode | None:
        return self.payer.tax_code

    @property
    def due_date(self) -> date:
        """The due date that the PSA prints; a credit memo is due at once."""
        return self.day if self.type == "CreditMemo" else TERMS[self.payer.terms].due(self.day)

    def is_taxed(self, line: DraftLine) -> bool:
        """Whether tax is charged on a line: it is taxable and the customer has a tax code (M12)."""
        return line.taxable and self.tax_code is not None

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


def in_money(house: House, list_price: Decimal) -> Decimal:
    """A list price in the company's money: whole and half units where the list has them, all its decimals kept."""
    exponent = list_price.as_tuple().exponent
    places = max(2, -int(exponent)) if isinstance(exponent, int) else 2
    return (list_price * house.prices).quantize(Decimal(1).scaleb(-places))


def sold(house: House, code: str, quantity: int, stream: str, **more: object) -> DraftLine:
    """A catalog product at the company's price."""
    product = PRODUCTS[code]
    return DraftLine(
        stream, product.description, Decimal(quantity), in_money(house, product.price),
        taxable=code != "GOV-FILING", product=code, unit_cost=in_money(house, product.cost), **more,  # type: ignore[arg-type]
    )  # fmt: skip


def hours(
    house: House, stream: str, quantity: Decimal, rate: str, text: str, *, taxable: bool | None = None
) -> DraftLine:
    """Time at an hourly rate, in quarter hours; labour is untaxed in the United States."""
    taxed = house.country != "US" if taxable is None else taxable
    return DraftLine(stream, text, quantity, in_money(house, Decimal(rate)), taxable=taxed)


def amount(stream: str, value: Decimal, text: str, *, taxable: bool = True) -> DraftLine:
    """One unit of an amount; negative takes revenue back."""
    return DraftLine(stream, text, Decimal(-1 if value < 0 else 1), abs(value), taxable=taxable)
