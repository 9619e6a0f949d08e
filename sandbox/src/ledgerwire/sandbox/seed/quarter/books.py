"""The books of the four companies before the quarter begins, as Xero holds them; QuickBooks' are made from the same."""

from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.quickbooks.company import company_from
from ledgerwire.sandbox.seed.ledger_chart import guid
from ledgerwire.sandbox.seed.month import BusinessMonth
from ledgerwire.sandbox.seed.quarter import goods
from ledgerwire.sandbox.seed.quarter.houses import DAY_RATES, House, Rate
from ledgerwire.sandbox.seed.quarter.people import MEMBERS, PARTIES, Party

Row = dict[str, Any]

# code, name, type, class, what it is taxed as by default, system account, status
_ACCOUNTS = (
    (goods.BANK, "Business Bank Account", "BANK", "ASSET", "", "", "ACTIVE"),
    ("200", "Managed services", "REVENUE", "REVENUE", "sales", "", "ACTIVE"),
    ("205", "Cloud subscriptions", "REVENUE", "REVENUE", "sales", "", "ACTIVE"),
    ("206", "Cloud subscriptions, annual", "REVENUE", "REVENUE", "sales", "", "ACTIVE"),
    ("210", "Backup and hosting", "REVENUE", "REVENUE", "sales", "", "ACTIVE"),
    ("220", "Labour", "REVENUE", "REVENUE", "sales", "", "ACTIVE"),
    ("230", "Hardware sales", "REVENUE", "REVENUE", "sales", "", "ACTIVE"),
    ("232", "Hardware sales from stock", "REVENUE", "REVENUE", "sales", "", "ACTIVE"),
    ("233", "Warranties", "REVENUE", "REVENUE", "sales", "", "ACTIVE"),
    ("235", "Telephony", "REVENUE", "REVENUE", "sales", "", "ACTIVE"),
    ("240", "Projects", "REVENUE", "REVENUE", "sales", "", "ACTIVE"),
    ("250", "Expenses recovered", "REVENUE", "REVENUE", "sales", "", "ACTIVE"),
    ("260", "Other services", "REVENUE", "REVENUE", "sales", "", "ACTIVE"),
    ("270", "Discounts given", "REVENUE", "REVENUE", "sales", "", "ACTIVE"),
    (goods.OLD_TELEPHONY, "Telephony (before 2024)", "REVENUE", "REVENUE", "sales", "", "ARCHIVED"),
    (goods.COST_OF_SALES, "Cost of goods sold", "DIRECTCOSTS", "EXPENSE", "purchases", "", "ACTIVE"),
    (goods.FREIGHT_IN, "Freight inwards", "DIRECTCOSTS", "EXPENSE", "purchases", "", "ACTIVE"),
    (goods.STOCK_CHANGES, "Stock adjustments", "DIRECTCOSTS", "EXPENSE", "", "", "ACTIVE"),
    ("420", "Entertainment", "EXPENSE", "EXPENSE", "purchases", "", "ACTIVE"),
    ("449", "Motor vehicle expenses", "EXPENSE", "EXPENSE", "purchases", "", "ACTIVE"),
    ("453", "Office expenses", "EXPENSE", "EXPENSE", "purchases", "", "ACTIVE"),
    ("463", "Software", "EXPENSE", "EXPENSE", "purchases", "", "ACTIVE"),
    ("493", "Travel", "EXPENSE", "EXPENSE", "purchases", "", "ACTIVE"),
    (goods.RECEIVABLE, "Accounts Receivable", "CURRENT", "ASSET", "", "DEBTORS", "ACTIVE"),
    (goods.STOCK, "Stock on hand", "CURRENT", "ASSET", "", "", "ACTIVE"),
    (goods.VAN_STOCK, "Stock in vans", "CURRENT", "ASSET", "", "", "ACTIVE"),
    (goods.PAYABLE, "Accounts Payable", "CURRLIAB", "LIABILITY", "", "CREDITORS", "ACTIVE"),
    (goods.EMPLOYEES, "Owed to employees", "CURRLIAB", "LIABILITY", "", "", "ACTIVE"),
    (goods.DEFERRED, "Deferred revenue", "CURRLIAB", "LIABILITY", "sales", "", "ACTIVE"),
    (goods.TAX_ACCOUNT, "Sales tax", "CURRLIAB", "LIABILITY", "", "GST", "ACTIVE"),
    (goods.ROUNDING, "Rounding", "CURRLIAB", "LIABILITY", "", "ROUNDING", "ACTIVE"),
    (goods.CLEARING, "Company card clearing", "CURRLIAB", "LIABILITY", "", "", "ACTIVE"),
    ("960", "Retained Earnings", "EQUITY", "EQUITY", "", "RETAINEDEARNINGS", "ACTIVE"),
)  # fmt: skip
_CLASSES = ("Assets", "Equity", "Expenses", "Liabilities", "Revenue")
_SELLING, _BUYING = {"Assets", "Equity", "Liabilities", "Revenue"}, {"Assets", "Equity", "Liabilities", "Expenses"}
ROUNDING_ITEM, FREIGHT_ITEM = "ROUNDING", "FREIGHT"


def _account(house: House, row: tuple[str, ...]) -> Row:
    code, name, kind, account_class, taxed, system, status = row
    default = {"sales": house.standard_rate, "purchases": house.untaxed_purchases}.get(taxed, house.no_tax)
    account: Row = {
        "AccountID": guid(f"{house.key}/account", code), "Code": code, "Name": name, "Type": kind,
        "Class": account_class, "TaxType": default, "Status": status, "EnablePaymentsToAccount": kind == "BANK",
    }  # fmt: skip
    return account | ({"SystemAccount": system} if system else {})


