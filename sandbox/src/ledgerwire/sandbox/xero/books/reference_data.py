"""Reference data that the API can write: accounts, tax rates, items, tracking, currencies."""

from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.xero.books.desk import Desk, Method, Outcome
from ledgerwire.sandbox.xero.collection import Collection
from ledgerwire.sandbox.xero.rules.lines import number
from ledgerwire.sandbox.xero.rules.reference import account_class, find
from ledgerwire.sandbox.xero.wire import Json

_ACCOUNT_FIELDS = ("Code", "Name", "Type", "Status", "Description", "TaxType", "EnablePaymentsToAccount")
_ITEM_FIELDS = (
    "Code", "Name", "Description", "PurchaseDescription", "SalesDetails", "PurchaseDetails", "IsSold", "IsPurchased",
)  # fmt: skip
_MAX_ACTIVE_CATEGORIES = 2


def write_account(desk: Desk, sent: Json, method: Method, path_id: str | None = None) -> Outcome:
    """Create an account (PUT) or change one by id (POST)."""
    rows = desk.state.accounts
    existing = rows.get(path_id or sent.get("AccountID"))
    if method == "POST" and existing is None:
        return Outcome(sent, ["An existing Account with the specified AccountID could not be found"])
    base: Json = {"Status": "ACTIVE", "EnablePaymentsToAccount": False, "Description": "", "TaxType": "NONE"}
    row = {**base, **(existing or {"AccountID": desk.state.new_id("accounts")}), **_only(sent, _ACCOUNT_FIELDS)}
    row |= {"Class": account_class(str(row.get("Type"))), "UpdatedDateUTC": desk.now}
    problems = [f"{field} must be specified." for field in ("Code", "Name", "Type") if not row.get(field)]
    problems += _unique(rows, row, ("Code", "Name"))
    if len(str(row.get("Code") or "")) > 10:
        problems.append("The Code field must be no longer than 10 characters.")
    if existing and existing.get("SystemAccount") and row["Status"] != "ACTIVE":
        problems.append("System accounts cannot be archived.")
    return Outcome(sent, problems) if problems else Outcome(rows.put(row))


def write_tax_rate(desk: Desk, sent: Json, method: Method) -> Outcome:
    """Create a tax rate (PUT) or create-or-update by tax type or name (POST)."""
    rows = desk.state.tax_rates
    existing = None
    if method == "POST":
        existing = rows.get(sent.get("TaxType")) or next(iter(rows.by_key(sent.get("Name"))), None)
    components: Any = sent.get("TaxComponents")
    row = {**(existing or _new_tax_rate(desk)), **_only(sent, ("Name", "Status", "ReportTaxType"))}
    problems = [] if row.get("Name") else ["Name must be specified."]
    problems += _unique(rows, row, ("Name",))
    if isinstance(components, list):
        rate = sum((number(part.get("Rate")) or Decimal(0) for part in components), Decimal(0))
        row |= {"TaxComponents": components, "EffectiveRate": rate, "DisplayTaxRate": rate}
    elif existing is None:
        problems.append("TaxComponents must be specified.")
    row["UpdatedDateUTC"] = desk.now
    return Outcome(sent, problems) if problems else Outcome(rows.put(row))


def write_item(desk: Desk, sent: Json, method: Method, path_id: str | None = None) -> Outcome:
    """Create an item (PUT) or create-or-update by id or code (POST)."""
    rows = desk.state.items
    existing = None
    if method == "POST":
        existing = rows.get(path_id or sent.get("ItemID")) or next(iter(rows.by_key(sent.get("Code"))), None)
    base: Json = existing or {
        "ItemID": desk.state.new_id("items"), "IsSold": True, "IsPurchased": True, "IsTrackedAsInventory": False,
    }  # fmt: skip
    row = {**base, **_only(sent, _ITEM_FIELDS), "UpdatedDateUTC": desk.now}
    row |= {side: _priced(sent[side]) for side in ("SalesDetails", "PurchaseDetails") if sent.get(side)}
    problems = [] if row.get("Code") else ["Code must be specified."]
    problems += _unique(rows, row, ("Code",))
    lengths = (("Code", 30), ("Name", 50), ("Description", 4000))
    problems += [
        f"The {field} field must be no longer than {most} characters."
        for field, most in lengths
        if len(str(row.get(field) or "")) > most
    ]
    return Outcome(sent, problems) if problems else Outcome(rows.put(row))


