"""A posted document is compared with what was decided, field by field (D3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.accounting.difference import Difference, differences
from ledgerwire.accounting.port import FoundDocument, ReadDocument, ReadLine
from ledgerwire.common.ledger.document import ContactDecision, DocumentKind, DocumentLine, LedgerDocument

DAY = date(2026, 2, 1)
DOCUMENT = LedgerDocument(
    DocumentKind.SALES_INVOICE, "1042", ContactDecision("19", "Acme", "linked"), DAY, date(2026, 2, 15), "AUD",
    (DocumentLine("Switch", Decimal(1), Decimal("240.00"), Decimal("240.00"), "210", "OUTPUT", Decimal("24.00")),),
    Decimal("240.00"), Decimal("24.00"), Decimal("264.00"),
)  # fmt: skip
READ = ReadDocument(
    FoundDocument(
        "id-1", DocumentKind.SALES_INVOICE, "1042", "c-1", DAY, "AUD", Decimal("240.00"), Decimal("24.00"),
        Decimal("264.00"), 1, live=True,
    ),
    date(2026, 2, 15), None, "Acme",
    (ReadLine("Switch", Decimal(1), Decimal("240.00"), Decimal("240.00"), Decimal("24.00"), "210", "OUTPUT"),),
)  # fmt: skip


@pytest.mark.requirement("D3")
def test_a_document_that_is_as_decided_has_no_difference() -> None:
    assert differences(DOCUMENT, READ) == ()


@pytest.mark.requirement("D3")
def test_each_field_that_somebody_changed_is_named_with_both_values() -> None:
    changed = replace(READ, due_date=date(2026, 3, 1), lines=(replace(READ.lines[0], account_code="220"),))
    assert differences(DOCUMENT, changed) == (
        Difference("due date", "2026-02-15", "2026-03-01"),
        Difference("account", "210", "220", 1),
    )


@pytest.mark.requirement("D3")
def test_lines_that_only_one_side_has_and_a_voided_document_are_told() -> None:
    gone = replace(READ, found=replace(READ.found, live=False), lines=())
    assert differences(DOCUMENT, gone) == (
        Difference("state", "in the books", "void"),
        Difference("line", "Switch", "none", 1),
    )
    more = replace(READ, lines=(*READ.lines, replace(READ.lines[0], description="Added by hand")))
    assert differences(DOCUMENT, more) == (Difference("line", "none", "Added by hand", 2),)
