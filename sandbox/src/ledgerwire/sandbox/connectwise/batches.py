"""GL batches: the commit point of the accounting interface, and how it is undone."""

from collections.abc import Iterable, Iterator
from typing import Any

from ledgerwire.sandbox.connectwise.errors import bad_request, invalid_field, record_not_found
from ledgerwire.sandbox.connectwise.export import render_export
from ledgerwire.sandbox.connectwise.gl import account_and_class, entry_account
from ledgerwire.sandbox.connectwise.interface_records import GlEntry, RecordKey, RecordKind
from ledgerwire.sandbox.connectwise.receipts import Receipt
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.stock_movements import Adjustment, Transfer
from ledgerwire.sandbox.connectwise.wire import timestamp

_RESOURCE = "AccountingBatch"
_FLAGS: dict[RecordKind, str] = {
    "invoice": "exportInvoicesFlag",
    "expense": "exportExpensesFlag",
    "procurement": "exportProductsFlag",
}


def _identifier(state: ConnectWiseState, body: Row) -> str:
    name = str(body.get("batchIdentifier") or timestamp(state.clock.now()))
    if len(name) > 50:
        raise invalid_field(_RESOURCE, "batchIdentifier", "The identifier is longer than 50 characters.")
    if name.casefold() in state.batch_names:
        raise invalid_field(_RESOURCE, "batchIdentifier", "The identifier must be unique.", "ObjectExists")
    return name


def _wanted_ids(state: ConnectWiseState, body: Row) -> frozenset[int]:
    given = body.get("processedRecordIds")
    if not isinstance(given, list) or not given or not all(isinstance(one, int) for one in given):
        message = "The processedRecordIds field is required and holds GL entry ids."
        raise invalid_field(_RESOURCE, "processedRecordIds", message, "MissingRequiredField")
    usable = frozenset(one for one in given if one in state.entries and one not in state.entry_batches)
    strict = state.switches.batch_unknown_ids == "reject"
    if not usable or (strict and len(usable) < len(set(given))):
        message = "Some records do not exist or are already part of a batch."
        raise invalid_field(_RESOURCE, "processedRecordIds", message)
    return usable


def is_complete(state: ConnectWiseState, key: RecordKey) -> bool:
    """Whether every entry of the record, of which there are some, is in a batch."""
    entries = state.entries_of(key)
    return bool(entries) and all(entry.id in state.entry_batches for entry in entries)


def is_touched(state: ConnectWiseState, key: RecordKey) -> bool:
    """Whether any entry of the record is in a batch."""
    return any(entry.id in state.entry_batches for entry in state.entries_of(key))


def _flags(body: Row, keys: Iterable[RecordKey]) -> Row:
    """The batch's export flags: as given; one that is not given follows from what is batched."""
    kinds = {key.kind for key in keys}
    return {flag: bool(body[flag]) if flag in body else kind in kinds for kind, flag in _FLAGS.items()}


def create_batch(state: ConnectWiseState, body: Any, member_id: int) -> Row:
    """Batch exactly the given GL entries and answer their GLExport.

    A record counts as batched (an invoice gets its `glBatch`) only when every one of its entries is in a batch;
    otherwise it stays unposted. Raises ApiError 400 for a bad identifier or ids.
    """
    if not isinstance(body, dict):
        raise bad_request("A batch request is an object.")
    identifier = _identifier(state, body)
    wanted = _wanted_ids(state, body)
    touched = sorted({state.entries[entry_id].record for entry_id in wanted})
    batch: Row = {"batchIdentifier": identifier, **_flags(body, touched), "closedFlag": False}
    state.insert("batches", batch, member_id)
    state.batch_names.add(identifier.casefold())
    for entry_id in wanted:
        state.entry_batches[entry_id] = batch["id"]
    answer = render_export(state, touched, wanted)
    for key in touched:
        if is_complete(state, key):
            mark_batched(state, key, batch, member_id)
    about = {"id": batch["id"], "batchIdentifier": identifier, **_named(touched), "entries": sorted(wanted)}
    state.journal.event("connectwise", "batch_created", about)
    return answer


def _named(keys: Iterable[RecordKey]) -> Row:
    """Ids of records by kind, as the journal's events name them."""
    listed = list(keys)
    names = {"invoices": "invoice", "procurement": "procurement", "expenses": "expense"}
    found = {name: [key.id for key in listed if key.kind == kind] for name, kind in names.items()}
    return {name: ids for name, ids in found.items() if ids or name == "invoices"}


def mark_batched(state: ConnectWiseState, key: RecordKey, batch: Row, member_id: int) -> None:
    """Write the batch onto the record, which with it leaves the unposted list."""
    reference = {"id": batch["id"], "name": batch["batchIdentifier"]}
    if key.kind == "invoice":
        invoice = state.tables["invoices"][int(key.id)]
        invoice["glBatch"] = reference
        invoice.pop("unbatchedBatch", None)
        state.saved("invoices", int(key.id), member_id)
        return
    record = state.interface[key]
    record.batch, record.unbatched = reference, None
    for line in _order_lines(state, key):
        line["batchedFlag"] = True
        line.pop("unbatchedRecId", None)


