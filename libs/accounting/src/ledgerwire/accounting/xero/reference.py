"""Reference data of one organisation, read in six calls and put into the ledger's neutral terms."""

from __future__ import annotations

from datetime import date

from ledgerwire.accounting.wire import Json, UnreadableError, rows, text
from ledgerwire.accounting.xero.arithmetic import UNIT_PLACES
from ledgerwire.accounting.xero.client import XeroClient
from ledgerwire.accounting.xero.errors import listed, unreadable
from ledgerwire.accounting.xero.payloads import ITEM_CODE_LIMIT, NUMBER_LIMIT
from ledgerwire.accounting.xero.wire import amount, calendar_date
from ledgerwire.common.ledger.reference import (
    AccountClass,
    LedgerAccount,
    LedgerItem,
    LedgerRules,
    ReferenceData,
    TaxComponent,
    TaxRate,
    TrackingCategory,
)
from ledgerwire.common.side_by_side import side_by_side

_PATHS = ("Organisation", "Accounts", "TaxRates", "Items", "TrackingCategories", "Currencies")

_CAN_APPLY = {
    "CanApplyToAssets": AccountClass.ASSET,
    "CanApplyToEquity": AccountClass.EQUITY,
    "CanApplyToExpenses": AccountClass.EXPENSE,
    "CanApplyToLiabilities": AccountClass.LIABILITY,
    "CanApplyToRevenue": AccountClass.REVENUE,
}

RULES = LedgerRules(
    item_decides_account=False,
    contact_has_one_currency=False,
    separate_suppliers=False,
    has_drafts=True,
    number_length=NUMBER_LIMIT,
    item_code_length=ITEM_CODE_LIMIT,
    unit_decimals=UNIT_PLACES,
)
"""Payment terms are days on a contact, not names: `ReferenceData.terms` stays empty."""


async def read_reference_data(client: XeroClient) -> ReferenceData:
    """Read it all, side by side as far as the client's concurrency goes. Raises Waiting, Transient or Stopped."""
    answers = await side_by_side({path: client.read(f"/{path}") for path in _PATHS})
    try:
        return reference_data(answers)
    except UnreadableError as error:
        unreadable(str(error), write=False)


def reference_data(answers: dict[str, Json]) -> ReferenceData:
    """Put the answers (by path) into neutral terms. Raises UnreadableError or Transient when one lacks what it always has."""
    organisations = listed(answers["Organisation"], "Organisations")
    if not organisations:
        raise UnreadableError("Organisations is empty")
    organisation = organisations[0]
    base = _needed(organisation, "BaseCurrency")
    currencies = {_needed(row, "Code") for row in listed(answers["Currencies"], "Currencies")}
    return ReferenceData(
        organisation=text(organisation, "Name") or text(organisation, "LegalName") or "",
        base_currency=base,
        currencies=frozenset(currencies | {base}),
        accounts=tuple(_account(row) for row in listed(answers["Accounts"], "Accounts") if text(row, "Code")),
        tax_rates=tuple(_tax_rate(row) for row in listed(answers["TaxRates"], "TaxRates") if text(row, "TaxType")),
        items=tuple(_item(row) for row in listed(answers["Items"], "Items") if text(row, "Code")),
        tracking=tuple(
            _category(row) for row in listed(answers["TrackingCategories"], "TrackingCategories") if _is_active(row)
        ),
        lock_date=_lock_date(organisation),
        rules=RULES,
    )


def _account(row: Json) -> LedgerAccount:
    return LedgerAccount(
        code=_needed(row, "Code"),
        name=text(row, "Name") or "",
        account_class=_account_class(_needed(row, "Class")),
        active=_is_active(row),
        tax_type=text(row, "TaxType"),
        system=text(row, "SystemAccount"),
        account_type=text(row, "Type"),
    )


def _account_class(name: str) -> AccountClass:
    try:
        return AccountClass(name.lower())
    except ValueError as error:
        raise UnreadableError(f"account class {name}") from error


def _tax_rate(row: Json) -> TaxRate:
    return TaxRate(
        tax_type=_needed(row, "TaxType"),
        name=text(row, "Name") or "",
        rate=amount(row, "EffectiveRate"),
        active=_is_active(row),
        applies_to=frozenset(kind for flag, kind in _CAN_APPLY.items() if row.get(flag) is True),
        components=tuple(
            TaxComponent(text(part, "Name") or "", amount(part, "Rate"))
            for part in rows(row, "TaxComponents")
            if part.get("Rate") is not None
        ),
    )


def _item(row: Json) -> LedgerItem:
    sales = row.get("SalesDetails")
    return LedgerItem(
        code=_needed(row, "Code"),
        name=text(row, "Name") or _needed(row, "Code"),
        tracked=row.get("IsTrackedAsInventory") is True,
        revenue_account=text(sales, "AccountCode") if isinstance(sales, dict) else None,
    )


def _category(row: Json) -> TrackingCategory:
    options = tuple(_needed(option, "Name") for option in rows(row, "Options") if _is_active(option))
    return TrackingCategory(_needed(row, "Name"), options)


def _lock_date(organisation: Json) -> date | None:
    """The later of the two lock dates: only an adviser may post between them, and an app is none."""
    dates = [calendar_date(organisation, name) for name in ("PeriodLockDate", "EndOfYearLockDate")]
    return max((day for day in dates if day is not None), default=None)


def _is_active(row: Json) -> bool:
    return (text(row, "Status") or "ACTIVE") == "ACTIVE"


def _needed(row: Json, name: str) -> str:
    value = text(row, name)
    if value is None:
        raise UnreadableError(f"{name} is missing")
    return value
