"""What is asked of the ledger: as few calls as the documents need, and nothing is overlooked."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ledgerwire.accounting.port import FoundDocument, Limits, ReadDocument
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Stopped, Waiting
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.poster.reconciliation import ledger_side

INVOICE, CREDIT, BILL = DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE, DocumentKind.BILL
MARCH = (date(2026, 3, 1), date(2026, 3, 31))


def document(number: str, kind: DocumentKind = INVOICE, day: date = MARCH[0], *, live: bool = True) -> FoundDocument:
    total = Decimal("110.00")
    return FoundDocument(f"{kind}-{number}", kind, number, "c", day, "AUD", total, total, total, 1, live)


class Books:
    def __init__(self, *documents: FoundDocument, unaskable: str = "", limited: int = 0) -> None:
        self.limits = Limits()
        self.documents, self.unaskable, self.limited = documents, unaskable, limited
        self.asked: list[tuple[str, DocumentKind, tuple[str, ...]]] = []

    def note(self, what: str, kind: DocumentKind, *names: str) -> None:
        if self.limited:
            self.limited -= 1
            raise Waiting("no more", code="RATE_LIMITED", after=timedelta(0))
        self.asked.append((what, kind, names))

    async def documents_dated(self, kind, first, last):
        self.note("dated", kind)
        return [one for one in self.documents if one.kind is kind and first <= one.document_date <= last]

    async def find_documents(self, kind, numbers):
        self.note("numbers", kind, *numbers)
        if self.unaskable in numbers:
            raise Stopped([Finding("CHARACTER_NOT_SEARCHABLE", {"field": "Number", "value": "x", "number": "x", "character": "a comma", "ledger": "Xero"})])  # fmt: skip
        return [one for one in self.documents if one.kind is kind and one.number in numbers]

    async def read_document(self, kind, ledger_id):
        self.note("id", kind, ledger_id)
        found = [one for one in self.documents if one.ledger_id == ledger_id]
        return ReadDocument(found[0], None, None, "", ()) if found else None


async def read(books: Books, numbers=None, known=()) -> set[str]:
    found = await ledger_side.read(books, "Sydney", MARCH, numbers or {}, known)
    return {item.ledger_id for item in found}


async def test_a_month_whose_invoices_are_all_there_costs_two_calls() -> None:
    books = Books(*(document(f"INV-{n}") for n in range(300)))
    found = await read(books, {INVOICE: {f"INV-{n}" for n in range(300)}}, [(INVOICE, "sales_invoice-INV-7")])
    assert len(found) == 300
    assert [what for what, *_ in books.asked] == ["dated", "dated"]


async def test_what_is_dated_elsewhere_is_found_by_number_and_what_was_renumbered_by_id() -> None:
    april = date(2026, 4, 2)
    books = Books(document("INV-1", day=april), document("SUP-1", BILL), document("OTHER", CREDIT, april))
    known = [(CREDIT, "credit_note-OTHER"), (CREDIT, "credit_note-GONE")]
    assert await read(books, {INVOICE: {"INV-1", ""}, BILL: {"SUP-1"}}, known) == {
        "sales_invoice-INV-1",
        "bill-SUP-1",
        "credit_note-OTHER",
    }


async def test_voided_documents_do_not_count() -> None:
    assert await read(Books(document("INV-1", live=False)), {INVOICE: {"INV-1"}}) == set()


async def test_a_number_that_cannot_be_asked_for_does_not_hide_the_others() -> None:
    books = Books(document("INV-1", day=date(2026, 4, 2)), unaskable="A,B")
    assert await read(books, {INVOICE: {"INV-1", "A,B"}}) == {"sales_invoice-INV-1"}


async def test_a_spent_budget_is_waited_for_and_a_closed_connection_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await read(Books(document("INV-1"), limited=2)) == {"sales_invoice-INV-1"}
    monkeypatch.setattr(ledger_side, "PATIENCE", timedelta(seconds=-1))
    with pytest.raises(Waiting):
        await read(Books(limited=1))
