"""What a first look may hold against the ledger: only what is ours, and what every ledger keeps as it was sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from ledgerwire.accounting.port import FoundDocument, ReadDocument, ReadLine
from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument, Tracking
from ledgerwire.poster.domain.posting import PostingState
from ledgerwire.poster.drift.domain.comparison import Shown, drifted, only
from ledgerwire.poster.drift.records import Looked
from ledgerwire.poster.drift.sent import posted
from ledgerwire.poster.drift.shown import shown

DAY, DUE = date(2026, 2, 12), date(2026, 3, 12)


def line(net: str, account: str = "200", tax_type: str = "OUTPUT", *tracking: Tracking) -> DocumentLine:
    amount = Decimal(net)
    return DocumentLine("Labour", Decimal(2), amount / 2, amount, account, tax_type, Decimal(0), tracking=tracking)


SENT = LedgerDocument(
    kind=DocumentKind.SALES_INVOICE, number="INV-7", contact=None, document_date=DAY, due_date=DUE, currency="AUD",
    lines=(line("100.00"), line("50.00", "210", "OUTPUT", Tracking("Region", "North")), line("0.00")),
    net=Decimal("150.00"), tax=Decimal(15), total=Decimal("165.00"), terms="Net 28",
)  # fmt: skip


def in_ledger(document: LedgerDocument) -> ReadDocument:
    found = FoundDocument(
        ledger_id="1", kind=document.kind, number=document.number, contact_id="c", document_date=document.document_date,
        currency=document.currency, net=document.net, tax=document.tax, total=document.total,
        line_count=len(document.lines), live=True,
    )  # fmt: skip
    lines = [
        ReadLine(
            description="", quantity=Decimal(1), unit_amount=one.net, net=one.net, tax=one.tax_amount,
            account_code=one.account_code, tax_type=one.tax_type, tracking=one.tracking,
        )
        for one in document.lines
    ]  # fmt: skip
    return ReadDocument(found=found, due_date=document.due_date, reference=None, contact_name="", lines=tuple(lines))


def told(
    there: LedgerDocument, *, by_item: bool = False, answered: bool = True, sent: LedgerDocument = SENT
) -> set[str]:
    """The fields that a first look tells of."""
    now: Shown = shown(in_ledger(there), item_decides_account=by_item)
    looked = Looked(
        UUID(int=1), sent.kind, sent.number, "1", PostingState.POSTED, sent, "c", sent.total, "b", answered=answered
    )
    expected = posted(looked, now, item_decides_account=by_item)
    found = drifted(expected, only(list(expected), now))
    return {change.field for change in found.changes} if found else set()


def coded(place: int, **fields: object) -> LedgerDocument:
    lines = list(SENT.lines)
    lines[place] = replace(lines[place], **fields)  # type: ignore[arg-type]
    return replace(SENT, lines=tuple(lines))


@pytest.mark.parametrize("by_item", [True, False])
@pytest.mark.parametrize(
    "there",
    [
        SENT,
        replace(SENT, lines=SENT.lines[::-1]),
        replace(SENT, lines=SENT.lines[:2]),
        coded(0, description="other", quantity=Decimal(1), unit_amount=Decimal(100)),
        coded(0, tracking=(Tracking("Region", "South"),)),
        coded(1, tracking=()),
        coded(1, tracking=(Tracking("Region", "NORTH"), Tracking("Team", "A"))),
    ],
    ids=["as sent", "another order", "without a line over nothing", "another text and price", "a category of the contact's",
         "a category dropped", "letter case"],
)  # fmt: skip
def test_what_a_ledger_may_write_in_its_own_way_is_no_drift(there: LedgerDocument, by_item: bool) -> None:
    assert told(there, by_item=by_item) == set()


@pytest.mark.requirement("D11")
@pytest.mark.parametrize(
    ("there", "field"),
    [
        (coded(0, account_code="260"), "line 1 account"),
        (coded(0, tax_type="EXEMPTOUTPUT"), "line 1 tax type"),
        (coded(1, tracking=(Tracking("Region", "South"),)), "line 2 tracking"),
        (replace(SENT, due_date=DAY), "due date"),
        (replace(SENT, number="INV-8"), "number"),
        (replace(SENT, tax=Decimal(14)), "tax"),
        (replace(SENT, net=Decimal(149)), "net"),
    ],
)
def test_what_is_ours_and_was_changed_before_the_first_look_is_told(there: LedgerDocument, field: str) -> None:
    assert told(there) == {field}
    assert told(there, answered=False) == set(), "it may have been coded by a person who made it"


def test_where_the_item_decides_neither_account_nor_tax_type_nor_a_due_date_with_terms_is_ours() -> None:
    changed = coded(0, account_code="260", tax_type="NON")
    assert told(replace(changed, due_date=DAY), by_item=True) == set()


def test_a_bill_is_held_against_its_accounts_there_too() -> None:
    sent = replace(SENT, kind=DocumentKind.BILL)
    assert told(replace(coded(0, account_code="310"), kind=DocumentKind.BILL), by_item=True, sent=sent) == {
        "line 1 account"
    }


def test_a_tax_of_nothing_is_the_same_with_a_sign_and_without() -> None:
    assert told(replace(SENT, tax=Decimal(0)), sent=replace(SENT, tax=Decimal("-0.00"))) == set()


def test_a_line_split_over_two_accounts_is_told() -> None:
    split = (line("60.00"), line("40.00", "260"), *SENT.lines[1:])
    assert "line 1 net" in told(replace(SENT, lines=split))