def write_category(desk: Desk, sent: Json, method: Method, path_id: str | None = None) -> Outcome:
    """Create a tracking category (PUT) or rename or archive one by id (POST)."""
    rows = desk.state.tracking_categories
    existing = rows.get(path_id or sent.get("TrackingCategoryID")) if method == "POST" else None
    if method == "POST" and existing is None:
        return Outcome(sent, ["An existing TrackingCategory with the specified id could not be found"])
    base: Json = existing or {
        "TrackingCategoryID": desk.state.new_id("tracking_categories"), "Status": "ACTIVE", "Options": [],
    }  # fmt: skip
    row = {**base, **_only(sent, ("Name", "Status")), "UpdatedDateUTC": desk.now}
    problems = [] if row.get("Name") else ["Name must be specified."]
    problems += _unique(rows, row, ("Name",))
    active = [one for one in rows if one["Status"] == "ACTIVE" and one[rows.id_field] != row[rows.id_field]]
    if row["Status"] == "ACTIVE" and len(active) >= _MAX_ACTIVE_CATEGORIES:
        problems.append("Organisation already has the maximum of 2 active tracking categories.")
    return Outcome(sent, problems) if problems else Outcome(rows.put(row))


def write_option(desk: Desk, category: Json, sent: Json, option_id: str | None = None) -> Outcome:
    """Add an option to a tracking category, or change one."""
    options: list[Json] = category["Options"]
    old = find(options, "TrackingOptionID", option_id) if option_id else None
    base: Json = old or {"TrackingOptionID": desk.state.new_id("option"), "Status": "ACTIVE"}
    option = {**base, **_only(sent, ("Name", "Status"))}
    named = find(options, "Name", option.get("Name"))
    if not option.get("Name"):
        return Outcome(sent, ["Name must be specified."])
    if named is not None and named is not old:
        return Outcome(sent, ["Please enter a unique Name."])
    others = [one for one in options if one is not old]
    desk.state.tracking_categories.put({**category, "Options": [*others, option], "UpdatedDateUTC": desk.now})
    return Outcome(option)


def write_currency(desk: Desk, sent: Json) -> Outcome:
    """Subscribe the organisation to a currency."""
    code = str(sent.get("Code") or "")
    if len(code) != 3 or not code.isalpha() or not code.isupper():
        return Outcome(sent, [f"'{code}' is not a valid currency code."])
    row = {"Code": code, "Description": str(sent.get("Description") or code), "UpdatedDateUTC": desk.now}
    return Outcome(desk.state.currencies.put(row))


def _priced(details: Json) -> Json:
    price = number(details.get("UnitPrice"))
    unpriced = {key: value for key, value in details.items() if key != "UnitPrice"}
    return unpriced if price is None else {**unpriced, "UnitPrice": price}


def _new_tax_rate(desk: Desk) -> Json:
    made = sum(1 for row in desk.state.tax_rates if str(row["TaxType"]).startswith("TAX")) + 1
    applies = {f"CanApplyTo{name}": True for name in ("Assets", "Equity", "Expenses", "Liabilities", "Revenue")}
    return {"TaxType": f"TAX{made:03d}", "Status": "ACTIVE", **applies}


def _only(sent: Json, fields: tuple[str, ...]) -> Json:
    return {field: sent[field] for field in fields if field in sent}


def _unique(rows: Collection, row: Json, fields: tuple[str, ...]) -> list[str]:
    others = [one for one in rows if one[rows.id_field] != row[rows.id_field] and one.get("Status") != "DELETED"]
    return [f"Please enter a unique {field}." for field in fields if row.get(field) and find(others, field, row[field])]
