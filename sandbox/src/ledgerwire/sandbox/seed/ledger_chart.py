"""The Xero organisation of the month: an Australian company with its chart, tax rates, items, tracking and contacts.

All in Xero's own field names, ready for the simulated ledger to load. Ids are derived from names, so that the same
seed gives the same organisation.
"""

import uuid
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.seed import posting_guide as guide
from ledgerwire.sandbox.seed.catalog import PRODUCTS
from ledgerwire.sandbox.seed.companies import COMPANIES, Company
from ledgerwire.sandbox.seed.month import BusinessMonth
from ledgerwire.sandbox.seed.setup_tables import LOCATIONS

Row = dict[str, Any]
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "xero.sandbox.invalid")

# The customer whose ledger contact carries a legal suffix that its PSA name lacks.
SUFFIXED = {"BondiPrint": "Bondi Print House Pty Ltd"}
_NEAR_DUPLICATES = ("Blue Gum Accounting", "Meridian Legal")


def guid(kind: str, name: str) -> str:
    """A stable GUID for a named thing."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}:{name}"))


# code, name, type, class, default tax type, system account, status
_ACCOUNTS = (
    ("090", "Business Bank Account", "BANK", "ASSET", "BASEXCLUDED", "", "ACTIVE"),
    ("200", "Managed services", "REVENUE", "REVENUE", "OUTPUT", "", "ACTIVE"),
    ("205", "Cloud subscriptions", "REVENUE", "REVENUE", "OUTPUT", "", "ACTIVE"),
    ("206", "Cloud subscriptions, annual", "REVENUE", "REVENUE", "OUTPUT", "", "ACTIVE"),
    ("210", "Backup and hosting", "REVENUE", "REVENUE", "OUTPUT", "", "ACTIVE"),
    ("220", "Labour", "REVENUE", "REVENUE", "OUTPUT", "", "ACTIVE"),
    ("230", "Hardware sales", "REVENUE", "REVENUE", "OUTPUT", "", "ACTIVE"),
    ("235", "Telephony", "REVENUE", "REVENUE", "OUTPUT", "", "ACTIVE"),
    ("240", "Projects", "REVENUE", "REVENUE", "OUTPUT", "", "ACTIVE"),
    ("250", "Expenses recovered", "REVENUE", "REVENUE", "OUTPUT", "", "ACTIVE"),
    ("260", "Other services", "REVENUE", "REVENUE", "OUTPUT", "", "ACTIVE"),
    ("291", "Telephony (before 2024)", "REVENUE", "REVENUE", "OUTPUT", "", "ARCHIVED"),
    ("310", "Cost of goods sold", "DIRECTCOSTS", "EXPENSE", "INPUT", "", "ACTIVE"),
    ("610", "Accounts Receivable", "CURRENT", "ASSET", "BASEXCLUDED", "DEBTORS", "ACTIVE"),
    ("630", "Stock on hand", "CURRENT", "ASSET", "BASEXCLUDED", "", "ACTIVE"),
    ("800", "Accounts Payable", "CURRLIAB", "LIABILITY", "BASEXCLUDED", "CREDITORS", "ACTIVE"),
    (guide.DEFERRED, "Deferred revenue", "CURRLIAB", "LIABILITY", "OUTPUT", "", "ACTIVE"),
    (guide.GST_ACCOUNT, "GST", "CURRLIAB", "LIABILITY", "BASEXCLUDED", "GST", "ACTIVE"),
    (guide.ROUNDING, "Rounding", "CURRLIAB", "LIABILITY", "BASEXCLUDED", "ROUNDING", "ACTIVE"),
    ("960", "Retained Earnings", "EQUITY", "EQUITY", "BASEXCLUDED", "RETAINEDEARNINGS", "ACTIVE"),
)

# tax type, name, rate, the classes it applies to
_EVERY = ("Assets", "Equity", "Expenses", "Liabilities", "Revenue")
_SALES = ("Assets", "Equity", "Liabilities", "Revenue")
_PURCHASES = ("Assets", "Equity", "Expenses", "Liabilities")
_TAX_RATES = (
    ("OUTPUT", "GST on Income", "10.0000", _SALES),
    ("INPUT", "GST on Expenses", "10.0000", _PURCHASES),
    ("EXEMPTOUTPUT", "GST Free Income", "0.0000", _SALES),
    ("EXEMPTEXPENSES", "GST Free Expenses", "0.0000", _PURCHASES),
    ("EXEMPTEXPORT", "GST Free Exports", "0.0000", _SALES),
    ("BASEXCLUDED", "BAS Excluded", "0.0000", _EVERY),
)


def _account(row: tuple[str, ...]) -> Row:
    code, name, kind, account_class, tax_type, system, status = row
    account: Row = {
        "AccountID": guid("account", code),
        "Code": code,
        "Name": name,
        "Type": kind,
        "Class": account_class,
        "TaxType": tax_type,
        "Status": status,
        "EnablePaymentsToAccount": kind == "BANK",
        "ShowInExpenseClaims": False,
    }
    if system:
        account["SystemAccount"] = system
    return account


def _tax_rate(tax_type: str, name: str, rate: str, classes: tuple[str, ...]) -> Row:
    return {
        "TaxType": tax_type,
        "Name": name,
        "Status": "ACTIVE",
        "EffectiveRate": Decimal(rate),
        "DisplayTaxRate": Decimal(rate),
        "TaxComponents": [{"Name": "GST", "Rate": Decimal(rate), "IsCompound": False, "IsNonRecoverable": False}],
        **{f"CanApplyTo{each}": each in classes for each in _EVERY},
    }


def _item(code: str, name: str, account: str) -> Row:
    return {
        "ItemID": guid("item", code),
        "Code": code,
        "Name": name[:50],
        "IsSold": True,
        "IsPurchased": False,
        "IsTrackedAsInventory": False,
        "SalesDetails": {"AccountCode": account, "TaxType": "OUTPUT"},
    }


def _items() -> list[Row]:
    accounts = {stream.category: stream.account for stream in guide.STREAMS.values() if stream.category}
    named = {stream.item: stream.account for stream in guide.STREAMS.values() if stream.item}
    services = [_item(code, code.replace("-", " ").title(), account) for code, account in named.items()]
    return services + [_item(each.code, each.description, accounts[each.category]) for each in PRODUCTS.values()]


def _tracking(name: str, options: list[str]) -> Row:
    return {
        "TrackingCategoryID": guid("tracking", name),
        "Name": name,
        "Status": "ACTIVE",
        "Options": [
            {"TrackingOptionID": guid("option", f"{name}/{option}"), "Name": option, "Status": "ACTIVE"}
            for option in options
        ],
    }


def _contact(name: str, company: Company | None = None) -> Row:
    row: Row = {
        "ContactID": guid("contact", name),
        "Name": name,
        "ContactStatus": "ARCHIVED" if company and company.role == "former" else "ACTIVE",
        "IsCustomer": company is None or company.role in {"customer", "former"},
        "IsSupplier": bool(company and (company.role == "vendor" or company.also_vendor)),
    }
    if company:
        row["EmailAddress"] = company.email
        # Every third customer was linked by its number years ago; the others only agree by name.
        if company.id % 3 == 0 and company.key not in SUFFIXED:
            row["ContactNumber"] = company.account_number
    return row


def _contacts() -> list[Row]:
    known = [each for each in COMPANIES.values() if each.role != "prospect" and each.bill_to is None]
    return [_contact(SUFFIXED.get(each.key, each.name), each) for each in known] + [
        _contact(name) for name in _NEAR_DUPLICATES
    ]


def ledger_chart(month: BusinessMonth) -> Row:
    """The whole organisation before the month's first document."""
    lines = sorted({stream.business_line for stream in guide.STREAMS.values()})
    return {
        "organisation": {
            "OrganisationID": guid("organisation", "Harbourline IT Pty Ltd"),
            "Name": "Harbourline IT Pty Ltd",
            "LegalName": "Harbourline IT Pty Ltd",
            "CountryCode": "AU",
            "BaseCurrency": "AUD",
            "Timezone": "AUSEASTERNSTANDARDTIME",
            "OrganisationStatus": "ACTIVE",
            "OrganisationType": "COMPANY",
            "IsDemoCompany": True,
            "PaysTax": True,
            "DefaultSalesTax": "Tax Exclusive",
            "SalesTaxBasis": "ACCRUALS",
            "FinancialYearEndDay": 30,
            "FinancialYearEndMonth": 6,
            "PeriodLockDate": month.lock_date.isoformat(),
        },
        "currencies": [{"Code": "AUD", "Description": "Australian Dollar"}],
        "accounts": [_account(row) for row in _ACCOUNTS],
        "tax_rates": [_tax_rate(*row) for row in _TAX_RATES],
        "items": _items(),
        "tracking_categories": [_tracking(guide.BUSINESS_LINE, lines), _tracking(guide.LOCATION, list(LOCATIONS))],
        "contacts": _contacts(),
    }
