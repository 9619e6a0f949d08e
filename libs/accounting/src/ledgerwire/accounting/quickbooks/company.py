"""One company as its documents need it: ids behind the codes and names that the ledger document speaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.ledger.reference import LedgerAccount, LedgerItem, ReferenceData
from ledgerwire.common.money import ZERO

CLASS, LOCATION = "Class", "Location"
"""The two tracking categories: a class stands on each line, a location on the document."""
UNTAXED, AUTOMATIC = "NON", "TAX"
"""Tax types of a United States company besides its own codes: not taxable, and whatever automated sales tax finds."""

SALES_KINDS = frozenset({DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE})


@dataclass(frozen=True, slots=True)
class Rate:
    """One rate of a tax code, in percent."""

    rate_id: str
    name: str
    percent: Decimal


@dataclass(frozen=True, slots=True)
class TaxCode:
    """A tax code with its rates on sales and on purchases; `code_id` is "" for what only a line can say."""

    key: str
    code_id: str
    name: str
    active: bool
    sales: tuple[Rate, ...]
    purchases: tuple[Rate, ...]

    def rates(self, kind: DocumentKind) -> tuple[Rate, ...]:
        """The rates that count on this kind of document."""
        return self.sales if kind in SALES_KINDS else self.purchases

    def percent(self, kind: DocumentKind) -> Decimal:
        """All of them together."""
        return sum((rate.percent for rate in self.rates(kind)), ZERO)


@dataclass(frozen=True, slots=True)
class Account:
    """An account: `shown` is what mapping sees of it."""

    account_id: str
    kind: str
    shown: LedgerAccount


@dataclass(frozen=True, slots=True)
class Item:
    """An item: `shown` is what mapping sees of it."""

    item_id: str
    kind: str
    shown: LedgerItem


@dataclass(frozen=True, slots=True)
class Dimension:
    """Classes or locations: ids of the active ones by name, in any letter case."""

    names: tuple[str, ...] = ()
    ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Dimension:
        """From (name, id) pairs."""
        listed = tuple(pairs)
        return cls(tuple(name for name, _ in listed), {name.casefold(): row_id for name, row_id in listed})

    def id_of(self, name: str) -> str | None:
        """The id behind a name."""
        return self.ids.get(name.casefold())


@dataclass(frozen=True, slots=True)
class Company:
    """Everything read of one company.

    Attributes:
        united_states: sales tax stands once on a document and lines are taxable or not.
        taxed: the company uses sales tax at all.
        custom_numbers: our document numbers are kept.
        class_per_line, class_per_document, locations: where the company tracks classes, and whether locations at all.
        accounts, items, tax_codes: by the code mapping uses; items in lower case.
        tax_override: the printed tax may be sent with a document.
    """

    reference: ReferenceData
    united_states: bool
    taxed: bool
    automated_tax: bool
    multi_currency: bool
    custom_numbers: bool
    class_per_line: bool
    class_per_document: bool
    locations: bool
    accounts: dict[str, Account]
    items: dict[str, Item]
    tax_codes: dict[str, TaxCode]
    classes: Dimension
    departments: Dimension
    terms: Dimension
    tax_override: bool = True

    def item(self, code: str) -> Item | None:
        """The item of a code, in any letter case."""
        return self.items.get(code.casefold())

    def account_code(self, account_id: str | None) -> str:
        """The code of an account by its id, "" for none known."""
        return next((code for code, account in self.accounts.items() if account.account_id == account_id), "")

    def tax_type(self, code_id: str | None) -> str:
        """The tax type behind an id on a line."""
        if code_id is None:
            return UNTAXED if self.united_states else ""
        return next((key for key, code in self.tax_codes.items() if code.code_id == code_id), code_id)

    def rate_of_code(self, key: str) -> TaxCode | None:
        """The tax code of a tax type."""
        return self.tax_codes.get(key)

    def active_ids(self) -> Iterator[tuple[str, str]]:
        """(entity, id) of everything active that a line may name."""
        yield from (("Account", row.account_id) for row in self.accounts.values() if row.shown.active)
        yield from (("Item", row.item_id) for row in self.items.values() if row.shown.active)
        yield from (("TaxCode", code.code_id) for code in self.tax_codes.values() if code.active)
        yield from (("Class", row_id) for row_id in self.classes.ids.values())
        yield from (("Department", row_id) for row_id in self.departments.ids.values())
