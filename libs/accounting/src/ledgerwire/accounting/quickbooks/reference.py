"""Reference data of one company, read in one call and put into the ledger's neutral terms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from ledgerwire.accounting.quickbooks.client import QuickBooksClient
from ledgerwire.accounting.quickbooks.company import (
    AUTOMATIC,
    CLASS,
    LOCATION,
    UNTAXED,
    Account,
    Company,
    Dimension,
    Item,
    Rate,
    TaxCode,
)
from ledgerwire.accounting.quickbooks.errors import unreadable
from ledgerwire.accounting.quickbooks.query import EVERY_ONE
from ledgerwire.accounting.quickbooks.wire import amount, calendar_date, group, needed, ref
from ledgerwire.accounting.wire import Json, UnreadableError, rows, text
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
from ledgerwire.common.money import ZERO

NUMBER_LIMIT, ITEM_LIMIT = 21, 100

RULES = LedgerRules(
    item_decides_account=True,
    contact_has_one_currency=True,
    separate_suppliers=True,
    has_drafts=False,
    number_length=NUMBER_LIMIT,
    item_code_length=ITEM_LIMIT,
    unit_decimals=None,
)

_LISTS = (
    *("CompanyInfo", "Preferences", "Account", "Item", "TaxCode", "TaxRate"),
    *("Class", "Department", "Term", "CompanyCurrency"),
)
_REFUSABLE = ("Class", "Department", "CompanyCurrency")
"""Lists of what a company may not have turned on."""

_INACTIVE_TOO = ("Account", "Item", "TaxCode", "TaxRate")
_UNSOLD = frozenset({"Category", "Group", "Bundle"})
_SYSTEM = {
    ("type", "Accounts Receivable"): "DEBTORS",
    ("type", "Accounts Payable"): "CREDITORS",
    ("subtype", "GlobalTaxPayable"): "GST",
    ("subtype", "SalesTaxPayable"): "GST",
    ("subtype", "RetainedEarnings"): "RETAINEDEARNINGS",
}
_CLASS_OF_TYPE = {
    **dict.fromkeys(("Income", "Other Income"), AccountClass.REVENUE),
    **dict.fromkeys(("Expense", "Other Expense", "Cost of Goods Sold"), AccountClass.EXPENSE),
    **dict.fromkeys(
        ("Bank", "Accounts Receivable", "Other Current Asset", "Fixed Asset", "Other Asset"), AccountClass.ASSET
    ),
    "Equity": AccountClass.EQUITY,
}


async def read_company(client: QuickBooksClient, *, tax_override: bool = True) -> Company:
    """Read it all. Raises Waiting, Transient or Stopped."""
    where = dict.fromkeys(_INACTIVE_TOO, EVERY_ONE)
    listed = await client.select_each(_LISTS, where, _REFUSABLE)
    try:
        return replace(company_of(listed), tax_override=tax_override)
    except UnreadableError as error:
        unreadable(str(error), write=False)


def company_of(listed: dict[str, list[Json]]) -> Company:
    """Put the lists into neutral terms. Raises UnreadableError when one lacks what it always has."""
    if not listed["CompanyInfo"] or not listed["Preferences"]:
        raise UnreadableError("CompanyInfo or Preferences is missing")
    info, preferences = listed["CompanyInfo"][0], listed["Preferences"][0]
    books, currencies = group(preferences, "AccountingInfoPrefs"), group(preferences, "CurrencyPrefs")
    tax = group(preferences, "TaxPrefs")
    united_states = (text(info, "Country") or "").upper() in {"US", "USA"}
    automated = tax.get("PartnerTaxEnabled") is True
    accounts = {row.shown.code: row for row in _accounts(listed["Account"])}
    items = _items(listed["Item"], {row.account_id: code for code, row in accounts.items()})
    codes = _tax_codes(listed["TaxCode"], listed["TaxRate"], united_states=united_states, automated=automated)
    multi = currencies.get("MultiCurrencyEnabled") is True
    company = Company(
        reference=_blank_reference(needed(info, "CompanyName"), ref(currencies, "HomeCurrency") or "USD"),
        united_states=united_states,
        taxed=tax.get("UsingSalesTax") is not False,
        automated_tax=automated,
        multi_currency=multi,
        custom_numbers=group(preferences, "SalesFormsPrefs").get("CustomTxnNumbers") is True,
        class_per_line=books.get("ClassTrackingPerTxnLine") is True,
        class_per_document=books.get("ClassTrackingPerTxn") is True,
        locations=books.get("TrackDepartments") is True,
        accounts=accounts,
        items={code.casefold(): item for code, item in items.items()},
        tax_codes=codes,
        classes=_dimension(listed.get("Class", [])),
        departments=_dimension(listed.get("Department", [])),
        terms=_dimension(listed["Term"]),
    )
    _check_refused(company, listed)
    enabled = {needed(row, "Code") for row in listed["CompanyCurrency"] if _is_active(row)} if multi else set()
    return _with_reference(company, enabled, books)


def _check_refused(company: Company, listed: dict[str, list[Json]]) -> None:
    """Raise UnreadableError where a list is missing that the company uses: a refusal for another reason is no empty list."""
    used = {
        "Class": company.class_per_line or company.class_per_document,
        "Department": company.locations,
        "CompanyCurrency": company.multi_currency,
    }
    refused = [name for name, turned_on in used.items() if turned_on and name not in listed]
    if refused:
        raise UnreadableError(f"no {', '.join(refused)}, which the company uses")


def _with_reference(company: Company, currencies: set[str], books: Json) -> Company:
    base = company.reference
    reference = ReferenceData(
        organisation=base.organisation,
        base_currency=base.base_currency,
        currencies=frozenset(currencies | {base.base_currency}),
        accounts=tuple(row.shown for row in company.accounts.values()),
        tax_rates=tuple(_tax_rate(code) for code in company.tax_codes.values()),
        items=tuple(item.shown for item in company.items.values()),
        tracking=tuple(_categories(company)),
        lock_date=calendar_date(books, "BookCloseDate"),
        terms=company.terms.names,
        rules=RULES,
    )
    return replace(company, reference=reference)


def _blank_reference(organisation: str, base_currency: str) -> ReferenceData:
    return ReferenceData(organisation, base_currency, frozenset(), (), (), (), ())


def _categories(company: Company) -> Iterable[TrackingCategory]:
    if company.class_per_line or company.class_per_document:
        yield TrackingCategory(CLASS, company.classes.names)
    if company.locations:
        yield TrackingCategory(LOCATION, company.departments.names)


def _accounts(listed: list[Json]) -> Iterable[Account]:
    """By account number, else by name; where two share a code, the active one has it."""
    found: dict[str, Account] = {}
    for row in listed:
        kind, name = needed(row, "AccountType"), text(row, "FullyQualifiedName") or needed(row, "Name")
        code = text(row, "AcctNum") or name
        active = _is_active(row)
        if code in found and (found[code].shown.active or not active):
            continue
        subtype = text(row, "AccountSubType") or ""
        shown = LedgerAccount(
            code=code,
            name=name,
            account_class=_account_class(text(row, "Classification"), kind),
            active=active,
            system=_SYSTEM.get(("type", kind)) or _SYSTEM.get(("subtype", subtype)),
            account_type="INVENTORY" if subtype == "Inventory" else kind,
        )
        found[code] = Account(needed(row, "Id"), kind, shown)
    return found.values()


def _account_class(classification: str | None, kind: str) -> AccountClass:
    try:
        return AccountClass((classification or "").lower())
    except ValueError:
        return _CLASS_OF_TYPE.get(kind, AccountClass.LIABILITY)


def _items(listed: list[Json], account_codes: dict[str, str]) -> dict[str, Item]:
    """By name, and by SKU where no item has that name; where two share a code, the active one has it."""
    found: dict[str, Item] = {}
    sellable = [row for row in listed if (text(row, "Type") or "") not in _UNSOLD]
    for field in ("FullyQualifiedName", "Name", "Sku"):
        named: dict[str, list[Json]] = {}
        for row in sellable:
            code = text(row, field)
            if code:
                named.setdefault(code, []).append(row)
        taken = {code.casefold() for code in found}
        for code, several in named.items():
            active = [row for row in several if _is_active(row)] or several
            if code.casefold() not in taken and len(active) == 1:
                found[code] = _item(code, active[0], account_codes)
    return found


def _item(code: str, row: Json, account_codes: dict[str, str]) -> Item:
    kind = text(row, "Type") or "NonInventory"
    account_id = ref(row, "IncomeAccountRef")
    shown = LedgerItem(
        code=code,
        name=text(row, "Description") or text(row, "FullyQualifiedName") or needed(row, "Name"),
        tracked=kind == "Inventory",
        revenue_account=account_codes.get(account_id) if account_id else None,
        active=_is_active(row),
    )
    return Item(needed(row, "Id"), kind, shown)


def _tax_codes(codes: list[Json], rates: list[Json], *, united_states: bool, automated: bool) -> dict[str, TaxCode]:
    """By name, which people read and which is unique; the id is what documents carry."""
    known = {needed(row, "Id"): Rate(needed(row, "Id"), needed(row, "Name"), _percent(row)) for row in rates}
    found: dict[str, TaxCode] = {}
    if united_states:
        found[UNTAXED] = TaxCode(UNTAXED, UNTAXED, "Not taxable", active=True, sales=(), purchases=())
        if automated:
            found[AUTOMATIC] = TaxCode(AUTOMATIC, "", "Automated sales tax", active=True, sales=(), purchases=())
    for row in codes:
        name, row_id, active = needed(row, "Name"), needed(row, "Id"), _is_active(row)
        if row_id in {UNTAXED, AUTOMATIC} or (name in found and (found[name].active or not active)):
            continue
        sides = (_rates(row, "SalesTaxRateList", known), _rates(row, "PurchaseTaxRateList", known))
        found[name] = TaxCode(name, row_id, name, active, *sides)
    return found


def _rates(code: Json, side: str, known: dict[str, Rate]) -> tuple[Rate, ...]:
    details = rows(group(code, side), "TaxRateDetail")
    ids = (ref(detail, "TaxRateRef") for detail in details)
    return tuple(known[rate_id] for rate_id in ids if rate_id in known)


def _percent(rate: Json) -> Decimal:
    """A rate's percentage: its present value, else the one without an end date."""
    if rate.get("RateValue") is not None:
        return amount(rate, "RateValue")
    effective = [row for row in rows(rate, "EffectiveTaxRate") if not text(row, "EndDate")]
    return amount(effective[-1], "RateValue") if effective else ZERO


def _tax_rate(code: TaxCode) -> TaxRate:
    rates = code.sales or code.purchases
    sides: set[AccountClass] = set()
    plain = not code.sales and not code.purchases
    if code.sales or plain:
        sides |= {AccountClass.REVENUE, AccountClass.LIABILITY, AccountClass.EQUITY}
    if code.purchases or plain:
        sides |= {AccountClass.EXPENSE, AccountClass.ASSET}
    return TaxRate(
        tax_type=code.key,
        name=code.name,
        rate=sum((rate.percent for rate in rates), ZERO),
        active=code.active,
        applies_to=frozenset(sides),
        components=tuple(TaxComponent(rate.name, rate.percent) for rate in rates) if len(rates) > 1 else (),
    )


def _dimension(listed: list[Json]) -> Dimension:
    return Dimension.of(
        (text(row, "FullyQualifiedName") or needed(row, "Name"), needed(row, "Id")) for row in listed if _is_active(row)
    )


def _is_active(row: Json) -> bool:
    return row.get("Active") is not False
