"""The document that takes another one back, and the numbers of what stands beside a document that stays (M8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument
from ledgerwire.common.money import CENT, ZERO, round_down, total

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


def redated(document: LedgerDocument, lock: date | None) -> LedgerDocument:
    """What takes a document back and is not sent yet, moved out of a period that was closed since it was made."""
    on = open_day(document.document_date, lock)
    return document if on == document.document_date else replace(document, document_date=on, due_date=on)


def with_tax(lines: Sequence[DocumentLine], tax: Decimal) -> tuple[DocumentLine, ...]:
    """The lines with taxes that add up to the document's own `tax`.

    A ledger may show a line's tax only as its rate gives it, while the document keeps a total that was overridden. The
    difference goes to the taxed lines in proportion to their tax, in whole cents, by largest remainder.
    """
    difference = tax - total(line.tax_amount for line in lines)
    if not lines or difference == ZERO:
        return tuple(lines)
    weights = [abs(line.tax_amount) for line in lines]
    weights = weights if any(weights) else [abs(line.net) for line in lines]
    whole = total(weights) or Decimal(1)
    exact = [difference * weight / whole for weight in weights]
    parts = [round_down(part) for part in exact]
    cent = CENT if difference > 0 else -CENT
    by_remainder = sorted(range(len(parts)), key=lambda index: (-abs(exact[index] - parts[index]), index))
    for index in by_remainder[: int((difference - total(parts)) / cent)]:
        parts[index] += cent
    return tuple(
        replace(line, tax_amount=line.tax_amount + part, tax_override=True)
        for line, part in zip(lines, parts, strict=True)
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
