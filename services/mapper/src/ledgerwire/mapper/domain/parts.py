"""What the rules share: the record being worked on, its findings and how figures read to a clerk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.ledger.document import NewItem, Tracking
from ledgerwire.common.ledger.reference import LedgerAccount, LedgerItem, ReferenceData, TaxRate
from ledgerwire.mapper.domain.model import MappingInput
from ledgerwire.mapper.domain.settings import MappingSettings
from ledgerwire.mapper.domain.trace import TraceBuilder

TAX_ROW = "ST"
RECEIVABLE_ROW = "AR"
PRODUCT_TYPES = frozenset({"RP", "AP"})

KINDS = {
    "R": "Service",
    "RA": "Agreement",
    "AP": "Agreement product",
    "RP": "Product",
    "RE": "Expense",
    "RD": "Deferred",
    "SD": "Discount",
    "PF": "Freight",
}
"""GL types of sales lines, as a clerk calls them (revenue kinds)."""


def kind_words(gl_type: str) -> str:
    """What a clerk calls lines of a GL type."""
    return KINDS.get(gl_type, gl_type)


def money_words(amount: Decimal) -> str:
    """An amount as a clerk reads it: thousands separated, two decimals (more only where there are more)."""
    shown = amount.quantize(Decimal("0.01"))
    return f"{shown:,.2f}" if shown == amount else f"{amount.normalize():,f}"


def day_words(day: date) -> str:
    """A day as a clerk reads it: 28 Feb."""
    return f"{day.day} {day:%b}"


def listed(names: Iterable[str]) -> str:
    """Names in quotes, or "none"."""
    return ", ".join(f"'{name}'" for name in names) or "none"


@dataclass(frozen=True, slots=True)
class Place:
    """Where lines go that agree in all but tax: account (None stops), item and tracking."""

    account: LedgerAccount | None
    item: str | None
    tracking: tuple[Tracking, ...]
    decisions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Treatment:
    """What lines that agree in all that decides share: where they go, as which item, with which tracking and tax."""

    account: str
    item: str | None
    tracking: tuple[Tracking, ...]
    tax: LineTax | None
    decisions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LineTax:
    """What a line is taxed with: the ledger's rate, and the PSA's own percentage where it shows one."""

    taxed: bool
    rate: TaxRate
    psa_percent: Decimal | None
    tax_code: str
    decision: int


@dataclass(slots=True, kw_only=True)
class Case:
    """One record under the rules: what every rule may ask, look-ups made once, and what the rules found.

    Attributes:
        number, party: what messages call the record and who is billed or paid.
        choices: what a person chose for this record (D3), in order, for example FIRST_OPEN_DAY; of those that answer the same
            question the latest holds.
        rounding_used: what the month's other records needed of roundings, for the monthly budget (D13).
        new_items: items to be made before the documents are sent, by code (M10).
    """

    number: str
    party: str
    ledger: str
    settings: MappingSettings
    reference: ReferenceData
    choices: tuple[str, ...] = ()
    rounding_used: Decimal = Decimal(0)
    trace: TraceBuilder = field(default_factory=TraceBuilder)
    findings: list[Finding] = field(default_factory=list)
    new_items: dict[str, NewItem] = field(default_factory=dict)
    accounts: dict[str, LedgerAccount] = field(init=False)
    items: dict[str, LedgerItem] = field(init=False)
    rates: dict[str, TaxRate] = field(init=False)
    _base: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.accounts = {account.code: account for account in self.reference.accounts}
        self.items = {item.code: item for item in self.reference.items}
        self.rates = {rate.tax_type: rate for rate in self.reference.tax_rates if rate.active}
        self._base = {"number": self.number, "customer": self.party, "ledger": self.ledger}

    def finding(self, code: str, line: int | None = None, *, warned: bool = False, **params: str) -> Finding:
        """A finding with the params that every message may name."""
        return Finding(code, {**self._base, **params}, line, warned)

    def add(self, code: str, line: int | None = None, *, warned: bool = False, **params: str) -> None:
        """Note a finding; the same cause on the same line only once."""
        made = self.finding(code, line, warned=warned, **params)
        if made not in self.findings:
            self.findings.append(made)

    def is_stopped(self) -> bool:
        """Whether any finding so far stops the record."""
        return any(item.stops for item in self.findings)

    def chose(self, choice: str) -> bool:
        """Whether a person chose this for the record."""
        return choice in self.choices

    def latest(self, *choices: str) -> str | None:
        """The one of these that a person chose last, None where none was chosen."""
        return next((item for item in reversed(self.choices) if item in choices), None)


@dataclass(slots=True, kw_only=True)
class InvoiceCase(Case):
    """An invoice under the rules."""

    source: MappingInput
    treatments: dict[tuple[object, ...], Treatment] = field(default_factory=dict)
    places: dict[tuple[object, ...], Place] = field(default_factory=dict)

    @classmethod
    def of(cls, source: MappingInput) -> InvoiceCase:
        """The case of one invoice."""
        return cls(
            number=source.invoice.number,
            party=source.company.name,
            ledger=source.ledger,
            settings=source.settings,
            reference=source.reference,
            choices=source.choices,
            rounding_used=source.rounding_used,
            source=source,
        )
