"""References between records: `{id}` or `{name}` as sent becomes the full reference as stored."""

from collections.abc import Callable
from typing import Any

from ledgerwire.sandbox.connectwise.errors import invalid_field
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row

_COMPANY_FIELDS = (
    "company", "billToCompany", "shipToCompany", "parentCompany", "subContractCompany", "vendor", "vendorCompany",
    "customerCompany",
)  # fmt: skip
_TARGETS: dict[str, str] = {
    **dict.fromkeys(_COMPANY_FIELDS, "companies"),
    **dict.fromkeys(("billingContact", "defaultContact", "contact", "billToContact"), "contacts"),
    "billingTerms": "billing_terms",
    "taxCode": "tax_codes",
    "currency": "currencies",
    **dict.fromkeys(("agreement", "parentAgreement"), "agreements"),
    "billingCycle": "billing_cycles",
    "department": "departments",
    "catalogItem": "catalog",
    "location": "locations",
    "mappedType": "gl_mapped_types",
    "member": "members",
    "paymentMethod": "payment_types",
    "classification": "classifications",
    "warehouse": "warehouses",
    "warehouseBin": "warehouse_bins",
    "subcategory": "subcategories",
    "category": "categories",
    "unitOfMeasure": "units_of_measure",
    "terms": "billing_terms",
}
_OF_TABLE = {
    ("companies", "status"): "company_statuses",
    ("invoices", "status"): "billing_statuses",
    ("purchase_orders", "status"): "purchase_order_statuses",
    ("purchase_order_lines", "product"): "catalog",
    ("adjustments", "type"): "adjustment_types",
    ("catalog", "type"): "product_types",
    ("additions", "product"): "catalog",
    ("agreements", "type"): "agreement_types",
    ("expense_entries", "type"): "expense_types",
}
"""Fields whose target depends on the table that they are in."""
_CURRENCY_PARTS = (
    "symbol", "currencyCode", "decimalSeparator", "numberOfDecimals", "thousandsSeparator",
    "negativeParenthesesFlag", "displaySymbolFlag", "currencyIdentifier", "displayIdFlag", "rightAlign", "name",
)  # fmt: skip


def member_name(row: Row) -> str:
    """First and last name of a member; the login where neither is filled in."""
    return f"{row.get('firstName') or ''} {row.get('lastName') or ''}".strip() or str(row.get("identifier", ""))


def _company(row: Row) -> Row:
    return {"identifier": row.get("identifier"), "name": row.get("name")}


def _contact(row: Row) -> Row:
    return {"name": f"{row.get('firstName', '')} {row.get('lastName', '')}".strip()}


def _product(row: Row) -> Row:
    return {"identifier": row.get("identifier"), "serializedFlag": bool(row.get("serializedFlag"))}


def _member(row: Row) -> Row:
    return {"identifier": row.get("identifier"), "name": member_name(row)}


_SHAPES: dict[str, Callable[[Row], Row]] = {
    "companies": _company,
    "contacts": _contact,
    "catalog": _product,
    "members": _member,
    "tax_codes": lambda row: {"name": row.get("identifier")},
    "adjustment_types": lambda row: {"identifier": row.get("identifier")},
    "billing_statuses": lambda row: {"name": row.get("name"), "isClosed": bool(row.get("closedFlag"))},
    "currencies": lambda row: {name: row[name] for name in _CURRENCY_PARTS if name in row},
}


def _shape(target: str, row: Row) -> Row:
    shown = _SHAPES[target](row) if target in _SHAPES else {"name": row.get("name")}
    return {"id": row["id"], **shown}


def reference(state: ConnectWiseState, table: str, record_id: int) -> Row:
    """The reference object to a record, e.g. `{id, identifier, name}` for a company. Raises KeyError."""
    return _shape(table, state.tables[table][record_id])


def reference_or_none(state: ConnectWiseState, table: str, record_id: int | None) -> Row | None:
    """The reference object to a record; None for no id or a record that does not exist."""
    if record_id is None or record_id not in state.tables[table]:
        return None
    return reference(state, table, record_id)


def resolve(state: ConnectWiseState, table: str, field: str, value: Any) -> Any:
    """A stored reference from the one sent to a field of a record of `table`.

    Raises ApiError 400 when it names a record that does not exist; fields without a known target are kept as sent.
    """
    target = _OF_TABLE.get((table, field)) or _TARGETS.get(field)
    if target is None or value is None:
        return value
    if not isinstance(value, dict):
        raise invalid_field(table, field, f"The {field} field takes a reference object.")
    for name in ("id", "identifier", "name"):
        wanted = value.get(name)
        if wanted is None:
            continue
        for row in state.tables[target].values():
            shaped = _shape(target, row)
            if shaped.get(name) == wanted:
                return shaped
        break
    raise invalid_field(table, field, f"The {field} does not exist.")
