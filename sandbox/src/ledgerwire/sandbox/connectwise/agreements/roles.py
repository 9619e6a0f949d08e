"""Security roles of API members: their settings, what they hide, and what a call needs."""

import re
from typing import Any

from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row

ACCOUNTING_ROLE, SEATS_ROLE = 1, 2
TABLE_SETUP, AGREEMENTS = "Table Setup", "Agreements"

_ADDITIONS = re.compile(r"^/finance/agreements/\d+/additions\b", re.IGNORECASE)
_RIGHTS: tuple[tuple[str, str, str], ...] = (
    # path, function, set-up table by which the function is customized
    (r"/finance/accounting/export$", "", ""),
    (r"/finance/accounting\b", "Accounting Interface", ""),
    (r"/finance/invoices/\d+/payments\b", "", ""),
    (r"/finance/(invoices|closedInvoices|info/invoice)\b", "Invoicing", ""),
    (r"/finance/agreements\b", AGREEMENTS, ""),
    (r"/company/companies/statuses\b", TABLE_SETUP, "Company / Company Status"),
    (r"/company/companies/types\b", "", ""),
    (r"/company/companies\b", "Company Maintenance", ""),
    (r"/company/contacts\b", "Contacts", ""),
    (r"/procurement/(categories/\d+/)?subcategories\b", TABLE_SETUP, "Products / Subcategories"),
    (r"/procurement/categories\b", TABLE_SETUP, "Products / Category"),
    (r"/procurement/types\b", TABLE_SETUP, "Product / Product Type"),
    (r"/procurement/unitOfMeasures\b", TABLE_SETUP, "Product / UOM"),
    (r"/procurement/catalog\b", "Product Catalog", ""),
    (r"/procurement/products\b", "Products", ""),
    (r"/procurement/purchaseorders\b", "Purchase Orders", ""),
    (r"/procurement/adjustments\b", "Inventory Adjustments", ""),
    (r"/finance/glAccounts\b", TABLE_SETUP, "General / GL Accounts"),
    (r"/system/(members|apiMembers)\b", "Member Maintenance", ""),
    (r"/system/securityroles\b", "Security Roles", ""),
)
_LEVELS = {"GET": "inquireLevel", "POST": "addLevel", "PUT": "editLevel", "PATCH": "editLevel", "DELETE": "deleteLevel"}
MY_SECURITY = "/system/mySecurity"


def role_of(state: ConnectWiseState, member_id: int) -> int:
    """The role of an API member; the accounting one where none is named."""
    row = state.tables["api_members"].get(member_id, {})
    return int((row.get("securityRole") or {}).get("id", ACCOUNTING_ROLE))


def settings_of(state: ConnectWiseState, role_id: int) -> list[Row]:
    """The setting rows of a role; the accounting role's are those of `/system/mySecurity`."""
    if role_id == ACCOUNTING_ROLE:
        return list(state.tables["my_security"].values())
    return [row for row in state.tables["security_settings"].values() if row.get("parentId") == role_id]


def customized(state: ConnectWiseState, role_id: int, function: str) -> frozenset[str] | None:
    """What a role's customized function allows; None where it is not customized and allows all."""
    rows = [
        row
        for row in state.tables["customize_items"].values()
        if row.get("parentId") == role_id and row["moduleFunctionName"] == function
    ]
    return frozenset(str(row["name"]) for row in rows if row.get("allowFlag")) if rows else None


def is_enforced(state: ConnectWiseState, member_id: int) -> bool:
    """Whether the member's role is applied: always for other API members, by switch for the accounting one."""
    if member_id not in state.tables["api_members"]:
        return False
    return member_id != state.credentials.member_id or state.switches.enforce_accounting_role


def allowed_types(state: ConnectWiseState) -> frozenset[str] | None:
    """Names of the agreement types that the calling member sees; None for all."""
    member = state.actor()
    return customized(state, role_of(state, member), AGREEMENTS) if is_enforced(state, member) else None


def permits(state: ConnectWiseState, member_id: int, method: str, path: str) -> bool:
    """Whether the member's role lets a call through. Paths that no right guards are open."""
    if not is_enforced(state, member_id):
        return True
    if path.startswith(MY_SECURITY):
        return state.switches.my_security_open
    role, level = role_of(state, member_id), _LEVELS.get(method, "inquireLevel")
    settings = {str(row["moduleFunctionName"]): row for row in settings_of(state, role)}
    function, table = _needed(path)
    if not function:
        return True
    if table and (tables := customized(state, role, function)) is not None and table not in tables:
        return False
    functions = [function, "Products"] if _ADDITIONS.match(path) else [function]
    return all(_has(settings.get(name), level) for name in functions)


def _needed(path: str) -> tuple[str, str]:
    for pattern, function, table in _RIGHTS:
        if re.match(pattern, path, re.IGNORECASE):
            return function, table
    return "", ""


def _has(setting: Row | None, level: str) -> bool:
    return setting is not None and setting.get(level) == "All"


def set_levels(state: ConnectWiseState, role_id: int, function: str, levels: dict[str, Any]) -> Row:
    """Change levels (`addLevel`, `editLevel`, `deleteLevel`, `inquireLevel`) of a role's function.

    Raises KeyError for a function that the role does not list, ValueError for an unknown level.
    """
    row = next((row for row in settings_of(state, role_id) if row["moduleFunctionName"] == function), None)
    if row is None:
        raise KeyError(function)
    for name, value in levels.items():
        if name not in _LEVELS.values() or value not in {"None", "My", "All"}:
            raise ValueError(f"{name} = {value}: levels are None, My or All")
        row[name] = value
    return row


def set_customized(state: ConnectWiseState, role_id: int, function: str, names: list[str] | None) -> None:
    """Allow only these names in a role's function; None lifts the restriction."""
    table = state.tables["customize_items"]
    for number in [number for number, row in table.items() if _belongs(row, role_id, function)]:
        del table[number]
    for name in names or ():
        number = state.next_id("customize_items")
        table[number] = {
            "id": number, "parentId": role_id, "moduleFunctionName": function, "name": name, "allowFlag": True,
        }  # fmt: skip


def _belongs(row: Row, role_id: int, function: str) -> bool:
    return row.get("parentId") == role_id and row["moduleFunctionName"] == function
