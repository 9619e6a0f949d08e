"""A document of several records is judged, and counted, once for each of them (M17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.poster.reconciliation.domain import placing
from ledgerwire.poster.reconciliation.domain.model import (
    Bucket,
    ClosedRecord,
    OwnDocument,
    OwnRecord,
    Report,
    SeenDocument,
    Wanted,
    signed,
)
from ledgerwire.poster.reconciliation.domain.report import report
from ledgerwire.poster.reconciliation.domain.shares import Group, Share, split, standing

pytestmark = pytest.mark.requirement("M17", "D1")

BILL, CREDIT = DocumentKind.BILL, DocumentKind.SUPPLIER_CREDIT
DAY = date(2026, 2, 12)
GROUP = UUID(int=17)


def share(number: int, total: str, kind: DocumentKind = BILL) -> Share:
    return Share(uuid5(GROUP, str(number)), str(number), Wanted(kind, f"EXP-{number}", Decimal(total), "AUD"))


def group(*shares: Share) -> Group:
    owed = sum((signed(one.wanted.kind, one.wanted.total) for one in shares), Decimal(0))
    return Group(GROUP, "Sydney", Wanted(BILL if owed >= 0 else CREDIT, "EXPR-77", abs(owed), "AUD"), shares)


def seen(made: Group, **changes: object) -> SeenDocument:
    wanted = made.document
    return replace(SeenDocument("Sydney", "L-1", wanted.kind, "EXPR-77", DAY, "AUD", wanted.total), **changes)


CLAIM = OwnDocument(GROUP, "Sydney", BILL, "EXPR-77", "L-1")


def reconciled(made: Group, document: SeenDocument | None, claims: tuple[OwnDocument, ...] = (CLAIM,)) -> Report:
    """The report of the group's records, all of them batched."""
    records = [
        ClosedRecord(one.record_id, "expense", one.source_id, one.wanted.number, "Jo", DAY, "AUD",
                     signed(one.wanted.kind, one.wanted.total), "Sydney", True)
        for one in made.shares
    ]  # fmt: skip
    own = {one.record_id: OwnRecord("mapped", "batched", wanted=(one.wanted,)) for one in made.shares}
    split_claims, shown = split([made], claims, [document] if document else [])
    known = standing(own, [made])
    placed = placing.place(records, known, split_claims, shown)
    return report((DAY, DAY), records, known, placed, {}, [])


def test_each_record_of_a_document_is_posted_once_and_the_sums_are_the_document() -> None:
    made = group(share(1, "41.80"), share(2, "12.05"), share(3, "7.15", CREDIT))
    found = reconciled(made, seen(made))
    assert [row.bucket for row in found.rows] == [Bucket.POSTED_ONCE] * 3
    [total] = found.totals()
    assert (total.records, total.source, total.ledger) == (3, Decimal("46.70"), Decimal("46.70"))
    assert found.complete


def test_a_document_that_is_not_its_records_differs_in_one_of_them_and_still_adds_up() -> None:
    made = group(share(1, "41.80"), share(2, "12.05"))
    found = reconciled(made, seen(made, total=Decimal("50.00")))
    assert sorted(row.bucket for row in found.rows) == [Bucket.AMOUNT_DIFFERS, Bucket.POSTED_ONCE]
    assert sum(row.ledger_total for row in found.rows) == Decimal("50.00")


def test_a_document_that_our_rows_forgot_is_found_by_number_kind_and_total() -> None:
    made = group(share(1, "41.80"), share(2, "12.05"))
    assert [row.bucket for row in reconciled(made, seen(made), ()).rows] == [Bucket.POSTED_ONCE] * 2
    other = seen(made, number="EXPR-78")
    assert [row.bucket for row in reconciled(made, other, ()).rows] == [Bucket.BATCHED_NOT_POSTED] * 2


def test_without_its_document_every_record_is_batched_and_not_posted() -> None:
    made = group(share(1, "41.80"), share(2, "12.05"))
    assert [row.bucket for row in reconciled(made, None).rows] == [Bucket.BATCHED_NOT_POSTED] * 2


def test_records_that_together_move_nothing_need_no_document() -> None:
    made = replace(group(share(1, "41.80"), share(2, "41.80", CREDIT)), document=None)
    assert [row.bucket for row in reconciled(made, None).rows] == [Bucket.NO_EFFECT] * 2


AMOUNTS = st.lists(st.tuples(st.integers(1, 100_000), st.booleans()), min_size=1, max_size=12)


@given(AMOUNTS, st.integers(0, 100_000))
def test_shares_always_add_up_to_what_the_ledger_shows(spendings: list[tuple[int, bool]], shown: int) -> None:
    shares = [
        share(number, str(Decimal(cents) / 100), CREDIT if credit else BILL)
        for number, (cents, credit) in enumerate(spendings)
    ]
    made = group(*shares)
    document = seen(made, total=Decimal(shown) / 100)
    claims, parts = split([made], [CLAIM], [document])
    assert sum((part.amount for part in parts), Decimal(0)) == document.amount
    assert [claim.record_id for claim in claims] == [one.record_id for one in shares]
    assert len({part.key for part in parts}) == len(shares)
