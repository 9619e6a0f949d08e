"""What has settled the sales documents: cash apart from credit (M18).

An invoice shows which credit notes were applied to it; the allocations with their ids stand on the credit notes. It shows
too what overpayments and prepayments brought: Xero counts them as credited, not as paid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from ledgerwire.accounting.port import CreditApplied, Settlement
from ledgerwire.accounting.wire import Json, UnreadableError, optional_amount, rows, text
from ledgerwire.accounting.xero.client import XeroClient
from ledgerwire.accounting.xero.documents import current
from ledgerwire.accounting.xero.endpoints import DRAFTS, ENDPOINTS, GONE
from ledgerwire.accounting.xero.errors import unreadable
from ledgerwire.accounting.xero.paging import pages
from ledgerwire.accounting.xero.query import equals
from ledgerwire.accounting.xero.refusals import day_words
from ledgerwire.accounting.xero.wire import amount, calendar_date, guid, moment
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.money import ZERO, total

_ADVANCES = {"Overpayments": "overpayment", "Prepayments": "prepayment"}
Credits = dict[str, tuple[CreditApplied, ...]]


async def settlements(client: XeroClient, changed_since: datetime | None) -> tuple[Settlement, ...]:
    """Sales invoices and credit notes changed since then, or all that are live. Raises Waiting or Transient."""
    invoices = await _changed(client, DocumentKind.SALES_INVOICE, changed_since)
    notes = await _changed(client, DocumentKind.CREDIT_NOTE, changed_since)
    try:
        credits_ = {_needed_id(note, "CreditNoteID"): applied_by(note) for note in notes}
        for credit_id in _not_read(invoices, credits_):
            note = await current(client, ENDPOINTS[DocumentKind.CREDIT_NOTE], credit_id)
            credits_[credit_id] = applied_by(note) if note else ()
        found = [_of_invoice(row, credits_) for row in invoices] + [_of_note(row, credits_) for row in notes]
    except UnreadableError as error:
        unreadable(str(error), write=False)
    return tuple(row for row in found if row.live or changed_since is not None)


def applied_by(note: Json) -> tuple[CreditApplied, ...]:
    """The allocations that stand on a credit note. Raises UnreadableError when one lacks what it always has."""
    if text(note, "Status") in GONE:
        return ()
    standing = [row for row in rows(note, "Allocations") if row.get("IsDeleted") is not True]
    return tuple(_applied(note, row) for row in standing)


def _applied(note: Json, allocation: Json) -> CreditApplied:
    invoice = allocation.get("Invoice")
    dated = calendar_date(allocation, "Date")
    if not isinstance(invoice, dict) or dated is None:
        raise UnreadableError("invoice or date of an allocation is missing")
    return CreditApplied(
        credit_id=_needed_id(note, "CreditNoteID"),
        credit_number=text(note, "CreditNoteNumber") or "",
        invoice_id=_needed_id(invoice, "InvoiceID"),
        invoice_number=text(invoice, "InvoiceNumber") or "",
        amount=amount(allocation, "Amount"),
        applied_on=dated,
        allocation_id=guid(allocation, "AllocationID") or "",
    )


async def _changed(client: XeroClient, kind: DocumentKind, changed_since: datetime | None) -> list[Json]:
    endpoint = ENDPOINTS[kind]
    # Ordered by id, a row that changes while pages are read keeps its place and none is passed over.
    params = {"where": equals("Type", endpoint.type), "order": endpoint.id_field}
    listed = pages(client, endpoint.collection, params, changed_since=changed_since)
    found = {guid(row, endpoint.id_field): row async for row in listed if endpoint.holds(row)}
    return [row for row in found.values() if text(row, "Status") not in DRAFTS]


def _not_read(invoices: Sequence[Json], known: Credits) -> list[str]:
    """Credit notes that stand on these invoices and did not change themselves."""
    named = [_needed_id(note, "CreditNoteID") for row in invoices for note in rows(row, "CreditNotes")]
    return [credit_id for credit_id in dict.fromkeys(named) if credit_id not in known]


def _of_invoice(row: Json, known: Credits) -> Settlement:
    invoice_id = _needed_id(row, "InvoiceID")
    notes = dict.fromkeys(_needed_id(note, "CreditNoteID") for note in rows(row, "CreditNotes"))
    standing = tuple(one for note in notes for one in known.get(note, ()) if one.invoice_id == invoice_id)
    return _settlement(DocumentKind.SALES_INVOICE, row, (*standing, *_advances(row)), "AmountDue")


def _advances(invoice: Json) -> Iterable[CreditApplied]:
    """Money that came before the invoice. It shows no day of its own on which it was applied: not before both were there."""
    raised = calendar_date(invoice, "Date")
    for field, name in _ADVANCES.items():
        for advance in rows(invoice, field):
            received = calendar_date(advance, "Date") or raised
            applied = optional_amount(advance, "AppliedAmount")
            if not applied or received is None:
                continue
            yield CreditApplied(
                credit_id="",
                credit_number=f"{name} of {day_words(received)}",
                invoice_id=_needed_id(invoice, "InvoiceID"),
                invoice_number=text(invoice, "InvoiceNumber") or "",
                amount=applied,
                applied_on=max(received, raised or received),
            )


def _of_note(row: Json, known: Credits) -> Settlement:
    return _settlement(DocumentKind.CREDIT_NOTE, row, known[_needed_id(row, "CreditNoteID")], "RemainingCredit")


def _settlement(kind: DocumentKind, row: Json, standing: tuple[CreditApplied, ...], left: str) -> Settlement:
    endpoint = ENDPOINTS[kind]
    contact = row.get("Contact")
    live = text(row, "Status") not in GONE
    payments = rows(row, "Payments") if live else []
    paid = optional_amount(row, "AmountPaid")
    return Settlement(
        ledger_id=_needed_id(row, endpoint.id_field),
        kind=kind,
        number=endpoint.number_of(row),
        contact_id=(guid(contact, "ContactID") or "") if isinstance(contact, dict) else "",
        currency=text(row, "CurrencyCode") or "",
        total=amount(row, "Total"),
        balance=amount(row, left),
        # A credit note shows no sum of its refunds.
        cash=paid if paid is not None and live else total(amount(payment, "Amount") for payment in payments),
        credits=standing if live else (),
        paid_on=_last_day(payments),
        live=live,
        changed_at=moment(row, "UpdatedDateUTC"),
        reference=text(row, "Reference"),
    )


def _last_day(payments: Sequence[Json]) -> date | None:
    days = [calendar_date(payment, "Date") for payment in payments if (optional_amount(payment, "Amount") or ZERO) > 0]
    return max((day for day in days if day is not None), default=None)


def _needed_id(row: Json, name: str) -> str:
    found = guid(row, name)
    if found is None:
        raise UnreadableError(f"{name} is missing")
    return found
