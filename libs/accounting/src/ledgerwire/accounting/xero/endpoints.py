"""How Xero names each kind of document."""

from __future__ import annotations

from dataclasses import dataclass

from ledgerwire.accounting.wire import Json, text
from ledgerwire.common.ledger.document import DocumentKind

GONE = frozenset({"VOIDED", "DELETED"})
DRAFTS = frozenset({"DRAFT", "SUBMITTED"})

AFTER_NUMBER = ": "
"""What parts our number from the rest of a journal's narration."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Collection, type and fields of one kind. A journal has no number of its own: its narration begins with ours."""

    collection: str
    type: str
    id_field: str
    number_field: str
    sales: bool = False
    journal: bool = False

    @property
    def lines_field(self) -> str:
        """Where the lines are."""
        return "JournalLines" if self.journal else "LineItems"

    @property
    def approved(self) -> str:
        """The status of a document that counts in the books."""
        return "POSTED" if self.journal else "AUTHORISED"

    def number_of(self, row: Json) -> str:
        """The document's number, "" without one."""
        shown = text(row, self.number_field) or ""
        return shown.split(AFTER_NUMBER, 1)[0] if self.journal else shown

    def holds(self, row: Json) -> bool:
        """Whether a row of the collection is of this kind; sales and purchases share one."""
        return self.journal or text(row, "Type") == self.type


ENDPOINTS = {
    DocumentKind.SALES_INVOICE: Endpoint("Invoices", "ACCREC", "InvoiceID", "InvoiceNumber", sales=True),
    DocumentKind.CREDIT_NOTE: Endpoint("CreditNotes", "ACCRECCREDIT", "CreditNoteID", "CreditNoteNumber", sales=True),
    DocumentKind.BILL: Endpoint("Invoices", "ACCPAY", "InvoiceID", "InvoiceNumber"),
    DocumentKind.SUPPLIER_CREDIT: Endpoint("CreditNotes", "ACCPAYCREDIT", "CreditNoteID", "CreditNoteNumber"),
    DocumentKind.JOURNAL: Endpoint("ManualJournals", "", "ManualJournalID", "Narration", journal=True),
}


def narration(number: str, told: str | None) -> str:
    """A journal's narration: our number first, then what else is to be said."""
    return f"{number}{AFTER_NUMBER}{told}" if told else number
