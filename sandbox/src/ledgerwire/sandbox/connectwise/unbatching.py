"""Unbatch and Rebatch of one record, which a person does on the screen; purchase orders have endpoints for it."""

from ledgerwire.sandbox.connectwise.batches import batch_of, is_touched, mark_batched, release
from ledgerwire.sandbox.connectwise.errors import invalid_field, record_not_found
from ledgerwire.sandbox.connectwise.interface_records import RecordKey
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row


def _marks(state: ConnectWiseState, key: RecordKey) -> tuple[Row | None, Row | None]:
    """The batch that the record is in and the one it was taken out of."""
    if key.kind == "invoice":
        invoice = state.tables["invoices"].get(int(key.id))
        if invoice is None:
            raise record_not_found("Invoice", key.id)
        return invoice.get("glBatch"), invoice.get("unbatchedBatch")
    record = state.interface.get(key)
    if record is None:
        raise record_not_found("UnpostedRecord", key.id)
    return record.batch, record.unbatched


def unbatch_record(state: ConnectWiseState, key: RecordKey, member_id: int) -> Row:
    """Take one record out of its batch, which stays; returns the batch's reference.

    Raises ApiError 404 for an unknown record, 400 for one that is in no batch or in a closed one.
    """
    reference, _ = _marks(state, key)
    if reference is None:
        raise invalid_field("AccountingBatch", "glBatch", "The record is not part of a batch.")
    closed = state.tables["batches"].get(int(reference["id"]), {}).get("closedFlag")
    if closed and state.switches.closed_batch_delete == "refuse":
        raise invalid_field("AccountingBatch", "closedFlag", "The batch is closed.")
    release(state, key, reference, member_id)
    state.journal.event("connectwise", "unbatched", {"kind": key.kind, "record": key.id, "batch": reference})
    return reference


def rebatch_record(state: ConnectWiseState, key: RecordKey, member_id: int) -> Row:
    """Put a record back into the batch that it was taken out of, with the entries that it has now.

    Raises ApiError 404 for an unknown record or a batch that is gone, 400 for a record never unbatched or not closed.
    """
    _, reference = _marks(state, key)
    if reference is None or is_touched(state, key):
        raise invalid_field("AccountingBatch", "unbatchedBatch", "The record was not taken out of a batch.")
    batch = batch_of(state, int(reference["id"]))
    entries = state.entries_of(key)
    if not entries:
        raise invalid_field("AccountingBatch", "unbatchedBatch", "The record has no general ledger entries.")
    for entry in entries:
        state.entry_batches[entry.id] = int(batch["id"])
    mark_batched(state, key, batch, member_id)
    state.journal.event("connectwise", "rebatched", {"kind": key.kind, "record": key.id, "batch": reference})
    return batch
