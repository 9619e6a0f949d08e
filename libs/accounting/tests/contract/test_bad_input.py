"""What every adapter does with a document that cannot be: a catalogue code, before or at sending, and nothing in the books."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from ledgerwire.accounting.port import Prepared, VerdictStatus
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import DocumentKind, Tracking

KINDS = list(DocumentKind)
WITH_CONTACT = [kind for kind in KINDS if kind is not DocumentKind.JOURNAL]
INVOICE, BILL, JOURNAL = DocumentKind.SALES_INVOICE, DocumentKind.BILL, DocumentKind.JOURNAL


async def refusal(world: Any, item: Prepared) -> set[str]:
    """The codes with which a document is refused, be it by the adapter or by the ledger; nothing may have been made."""
    kind, number = item.document.kind, item.document.number
    try:
        [verdict] = await world.ledger.send(world.ledger.compose(kind, [item]), uuid4().hex)
    except Stopped as stopped:
        findings = stopped.findings
    else:
        assert verdict.status is VerdictStatus.REFUSED
        findings = verdict.findings
    assert world.live_count(number) == 0
    assert not any("?" in finding.message for finding in findings)
    return {finding.code for finding in findings}


@pytest.mark.requirement("M25")
@pytest.mark.parametrize("kind", WITH_CONTACT)
async def test_an_archived_contact(world: Any, kind: DocumentKind) -> None:
    item = replace(world.prepared(kind, "INV-1"), contact_id=world.contact_of(kind, "archived"))
    assert await refusal(world, item) == {"CONTACT_ARCHIVED"}


@pytest.mark.requirement("M25", "F1: ACCOUNT_ARCHIVED")
async def test_an_archived_account(world: Any) -> None:
    bill = world.prepared(BILL, "INV-1", world.cost_line(account_code=world.names.archived))
    assert await refusal(world, bill) == {"ACCOUNT_ARCHIVED"}
    lines = (world.journal_line("5.00", world.names.archived), world.journal_line("-5.00", world.names.stock))
    assert await refusal(world, world.prepared(JOURNAL, "INV-2", *lines)) == {"ACCOUNT_ARCHIVED"}


@pytest.mark.parametrize("kind", [BILL, JOURNAL])
async def test_an_account_that_is_not_there(world: Any, kind: DocumentKind) -> None:
    first, *rest = world.lines(kind)
    item = world.prepared(kind, "INV-1", replace(first, account_code="NOPE"), *rest)
    assert await refusal(world, item) == {"GL_ACCOUNT_UNKNOWN"}


@pytest.mark.requirement("M6", "M16")
async def test_an_account_that_takes_no_journals(world: Any) -> None:
    lines = (world.journal_line("5.00", world.names.cost), world.journal_line("-5.00", world.names.no_journal))
    assert await refusal(world, world.prepared(JOURNAL, "INV-1", *lines)) == {"JOURNAL_ACCOUNT_NOT_ALLOWED"}


@pytest.mark.requirement("M25", "F1: TAX_NOT_ALLOWED_FOR_ACCOUNT")
async def test_a_tax_rate_that_the_account_or_the_side_refuses(world: Any) -> None:
    item = world.prepared(INVOICE, "INV-1", world.line(tax_type=world.names.unfit_tax))
    codes = await refusal(world, item)
    assert codes <= {"TAX_NOT_ALLOWED_FOR_ACCOUNT", "TAX_CODE_UNKNOWN"}
    assert codes


async def test_a_tax_rate_that_is_not_there(world: Any) -> None:
    assert await refusal(world, world.prepared(INVOICE, "INV-1", world.line(tax_type="999"))) == {"TAX_CODE_UNKNOWN"}


@pytest.mark.requirement("M15", "F1: CURRENCY_NOT_ENABLED")
@pytest.mark.parametrize("kind", KINDS)
async def test_a_currency_that_is_not_enabled(world: Any, kind: DocumentKind) -> None:
    assert await refusal(world, world.prepared(kind, "INV-1", currency="CHF")) == {"CURRENCY_NOT_ENABLED"}


@pytest.mark.requirement("F1: ITEM_CODE_TOO_LONG")
async def test_an_item_code_over_the_limit(world: Any) -> None:
    rules = (await world.ledger.reference_data()).rules
    line = world.line(item_code="X" * (rules.item_code_length + 1))
    assert await refusal(world, world.prepared(INVOICE, "INV-1", line)) == {"ITEM_CODE_TOO_LONG"}


@pytest.mark.requirement("M10")
async def test_an_item_that_is_not_there(world: Any) -> None:
    assert await refusal(world, world.prepared(INVOICE, "INV-1", world.line(item_code="NOPE"))) == {"ITEM_UNKNOWN"}


async def test_tracking_that_is_not_there(world: Any) -> None:
    category = world.names.tracking.category
    for tracking in (Tracking(category, "Hobart"), Tracking("Region", "Hobart")):
        item = world.prepared(BILL, "INV-1", world.cost_line(tracking=(tracking,)))
        assert await refusal(world, item) == {"TRACKING_UNKNOWN"}


async def test_a_journal_that_does_not_balance(world: Any) -> None:
    lines = (world.journal_line("5.00", world.names.cost), world.journal_line("-4.99", world.names.stock))
    assert await refusal(world, world.prepared(JOURNAL, "INV-1", *lines)) == {"GL_OUT_OF_BALANCE"}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_document_whose_figures_are_not_those_of_its_lines(world: Any, kind: DocumentKind) -> None:
    right = world.prepared(kind, "INV-1")
    wrong = replace(right.document, net=right.document.net + 1, total=right.document.total + 1)
    assert await refusal(world, replace(right, document=wrong)) == {"LINE_TOTAL_DIFFERS"}


async def test_fractions_of_a_cent_that_round_to_nothing(world: Any) -> None:
    line = world.line("0.01", "0.00", unit_amount=Decimal("0.004"))
    assert await refusal(world, world.prepared(INVOICE, "INV-1", line)) <= {"ZERO_DOCUMENT", "LINE_TOTAL_DIFFERS"}
