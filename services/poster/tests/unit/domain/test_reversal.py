"""What takes a document back is its mirror image under a number of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument
from ledgerwire.poster.domain.reversal import edition_number, open_day, redated, reversal, reversal_number, with_tax

DAY = date(2026, 11, 2)


def document(kind: DocumentKind, *nets: str) -> LedgerDocument:
    lines = tuple(
        DocumentLine("x", Decimal(1), Decimal(net), Decimal(net), "200", "OUTPUT", Decimal("1.00")) for net in nets
    )
    total = Decimal(100)
    return LedgerDocument(
        kind, "1042", None, date(2026, 9, 1), date(2026, 9, 30), "AUD", lines, total, Decimal(0), total
    )


@pytest.mark.requirement("M8")
@pytest.mark.parametrize(
    ("kind", "opposite"),
    [
        (DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE),
        (DocumentKind.CREDIT_NOTE, DocumentKind.SALES_INVOICE),
        (DocumentKind.BILL, DocumentKind.SUPPLIER_CREDIT),
        (DocumentKind.SUPPLIER_CREDIT, DocumentKind.BILL),
    ],
)
def test_a_document_is_taken_back_by_the_opposite_kind_with_the_same_lines(
    kind: DocumentKind, opposite: DocumentKind
) -> None:
    back = reversal(document(kind, "60", "40"), DAY, 0, 255)
    assert (back.kind, back.number, back.document_date, back.reference) == (opposite, "1042-CR", DAY, "1042")
    assert [line.net for line in back.lines] == [Decimal(60), Decimal(40)]
    assert back.total == Decimal(100)


@pytest.mark.requirement("M6", "M8")
def test_a_journal_is_taken_back_by_changing_its_sides() -> None:
    back = reversal(document(DocumentKind.JOURNAL, "100", "-100"), DAY, 0, 255)
    assert back.kind is DocumentKind.JOURNAL
    assert [line.net for line in back.lines] == [Decimal(-100), Decimal(100)]
    assert back.total == Decimal(100)


def test_a_number_too_long_for_the_ledger_keeps_the_ending_that_tells_two_apart() -> None:
    assert edition_number("1042", 0, 21) == "1042"
    assert edition_number("1042", 1, 21) == "1042-2"
    assert edition_number("A" * 21, 1, 21) == "A" * 19 + "-2"
    assert reversal_number("A" * 21, 1, 21) == "A" * 17 + "-CR2"


@pytest.mark.requirement("D14")
def test_what_takes_a_document_back_is_never_dated_in_a_closed_period() -> None:
    assert open_day(DAY, None) == DAY
    assert open_day(DAY, date(2026, 11, 1)) == DAY
    assert open_day(DAY, DAY) == date(2026, 11, 3)


@pytest.mark.requirement("M8", "D14")
def test_a_credit_that_was_not_sent_leaves_a_period_that_was_closed_meanwhile() -> None:
    credit = reversal(document(DocumentKind.SALES_INVOICE, "60"), DAY, 0, 255)
    assert redated(credit, date(2026, 11, 1)) == credit
    moved = redated(credit, date(2026, 11, 30))
    assert (moved.document_date, moved.due_date) == (date(2026, 12, 1), date(2026, 12, 1))


@pytest.mark.requirement("M8", "M11")
@pytest.mark.parametrize(
    ("shown", "tax", "taxes"),
    [
        (("1.01", "1.01", "1.01"), "3.02", ("1.00", "1.01", "1.01")),
        (("1.01", "0", "1.01"), "2.05", ("1.03", "0", "1.02")),
        (("100.00", "-99.00"), "0.98", ("99.99", "-99.01")),
        (("0", "0"), "0.01", ("0.01", "0")),
        (("1.00", "2.00"), "3.00", ("1.00", "2.00")),
    ],
)
def test_the_tax_that_a_document_keeps_is_shared_over_its_lines(
    shown: tuple[str, ...], tax: str, taxes: tuple[str, ...]
) -> None:
    lines = document(DocumentKind.SALES_INVOICE, *("10" for _ in shown)).lines
    lines = tuple(replace(line, tax_amount=Decimal(one)) for line, one in zip(lines, shown, strict=True))
    assert [line.tax_amount for line in with_tax(lines, Decimal(tax))] == [Decimal(one) for one in taxes]
