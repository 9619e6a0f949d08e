"""Set-up tables that every tenant has, where loaded data brings none."""

from typing import Any

Row = dict[str, Any]
Table = dict[int, Row]

_CYCLES = (
    ("M", "Monthly", "Monthly"),
    ("Q", "Quarterly", "Quarterly"),
    ("S", "Semi-annual", "SemiAnnual"),
    ("Y", "Yearly", "Yearly"),
    ("W", "Weekly", "Weekly"),
    ("BW", "Every two weeks", "BiWeekly"),
    ("BM", "Every two months", "BiMonthly"),
    ("1", "One-Time", "NotRecurring"),
)
MONTHLY, ONE_TIME = 1, 8


def billing_cycles() -> Table:
    """The billing cycles, one of each kind."""
    return {
        number: {
            "id": number,
            "identifier": identifier,
            "name": name,
            "billingOptions": option,
            "defaultFlag": number == MONTHLY,
        }
        for number, (identifier, name, option) in enumerate(_CYCLES, start=1)
    }


def fill_in(tables: dict[str, Table]) -> None:
    """Billing cycles, and the types, units and subcategories that the catalog's products refer to."""
    if not tables["billing_cycles"]:
        tables["billing_cycles"] = billing_cycles()
    for product in tables["catalog"].values():
        _refer(tables["product_types"], product.get("type"), {})
        _refer(tables["units_of_measure"], product.get("unitOfMeasure"), {})
        _refer(tables["subcategories"], product.get("subcategory"), {"category": product.get("category")})


def _refer(table: Table, reference: Row | None, more: Row) -> None:
    if reference and reference.get("id") is not None:
        number = int(reference["id"])
        table.setdefault(number, {"id": number, "name": reference.get("name"), "inactiveFlag": False, **more})
