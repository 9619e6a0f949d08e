"""What a receipt, an adjustment or a transfer writes into the general ledger, once and for good."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.connectwise.gl import account_and_class, frozen_entry, resolve_mapping
from ledgerwire.sandbox.connectwise.interface_records import GlEntry, InterfaceRecord
from ledgerwire.sandbox.connectwise.receipts import Receipt, ReceiptLine
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.stock_movements import Adjustment, StockLine, Transfer

Dimensions = dict[str, int | None]


@dataclass(frozen=True, slots=True)
class _Draft:
    gl_type: str
    amount: Decimal
    description: str
    mapping: Row | None
    more: Mapping[str, Any]


def _product(line: ReceiptLine | StockLine) -> Dimensions:
    return {
        "item_id": line.item_id,
        "subcategory_id": line.subcategory_id,
        "category_id": line.category_id,
        "warehouse_id": line.warehouse_id,
    }


def _organisation(fact: Receipt | Adjustment) -> Dimensions:
    return {"location_id": fact.location_id, "department_id": fact.department_id}


def _goods_account(state: ConnectWiseState, line: ReceiptLine, mapping: Row | None) -> str:
    """Stock for what goes into stock, else the cost account: columns of the product's revenue mapping."""
    if mapping is None:
        return ""
    cost, _ = account_and_class(state, {name: str(value) for name, value in mapping.items()}, "cogs")
    return str(mapping.get("inventory") or "") if line.is_stock else cost


def _goods(state: ConnectWiseState, receipt: Receipt) -> Iterator[_Draft]:
    for line in receipt.lines:
        revenue = "AP" if line.product_class == "Agreement" else "RP"
        mapping = resolve_mapping(state, revenue, {**_product(line), **_organisation(receipt)})
        account = _goods_account(state, line, mapping)
        more = {"receipt_line": line, "account": account}
        yield _Draft("P", line.total, line.description, mapping if account else None, more)


def _taxes(state: ConnectWiseState, receipt: Receipt) -> Iterator[_Draft]:
    dimensions = {**_organisation(receipt), "tax_code_id": receipt.tax_code_id}
    sources: list[tuple[str, ReceiptLine | None, tuple[Decimal, ...]]] = [
        *(("PT", line, line.tax_by_level) for line in receipt.lines),
        ("FT", None, receipt.freight_tax_by_level),
    ]
    for gl_type, line, amounts in sources:
        for level, amount in enumerate(amounts, start=1):
            if amount:
                what = f"Tax on {line.description if line else 'freight'}"
                mapping = resolve_mapping(state, gl_type, dimensions)
                yield _Draft(gl_type, amount, what, mapping, {"receipt_line": line, "tax_level": level})


def _freight(state: ConnectWiseState, receipt: Receipt) -> Iterator[_Draft]:
    if receipt.freight:
        mapping = resolve_mapping(state, "PF", _organisation(receipt))
        yield _Draft("PF", receipt.freight, f"Freight on {receipt.po_number}", mapping, {})


def freeze_receipt(state: ConnectWiseState, record: InterfaceRecord, receipt: Receipt) -> None:
    """Give a receipt its entries: goods, freight, tax, and payables as the header; none when any has no mapping."""
    payable = resolve_mapping(state, "P", _organisation(receipt))
    drafts = [*_goods(state, receipt), *_freight(state, receipt), *_taxes(state, receipt)]
    if payable is None or any(draft.mapping is None for draft in drafts):
        return
    description = f"Purchase order {receipt.po_number}"
    record.header = frozen_entry(state, record.key, "P", -receipt.total, description, payable)
    record.entries = [
        frozen_entry(state, record.key, draft.gl_type, draft.amount, draft.description, draft.mapping, **draft.more)
        for draft in drafts
        if draft.mapping is not None
    ]


def _stock_columns(state: ConnectWiseState, line: StockLine, organisation: Dimensions) -> Row:
    """The `cogs` and `inventory` columns of the product's revenue mapping; empty where it has none."""
    return resolve_mapping(state, "RP", {**_product(line), **organisation}) or {}


def freeze_adjustment(state: ConnectWiseState, record: InterfaceRecord, adjustment: Adjustment) -> None:
    """Give an adjustment its one entry and, behind it, one detail a line; nothing when any line has no mapping.

    The entry's id is the unposted row's: the rows of the export have none. A rise of stock is a credit of the
    adjustment account and so negative.
    """
    organisation = _organisation(adjustment)
    details: list[GlEntry] = []
    for line in adjustment.lines:
        mapping = resolve_mapping(state, "IA", {**_product(line), **organisation})
        stock = _stock_columns(state, line, organisation)
        if mapping is None or not (mapping.get("inventory") or stock.get("inventory")):
            return
        merged = {**{name: stock[name] for name in stock if name.startswith(("cogs", "inventory"))}, **mapping}
        details.append(frozen_entry(state, record.key, "IA", -line.total, line.description, merged, stock_line=line))
    if not details:
        return
    record.details = details
    merged = resolve_mapping(state, "IA", {**_product(adjustment.lines[0]), **organisation}) or {}
    header = frozen_entry(state, record.key, "IA", -adjustment.total, adjustment.identifier, merged)
    record.entries = [header]
    record.row_id = header.id


def freeze_transfer(state: ConnectWiseState, record: InterfaceRecord, transfer: Transfer) -> None:
    """Give a transfer its pair of entries: stock there rises, stock here falls; none when either has no mapping."""
    line = transfer.line
    there = {
        **_product(line),
        "warehouse_id": transfer.to_warehouse_id,
        "location_id": transfer.to_location_id,
        "department_id": transfer.to_department_id,
    }
    here = {
        **_product(line),
        "warehouse_id": transfer.from_warehouse_id,
        "location_id": transfer.from_location_id,
        "department_id": transfer.from_department_id,
    }
    debit, credit = resolve_mapping(state, "IT", there), resolve_mapping(state, "IT", here)
    if debit is None or credit is None:
        return

    def entry(amount: Decimal, mapping: Row, offset: GlEntry | None = None) -> GlEntry:
        account = mapping.get("inventory") or None
        return frozen_entry(
            state,
            record.key,
            "IT",
            amount,
            line.description,
            mapping,
            stock_line=line,
            account=account,
            offset=offset,
        )

    other = entry(-line.total, credit)
    record.entries = [entry(line.total, debit, other), other]
