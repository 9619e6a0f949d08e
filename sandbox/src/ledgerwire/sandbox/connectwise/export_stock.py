"""The stock part of the GL export: adjustments, whose rows have no ids, and transfers with their offset."""

from collections.abc import Sequence

from ledgerwire.sandbox.connectwise.catalog_columns import item_columns
from ledgerwire.sandbox.connectwise.gl import account_and_class, entry_account
from ledgerwire.sandbox.connectwise.interface_records import GlEntry, InterfaceRecord
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.stock_movements import Adjustment, Transfer
from ledgerwire.sandbox.connectwise.wire import midnight


def adjustment_transaction(state: ConnectWiseState, record: InterfaceRecord, adjustment: Adjustment) -> Row:
    """One adjustment. A batch names it by the `id` of its unposted row; a quantity below zero raises stock."""
    account, gl_class = account_and_class(state, record.entries[0].segments)
    return {
        "id": adjustment.id,
        "documentType": "ADJUSTMENT",
        "documentDate": midnight(adjustment.closed),
        "glTypeID": "IA",
        "accountNumber": account,
        "memo": adjustment.identifier,
        "glClass": gl_class,
        "adjustmentDescription": adjustment.reason or adjustment.identifier,
        "adjustmentDetail": [_adjustment_detail(state, entry) for entry in record.details],
    }


def _adjustment_detail(state: ConnectWiseState, entry: GlEntry) -> Row:
    line = entry.stock_line
    account, gl_class = account_and_class(state, entry.segments)
    cost_account, _ = account_and_class(state, entry.cogs, "cogs")
    return {
        "glClass": gl_class,
        "description": entry.description,
        "memo": entry.description,
        "item": item_columns(state, line.item_id, line.item_identifier)["item"] if line else None,
        "quantity": -line.quantity if line else None,
        "total": entry.amount,
        "cost": line.cost if line else None,
        "costAccountNumber": cost_account or None,
        "inventoryAccountNumber": entry.inventory,
        "accountNumber": account,
        "productAccountNumber": entry.inventory,
    }


def inventory_transfer(state: ConnectWiseState, transfer: Transfer, entries: Sequence[GlEntry]) -> Row:
    """One transfer: stock at its destination is debited, `offset` credits where it came from.

    Both ids go into a batch. A pair of which one half is already batched is shown by the half that is left.
    """
    debit = next((entry for entry in entries if entry.offset), None)
    credit = next((entry for entry in entries if entry.offset is None), None)
    shown = debit or credit
    if shown is None:
        return {}
    line = transfer.line
    account, gl_class = entry_account(state, shown)
    here = state.tables["warehouses"].get(transfer.from_warehouse_id, {})
    there = state.tables["warehouses"].get(transfer.to_warehouse_id, {})
    return {
        "id": str(shown.id),
        "documentType": "TRANSFER",
        "documentDate": midnight(transfer.moved),
        "accountNumber": account,
        "glClass": gl_class,
        "glTypeId": "IT",
        "description": line.description,
        "salesCode": shown.sales_code,
        "memo": f"Transfer {transfer.transfer_id}",
        "inventoryAccountNumber": account,
        "transferId": transfer.transfer_id,
        "glItemId": shown.product_id,
        **item_columns(state, line.item_id, line.item_identifier),
        "salesDescription": line.description,
        "itemDescription": line.description,
        "itemPrice": state.tables["catalog"].get(line.item_id or 0, {}).get("price"),
        "taxable": False,
        "quantity": line.quantity,
        "cost": line.cost,
        "total": shown.amount,
        "serialNumbers": line.serial_numbers,
        "warehouse": {"id": there["id"], "name": there.get("name")} if there else None,
        "transferFromLocationXref": here.get("locationXref"),
        "transferToLocationXref": there.get("locationXref"),
        "locationXref": there.get("locationXref"),
        "offset": _offset(state, transfer, credit) if debit and credit else None,
    }


def _offset(state: ConnectWiseState, transfer: Transfer, entry: GlEntry) -> Row:
    account, gl_class = entry_account(state, entry)
    return {
        "id": entry.id,
        "documentType": "TRANSFER",
        "documentDate": midnight(transfer.moved),
        "accountNumber": account,
        "glClass": gl_class,
        "glTypeId": "IT",
        "memo": f"Transfer {transfer.transfer_id}",
        "description": entry.description,
        "total": entry.amount,
    }
