"""References between records: `{id}` or `{name}` as sent becomes the full reference as stored."""

from typing import Any

from ledgerwire.sandbox.connectwise.errors import invalid_field
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row

_COMPANY_FIELDS = ("company", "billToCompany", "shipToCompany", "parentCompany", "subContractCompany", "vendor")
_TARGETS: dict[str, str] = {
    **dict.fromkeys(_COMPANY_FIELDS, "companies"),
    **dict.fromkeys(("billingContact", "defaultContact", "contact", "billToContact"), "contacts"),
    "billingTerms": "billing_terms",
    "taxCode": "tax_codes",
    "currency": "currencies",
    "agreement": "agreements",
    "location": "locations",
    "mappedType": "gl_mapped_types",
}
_STATUS_TARGETS = {"companies": "company_statuses", "invoices": "billing_statuses"}
_CURRENCY_PARTS = (
    "symbol", "currencyCode", "decimalSeparator", "numberOfDecimals", "thousandsSeparator",
    "negativeParenthesesFlag", "displaySymbolFlag", "currencyIdentifier", "displayIdFlag", "rightAlign", "name",
)  # fmt: skip


def _shape(target: str, row: Row) -> Row:
    if target == "companies":
        return {"id": row["id"], "identifier": row.get("identifier"), "name": row.get("name")}
    if target == "contacts":
        return {"id": row["id"], "name": f"{row.get('firstName', '')} {row.get('lastName', '')}".strip()}
    if target == "tax_codes":
        return {"id": row["id"], "name": row.get("identifier")}
    if target == "billing_statuses":
        return {"id": row["id"], "name": row.get("name"), "isClosed": bool(row.get("closedFlag"))}
    if target == "currencies":
        return {"id": row["id"], **{name: row[name] for name in _CURRENCY_PARTS if name in row}}
    return {"id": row["id"], "name": row.get("name")}


def reference(state: ConnectWiseState, table: str, record_id: int) -> Row:
    """The reference object to a record, e.g. `{id, identifier, name}` for a company. Raises KeyError."""
    return _shape(table, state.tables[table][record_id])


def resolve(state: ConnectWiseState, table: str, field: str, value: Any) -> Any:
    """A stored reference from the one sent to a field of a record of `table`.

    Raises ApiError 400 when it names a record that does not exist; fields without a known target are kept as sent.
    """
    target = _STATUS_TARGETS.get(table) if field == "status" else _TARGETS.get(field)
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
