"""Which right of a security role a call needs, in the words of ConnectWise's role screen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

ROLE_SCREEN = "ConnectWise: System > Security Roles"
"""Where a person gives a role its rights."""


class Action(StrEnum):
    """The four levels of a function."""

    ADD = "Add"
    EDIT = "Edit"
    DELETE = "Delete"
    INQUIRE = "Inquire"


@dataclass(frozen=True, slots=True)
class Right:
    """One right: level All of an action on a function of a module; `table` where the function is customized by table."""

    module: str
    function: str
    action: Action
    table: str = ""

    @property
    def area(self) -> str:
        return f"{self.module} > {self.function}"

    def __str__(self) -> str:
        shown = f"{self.area}: {self.action} All"
        return f"{shown}, customized to allow {self.table}" if self.table else shown


_TABLE_SETUP = ("System", "Table Setup")
_AREAS: tuple[tuple[str, str, str, str], ...] = (
    (r"/finance/accounting\b", "Finance", "Accounting Interface", ""),
    (r"/finance/(invoices|closedInvoices|info/invoice)\b", "Finance", "Invoicing", ""),
    (r"/finance/agreements\b", "Finance", "Agreements", ""),
    (r"/company/companies/statuses\b", *_TABLE_SETUP, "Company / Company Status"),
    (r"/company/companies\b", "Companies", "Company Maintenance", ""),
    (r"/company/contacts\b", "Companies", "Contacts", ""),
    (r"/procurement/(categories/\d+/)?subcategories\b", *_TABLE_SETUP, "Products / Subcategories"),
    (r"/procurement/categories\b", *_TABLE_SETUP, "Products / Category"),
    (r"/procurement/types\b", *_TABLE_SETUP, "Product / Product Type"),
    (r"/procurement/unitOfMeasures\b", *_TABLE_SETUP, "Product / UOM"),
    (r"/procurement/products\b", "Procurement", "Products", ""),
    (r"/procurement\b", "Procurement", "Product Catalog", ""),
    (r"/finance/glAccounts\b", *_TABLE_SETUP, "General / GL Accounts"),
    (r"/finance\b", *_TABLE_SETUP, ""),
    (r"/system/callbacks\b", "System", "Member Maintenance", ""),
    (r"/system/locations\b", "System", "My Company", ""),
    (r"/system/securityroles\b", "System", "Security Roles", ""),
)
_ADDITIONS = re.compile(r"/finance/agreements/\d+/additions\b", re.IGNORECASE)
_ACTIONS = {"POST": Action.ADD, "PUT": Action.EDIT, "PATCH": Action.EDIT, "DELETE": Action.DELETE}
_READING_POSTS = re.compile(r"/finance/accounting/(batches/\d+/)?export\b")


def _action(method: str, path: str) -> Action:
    if _READING_POSTS.match(path):
        return Action.INQUIRE
    return _ACTIONS.get(method.upper(), Action.INQUIRE)


def needed(method: str, path: str) -> tuple[Right, ...]:
    """The rights that a call needs, all of them. An addition is part of an agreement and is a product besides."""
    action = _action(method, path)
    for pattern, module, function, table in _AREAS:
        if re.match(pattern, path, re.IGNORECASE):
            first = Right(module, function, action, table)
            if _ADDITIONS.match(path):
                return first, Right("Procurement", "Products", action)
            return (first,)
    return (Right("System", "Security Roles", action),)


def area_of(path: str) -> str:
    """The module and function of the security role that a path needs first."""
    found = needed("GET", path)[0]
    return "System" if found.function == "Security Roles" else found.area


def _all(module: str, function: str, *actions: Action) -> tuple[Right, ...]:
    return tuple(Right(module, function, action) for action in actions)


_WRITES = (Action.ADD, Action.EDIT, Action.INQUIRE)
SEAT_TABLES = (
    "Company / Company Status",
    "Products / Category",
    "Products / Subcategories",
    "Product / Product Type",
    "Product / UOM",
)
"""The set-up tables that the role's Table Setup is customized to allow (A180-A185)."""

SEAT_ROLE: tuple[Right, ...] = (
    *_all("Companies", "Company Maintenance", Action.INQUIRE),
    *_all("Finance", "Agreements", *_WRITES),
    *_all("Procurement", "Product Catalog", *_WRITES),
    *_all("Procurement", "Products", *_WRITES),
    *_all(*_TABLE_SETUP, *_WRITES),
)
"""All that the API member of seat billing needs; any other function is set to None, and nothing is ever deleted."""
