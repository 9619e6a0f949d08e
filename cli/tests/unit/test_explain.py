"""A record is explained in words: each decision once, with what else could have decided and why it did not (D4)."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from rich.console import Console

from ledgerwire.cli.explain_command import as_value, view
from ledgerwire.common.ledger.document import ContactDecision, DocumentKind, DocumentLine, LedgerDocument
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.trace import Candidate, Decision, Trace
from ledgerwire.mapper.records import Shown, StoredRecord

ACCOUNT = Decision(
    "account",
    "4-1200",
    "210",
    (
        Candidate("product category", "Hardware", matched=True, reason="is the most specific row"),
        Candidate("owner level", "My Company", matched=False, reason="is less specific"),
    ),
)
CONTACT = Decision("contact", "Acme", "Acme Pty Ltd", (Candidate("link", "", matched=True, reason="was made before"),))


def shown() -> Shown:
    line = DocumentLine(
        "Switch", Decimal(1), Decimal("240.00"), Decimal("240.00"), "210", "OUTPUT", Decimal("24.00"), decisions=(0,)
    )
    document = LedgerDocument(
        DocumentKind.SALES_INVOICE, "1042", ContactDecision("19", "Acme", "linked"), date(2026, 2, 1),
        date(2026, 2, 15), "AUD", (line,), Decimal("240.00"), Decimal("24.00"), Decimal("264.00"),
    )  # fmt: skip
    record = StoredRecord(
        UUID(int=1), UUID(int=2), UUID(int=3), "39005", "c-1", state=RecordState.MAPPED, number="1042",
        customer="Acme", total=Decimal("264.00"), currency="AUD", revision=1,
    )  # fmt: skip
    return Shown(record, (document,), Trace((ACCOUNT, CONTACT)))


@pytest.mark.requirement("D4")
def test_the_line_says_which_row_won_and_why_the_other_lost() -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(view(shown()))
    text = console.export_text()
    assert "1. Switch: 240.00 to account 210" in text
    assert "Account for 4-1200: 210, because product category 'Hardware' is the most specific row." in text
    assert "Not used: owner level 'My Company' is less specific." in text


@pytest.mark.requirement("D4")
def test_decisions_about_the_whole_record_stand_apart_from_those_of_its_lines() -> None:
    value = as_value(shown())
    assert [item["subject"] for item in value["record_decisions"]] == ["contact"]
    assert [item["subject"] for item in value["documents"][0]["lines"][0]["decisions"]] == ["account"]
    assert value["documents"][0]["lines"][0]["decisions"][0]["candidates"] == ACCOUNT.candidates
