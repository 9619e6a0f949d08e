"""An invoice as the coordinator drew it up: what was sold, to whom, how many, at what price. No account appears here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from ledgerwire.sandbox.seed.catalog import PRODUCTS
from ledgerwire.sandbox.seed.companies import COMPANIES, Company
from ledgerwire.sandbox.seed.posting_guide import STREAMS, Stream
from ledgerwire.sandbox.seed.setup_tables import TERMS
from ledgerwire.sandbox.seed.tax import TAX_CODES, TaxCode, cents, tax_of

InvoiceType = Literal["Agreement", "Standard", "Progress", "DownPayment", "Miscellaneous", "CreditMemo"]
Outcome = Literal["posted", "posted_warned", "stopped", "no_effect"]


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line. `printed` is the line total where the PSA shows another figure than quantity x price, rounded."""

    stream_name: str
    description: str
    quantity: Decimal
    price: Decimal
    taxable: bool = True
    product: str | None = None
    printed: Decimal | None = None

    @property
    def stream(self) -> Stream:
        return STREAMS[self.stream_name]

    @property
    def total(self) -> Decimal:
        """Line total without tax as the general ledger has it, fractions of a cent included; positive is revenue."""
        return cents(self.quantity * self.price) if self.printed is None else self.printed

    @property
    def net(self) -> Decimal:
        """What an accounting package can hold of the line total: whole cents."""
        return cents(self.total)

    @property
    def item(self) -> str:
        """What the ledger knows the sale as: the product code, or the Non-Product ID of its kind."""
        return self.product or self.stream.item or ""


@dataclass(frozen=True, slots=True)
class Draft:
    """One invoice of the month.

    `family` says which line of the month's plan it belongs to, `outcome` and `codes` what a first attempt should
    end in, `fix` the planted cause that a person has to put right.
    """

    family: str
    type: InvoiceType
    company_key: str
    day: date
    lines: tuple[DraftLine, ...]
    outcome: Outcome = "posted"
    codes: tuple[str, ...] = ()
    fix: str | None = None
    burst: bool = False
    drop_shipped: bool = False
    customer_po: str | None = None
    agreement_type: str | None = None
    number_prefix: str = field(default="INV")

    @property
    def company(self) -> Company:
        return COMPANIES[self.company_key]

    @property
    def bill_to(self) -> Company:
        """Who pays (M13)."""
        return COMPANIES[self.company.bill_to] if self.company.bill_to else self.company

    @property
    def tax_code(self) -> TaxCode | None:
        return TAX_CODES[self.bill_to.tax] if self.bill_to.tax else None

    @property
    def due_date(self) -> date:
        """The due date that the PSA prints; a credit memo is due at once."""
        return self.day if self.type == "CreditMemo" else TERMS[self.bill_to.terms].due(self.day)

    @property
    def line_sum(self) -> Decimal:
        """Sum of the lines in whole cents, each rounded by itself."""
        return sum((line.net for line in self.lines), Decimal("0.00"))

    @property
    def net(self) -> Decimal:
        """Net as printed: the exact lines, added before they are rounded."""
        return cents(sum((line.total for line in self.lines), Decimal("0.00")))

    def is_taxed(self, line: DraftLine) -> bool:
        """Whether tax is charged on a line: it is taxable and the customer has a tax code (M12)."""
        return line.taxable and self.tax_code is not None

    @property
    def taxable_sum(self) -> Decimal:
        """What the document's tax is worked out on, as printed."""
        rounded_off = self.net - self.line_sum
        taxed = sum((line.net for line in self.lines if self.is_taxed(line)), Decimal("0.00"))
        return taxed + rounded_off if taxed else taxed

    @property
    def tax(self) -> Decimal:
        """Tax on the document as a whole, as the PSA computes it."""
        return tax_of(self.taxable_sum, self.tax_code)

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


def sold(
    code: str, quantity: str | int, stream: str, *, price: str | None = None, printed: str | None = None
) -> DraftLine:
    """A catalog product, at its list price unless told otherwise."""
    product = PRODUCTS[code]
    return DraftLine(
        stream,
        product.description,
        Decimal(quantity),
        Decimal(price) if price else product.price,
        taxable=code != "GOV-FILING",
        product=code,
        printed=Decimal(printed) if printed else None,
    )


def hours(stream: str, quantity: str, rate: str, description: str, *, taxable: bool = True) -> DraftLine:
    """Time at an hourly rate, in quarter hours."""
    return DraftLine(stream, description, Decimal(quantity), Decimal(rate), taxable=taxable)


def amount(stream: str, value: str, description: str, *, taxable: bool = True) -> DraftLine:
    """One unit of an amount; negative takes revenue back."""
    sign = -1 if value.startswith("-") else 1
    return DraftLine(stream, description, Decimal(sign), abs(Decimal(value)), taxable=taxable)


def total_of(drafts: Sequence[Draft]) -> Decimal:
    """Signed total of several invoices, tax included."""
    return sum((draft.total for draft in drafts), Decimal("0.00"))
