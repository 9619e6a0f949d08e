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
    """One GL account. `system` names the ledger's own role for it (for example ROUNDING, DEBTORS), None for the rest."""

    code: str
    name: str
    account_class: AccountClass
    active: bool
    tax_type: str | None = None
    system: str | None = None


@dataclass(frozen=True, slots=True)
class TaxRate:
    """One tax rate: `tax_type` is the key documents carry, `name` what people see; rate in percent."""

    tax_type: str
    name: str
    rate: Decimal
    active: bool
    applies_to: frozenset[AccountClass] = frozenset()


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """One sellable item. `tracked` items post their own cost of sales."""

    code: str
    name: str
    tracked: bool = False
    revenue_account: str | None = None


@dataclass(frozen=True, slots=True)
class TrackingCategory:
    """One tracking category with its active options."""

    name: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReferenceData:
    """What a ledger company allows right now; `lock_date` closes every day up to and including it."""

    organisation: str
    base_currency: str
    currencies: frozenset[str]
    accounts: tuple[LedgerAccount, ...]
    tax_rates: tuple[TaxRate, ...]
    items: tuple[LedgerItem, ...]
    tracking: tuple[TrackingCategory, ...]
    lock_date: date | None = None
