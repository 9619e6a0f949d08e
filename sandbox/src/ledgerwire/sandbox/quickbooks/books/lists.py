"""Names (customers, vendors, employees) and lists (items, accounts, classes, locations, terms, currencies)."""

from ledgerwire.sandbox.quickbooks.books.desk import Desk, named
from ledgerwire.sandbox.quickbooks.books.header import COMPUTED
from ledgerwire.sandbox.quickbooks.company import ACCOUNT_TYPES, classification
from ledgerwire.sandbox.quickbooks.kinds import KINDS
from ledgerwire.sandbox.quickbooks.refusals import RefusedError, business, refuse, required
from ledgerwire.sandbox.quickbooks.rules.shape import limit
from ledgerwire.sandbox.quickbooks.state import merged
from ledgerwire.sandbox.quickbooks.wire import ZERO, Json, value_of

_PERSON = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
_OWN = COMPUTED | {"BalanceWithJobs", "FullyQualifiedName", "Level", "CurrentBalance", "CurrentBalanceWithSubAccounts"}
_ITEM_TYPES = ("Service", "NonInventory", "Inventory", "Category")
_INCOME = {"Income", "Other Income", "Other Current Liability"}
_EXPENSE = {"Expense", "Other Expense", "Cost of Goods Sold"}


def write_name(desk: Desk, name: str, sent: Json, before: Json | None) -> Json:
    """A customer, vendor or employee; one name space for all three, inactive ones included."""
    row = _kept(sent)
    parts = [str(sent[part]) for part in _PERSON if sent.get(part)]
    display = str(sent.get("DisplayName") or " ".join(parts)).strip()
    if not display:
        raise required("DisplayName")
    limit("DisplayName", display, KINDS[name].longest)
    _plain_name(display, "DisplayName")
    taken = desk.state.named(display)
    if taken is not None and taken != (name, str(row.get("Id"))):
        raise duplicate(desk, taken[1])
    row |= {"DisplayName": display, "PrintOnCheckName": row.get("PrintOnCheckName") or display}
    if name in {"Customer", "Vendor"}:
        row |= _name_currency(desk, sent, before)
        term = "SalesTermRef" if name == "Customer" else "TermRef"
        reference = desk.reference("Term", sent.get(term), term)
        row |= {term: reference} if reference else {}
    if name == "Customer":
        row = {"Taxable": True, "Job": False, "BillWithParent": False, **row}
    return _under_parent(desk, name, row)


def write_item(desk: Desk, name: str, sent: Json, before: Json | None) -> Json:
    """An item; its income account decides where its sales are booked."""
    row = {"Type": (before or {}).get("Type", "NonInventory"), "Taxable": True, **_kept(sent)}
    limit("Sku", sent.get("Sku"), 100)
    if row["Type"] not in _ITEM_TYPES:
        raise refuse("2060", f"Invalid enumeration. Supplied value:{row['Type']}", "Type")
    row = _named_row(desk, name, row)
    for field, types in (
        ("IncomeAccountRef", _INCOME),
        ("ExpenseAccountRef", _EXPENSE),
        ("AssetAccountRef", {"Other Current Asset"}),
    ):
        account = desk.find("Account", sent.get(field), field)
        if account and account["AccountType"] not in types:
            raise refuse("6430", f"The account type {account['AccountType']} is invalid for {field}", field)
        row |= {field: named("Account", account)} if account else {}
    _check_item_accounts(row)
    return row | {"TrackQtyOnHand": row["Type"] == "Inventory"}


def _check_item_accounts(row: Json) -> None:
    if row["Type"] == "Category":
        return
    if not row.get("IncomeAccountRef") and not row.get("ExpenseAccountRef"):
        raise required("IncomeAccountRef")
    if row["Type"] == "Inventory":
        for field in ("IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef", "InvStartDate", "QtyOnHand"):
            if row.get(field) is None:
                raise required(field)


def write_account(desk: Desk, name: str, sent: Json, before: Json | None) -> Json:
    """An account of the chart."""
    row = _named_row(desk, name, _kept(sent))
    if "AccountType" not in row:
        raise required("AccountType")
    if row["AccountType"] not in ACCOUNT_TYPES:
        raise refuse("2060", f"Invalid enumeration. Supplied value:{row['AccountType']}", "AccountType")
    for other in desk.state.all(name):
        if row.get("AcctNum") and other.get("AcctNum") == row["AcctNum"] and other["Id"] != row.get("Id"):
            raise business(f"The account number {row['AcctNum']} is already being used", "AcctNum")
    row["Classification"] = classification(row["AccountType"])
    row.setdefault("CurrencyRef", {"value": desk.state.home_currency})
    balances = ("CurrentBalance", "CurrentBalanceWithSubAccounts")
    return row | {key: (before or {}).get(key, ZERO) for key in balances}


