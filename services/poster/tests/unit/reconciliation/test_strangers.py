"""Documents that none of our rows knows: which of them are asked about."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.poster.reconciliation.domain import placing
from ledgerwire.poster.reconciliation.domain.model import ClosedRecord, SeenDocument

DAY, AMOUNT = date(2026, 3, 14), Decimal("110.00")
BILL, CREDIT, INVOICE = DocumentKind.BILL, DocumentKind.CREDIT_NOTE, DocumentKind.SALES_INVOICE


def seen(number: str, kind: DocumentKind = INVOICE) -> SeenDocument:
    return SeenDocument("Sydney", f"{kind}-{number}", kind, number, DAY, "AUD", AMOUNT)


@pytest.mark.requirement("D1")
def test_only_sales_documents_with_numbers_like_ours_are_asked_about() -> None:
    record = ClosedRecord(UUID(int=1), "invoice", "1", "INV-1042", "Acme", DAY, "AUD", AMOUNT, "Sydney", batched=True)
    documents = [seen("INV-9999"), seen("CM-77", CREDIT), seen("HAND-1"), seen("INV-99999"), seen("INV-1234", BILL)]
    placed = placing.place([record], {}, [], documents)
    found = placing.strangers(placed, ["INV-1042", "cm-10"])
    assert {item.number for item in found} == {"INV-9999", "CM-77"}
