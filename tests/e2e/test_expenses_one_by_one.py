"""Expenses of one report that are gone through one by one after a fault: what came of the first is seen by the others (M17)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.expense_reports import PER_REPORT, Reports, open_reports

from ledgerwire.accounting.xero.ledger import XeroLedger
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.settings import Settings

pytestmark = [pytest.mark.e2e, pytest.mark.requirement("M17")]


@pytest.fixture
async def reports(settings: Settings, tmp_path: Path) -> AsyncIterator[Reports]:
    """An account that makes one document of a report."""
    async with open_reports(settings, tmp_path, PER_REPORT) as made:
        yield made


def fails_once_and_shows_late(monkeypatch: pytest.MonkeyPatch, hidden: int) -> None:
    """The first look for bills meets a fault of ours; after it, Xero does not show any in the next `hidden` looks."""
    usual, looks = XeroLedger.find_documents, []

    async def find_documents(self: XeroLedger, kind: DocumentKind, numbers: Collection[str]) -> Any:
        if kind is not DocumentKind.BILL:
            return await usual(self, kind, numbers)
        looks.append(kind)
        if len(looks) == 1:
            raise ZeroDivisionError("a fault of ours")
        return [] if len(looks) <= 1 + hidden else await usual(self, kind, numbers)

    monkeypatch.setattr(XeroLedger, "find_documents", find_documents)


@pytest.mark.requirement("A129", "R3")
@pytest.mark.parametrize("hidden", [pytest.param(1, id="shown"), pytest.param(4, id="not shown yet")])
@pytest.mark.parametrize("fault", ["500_after", None])
async def test_after_a_call_for_one_of_them_no_other_sends_or_adopts_before_its_outcome_is_known(
    reports: Reports, monkeypatch: pytest.MonkeyPatch, fault: str | None, hidden: int
) -> None:
    world = reports.world
    fails_once_and_shows_late(monkeypatch, hidden)
    if fault:
        world.arm(fault, method="PUT", path_regex=r"/Invoices$", body_regex='"EXPR-77"')
    numbers = [reports.enter(9301, "41.80"), reports.enter(9302, "12.05"), reports.enter(9303, "7.15")]
    other = reports.enter(9304, "3.00", report=78)
    async with world.held_back("poster"):
        await reports.look(*numbers, other)
        await world.work_waits("poster", 4)
    await reports.settled(*numbers, other)
    await world.quiet()
    bills = [(row["InvoiceNumber"], row["Total"]) for row in reports.bills()]
    assert bills == [("EXPR-77", Decimal("61.00")), ("EXPR-78", Decimal("3.00"))]
    assert len(reports.batches()) == 4
    calls = await world.rows("SELECT state, idempotency_key FROM poster.submission WHERE kind = 'bill'")
    assert [row["state"] for row in calls] == ["settled", "settled"]
    rows = await world.rows("SELECT DISTINCT step FROM poster.timeline WHERE step IN ('adopted', 'submitted')")
    assert [row["step"] for row in rows] == ["submitted"]
