"""The security roles of the two API members: accounting, and seat billing."""

from typing import Any

_ALL_INQUIRE = (
    ("Companies", "Company Maintenance"),
    ("Companies", "Contacts"),
    ("Companies", "Manage Attachments"),
    ("Finance", "Billing View Time"),
    ("Finance", "Company Finance"),
    ("Finance", "Agreements"),
    ("Procurement", "Product Catalog"),
    ("Procurement", "Products"),
    ("Procurement", "Purchase Orders"),
    ("Procurement", "Inventory Adjustments"),
    ("Time & Expense", "Expense Report Entry"),
    ("System", "Member Maintenance"),
    ("System", "My Company"),
    ("System", "API Reports"),
    ("System", "Table Setup"),
)


def _setting(number: int, module: str, function: str, levels: tuple[str, str, str, str]) -> dict[str, Any]:
    add, edit, delete, inquire = levels
    return {
        "id": number,
        "addLevel": add,
        "editLevel": edit,
        "deleteLevel": delete,
        "inquireLevel": inquire,
        "moduleName": module,
        "moduleFunctionName": function,
        "moduleFunctionIdentifier": function.replace(" ", ""),
        "moduleFunctionDescription": function,
        "myAllFlag": True,
        "reportFlag": False,
        "restrictFlag": False,
        "customFlag": False,
        "sortOrder": number,
    }


def accounting_role() -> dict[int, dict[str, Any]]:
    """The rights that an accounting connector asks for."""
    rows = [
        _setting(1, "Finance", "Accounting Interface", ("All", "All", "All", "All")),
        _setting(2, "Finance", "Invoicing", ("None", "All", "All", "All")),
    ]
    rows += [
        _setting(number, module, function, ("None", "None", "None", "All"))
        for number, (module, function) in enumerate(_ALL_INQUIRE, start=3)
    ]
    return {row["id"]: row for row in rows}


_SEATS = (
    ("Companies", "Company Maintenance", ("None", "None", "None", "All")),
    ("Finance", "Agreements", ("All", "All", "None", "All")),
    ("Procurement", "Product Catalog", ("All", "All", "None", "All")),
    ("Procurement", "Products", ("All", "All", "None", "All")),
    ("System", "Table Setup", ("All", "All", "None", "All")),
)
_NOT_FOR_SEATS = (
    ("Companies", "Contacts"),
    ("Finance", "Accounting Interface"),
    ("Finance", "Invoicing"),
    ("System", "Member Maintenance"),
    ("System", "Security Roles"),
)
_SEAT_TABLES = (
    "Company / Company Status",
    "Products / Category",
    "Products / Subcategories",
    "Product / Product Type",
    "Product / UOM",
)


def security_roles() -> dict[int, dict[str, Any]]:
    """The roles themselves."""
    names = {1: "Accounting integration", 2: "Seat billing"}
    return {
        number: {"id": number, "name": name, "roleType": "Other", "adminFlag": False, "inactiveFlag": False}
        for number, name in names.items()
    }


def seats_settings() -> dict[int, dict[str, Any]]:
    """The rights of the seat billing role: those that it needs, the others set to None."""
    nothing = ("None", "None", "None", "None")
    wanted = [*_SEATS, *((module, function, nothing) for module, function in _NOT_FOR_SEATS)]
    rows = [
        {**_setting(number, module, function, levels), "parentId": 2}
        for number, (module, function, levels) in enumerate(wanted, start=101)
    ]
    return {row["id"]: row for row in rows}


def customized_tables() -> dict[int, dict[str, Any]]:
    """The set-up tables that the seat billing role is customized to allow."""
    return {
        number: {"id": number, "parentId": 2, "moduleFunctionName": "Table Setup", "name": name, "allowFlag": True}
        for number, name in enumerate(_SEAT_TABLES, start=1)
    }
