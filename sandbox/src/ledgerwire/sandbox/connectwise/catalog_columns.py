"""What every export line repeats of the catalog product that it sells, buys or moves."""

from typing import Any

from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row


def _setup(state: ConnectWiseState, table: str, product: Row, name: str) -> Row:
    return state.tables[table].get((product.get(name) or {}).get("id", 0), {})


def item_columns(state: ConnectWiseState, item_id: int | None, identifier: str | None) -> dict[str, Any]:
    """`item`, `subCategory`, `unitOfMeasure` and the cross-references of its set-up tables; absent without a product."""
    product = state.tables["catalog"].get(item_id or 0, {})
    serialized = bool(product.get("serializedFlag"))
    item = {"id": item_id, "identifier": identifier, "serializedFlag": serialized} if identifier else None
    return {
        "item": item,
        "subCategory": product.get("subcategory"),
        "unitOfMeasure": product.get("unitOfMeasure"),
        "serializedFlag": serialized,
        "itemTypeXref": _setup(state, "product_types", product, "type").get("typeXref"),
        "uomScheduleXref": _setup(state, "units_of_measure", product, "unitOfMeasure").get("uomScheduleXref"),
        "priceLevelXref": _setup(state, "categories", product, "category").get("priceLevelXref"),
    }
