"""A foreign record and its documents, each in the currency it was decided in (M15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.poster.reconciliation.domain import placing
from ledgerwire.poster.reconciliation.domain.model import (
    Bucket,
    ClosedRecord,
    OwnDocument,
    OwnRecord,
    SeenDocument,
    Wanted,
)
from ledgerwire.poster.reconciliation.domain.report import report
from ledgerwire.poster.reconciliation.domain.verdict import judge

pytestmark = pytest.mark.requirement("D1", "M15")

SALE, JOURNAL, BILL = DocumentKind.SALES_INVOICE, DocumentKind.JOURNAL, DocumentKind.BILL
DAY = date(2026, 3, 14)
RECORD = UUID(int=5)


def record(kind: str, total: str, currency: str) -> ClosedRecord:
    return ClosedRecord(RECORD, kind, "1", "INV-1", "Acme GmbH", DAY, currency, Decimal(total), "Sydney", batched=True)


def wanted(kind: DocumentKind, number: str, total: str, currency: str) -> Wanted:
    return Wanted(kind, number, Decimal(total), currency)


def shown(item: Wanted, **changes: object) -> SeenDocument:
    made = SeenDocument("Sydney", f"{item.kind}-1", item.kind, item.number, DAY, item.currency, item.total)
    return replace(made, **changes)


INVOICE = wanted(SALE, "INV-1", "110.00", "EUR")
COGS = wanted(JOURNAL, "COGS-INV-1", "60.00", "AUD")
SOLD = OwnRecord("mapped", "batched", wanted=(INVOICE, COGS))


@pytest.mark.requirement("M6")
def test_a_foreign_invoice_with_a_base_currency_journal_is_posted_once_and_its_total_is_the_sale() -> None:
    row = judge(record("invoice", "110.00", "EUR"), SOLD, [shown(INVOICE), shown(COGS)])
    assert row.bucket is Bucket.POSTED_ONCE
    assert row.ledger_total == Decimal("110.00")


def test_an_invoice_or_its_journal_in_a_currency_of_its_own_differs() -> None:
    closed = record("invoice", "110.00", "EUR")
    for found in ([shown(INVOICE, currency="AUD"), shown(COGS)], [shown(INVOICE), shown(COGS, currency="EUR")]):
        assert judge(closed, SOLD, found).bucket is Bucket.AMOUNT_DIFFERS
    undecided = OwnRecord("stopped")
    assert judge(closed, undecided, [shown(INVOICE), shown(COGS)]).bucket is Bucket.POSTED_ONCE
    assert judge(closed, undecided, [shown(INVOICE, currency="USD")]).bucket is Bucket.AMOUNT_DIFFERS


@pytest.mark.requirement("M17")
def test_a_foreign_expense_is_judged_and_counted_in_the_currency_of_its_journal() -> None:
    journal = wanted(JOURNAL, "EXP-1", "41.80", "AUD")
    own = OwnRecord("mapped", "batched", wanted=(journal,))
    row = judge(record("expense", "41.80", "AUD"), own, [shown(journal)])
    assert (row.bucket, row.ledger_total) == (Bucket.POSTED_ONCE, Decimal("41.80"))
    assert (
        judge(record("expense", "41.80", "AUD"), own, [shown(journal, currency="EUR")]).bucket is Bucket.AMOUNT_DIFFERS
    )


def test_a_total_only_adds_what_is_in_its_currency() -> None:
    bill, freight = wanted(BILL, "SUP-1", "80.00", "EUR"), wanted(JOURNAL, "SUP-1", "9.00", "AUD")
    closed = record("procurement", "80.00", "EUR")
    own = {RECORD: OwnRecord("mapped", "batched", wanted=(bill, freight))}
    seen = [shown(bill), shown(freight)]
    claims = [OwnDocument(RECORD, "Sydney", item.kind, item.number, item.ledger_id) for item in seen]
    made = report((DAY, DAY), [closed], own, placing.place([closed], own, claims, seen), {}, [])
    [total] = made.totals()
    assert (total.bucket, total.currency, total.source, total.ledger) == (
        Bucket.POSTED_ONCE, "EUR", Decimal("80.00"), Decimal("80.00"),
    )  # fmt: skip
