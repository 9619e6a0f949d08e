"""A company's settings, and a QuickBooks company built from a chart, items, names and rates of another ledger."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.quickbooks.wire import Json

DEFAULT_REALM = "4620816365178234560"

DEFAULT_COMPANY: Json = {
    "CompanyName": "Harbour IT Services",
    "LegalName": "Harbour IT Services",
    "Country": "AU",
    "FiscalYearStartMonth": "July",
    "SupportedLanguages": "en",
    "NameValue": [
        {"Name": "OfferingSku", "Value": "QuickBooks Online Plus"},
        {"Name": "SubscriptionStatus", "Value": "PAID"},
    ],
}
DEFAULT_PREFERENCES: Json = {
    "AccountingInfoPrefs": {
        "FirstMonthOfFiscalYear": "July",
        "UseAccountNumbers": True,
        "TaxYearMonth": "July",
        "ClassTrackingPerTxn": False,
        "ClassTrackingPerTxnLine": True,
        "TrackDepartments": True,
        "DepartmentTerminology": "Location",
    },
    "ProductAndServicesPrefs": {"ForSales": True, "ForPurchase": True, "QuantityWithPriceAndRate": True},
    "SalesFormsPrefs": {"CustomTxnNumbers": True, "AllowDiscount": True, "DefaultTerms": {"value": "2"}},
    "VendorAndPurchasesPrefs": {"TrackingByCustomer": True, "BillableExpenseTracking": True},
    "TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": False},
    "CurrencyPrefs": {"MultiCurrencyEnabled": False, "HomeCurrency": {"value": "AUD"}},
}

_SYSTEM_TYPES = {
    "DEBTORS": ("Accounts Receivable", "AccountsReceivable"),
    "CREDITORS": ("Accounts Payable", "AccountsPayable"),
    "RETAINEDEARNINGS": ("Equity", "RetainedEarnings"),
    "GST": ("Other Current Liability", "GlobalTaxPayable"),
    "ROUNDING": ("Other Expense", "OtherMiscellaneousExpense"),
}
_TYPES = {
    "BANK": ("Bank", "Checking"),
    "REVENUE": ("Income", "SalesOfProductIncome"),
    "SALES": ("Income", "SalesOfProductIncome"),
    "OTHERINCOME": ("Other Income", "OtherMiscellaneousIncome"),
    "DIRECTCOSTS": ("Cost of Goods Sold", "SuppliesMaterialsCogs"),
    "EXPENSE": ("Expense", "OtherMiscellaneousServiceCost"),
    "OVERHEADS": ("Expense", "OtherMiscellaneousServiceCost"),
    "CURRENT": ("Other Current Asset", "OtherCurrentAssets"),
    "INVENTORY": ("Other Current Asset", "Inventory"),
    "FIXED": ("Fixed Asset", "OtherFixedAssets"),
    "CURRLIAB": ("Other Current Liability", "OtherCurrentLiabilities"),
    "TERMLIAB": ("Long Term Liability", "OtherLongTermLiabilities"),
    "EQUITY": ("Equity", "OwnersEquity"),
}
_CLASSES = {
    "Income": "Revenue",
    "Other Income": "Revenue",
    "Cost of Goods Sold": "Expense",
    "Expense": "Expense",
    "Other Expense": "Expense",
    "Bank": "Asset",
    "Accounts Receivable": "Asset",
    "Other Current Asset": "Asset",
    "Fixed Asset": "Asset",
    "Other Asset": "Asset",
    "Accounts Payable": "Liability",
    "Credit Card": "Liability",
    "Other Current Liability": "Liability",
    "Long Term Liability": "Liability",
    "Equity": "Equity",
}
ACCOUNT_TYPES = frozenset(_CLASSES)
_TERMS = (("Due on receipt", 0), ("Net 14", 14), ("Net 30", 30))


def classification(account_type: str) -> str:
    """Asset, Liability, Equity, Revenue or Expense. Raises KeyError for an unknown account type."""
    return _CLASSES[account_type]


def company_from(ledger: Mapping[str, Any]) -> Json:
    """A seed for `QuickBooksState` with the accounts, rates, items, names and dimensions of another ledger's seed.

    The first tracking category becomes classes, the second locations. Sales items that name no account sell to the
    first income account.
    """
    organisation = ledger.get("organisation", {})
    currency = str(organisation.get("BaseCurrency", "AUD"))
    closed = organisation.get("PeriodLockDate")
    accounts = _accounts(ledger.get("accounts", ()))
    codes, rates = _taxes(ledger.get("tax_rates", ()))
    dimensions = [*ledger.get("tracking_categories", ()), {}, {}]
    return {
        "CompanyInfo": {
            "CompanyName": organisation.get("Name", "Harbour IT Services"),
            "LegalName": organisation.get("LegalName", "Harbour IT Services"),
            "Country": organisation.get("CountryCode", "AU"),
        },
        "Preferences": {
            "AccountingInfoPrefs": {"BookCloseDate": closed} if closed else {},
            "CurrencyPrefs": {"HomeCurrency": {"value": currency}},
        },
        "Account": accounts,
        "TaxRate": rates,
        "TaxCode": codes,
        "Item": _items(ledger.get("items", ()), accounts),
        "Class": [{"Name": option["Name"]} for option in dimensions[0].get("Options", ())],
        "Department": [{"Name": option["Name"]} for option in dimensions[1].get("Options", ())],
        "Term": [{"Name": name, "DueDays": days} for name, days in _TERMS],
        **_names(ledger.get("contacts", ()), currency),
    }


def _accounts(rows: Iterable[Mapping[str, Any]]) -> list[Json]:
    accounts: list[Json] = []
    for number, row in enumerate(rows, start=1):
        kind, subtype = _SYSTEM_TYPES.get(str(row.get("SystemAccount"))) or _TYPES[str(row["Type"])]
        accounts.append(
            {
                "Id": str(number),
                "Name": row["Name"],
                "AcctNum": str(row["Code"]),
                "AccountType": kind,
                "AccountSubType": subtype,
                "Classification": classification(kind),
                "Active": row.get("Status", "ACTIVE") == "ACTIVE",
            }
        )
    taken = str(len(accounts) + 1)
    undeposited = {"AccountType": "Other Current Asset", "AccountSubType": "UndepositedFunds"}
    accounts.append({"Id": taken, "Name": "Undeposited Funds", "Classification": "Asset", **undeposited})
    return accounts


def _taxes(rows: Iterable[Mapping[str, Any]]) -> tuple[list[Json], list[Json]]:
    codes: list[Json] = []
    rates: list[Json] = []
    for number, row in enumerate(rows, start=1):
        name, active = str(row["Name"]), row.get("Status", "ACTIVE") == "ACTIVE"
        parts = row.get("TaxComponents") or []
        shared = [(str(part["Name"]), Decimal(part["Rate"])) for part in parts] if len(parts) > 1 else []
        details = []
        for order, (part, percent) in enumerate(shared or [(name, Decimal(row["EffectiveRate"]))]):
            rate_id = str(len(rates) + 1)
            rates.append({"Id": rate_id, "Name": part, "Active": active, "RateValue": percent})
            details.append({"TaxRateRef": {"value": rate_id, "name": part}, "TaxOrder": order})
        detail = {"TaxRateDetail": details}
        sold, bought = row.get("CanApplyToRevenue", True), row.get("CanApplyToExpenses", True)
        lists = {
            "SalesTaxRateList": detail if sold else {"TaxRateDetail": []},
            "PurchaseTaxRateList": detail if bought else {"TaxRateDetail": []},
        }
        codes.append({"Id": str(number), "Name": name, "Description": name, "Active": active, **lists})
    return codes, rates


def _items(rows: Iterable[Mapping[str, Any]], accounts: list[Json]) -> list[Json]:
    by_number = {account["AcctNum"]: account for account in accounts if "AcctNum" in account}
    fallback = next((account for account in accounts if account["AccountType"] == "Income"), None)
    items: list[Json] = []
    for row in rows:
        sold = by_number.get(row.get("SalesDetails", {}).get("AccountCode")) or fallback
        bought = by_number.get(row.get("PurchaseDetails", {}).get("AccountCode"))
        item: Json = {"Name": row["Code"], "Sku": row["Code"], "Description": row["Name"], "Type": "NonInventory"}
        if sold:
            item["IncomeAccountRef"] = {"value": sold["Id"], "name": sold["Name"]}
        if bought:
            item["ExpenseAccountRef"] = {"value": bought["Id"], "name": bought["Name"]}
        items.append(item)
    return items


def _names(rows: Iterable[Mapping[str, Any]], currency: str) -> Json:
    """A name that buys and sells becomes a customer and a vendor; the vendor's name says so, for names are unique."""
    customers: list[Json] = []
    vendors: list[Json] = []
    taken: set[str] = set()
    for row in rows:
        common = {"Active": row.get("ContactStatus", "ACTIVE") == "ACTIVE", "CurrencyRef": {"value": currency}}
        sides = [(customers, "")] if row.get("IsCustomer") or not row.get("IsSupplier") else []
        sides += [(vendors, " (supplier)" if sides else "")] if row.get("IsSupplier") else []
        for side, suffix in sides:
            name = f"{row['Name']}{suffix}".replace(":", " ")
            if name.casefold() in taken:
                continue
            taken.add(name.casefold())
            mail = {"PrimaryEmailAddr": {"Address": row["EmailAddress"]}} if row.get("EmailAddress") else {}
            side.append({"DisplayName": name, "PrintOnCheckName": name, **common, **mail})
    return {"Customer": customers, "Vendor": vendors}
