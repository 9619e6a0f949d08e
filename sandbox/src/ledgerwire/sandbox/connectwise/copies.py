"""More of the same: copies of an invoice, for load, for history, for whatever needs numbers."""

import copy

from ledgerwire.sandbox.connectwise.batches import batch_invoices
from ledgerwire.sandbox.connectwise.invoices import COMPUTED, InvoiceDesk
from ledgerwire.sandbox.connectwise.state import ConnectWiseState


def copy_invoice(
    state: ConnectWiseState,
    desk: InvoiceDesk,
    invoice_id: int,
    count: int,
    *,
    batched: bool,
    member_id: int,
) -> list[int]:
    """Add `count` copies of an open invoice and return their ids; nobody is called back.

    With `batched` each copy is closed and in a batch of its own, as an old month would be.
    Raises ApiError 404 for an unknown invoice, 400 when a copy cannot be closed or batched.
    """
    source = desk.invoice(invoice_id)
    fields = {name: value for name, value in source.items() if name not in COMPUTED and name != "status"}
    listeners, state.listeners = state.listeners, []
    made: list[int] = []
    try:
        for _ in range(count):
            number = f"{source['invoiceNumber']}-{len(state.tables['invoices']) + 1}"
            row = desk.create({**copy.deepcopy(fields), "invoiceNumber": number}, member_id)
            made.append(int(row["id"]))
            state.invoice_lines[made[-1]] = list(state.invoice_lines.get(invoice_id, []))
            if batched:
                desk.set_status(made[-1], {"name": "Closed"}, member_id)
                batch_invoices(state, made[-1:], f"OLD-{number}", member_id)
    finally:
        state.listeners = listeners
    return made