def _order_lines(state: ConnectWiseState, key: RecordKey) -> Iterator[Row]:
    """The purchase order lines that a receipt received."""
    fact = state.interface[key].fact
    for line in fact.lines if isinstance(fact, Receipt) else ():
        row = state.tables["purchase_order_lines"].get(line.line_item_id or 0)
        if row is not None:
            yield row


def release(state: ConnectWiseState, key: RecordKey, reference: Row, member_id: int) -> None:
    """Take the record's entries out of a batch: it is unposted again and remembers the batch."""
    for entry in state.entries_of(key):
        if state.entry_batches.get(entry.id) == reference["id"]:
            del state.entry_batches[entry.id]
    if key.kind == "invoice":
        invoice = state.tables["invoices"][int(key.id)]
        invoice.pop("glBatch", None)
        invoice["unbatchedBatch"] = reference
        state.saved("invoices", int(key.id), member_id)
        return
    record = state.interface[key]
    record.batch, record.unbatched = None, reference
    for line in _order_lines(state, key):
        line["batchedFlag"] = False
        line["unbatchedRecId"] = reference["id"]


def batch_records(state: ConnectWiseState, keys: Iterable[RecordKey], identifier: str, member_id: int) -> Row:
    """Batch whole records, as a person does on the screen. Raises ApiError 400 when there is nothing to batch."""
    ids = [entry.id for key in keys for entry in state.entries_of(key) if entry.id not in state.entry_batches]
    return create_batch(state, {"batchIdentifier": identifier, "processedRecordIds": ids}, member_id)


def batch_invoices(state: ConnectWiseState, invoice_ids: Iterable[int], identifier: str, member_id: int) -> Row:
    """Batch whole invoices, as a person does on the screen. Raises ApiError 400 when there is nothing to batch."""
    return batch_records(state, [RecordKey("invoice", number) for number in invoice_ids], identifier, member_id)


def delete_batch(state: ConnectWiseState, batch_id: int, member_id: int) -> None:
    """Undo a batch: its records return to the unposted list and remember it.

    Raises ApiError 404 for an unknown batch, 400 for a closed one where the tenant refuses that.
    """
    batch = batch_of(state, batch_id)
    if batch.get("closedFlag") and state.switches.closed_batch_delete == "refuse":
        raise invalid_field(_RESOURCE, "closedFlag", "A closed batch cannot be deleted.")
    freed = sorted({state.entries[one].record for one in _ids_in(state, batch_id)})
    reference = {"id": batch_id, "name": batch["batchIdentifier"]}
    state.delete("batches", batch_id, member_id)
    state.batch_names.discard(batch["batchIdentifier"].casefold())
    for key in freed:
        release(state, key, reference, member_id)
    state.journal.event("connectwise", "batch_deleted", {**reference, **_named(freed)})


def _ids_in(state: ConnectWiseState, batch_id: int) -> frozenset[int]:
    return frozenset(one for one, number in state.entry_batches.items() if number == batch_id)


def batch_of(state: ConnectWiseState, batch_id: int) -> Row:
    """The batch. Raises ApiError 404."""
    row = state.tables["batches"].get(batch_id)
    if row is None:
        raise record_not_found("Batch", batch_id)
    return row


def export_batch(state: ConnectWiseState, batch_id: int) -> Row:
    """The GLExport of an existing batch once more. Raises ApiError 404."""
    batch_of(state, batch_id)
    ids = _ids_in(state, batch_id)
    return render_export(state, sorted({state.entries[one].record for one in ids}), ids)


def batch_entries(state: ConnectWiseState, batch_id: int) -> list[Row]:
    """The entries of a batch as debits and credits. Raises ApiError 404."""
    batch_of(state, batch_id)
    return [_entry(state, state.entries[one]) for one in sorted(_ids_in(state, batch_id))]


def _entry(state: ConnectWiseState, entry: GlEntry) -> Row:
    account, _ = entry_account(state, entry)
    goods = entry.line or entry.receipt_line or entry.stock_line
    return {
        "id": entry.id,
        "accountType": entry.gl_type,
        "name": entry.description,
        "accountNumber": account,
        "debit": max(entry.amount, entry.amount * 0),
        "credit": max(-entry.amount, entry.amount * 0),
        "cost": goods.cost if goods else None,
        "item": goods.item_identifier if goods else None,
        "salesCode": entry.sales_code,
        "costOfGoodsSoldAccountNumber": account_and_class(state, entry.cogs, "cogs")[0] or None,
        **_belongs_to(state, entry),
    }


def _belongs_to(state: ConnectWiseState, entry: GlEntry) -> Row:
    """The entry's record, in the member that names its kind."""
    key = entry.record
    if key.kind == "invoice":
        invoice = state.tables["invoices"][int(key.id)]
        return {"invoice": {"id": key.id, "identifier": invoice["invoiceNumber"]}}
    fact = state.interface[key].fact
    if key.kind == "expense":
        return {"expense": {"id": key.id}}
    if isinstance(fact, Receipt):
        return {"purchaseOrder": {"id": fact.purchase_order_id, "name": fact.po_number}}
    if isinstance(fact, Transfer):
        return {"transfer": str(fact.transfer_id)}
    return {"adjustmentDetail": {"id": fact.adjustment_id}} if isinstance(fact, Adjustment) else {}
