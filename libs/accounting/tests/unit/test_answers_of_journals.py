"""A journal is judged by its status, its debits and its warnings: Xero warns where it should refuse."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.accounting.port import Composed, Expected, Verdict, VerdictStatus
from ledgerwire.accounting.xero.answers import verdicts
from ledgerwire.accounting.xero.wire import ZERO_GUID
from ledgerwire.common.errors import Ambiguous
from ledgerwire.common.ledger.document import DocumentKind

ID = "0b159335-606b-485f-b51b-97b3b32bad32"
WARNING = {"Message": "Account code '999' has been removed as it does not match a recognised account."}
UNBALANCED = {"Message": "The total debits (80.00) must equal total credits (0.00)"}


def verdict(*elements: dict[str, Any], status: int = 200) -> Verdict:
    wanted = Expected("COGS-1", "", date(2026, 3, 17), "AUD", Decimal(80), Decimal(0), Decimal(80), 2)
    composed = Composed(DocumentKind.JOURNAL, "PUT", "/ManualJournals", b"", (wanted,))
    name = "ManualJournals" if status == 200 else "Elements"
    [made] = verdicts(composed, status, json.dumps({"Type": "ValidationException", name: list(elements)}).encode())
    return made


def journal(*amounts: int, **changes: Any) -> dict[str, Any]:
    full = {
        "ManualJournalID": ID,
        "Narration": "COGS-1: Router",
        "Date": "/Date(1773705600000+0000)/",
        "Status": "POSTED",
        "JournalLines": [{"LineAmount": amount} for amount in amounts or (80, -80)],
    }
    return full | changes


@pytest.mark.requirement("M6")
def test_a_posted_journal_in_balance_is_posted() -> None:
    made = verdict(journal())
    assert (made.status, made.ledger_id, made.total, made.tax) == (VerdictStatus.POSTED, ID, 80, 0)
    assert made.findings == ()


@pytest.mark.parametrize(
    ("element", "codes"),
    [
        (journal(80, -79), ["LEDGER_TOTAL_DIFFERS"]),
        (journal(81, -81), ["LEDGER_TOTAL_DIFFERS"]),
        (journal(40, 40, -80), ["LEDGER_DOCUMENT_DIFFERS"]),
        (journal(Narration="COGS-10: Router"), ["LEDGER_DOCUMENT_DIFFERS"]),
        (journal(Date="/Date(1773792000000+0000)/"), ["LEDGER_DOCUMENT_DIFFERS"]),
        (journal(Warnings=[WARNING]), ["GL_ACCOUNT_UNKNOWN"]),
        (journal(Warnings=[{"Message": "Odd."}]), ["LEDGER_REFUSED"]),
    ],
)
def test_anything_else_than_what_was_asked_is_mismatched(element: dict[str, Any], codes: list[str]) -> None:
    made = verdict(element)
    assert (made.status, made.ledger_id) == (VerdictStatus.MISMATCHED, ID)
    assert [finding.code for finding in made.findings] == codes


def test_a_draft_where_a_posting_was_asked_is_seen() -> None:
    made = verdict(journal(Status="DRAFT"))
    assert (made.status, made.findings[0].code) == (VerdictStatus.DRAFT, "APPROVAL_REFUSED")


@pytest.mark.parametrize("status", [200, 400])
def test_the_cause_of_a_refusal_is_told_and_not_what_follows_from_it(status: int) -> None:
    refused = journal(80, Warnings=[WARNING], ValidationErrors=[UNBALANCED], ManualJournalID=ZERO_GUID)
    made = verdict(refused, status=status)
    assert made.status is VerdictStatus.REFUSED
    assert [finding.code for finding in made.findings] == ["GL_ACCOUNT_UNKNOWN"]
    assert "999" in made.findings[0].message


def test_a_line_without_an_amount_tells_nothing() -> None:
    with pytest.raises(Ambiguous):
        verdict(journal(JournalLines=[{"AccountCode": "310"}]))
