"""The chart of accounts, tax rates, items, tracking and currencies that documents refer to."""

from collections.abc import Iterable
from typing import Any

from ledgerwire.sandbox.xero.wire import Json

# Bank accounts take payments and bank transactions, never document lines; the control accounts are Xero's own.
_CONTROL_ACCOUNTS = frozenset({"DEBTORS", "CREDITORS"})
_JOURNAL_REFUSED = frozenset({"DEBTORS", "CREDITORS", "RETAINEDEARNINGS"})

_CAN_APPLY = {
    "ASSET": "CanApplyToAssets",
    "EQUITY": "CanApplyToEquity",
    "EXPENSE": "CanApplyToExpenses",
    "LIABILITY": "CanApplyToLiabilities",
    "REVENUE": "CanApplyToRevenue",
}
_CLASSES = {
    "REVENUE": ("REVENUE", "SALES", "OTHERINCOME"),
    "EXPENSE": ("EXPENSE", "DIRECTCOSTS", "OVERHEADS", "DEPRECIATN", "WAGESEXPENSE", "SUPERANNUATIONEXPENSE"),
    "ASSET": ("BANK", "CURRENT", "FIXED", "INVENTORY", "NONCURRENT", "PREPAYMENT"),
    "EQUITY": ("EQUITY",),
}


def account_class(account_type: str) -> str:
    """The class an account type belongs to; what is none of the others is a liability."""
    return next((name for name, types in _CLASSES.items() if account_type in types), "LIABILITY")


def find(rows: Iterable[Json], field: str, value: Any) -> Json | None:
    """First row whose text field equals the value, without regard to case."""
    wanted = str(value).casefold()
    return next((row for row in rows if str(row.get(field, "")).casefold() == wanted), None)


def account_problem(code: str, account: Json | None) -> str | None:
    """Why an account cannot stand on an invoice, bill or credit note line; None when it can."""
    if account is None or account.get("Type") == "BANK" or account.get("SystemAccount") in _CONTROL_ACCOUNTS:
        return f"Account code '{code}' is not a valid code for this document."
    if account.get("Status") == "ARCHIVED":
        return f"Account code '{code}' has been archived, or deleted. Please use an active account."
    return None


def journal_account_problem(code: str, account: Json | None) -> str | None:
    """Why an account cannot stand on a manual journal line; None when it can."""
    if (
        account is None
        or account.get("Type") in {"BANK", "INVENTORY"}
        or account.get("SystemAccount") in _JOURNAL_REFUSED
    ):
        return f"Account code '{code}' is not a valid code for this document."
    if account.get("Status") == "ARCHIVED":
        return f"Account code '{code}' has been archived, or deleted. Please use an active account."
    return None


def tax_problem(tax_type: str, tax_rate: Json | None, account: Json | None) -> str | None:
    """Why a tax type cannot stand beside an account (by the account's class); None when it can."""
    if tax_rate is None or tax_rate.get("Status", "ACTIVE") != "ACTIVE":
        return f"The TaxType code '{tax_type}' does not exist or cannot be used for this type of transaction."
    if account is None:
        return None
    flag = _CAN_APPLY.get(str(account.get("Class", "")))
    if flag and not tax_rate.get(flag, True):
        return f"The TaxType code '{tax_type}' cannot be used with account code '{account.get('Code')}'."
    return None


def resolve_tracking(given: Any, categories: Iterable[Json]) -> tuple[list[Json], list[str]]:
    """Turn a line's tracking entries (names or ids) into full ones; second value: what is wrong with them."""
    entries = [entry for entry in given if isinstance(entry, dict)] if isinstance(given, list) else []
    if len(entries) > 2:
        return [], ["A line item may have at most 2 tracking categories."]
    resolved: list[Json] = []
    problems: list[str] = []
    for entry in entries:
        _resolve_entry(entry, list(categories), resolved, problems)
    names = [entry["TrackingCategoryID"] for entry in resolved]
    if len(set(names)) != len(names):
        problems.append("A tracking category may be used only once on a line item.")
    return resolved, problems


def _resolve_entry(entry: Json, categories: list[Json], resolved: list[Json], problems: list[str]) -> None:
    category = _by_id_or_name(categories, entry, "TrackingCategoryID", "Name")
    if category is None or category.get("Status", "ACTIVE") != "ACTIVE":
        shown = entry.get("Name", entry.get("TrackingCategoryID"))
        problems.append(f"The tracking category '{shown}' does not exist or is not active.")
        return
    option = _by_id_or_name(category.get("Options", []), entry, "TrackingOptionID", "Option", "Name")
    if option is None or option.get("Status", "ACTIVE") != "ACTIVE":
        shown = entry.get("Option", entry.get("TrackingOptionID"))
        problems.append(
            f"The tracking option '{shown}' does not exist in category '{category['Name']}' or is not active."
        )
        return
    resolved.append(
        {
            "Name": category["Name"],
            "Option": option["Name"],
            "TrackingCategoryID": category["TrackingCategoryID"],
            "TrackingOptionID": option["TrackingOptionID"],
        }
    )


def _by_id_or_name(rows: list[Json], entry: Json, id_field: str, key: str, row_key: str | None = None) -> Json | None:
    if entry.get(id_field):
        return find(rows, id_field, entry[id_field])
    if entry.get(key):
        return find(rows, row_key or key, entry[key])
    return None
