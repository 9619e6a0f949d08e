"""Reference data of one ledger company, as mapping needs it; read and cached by libs/accounting. Shapes only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class AccountClass(StrEnum):
    """The five classes of a chart of accounts."""

    ASSET = "asset"
    EQUITY = "equity"
    EXPENSE = "expense"
    LIABILITY = "liability"
    REVENUE = "revenue"


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """One GL account.

    Attributes:
        system: the ledger's own role for it (for example ROUNDING, DEBTORS), None for the rest.
        account_type: the ledger's own, finer type (for example INVENTORY, DIRECTCOSTS, "Cost of Goods Sold").
    """

    code: str
    name: str
    account_class: AccountClass
    active: bool
    tax_type: str | None = None
    system: str | None = None
    account_type: str | None = None


@dataclass(frozen=True, slots=True)
class TaxComponent:
    """One part of a rate that several agencies share (state and city, GST and PST); rate in percent."""

    name: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class TaxRate:
    """One tax rate: `tax_type` is the key documents carry, `name` what people see; rate in percent, components added up."""

    tax_type: str
    name: str
    rate: Decimal
    active: bool
    applies_to: frozenset[AccountClass] = frozenset()
    components: tuple[TaxComponent, ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """One sellable item. `tracked` items post their own cost of sales; `revenue_account` is an account code."""

    code: str
    name: str
    tracked: bool = False
    revenue_account: str | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class TrackingCategory:
    """One tracking category with its active options."""

    name: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LedgerRules:
    """How a package differs where it matters to a decision.

    Attributes:
        item_decides_account: a sales line goes to its item's income account, whatever the line says (M10).
        contact_has_one_currency: another currency needs another contact (M15).
        separate_suppliers: suppliers are a list of their own whose names must differ from the customers'.
        has_drafts: a document can be kept from the books until it is approved.
        number_length: the longest document number.
        item_code_length: the longest item code.
        unit_decimals: decimals of quantity and unit amount; None = any, the product must then be exact.
    """

    item_decides_account: bool = False
    contact_has_one_currency: bool = False
    separate_suppliers: bool = False
    has_drafts: bool = True
    number_length: int = 255
    item_code_length: int = 30
    unit_decimals: int | None = 4


@dataclass(frozen=True, slots=True)
class ReferenceData:
    """What a ledger company allows right now; `lock_date` closes every day up to and including it. `terms` are names."""

    organisation: str
    base_currency: str
    currencies: frozenset[str]
    accounts: tuple[LedgerAccount, ...]
    tax_rates: tuple[TaxRate, ...]
    items: tuple[LedgerItem, ...]
    tracking: tuple[TrackingCategory, ...]
    lock_date: date | None = None
    terms: tuple[str, ...] = ()
    rules: LedgerRules = LedgerRules()
