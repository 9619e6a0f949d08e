"""Credit notes applied to invoices, and taken back (developer documentation "Credit Notes", allocations)."""

from __future__ import annotations

from ledgerwire.accounting.port import CreditApplied
from ledgerwire.accounting.wire import Json, UnreadableError, optional_amount
from ledgerwire.accounting.xero.client import XeroClient
from ledgerwire.accounting.xero.documents import current
from ledgerwire.accounting.xero.endpoints import ENDPOINTS
from ledgerwire.accounting.xero.errors import Answer, saved, unreadable
from ledgerwire.accounting.xero.payloads import allocation_body
from ledgerwire.accounting.xero.refusals import day_words
from ledgerwire.accounting.xero.settlements import applied_by
from ledgerwire.common.errors import Ambiguous
from ledgerwire.common.ledger.document import DocumentKind

_NOTES = ENDPOINTS[DocumentKind.CREDIT_NOTE]


async def allocate(client: XeroClient, credit: CreditApplied, idempotency_key: str) -> None:
    """Apply a part of a credit note to an invoice.

    Raises:
        Waiting, Transient: nothing was done.
        Ambiguous: read the settlements to see.
        Stopped: PAYMENT_OVER_BALANCE, PERIOD_LOCKED, or LEDGER_REFUSED in Xero's words.
    """
    path = f"/CreditNotes/{credit.credit_id}/Allocations?summarizeErrors=false"
    answer = await client.write("PUT", path, allocation_body(credit), idempotency_key)
    made = _done(answer, credit)
    try:
        amounts = [optional_amount(row, "Amount") for row in made]
    except UnreadableError as error:
        raise Ambiguous(f"Xero's answer could not be read: {error}") from error
    if amounts != [credit.amount]:
        unreadable("the allocation is not in it", write=True)


async def deallocate(client: XeroClient, credit: CreditApplied) -> None:
    """Take an allocation back; one that is gone already is no error.

    An allocation without its id is looked for on the credit note: same invoice, same amount.

    Raises:
        Waiting, Transient, Ambiguous, Stopped: as `allocate`.
    """
    allocation_id = credit.allocation_id or await _id_of(client, credit)
    if not allocation_id:
        return
    answer = await client.remove(f"/CreditNotes/{credit.credit_id}/Allocations/{allocation_id}")
    if answer is not None:
        _done(answer, credit)


async def _id_of(client: XeroClient, credit: CreditApplied) -> str:
    note = await current(client, _NOTES, credit.credit_id)
    try:
        standing = applied_by(note) if note else ()
    except UnreadableError as error:
        unreadable(str(error), write=False)
    wanted = (credit.invoice_id.lower(), credit.amount)
    return next((one.allocation_id for one in standing if (one.invoice_id, one.amount) == wanted), "")


def _done(answer: Answer, credit: CreditApplied) -> list[Json]:
    about = {"amount": f"{credit.amount:,.2f}", "date": day_words(credit.applied_on)}
    return saved(answer, "Allocations", credit.credit_number or credit.invoice_number, about)
