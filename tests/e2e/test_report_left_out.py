"""A report that is to be left out after its bill was sent: no expense ends silently while the bill stands (M8, M17, M19)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from tests.e2e.expense_reports import PER_REPORT, Reports, open_reports
from tests.e2e.processes import eventually

from ledgerwire.common.settings import Settings

pytestmark = [pytest.mark.e2e, pytest.mark.requirement("M8", "M17", "M19")]

BOTH = (9301, 9302)


@pytest.fixture
async def reports(settings: Settings, tmp_path: Path) -> AsyncIterator[Reports]:
    """A report of two expenses, whose bill is in the ledger and whose batches ConnectWise refuses for now."""
    async with open_reports(settings, tmp_path, PER_REPORT) as made:
        path = r"/finance/accounting/batches$"
        made.world.arm("500_before", "connectwise", method="POST", path_regex=path, times=None)
        made.enter(9301, "41.80"), made.enter(9302, "12.05")
        await made.look(*BOTH)
        for number in BOTH:
            await made.batch_begun(number)
        yield made


async def rule(reports: Reports, treatment: str | None) -> None:
    """A rule is made for the report's expenses, or there is none any more, and they are looked at again."""
    made = {"name": "by hand", "treatment": treatment, "number_prefixes": ["EXP-93"], "record_types": ["expense"]}
    await reports.world.apply({"mapping": {"exclusions": [made] if treatment else []}})
    await reports.look(*BOTH, found_by="replay")


def void_by_hand(reports: Reports) -> None:
    [bill] = reports.bills()
    reports.world.ledger.collections["invoices"].put({**bill, "Status": "VOIDED"})


@pytest.mark.requirement("D3")
@pytest.mark.parametrize("by_hand", [True, False])
async def test_one_to_be_batched_without_posting_is_batched_once_its_bill_is_out_of_the_ledger(
    reports: Reports, *, by_hand: bool
) -> None:
    world = reports.world
    await rule(reports, "batch_without_posting")
    await reports.until(BOTH, "no_effect", "stopped", "DOCUMENT_LEFT_BEHIND")
    world.sandbox.world.faults.clear()
    await world.a_while_passes()
    await world.quiet()
    assert ([row["Total"] for row in reports.bills()], reports.batches()) == ([Decimal("53.85")], [])
    async with world.desk() as desk:
        if by_hand:
            void_by_hand(reports)
            for number in BOTH:
                await desk.retry(world.account_id, number=f"EXP-{number}")
        else:
            await desk.choose(world.account_id, "EXP-9301", "VOID_AND_RECREATE", "clerk", "the rule is right")
    await reports.until(BOTH, "no_effect", "batched")
    assert (reports.bills(), len(reports.batches())) == ([], 2)


async def test_one_whose_rule_is_undone_keeps_its_bill_and_is_batched(reports: Reports) -> None:
    await rule(reports, "batch_without_posting")
    await reports.until(BOTH, "no_effect", "stopped", "DOCUMENT_LEFT_BEHIND")
    [before] = reports.bills()
    await rule(reports, None)
    reports.world.sandbox.world.faults.clear()
    await reports.world.a_while_passes()
    await reports.settled(*BOTH)
    [after] = reports.bills()
    assert (after["InvoiceID"], after["Total"], len(reports.batches())) == (before["InvoiceID"], Decimal("53.85"), 2)


async def test_one_to_be_left_unposted_ends_when_the_clerk_has_voided_its_bill_and_skipped_its_expenses(
    reports: Reports,
) -> None:
    world = reports.world
    await rule(reports, "leave_unposted")

    async def stopped() -> bool:
        found = [await reports.standing(number) for number in BOTH]
        return [(state, codes) for state, _, codes in found] == [("stopped", ["LEFT_OUT_DOCUMENT_REMAINS"])] * 2

    await eventually(stopped, "both are stopped by mapper")
    world.sandbox.world.faults.clear()
    await world.a_while_passes()
    await world.quiet()
    assert ([row["Total"] for row in reports.bills()], reports.batches()) == ([Decimal("53.85")], [])
    void_by_hand(reports)
    async with world.desk() as desk:
        for number in BOTH:
            await desk.skip(world.account_id, f"EXP-{number}", "voided")
    await rule(reports, None)
    await world.a_while_passes()
    await world.quiet()
    assert [(await reports.standing(number))[0] for number in BOTH] == ["skipped", "skipped"]
    assert (reports.bills(), reports.batches()) == ([], [])