def _tax_rate(rate: Rate) -> Row:
    classes = (_SELLING if rate.sales else set()) | (_BUYING if rate.purchases else set())
    return {
        "TaxType": rate.tax_type,
        "Name": rate.name,
        "Status": "ACTIVE",
        "EffectiveRate": rate.percent,
        "DisplayTaxRate": rate.percent,
        "TaxComponents": [
            {"Name": name, "Rate": Decimal(percent), "IsCompound": False, "IsNonRecoverable": False}
            for name, percent in rate.components
        ],
        **{f"CanApplyTo{each}": each in classes for each in _CLASSES},
    }


def item_row(house: House, code: str, name: str, account: str) -> Row:
    """An item as Xero holds it."""
    return {
        "ItemID": guid(f"{house.key}/item", code),
        "Code": code,
        "Name": name[:50],
        "IsSold": True,
        "IsPurchased": False,
        "IsTrackedAsInventory": False,
        "SalesDetails": {"AccountCode": account, "TaxType": house.standard_rate},
    }


def item_accounts() -> dict[str, str]:
    """Every item and the account its sales belong to."""
    categories = {stream.category: stream.account for stream in goods.STREAMS.values() if stream.category}
    named = {stream.item: stream.account for stream in goods.STREAMS.values() if stream.item}
    products = {product.code: categories[product.category] for product in goods.PRODUCTS.values()}
    own = {ROUNDING_ITEM: goods.ROUNDING, FREIGHT_ITEM: goods.FREIGHT_IN, goods.OTHER_ACCOUNT_ITEM: "260"}
    every = {**named, **products, **own}
    return {code: account for code, account in every.items() if code != goods.NOT_IN_LEDGER}


def _items(house: House) -> list[Row]:
    texts = {code: product.description for code, product in goods.PRODUCTS.items()}
    return [item_row(house, code, texts.get(code, code.title()), account) for code, account in item_accounts().items()]


def _tracking(house: House, name: str, options: tuple[str, ...]) -> Row:
    made = [
        {"TrackingOptionID": guid(f"{house.key}/option", f"{name}/{each}"), "Name": each, "Status": "ACTIVE"}
        for each in options
    ]
    return {
        "TrackingCategoryID": guid(f"{house.key}/tracking", name),
        "Name": name,
        "Status": "ACTIVE",
        "Options": made,
    }


def _party(house: House, party: Party) -> Row:
    row: Row = {
        "ContactID": guid(f"{house.key}/contact", party.name),
        "Name": party.name,
        "ContactStatus": "ARCHIVED" if party.archived else "ACTIVE",
        "IsCustomer": party.role == "customer",
        "IsSupplier": party.role == "vendor",
        "EmailAddress": party.email,
    }
    if party.id % 3 == 0:  # every third was linked by its number years ago; the others only agree by name
        row["ContactNumber"] = party.vendor_identifier if party.role == "vendor" else party.account_number
    return row | ({"DefaultCurrency": party.currency} if party.currency != house.currency else {})


def _supplier(house: House, name: str) -> Row:
    made = {"ContactID": guid(f"{house.key}/contact", name), "Name": name, "ContactStatus": "ACTIVE"}
    return made | {"IsCustomer": False, "IsSupplier": True}


def _contacts(house: House) -> list[Row]:
    parties = [p for p in PARTIES.values() if p.house is house and p.in_ledger and p.bill_to is None]
    staff = [member.name for member in MEMBERS if member.location in house.locations]
    return [_party(house, party) for party in parties] + [_supplier(house, name) for name in (house.card, *staff)]


def xero_books(house: House, quarter: BusinessMonth) -> Row:
    """The company as a Xero organisation on the day before the quarter; the books are locked until then."""
    foreign = {code: f"{1 / DAY_RATES[code]:.6f}" for code in house.foreign}
    return {
        "organisation": {
            "OrganisationID": guid("organisation", house.name), "Name": house.name, "LegalName": house.name,
            "CountryCode": house.country, "Version": house.country, "BaseCurrency": house.currency,
            "Timezone": house.zone, "PeriodLockDate": quarter.lock_date.isoformat(),
        },
        "day_rates": foreign,
        "currencies": [{"Code": code, "Description": code} for code in (house.currency, *house.foreign)],
        "accounts": [_account(house, row) for row in _ACCOUNTS],
        "tax_rates": [_tax_rate(rate) for rate in house.rates],
        "items": _items(house),
        "tracking_categories": [
            _tracking(house, goods.BUSINESS_LINE, goods.BUSINESS_LINES),
            _tracking(house, goods.LOCATION, tuple(house.locations)),
        ],
        "contacts": _contacts(house),
    }  # fmt: skip


def quickbooks_books(house: House, quarter: BusinessMonth) -> Row:
    """The same company as a QuickBooks realm."""
    made = company_from(xero_books(house, quarter))
    made["realm_id"] = house.realm
    made["Term"] = [{"Name": name, "DueDays": days} for name, days in _TERMS]
    if house.foreign:
        made["Preferences"]["CurrencyPrefs"]["MultiCurrencyEnabled"] = True
        made["CompanyCurrency"] = [{"Code": code, "Name": code, "Active": True} for code in house.foreign]
        made["day_rates"] = {code: str(DAY_RATES[code]) for code in house.foreign}
    return made


_TERMS = (("Due on receipt", 0), ("Net 14", 14), ("Net 30", 30), ("End of month + 20", 20))


def quickbooks_tax_type(house: House, tax_type: str) -> str:
    """The name of the QuickBooks tax code made of a Xero tax type; NON for what the United States do not tax."""
    if house.country == "US" and tax_type != house.standard_rate:
        return "NON"
    return next(rate.name for rate in house.rates if rate.tax_type == tax_type)
