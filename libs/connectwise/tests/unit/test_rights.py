"""Which right a call needs, and what a role lacks or has beyond."""

from __future__ import annotations

import pytest

from ledgerwire.common.errors import Waiting
from ledgerwire.connectwise.models import CustomizeItem, RoleSetting
from ledgerwire.connectwise.rights import SEAT_ROLE, SEAT_TABLES, Action, Right, area_of, needed
from ledgerwire.connectwise.security import beyond, lacking
from ledgerwire.connectwise.testing import ScriptedServer, reply, scripted_client


@pytest.mark.requirement("A010", "A171")
@pytest.mark.parametrize(
    ("method", "path", "shown"),
    [
        ("GET", "/finance/invoices", ["Finance > Invoicing: Inquire All"]),
        ("POST", "/finance/accounting/export", ["Finance > Accounting Interface: Inquire All"]),
        ("POST", "/finance/accounting/batches", ["Finance > Accounting Interface: Add All"]),
        ("GET", "/company/companies/5", ["Companies > Company Maintenance: Inquire All"]),
        (
            "PATCH",
            "/finance/agreements/7/additions/9",
            ["Finance > Agreements: Edit All", "Procurement > Products: Edit All"],
        ),
        ("POST", "/procurement/catalog", ["Procurement > Product Catalog: Add All"]),
        (
            "POST",
            "/procurement/categories/3/subcategories",
            ["System > Table Setup: Add All, customized to allow Products / Subcategories"],
        ),
        ("GET", "/system/securityRoles/2/settings", ["System > Security Roles: Inquire All"]),
    ],
)
def test_the_right_is_named_as_the_role_screen_does(method: str, path: str, shown: list[str]) -> None:
    assert [str(right) for right in needed(method, path)] == shown


def test_an_area_is_the_module_and_function() -> None:
    assert area_of("/finance/agreements/7/additions") == "Finance > Agreements"
    assert area_of("/nowhere") == "System"


@pytest.mark.requirement("A168", "A171", "A213")
async def test_a_403_names_module_right_and_path_in_connectwise() -> None:
    server = ScriptedServer(reply({"code": "Forbidden", "message": "no"}, 403))
    async with scripted_client(server) as psa:
        with pytest.raises(Waiting) as refused:
            await psa.agreements.additions(7)
    detail = refused.value.detail
    assert refused.value.code == "PERMISSION_MISSING"
    assert (detail["module"], detail["right"]) == ("Finance", "Inquire All")
    assert detail["area"] == "Finance > Agreements: Inquire All and Procurement > Products: Inquire All"
    assert detail["where"] == "ConnectWise: System > Security Roles"
    assert "System > Security Roles" in str(refused.value)


def setting(function: str, **levels: str) -> RoleSetting:
    return RoleSetting(module_name="Finance", module_function_name=function, **levels)


@pytest.mark.requirement("A167", "A186")
def test_a_role_is_compared_with_what_is_needed() -> None:
    wanted = [
        Right("Finance", "Agreements", Action.ADD),
        Right("Finance", "Agreements", Action.INQUIRE),
        Right("System", "Table Setup", Action.INQUIRE, "Product / UOM"),
    ]
    role = [
        setting("Agreements", add_level="My", inquire_level="All"),
        setting("Table Setup", inquire_level="All"),
        setting("Invoicing", inquire_level="All", edit_level="None"),
    ]
    assert lacking(role, wanted) == [wanted[0]]
    items = [CustomizeItem(module_function_name="Table Setup", name=SEAT_TABLES[0], allow_flag=True)]
    assert lacking(role, wanted, items) == [wanted[0], wanted[2]]
    assert beyond(role, wanted) == [Right("Finance", "Invoicing", Action.INQUIRE)]


@pytest.mark.requirement("A172", "A175")
def test_the_published_role_never_deletes_and_reads_no_invoices() -> None:
    assert all(right.action is not Action.DELETE for right in SEAT_ROLE)
    assert {right.function for right in SEAT_ROLE} == {
        "Company Maintenance",
        "Agreements",
        "Product Catalog",
        "Products",
        "Table Setup",
    }