def write_plain(desk: Desk, name: str, sent: Json, _before: Json | None) -> Json:
    """A class or a location."""
    return _named_row(desk, name, _kept(sent))


def write_term(desk: Desk, name: str, sent: Json, _before: Json | None) -> Json:
    """A term: days from the date, or a day of the month."""
    row = _named_row(desk, name, _kept(sent))
    row.pop("FullyQualifiedName")
    if "DayOfMonthDue" in row:
        return row | {"Type": "DATE_DRIVEN", "DueNextMonthDays": row.get("DueNextMonthDays", 0)}
    days = row.get("DueDays", 0)
    if not 0 <= days <= 999:
        raise refuse("2090", f"DueDays takes 0 to 999. Supplied value:{days}", "DueDays")
    return row | {"Type": "STANDARD", "DueDays": days}


def write_currency(desk: Desk, name: str, sent: Json, before: Json | None) -> Json:
    """A further currency of the company; its code never changes."""
    if not desk.state.multi_currency:
        raise business("Multi currency should be enabled to perform this operation", "Code")
    row = _kept(sent)
    code = str(row.get("Code") or "").upper()
    limit("Code", code, 3, 3)
    if before is not None and before["Code"] != code:
        raise business("The code of a currency cannot be changed", "Code")
    for other in desk.state.all(name):
        if other["Code"] == code and other["Id"] != row.get("Id"):
            raise duplicate(desk, str(other["Id"]))
    return {"Name": code, **row, "Code": code}


def write_setup(_desk: Desk, _name: str, sent: Json, before: Json | None) -> Json:
    """Preferences and CompanyInfo: what is sent is changed, the rest stays."""
    return merged(before or {}, _kept(sent))


def duplicate(desk: Desk, row_id: str) -> RefusedError:
    """A 6240, ready to be raised."""
    found = f" : Id={row_id}" if desk.state.switches.duplicate_name_id else ""
    return refuse("6240", f"The name supplied already exists.{found}")


def _kept(sent: Json) -> Json:
    return {"Active": True, **{key: value for key, value in sent.items() if key not in _OWN}}


def _plain_name(text: str, where: str) -> None:
    if any(character in text for character in ":\t\n\r"):
        raise refuse("2040", f"Invalid string: a name takes no colon, tab or newline. Supplied value:{text}", where)


def _name_currency(desk: Desk, sent: Json, before: Json | None) -> Json:
    """A name has one currency for life."""
    state = desk.state
    kept = (before or {}).get("CurrencyRef", {}).get("value")
    wanted = sent.get("CurrencyRef", {}).get("value") or kept or state.home_currency
    if kept is not None and wanted != kept:
        raise business("The currency of a customer or vendor cannot be changed", "CurrencyRef")
    if wanted != state.home_currency:
        if not state.multi_currency:
            raise business("Multi currency should be enabled to perform this operation", "CurrencyRef")
        if not any(row["Code"] == wanted and row.get("Active", True) for row in state.all("CompanyCurrency")):
            raise refuse("2500", f"Currencies element id {wanted} not found", "CurrencyRef")
    return {"CurrencyRef": {"value": wanted}}


def _named_row(desk: Desk, name: str, row: Json) -> Json:
    text = str(row.get("Name") or "").strip()
    if not text:
        raise required("Name")
    limit("Name", text, KINDS[name].longest)
    _plain_name(text, "Name")
    row = _under_parent(desk, name, {**row, "Name": text})
    full = str(row["FullyQualifiedName"]).casefold()
    for other in desk.state.all(name):
        if str(other.get("FullyQualifiedName", other["Name"])).casefold() == full and other["Id"] != row.get("Id"):
            raise duplicate(desk, str(other["Id"]))
    return row


def _under_parent(desk: Desk, name: str, row: Json) -> Json:
    label, flag = row[KINDS[name].label], KINDS[name].parent_flag
    parent_id = value_of(row.get("ParentRef"))
    if parent_id is None or not flag:
        row.pop("ParentRef", None)
        return {**row, "FullyQualifiedName": label, **({flag: False} if flag else {})}
    if parent_id == str(row.get("Id")):
        raise business("A row cannot be its own parent", "ParentRef")
    parent = desk.need(name, row["ParentRef"], "ParentRef")
    place = {"ParentRef": named(name, parent), flag: True}
    return {**row, **place, "FullyQualifiedName": f"{parent['FullyQualifiedName']}:{label}"}
