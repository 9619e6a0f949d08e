"""The document that takes another one back, and the numbers of what stands beside a document that stays (M8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument

REVERSED_BY = {
    DocumentKind.SALES_INVOICE: DocumentKind.CREDIT_NOTE,
    DocumentKind.CREDIT_NOTE: DocumentKind.SALES_INVOICE,
    DocumentKind.BILL: DocumentKind.SUPPLIER_CREDIT,
    DocumentKind.SUPPLIER_CREDIT: DocumentKind.BILL,
    DocumentKind.JOURNAL: DocumentKind.JOURNAL,
}


def open_day(day: date, lock: date | None) -> date:
    """The day itself, or the first one after the closed period it lies in."""
    return day if lock is None or day > lock else lock + timedelta(days=1)


def reversal(document: LedgerDocument, on: date, edition: int, number_length: int) -> LedgerDocument:
    """What takes `document` back on a day: the opposite kind with the same lines, a journal with its sides changed."""
    journal = document.kind is DocumentKind.JOURNAL
    return replace(
        document,
        kind=REVERSED_BY[document.kind],
        number=reversal_number(document.number, edition, number_length),
        document_date=on,
        due_date=on,
        reference=document.number,
        lines=tuple(_opposite(line) if journal else line for line in document.lines),
        draft=False,
        terms=None,
        new_items=(),
    )


def _opposite(line: DocumentLine) -> DocumentLine:
    return replace(line, unit_amount=-line.unit_amount, net=-line.net, tax_amount=-line.tax_amount)


def reversal_number(number: str, edition: int, length: int) -> str:
    """The number of the document that takes back the document of an edition: `1042-CR`, `1042-CR2` for the second."""
    return _ending(number, f"-CR{edition + 1 if edition else ''}", length)


def edition_number(number: str, edition: int, length: int) -> str:
    """The number of a document of an edition: the record's own for the first, `1042-2` for what replaces it."""
    return number if edition == 0 else _ending(number, f"-{edition + 1}", length)


def _ending(number: str, ending: str, length: int) -> str:
    """A number too long for the ledger loses its end, never the ending that tells two documents apart."""
    return number[: length - len(ending)] + ending
