"""Which tables the GL accounts may be mapped to, and which mapping is the more specific."""

from typing import Any

CORPORATE = "Corporate"

DIMENSIONS = {
    "Product": "item_id",
    "Product Subcategory": "subcategory_id",
    "Product Category": "category_id",
    "Agreement": "agreement_id",
    "Agreement Type": "agreement_type_id",
    "Work Role": "work_role_id",
    "Work Type": "work_type_id",
    "Expense Type": "expense_type_id",
    "Payment Type": "payment_method_id",
    "Tax Code": "tax_code_id",
    "Warehouse": "warehouse_id",
    "Department": "department_id",
    "Location": "location_id",
    CORPORATE: "",
}
"""Name of a mapped type to the dimension that it compares, most specific first."""

_TABLES = {
    "Product": ("IV_Item", "IV_Item_RecID"),
    "Product Subcategory": ("IV_SubCategory", "IV_SubCategory_RecID"),
    "Product Category": ("IV_Category", "IV_Category_RecID"),
    "Agreement": ("AGR_Header", "AGR_Header_RecID"),
    "Agreement Type": ("AGR_Type", "AGR_Type_RecID"),
    "Work Role": ("Activity_Class", "Activity_Class_RecID"),
    "Work Type": ("Activity_Type", "Activity_Type_RecID"),
    "Expense Type": ("TE_Expense_Type", "TE_Expense_Type_RecID"),
    "Payment Type": ("TE_Payment_Type", "TE_Payment_Type_RecID"),
    "Tax Code": ("Tax_Code", "Tax_Code_RecID"),
    "Warehouse": ("Warehouse", "Warehouse_RecID"),
    "Department": ("Billing_Unit", "Billing_Unit_RecID"),
    "Location": ("Owner_Level", "Owner_Level_RecID"),
    CORPORATE: ("Owner_Level", "Owner_Level_RecID"),
}

_ORGANISATION = ("Department", "Location", CORPORATE)
_PRODUCT = ("Product", "Product Subcategory", "Product Category")

_BY_GL_TYPE: dict[str, tuple[str, ...]] = {
    "AR": ("Location", CORPORATE),
    "R": ("Work Role", "Work Type", *_ORGANISATION),
    "RA": ("Agreement", "Agreement Type", *_ORGANISATION),
    "AP": (*_PRODUCT, "Agreement Type", *_ORGANISATION),
    "RP": (*_PRODUCT, *_ORGANISATION),
    "RE": ("Expense Type", *_ORGANISATION),
    "RD": ("Agreement Type", *_ORGANISATION),
    "SD": ("Product Category", *_ORGANISATION),
    "ST": ("Tax Code", *_ORGANISATION),
    "P": _ORGANISATION,
    "PF": _ORGANISATION,
    "PT": ("Tax Code", *_ORGANISATION),
    "FT": ("Tax Code", *_ORGANISATION),
    "IA": (*_PRODUCT, "Warehouse", *_ORGANISATION),
    "IT": (*_PRODUCT, "Warehouse", *_ORGANISATION),
    "EE": ("Expense Type", *_ORGANISATION),
    "EI": ("Expense Type", *_ORGANISATION),
    "EO": ("Payment Type", *_ORGANISATION),
    "ET": ("Tax Code", *_ORGANISATION),
}


def mapped_types() -> dict[int, dict[str, Any]]:
    """The `/finance/glAccounts/mappedTypes` table: per GL type, ascending `sortOrder` is the order tried."""
    rows: dict[int, dict[str, Any]] = {}
    for gl_type, names in _BY_GL_TYPE.items():
        for name in names:
            number = len(rows) + 1
            table, record_field = _TABLES[name]
            rows[number] = {
                "id": number,
                "name": name,
                "table": table,
                "recIdField": record_field,
                "glType": gl_type,
                "sortOrder": list(DIMENSIONS).index(name) + 1,
            }
    return rows


def mapped_type(gl_type: str, name: str) -> dict[str, Any]:
    """The reference `{id, name}` for a GL account row. Raises KeyError when the GL type has no such mapping."""
    for row in mapped_types().values():
        if row["glType"] == gl_type and row["name"] == name:
            return {"id": row["id"], "name": name}
    raise KeyError(f"{gl_type} cannot be mapped by {name}")
