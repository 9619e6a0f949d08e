"""The accounting loop: unposted list, export preview, batch, proof. Three kinds of ids meet here and are kept apart."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence

from ledgerwire.common.canonical import wire_bytes
from ledgerwire.common.record_type import RecordType
from ledgerwire.connectwise.conditions import Field, in_chunks
from ledgerwire.connectwise.errors import unreadable
from ledgerwire.connectwise.models import (
    Batch,
    Export,
    ExportTransaction,
    GlEntry,
    Invoice,
    InvoiceMark,
    UnpostedInvoice,
)
from ledgerwire.connectwise.session import Session

UNPOSTED = "/finance/accounting/unpostedinvoices"
BATCHES = "/finance/accounting/batches"
EXPORT_CHUNK = 50
_PREVIEW_IDENTIFIER = "preview"


async def unposted_by_id(session: Session, invoice_ids: Sequence[int]) -> list[UnpostedInvoice]:
    """The rows of the unposted list that belong to these invoices, by `billingLogId`."""
    rows: list[UnpostedInvoice] = []
    for chunk in in_chunks(invoice_ids):
        rows += await session.rows(UNPOSTED, UnpostedInvoice, conditions=Field("billingLogId").in_(chunk))
    return rows


def unposted_pages(session: Session) -> AsyncIterator[list[UnpostedInvoice]]:
    """The whole unposted list, forward only."""
    return session.forward(UNPOSTED, UnpostedInvoice)


async def export_invoices(session: Session, invoice_ids: Sequence[int], summarize: str) -> list[ExportTransaction]:
    """The GL export of these invoices. A preview: no batch is made, so it may be repeated."""
    found: list[ExportTransaction] = []
    ids = list(dict.fromkeys(invoice_ids))
    for start in range(0, len(ids), EXPORT_CHUNK):
        body = export_body(invoices=ids[start : start + EXPORT_CHUNK], summarize=summarize)
        export = await session.post_read("/finance/accounting/export", body, Export)
        found += export.transactions or ()
    return found


async def export_batch(session: Session, batch_id: int, invoice_ids: Sequence[int]) -> list[ExportTransaction]:
    """The GL export of an existing batch once more, as far as it is about these invoices; nothing is changed by it.

    Whether a server narrows it to the ids is not documented, so others' transactions may come too. RecordMissing when the
    batch is gone.
    """
    body = export_body(invoices=list(dict.fromkeys(invoice_ids)))
    export = await session.post_read(f"{BATCHES}/{batch_id}/export", body, Export)
    return list(export.transactions or ())


def export_body(
    *,
    invoices: Sequence[int] = (),
    products: Sequence[str] = (),
    expenses: Sequence[int] = (),
    summarize: str = "Detailed",
) -> bytes:
    """The request for a GL export of just these records; what is not named is not exported.

    An empty list of included ids would mean "all" where its flag is set, so a flag is set only with ids.
    """
    body = {
        "batchIdentifier": _PREVIEW_IDENTIFIER,
        "glInterfaceIdentifier": _PREVIEW_IDENTIFIER,
        "locationId": 0,
        "summarizeInvoices": summarize,
        "exportInvoicesFlag": bool(invoices),
        "includedInvoiceIds": list(invoices),
        "excludedInvoiceIds": [],
        "exportExpensesFlag": bool(expenses),
        "includedExpenseIds": list(expenses),
        "excludedExpenseIds": [],
        "exportProductsFlag": bool(products),
        "includedProductIds": list(products),
        "excludedProductIds": [],
    }
    return wire_bytes(body)


def transactions_by_invoice(
    invoices: Iterable[Invoice], transactions: Iterable[ExportTransaction]
) -> dict[int, tuple[ExportTransaction, ...]]:
    """Invoice id -> its export transactions, matched by document number.

    An invoice without GL entries has an empty tuple; more than one transaction means that two documents share the number
    and the caller must not choose between them.
    """
    by_number: dict[str, list[ExportTransaction]] = {}
    for transaction in transactions:
        by_number.setdefault((transaction.document_number or "").strip(), []).append(transaction)
    return {item.id: tuple(by_number.get((item.invoice_number or "").strip(), ())) for item in invoices}


async def gl_entries(session: Session, invoice_id: int) -> list[GlEntry]:
    """The GL entries frozen at close; RecordMissing for an unknown invoice."""
    return await session.rows(f"/finance/invoices/{invoice_id}/glEntries/", GlEntry)


async def create_batch(
    session: Session,
    identifier: str,
    processed_record_ids: Sequence[int],
    record_type: RecordType = RecordType.INVOICE,
) -> None:
    """Make a batch of these GL ids of one type of record.

    Refused: nothing was made. Ambiguous: look for `identifier` before anything else.
    """
    body = {
        "id": 0,
        "batchIdentifier": identifier,
        "glInterfaceIdentifier": identifier,
        "exportInvoicesFlag": record_type is RecordType.INVOICE,
        "exportExpensesFlag": record_type is RecordType.EXPENSE,
        "exportProductsFlag": record_type is RecordType.PROCUREMENT,
        "processedRecordIds": list(processed_record_ids),
        "summarizeExpenses": False,
    }
    answer = await session.write("POST", BATCHES, wire_bytes(body))
    # The answer is an export, not the batch; only its being a JSON object without an error is of use.
    error = answer.error
    if error is None or error.is_error:
        raise unreadable(answer, method="POST", path=BATCHES, is_write=True)


async def find_batch(session: Session, identifier: str) -> Batch | None:
    """The batch of this identifier, None if there is none."""
    rows = await session.rows(BATCHES, Batch, conditions=Field("batchIdentifier").eq(identifier))
    return next((row for row in rows if row.batch_identifier == identifier), None)


async def delete_batch(session: Session, batch_id: int) -> None:
    """Delete a batch: its records return to the unposted list. RecordMissing if it is gone already."""
    await session.write("DELETE", f"{BATCHES}/{batch_id}")


async def invoice_marks(session: Session, invoice_ids: Sequence[int]) -> list[InvoiceMark]:
    """Batch, status and total of these invoices, read now."""
    marks: list[InvoiceMark] = []
    for chunk in in_chunks(invoice_ids):
        rows = await session.rows(
            "/finance/invoices", Invoice, conditions=Field("id").in_(chunk), fields="id,glBatch,status,total"
        )
        marks += [_mark(row) for row in rows]
    return marks


def _mark(invoice: Invoice) -> InvoiceMark:
    batch = invoice.gl_batch
    return InvoiceMark(
        id=invoice.id,
        gl_batch_id=batch.id if batch else None,
        gl_batch_name=batch.name if batch else None,
        status_closed=invoice.status.is_closed if invoice.status else None,
        total=invoice.total,
    )
