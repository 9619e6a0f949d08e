"""A bill or journal that stands twice in the ledger is seen, although its number may repeat."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.poster.reconciliation.domain import placing, report
from ledgerwire.poster.reconciliation.domain.model import (
    Bucket,
    ClosedRecord,
    OwnDocument,
    OwnRecord,
    SeenDocument,
    Wanted,
)

DAY, COMPANY, EIGHTY_EIGHT = date(2026, 3, 14), "Sydney", Decimal("88.00")
RECEIPT = ClosedRecord(
    UUID(int=7), "procurement", "9", "SUP-9", "Cablemart", DAY, "AUD", EIGHTY_EIGHT, COMPANY, batched=True
)


def bill(ledger_id: str, kind: DocumentKind = DocumentKind.BILL, **changes: Any) -> SeenDocument:
    return replace(
        SeenDocument(COMPANY, ledger_id, kind, "SUP-9", DAY, "AUD", EIGHTY_EIGHT, contact_id="C-1"), **changes
    )


def placed(*documents: SeenDocument) -> placing.Placed:
    """The receipt with its document L-1, which a posting of ours names, and what else the ledger shows."""
    kind = documents[0].kind
    own = {RECEIPT.record_id: OwnRecord("mapped", "batched", wanted=(Wanted(kind, "SUP-9", EIGHTY_EIGHT, "AUD"),))}
    claimed = OwnDocument(RECEIPT.record_id, COMPANY, kind, "SUP-9", "L-1")
    return placing.place([RECEIPT], own, [claimed], documents)


@pytest.mark.requirement("D1", "M16")
@pytest.mark.parametrize("kind", [DocumentKind.BILL, DocumentKind.SUPPLIER_CREDIT, DocumentKind.JOURNAL])
def test_a_copy_of_a_document_is_placed_with_its_record(kind: DocumentKind) -> None:
    found = placed(bill("L-1", kind), bill("L-2", kind, draft=True))
    assert [item.ledger_id for item in found.of[RECEIPT.record_id]] == ["L-1", "L-2"]


@pytest.mark.requirement("D1", "M16")
@pytest.mark.parametrize(
    "other",
    [
        bill("L-2", contact_id="C-2"),
        bill("L-2", dated=DAY + timedelta(days=1)),
        bill("L-2", total=Decimal("88.01")),
        bill("L-2", company="Perth"),
    ],
)
def test_what_differs_in_anything_that_people_see_is_another_document(other: SeenDocument) -> None:
    found = placed(bill("L-1"), other)
    assert [item.ledger_id for item in found.of[RECEIPT.record_id]] == ["L-1"]


@pytest.mark.requirement("D1")
def test_a_record_with_a_copy_is_in_the_bucket_of_those_posted_twice() -> None:
    wanted = (Wanted(DocumentKind.BILL, "SUP-9", EIGHTY_EIGHT, "AUD"),)
    own = {RECEIPT.record_id: OwnRecord("mapped", "batched", wanted=wanted)}
    row = report.judge(RECEIPT, own[RECEIPT.record_id], [bill("L-1"), bill("L-2")], ours=True)
    assert row.bucket is Bucket.TWICE
