"""An expense is batched only over the share of it that its report's bill has, and who shares a bill is never forgotten (M17)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.expense_reports import PER_REPORT, Reports, open_reports
from tests.e2e.vendors import COORDINATOR

from ledgerwire.common.settings import Settings
from ledgerwire.sandbox.connectwise.expense_desk import expense_key

pytestmark = [pytest.mark.e2e, pytest.mark.requirement("M17")]

LUNCH, TAXI, HOTEL = 9301, 9302, 9303
OTHER_REPORT = 78


@pytest.fixture
async def reports(settings: Settings, tmp_path: Path) -> AsyncIterator[Reports]:
    """An account that makes one document of a report, and whose batches ConnectWise refuses for now."""
    async with open_reports(settings, tmp_path, PER_REPORT) as made:
        path = r"/finance/accounting/batches$"
        made.world.arm("500_before", "connectwise", method="POST", path_regex=path, times=None)
        yield made


async def posted(reports: Reports, *amounts: str) -> None:
    """The report's bill is in the ledger, and the batches of its expenses, the first of which is the lunch, are not made yet."""
    numbers = [reports.enter(LUNCH + place, amount) for place, amount in enumerate(amounts)]
    await reports.look(*numbers)
    for number in numbers:
        await reports.batch_begun(number)


def taken_back(reports: Reports, *numbers: int) -> None:
    for number in numbers:
        reports.world.psa.expenses.set_status(number, "Rejected", COORDINATOR)


def approved(reports: Reports, number: int, **changes: Any) -> None:
    """Approved again, with these changes."""
    desk = reports.world.psa.expenses
    desk.change(replace(desk.expense(number), **changes), COORDINATOR)
    desk.set_status(number, "ApprovedByTierTwo", COORDINATOR)


async def batches_go_again(reports: Reports) -> None:
    reports.world.sandbox.world.faults.clear()
    await reports.world.a_while_passes()
    await reports.world.quiet()


@pytest.mark.requirement("M7", "M8")
async def test_one_whose_report_cannot_be_read_is_not_batched_over_the_bill_of_what_it_was_before(
    reports: Reports,
) -> None:
    world = reports.world
    await posted(reports, "41.80")
    [before] = reports.bills()
    taken_back(reports, LUNCH)
    approved(reports, LUNCH, amount=Decimal("50.00"))
    entries = world.psa.state.tables["expense_entries"]
    entry = entries.pop(LUNCH)
    await reports.look(LUNCH)
    await world.quiet()
    await batches_go_again(reports)
    assert (reports.totals(), reports.batches()) == ({"EXPR-77": Decimal("41.80")}, [])
    assert await reports.standing(LUNCH) == ("stopped", None, ["INVOICE_UNREADABLE"])
    entries[LUNCH] = entry
    async with world.desk() as desk:
        await desk.retry(world.account_id, number=f"EXP-{LUNCH}")
    await reports.settled(LUNCH)
    [after] = reports.bills()
    assert (after["InvoiceID"], after["Total"]) == (before["InvoiceID"], Decimal("50.00"))
    assert len(reports.batches()) == 1


@pytest.mark.requirement("M7", "M8")
async def test_one_that_waits_in_its_bill_is_not_batched_over_what_it_was_before_once_the_list_shows_it_again(
    reports: Reports,
) -> None:
    world = reports.world
    await posted(reports, "41.80", "12.05")
    taken_back(reports, TAXI)
    await world.a_while_passes()
    await reports.until([TAXI], "mapped", "stopped", "RECORD_OFF_THE_LIST")
    taken_back(reports, LUNCH)
    approved(reports, LUNCH, amount=Decimal("50.00"), report_id=OTHER_REPORT)
    await reports.look(LUNCH)
    await reports.until([LUNCH], "stopped", None, "EXPENSE_GROUP_INCOMPLETE")
    await world.quiet()
    listed, key = world.psa.state.interface, expense_key(LUNCH)
    async with world.held_back("poster"):
        row = listed.pop(key)
        await reports.look(LUNCH)
        await world.work_waits("poster", 1)
        listed[key] = row
        world.sandbox.world.faults.clear()
    await reports.until([LUNCH], "stopped", "remap", "EXPENSE_GROUP_INCOMPLETE")
    await world.quiet()
    assert (reports.totals(), reports.batches()) == ({"EXPR-77": Decimal("53.85")}, [])
    approved(reports, TAXI)
    await reports.look(TAXI)
    await reports.settled(LUNCH, TAXI)
    assert reports.totals() == {"EXPR-77": Decimal("12.05"), "EXPR-78": Decimal("50.00")}
    assert len(reports.batches()) == 2


@pytest.mark.requirement("M8")
async def test_one_that_leaves_the_list_with_another_that_was_to_join_its_bill_is_told_and_not_forgotten(
    reports: Reports,
) -> None:
    world = reports.world
    await posted(reports, "41.80", "12.05")
    async with world.held_back("poster"):
        reports.enter(HOTEL, "7.15")
        await reports.look(HOTEL)
        await world.work_waits("poster", 3)
        taken_back(reports, TAXI, HOTEL)
        world.sandbox.world.faults.clear()
        first = "UPDATE poster.work SET due_at = now() - interval '1 minute' WHERE work_key = $1"
        await world.rows(first, str(reports.record(LUNCH)))
    await reports.until([TAXI], "mapped", "stopped", "RECORD_OFF_THE_LIST")
    await reports.settled(LUNCH)
    await world.quiet()
    assert (await reports.standing(HOTEL))[0] == "open"
    assert (reports.totals(), len(reports.batches())) == ({"EXPR-77": Decimal("53.85")}, 1)
