"""Expenses of one member and report: one document and one batch each, or one document of all (M17); in every turn they take."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from tests.e2e.expense_reports import PER_EXPENSE, PER_REPORT, Reports, account
from tests.e2e.world import open_world

from ledgerwire.common.settings import Settings

pytestmark = [pytest.mark.e2e, pytest.mark.requirement("M17")]


@pytest.fixture
async def reports(settings: Settings, tmp_path: Path) -> AsyncIterator[Reports]:
    """An account that makes one document of a report."""
    async with open_world(settings, tmp_path, services=("mapper", "poster"), account=account(PER_REPORT)) as world:
        made = Reports(world)
        made.set_up()
        yield made


@pytest.mark.requirement("A121")
async def test_with_one_document_an_expense_each_has_a_document_and_a_batch_of_its_own(
    settings: Settings, tmp_path: Path
) -> None:
    async with open_world(settings, tmp_path, services=("mapper", "poster"), account=account(PER_EXPENSE)) as world:
        reports = Reports(world)
        reports.set_up()
        numbers = [reports.enter(9301, "41.80"), reports.enter(9302, "12.05")]
        await reports.look(*numbers)
        await reports.settled(*numbers)
        assert [(row["InvoiceNumber"], row["Total"]) for row in reports.bills()] == [
            ("EXP-9301", Decimal("41.80")),
            ("EXP-9302", Decimal("12.05")),
        ]
        assert len(reports.batches()) == 2


@pytest.mark.requirement("A121", "M7")
async def test_with_one_document_a_report_all_its_expenses_are_one_bill_and_are_batched_one_by_one(
    reports: Reports,
) -> None:
    numbers = [reports.enter(9301, "41.80"), reports.enter(9302, "12.05"), reports.enter(9303, "7.15")]
    await reports.look(9301)
    await reports.settled(*numbers)
    [bill] = reports.bills()
    assert (bill["InvoiceNumber"], bill["Total"]) == ("EXPR-77", Decimal("61.00"))
    assert [line["Description"].split(":")[0] for line in bill["LineItems"]] == ["EXP-9301", "EXP-9302", "EXP-9303"]
    assert len(reports.batches()) == 3
