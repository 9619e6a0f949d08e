"""GL batches: the commit point of the accounting interface, and how it is undone."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from ledgerwire.sandbox.connectwise.errors import bad_request, invalid_field, record_not_found
from ledgerwire.sandbox.connectwise.export import render_export
from ledgerwire.sandbox.connectwise.gl import account_and_class
from ledgerwire.sandbox.connectwise.interface_records import GlEntry
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.wire import timestamp

_RESOURCE = "AccountingBatch"


def _identifier(state: ConnectWiseState, body: Row) -> str:
    name = str(body.get("batchIdentifier") or timestamp(state.clock.now()))
    if len(name) > 50:
        raise invalid_field(_RESOURCE, "batchIdentifier", "The identifier is longer than 50 characters.")
    taken = {str(row["batchIdentifier"]).casefold() for row in state.tables["batches"].values()}
    if name.casefold() in taken:
        raise invalid_field(_RESOURCE, "batchIdentifier", "The identifier must be unique.", "ObjectExists")
    return name


def _wanted_ids(state: ConnectWiseState, body: Row, known: dict[int, GlEntry]) -> frozenset[int]:
    given = body.get("processedRecordIds")
    if not isinstance(given, list) or not given or not all(isinstance(one, int) for one in given):
        message = "The processedRecordIds field is required and holds GL entry ids."
        raise invalid_field(_RESOURCE, "processedRecordIds", message, "MissingRequiredField")
    usable = frozenset(one for one in given if one in known and one not in state.entry_batches)
    strict = state.switches.batch_unknown_ids == "reject"
    if not usable or (strict and len(usable) < len(set(given))):
        message = "Some records do not exist or are already part of a batch."
        raise invalid_field(_RESOURCE, "processedRecordIds", message)
    return usable


def _complete(state: ConnectWiseState, invoice_id: int) -> bool:
    entries = state.gl_entries.get(invoice_id, [])
    return bool(entries) and all(entry.id in state.entry_batches for entry in entries)


def create_batch(state: ConnectWiseState, body: Any, member_id: int) -> Row:
    """Batch exactly the given GL entries and answer their GLExport.

    An invoice gets its `glBatch` only when every one of its entries is batched; otherwise it stays unposted.
    Raises ApiError 400 for a bad identifier or ids.
    """
    if not isinstance(body, dict):
        raise bad_request("A batch request is an object.")
    known = state.entries
    identifier = _identifier(state, body)
    wanted = _wanted_ids(state, body, known)
    batch: Row = {
        "batchIdentifier": identifier,
        "exportInvoicesFlag": bool(body.get("exportInvoicesFlag", True)),
        "exportExpensesFlag": bool(body.get("exportExpensesFlag")),
        "exportProductsFlag": bool(body.get("exportProductsFlag")),
        "closedFlag": False,
    }
    state.insert("batches", batch, member_id)
    for entry_id in wanted:
        state.entry_batches[entry_id] = batch["id"]
    touched = sorted({int(known[entry_id].record.id) for entry_id in wanted})
    answer = render_export(state, touched, wanted)
    for number in touched:
        _mark(state, number, batch, member_id)
    state.journal.event(
        "connectwise",
        "batch_created",
        {"id": batch["id"], "batchIdentifier": identifier, "invoices": touched, "entries": sorted(wanted)},
    )
    return answer


def _mark(state: ConnectWiseState, invoice_id: int, batch: Row, member_id: int) -> None:
    if _complete(state, invoice_id):
        invoice = state.tables["invoices"][invoice_id]
        invoice["glBatch"] = {"id": batch["id"], "name": batch["batchIdentifier"]}
        invoice.pop("unbatchedBatch", None)
        state.saved("invoices", invoice_id, member_id)


def batch_invoices(state: ConnectWiseState, invoice_ids: Iterable[int], identifier: str, member_id: int) -> Row:
    """Batch whole invoices, as a person does on the screen. Raises ApiError 400 when there is nothing to batch."""
    ids = [
        entry.id
        for number in invoice_ids
        for entry in state.gl_entries.get(number, [])
        if entry.id not in state.entry_batches
    ]
    return create_batch(state, {"batchIdentifier": identifier, "processedRecordIds": ids}, member_id)


def delete_batch(state: ConnectWiseState, batch_id: int, member_id: int) -> None:
    """Undo a batch: its records return to the unposted list and remember it.

    Raises ApiError 404 for an unknown batch, 400 for a closed one where the tenant refuses that.
    """
    batch = batch_of(state, batch_id)
    if batch.get("closedFlag") and state.switches.closed_batch_delete == "refuse":
        raise invalid_field(_RESOURCE, "closedFlag", "A closed batch cannot be deleted.")
    freed: dict[int, list[int]] = defaultdict(list)
    known = state.entries
    for entry_id in [one for one, number in state.entry_batches.items() if number == batch_id]:
        del state.entry_batches[entry_id]
        freed[int(known[entry_id].record.id)].append(entry_id)
    reference = {"id": batch_id, "name": batch["batchIdentifier"]}
    state.delete("batches", batch_id, member_id)
    for number in sorted(freed):
        invoice = state.tables["invoices"][number]
        invoice.pop("glBatch", None)
        invoice["unbatchedBatch"] = reference
        state.saved("invoices", number, member_id)
    state.journal.event("connectwise", "batch_deleted", {**reference, "invoices": sorted(freed)})


def batch_of(state: ConnectWiseState, batch_id: int) -> Row:
    """The batch. Raises ApiError 404."""
    row = state.tables["batches"].get(batch_id)
    if row is None:
        raise record_not_found("Batch", batch_id)
    return row


def export_batch(state: ConnectWiseState, batch_id: int) -> Row:
    """The GLExport of an existing batch once more. Raises ApiError 404."""
    batch_of(state, batch_id)
    ids = frozenset(one for one, number in state.entry_batches.items() if number == batch_id)
    known = state.entries
    return render_export(state, sorted({int(known[one].record.id) for one in ids}), ids)


def batch_entries(state: ConnectWiseState, batch_id: int) -> list[Row]:
    """The entries of a batch as debits and credits. Raises ApiError 404."""
    batch_of(state, batch_id)
    known = state.entries
    ids = sorted(one for one, number in state.entry_batches.items() if number == batch_id)
    return [_entry(state, known[one]) for one in ids]


def _entry(state: ConnectWiseState, entry: GlEntry) -> Row:
    invoice = state.tables["invoices"][int(entry.record.id)]
    account, _ = account_and_class(state, entry.segments)
    return {
        "id": entry.id,
        "accountType": entry.gl_type,
        "name": entry.description,
        "accountNumber": account,
        "debit": max(entry.amount, entry.amount * 0),
        "credit": max(-entry.amount, entry.amount * 0),
        "cost": entry.line.cost if entry.line else None,
        "item": entry.line.item_identifier if entry.line else None,
        "salesCode": entry.sales_code,
        "costOfGoodsSoldAccountNumber": account_and_class(state, entry.cogs, "cogs")[0] or None,
        "invoice": {"id": int(entry.record.id), "identifier": invoice["invoiceNumber"]},
    }
