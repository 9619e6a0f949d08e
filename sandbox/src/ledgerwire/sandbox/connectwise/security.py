"""The API member's security role, as `/system/mySecurity` lists it."""

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
