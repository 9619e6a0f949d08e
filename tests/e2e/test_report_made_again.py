"""A report's bill that is to be made again has all of its expenses, whatever becomes of the others meanwhile (M8, M17)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from tests.e2e.expense_reports import PER_REPORT, Reports, open_reports
from tests.e2e.vendors import COORDINATOR

from ledgerwire.common.settings import Settings

pytestmark = [pytest.mark.e2e, pytest.mark.requirement("D11", "M8", "M17")]

LUNCH, TAXI, HOTEL = 9301, 9302, 9303
PUT_INVOICES = {"method": "PUT", "path_regex": "/Invoices"}


@pytest.fixture
async def voided(settings: Settings, tmp_path: Path) -> AsyncIterator[Reports]:
    """Two batched expenses whose bill was voided by hand, which their clerk is told."""
    async with open_reports(settings, tmp_path, PER_REPORT) as made:
        numbers = [made.enter(LUNCH, "41.80"), made.enter(TAXI, "12.05")]
        await made.look(*numbers)
        await made.settled(*numbers)
        await made.world.quiet()
        made.void("EXPR-77")
        await made.world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'drift'")
        await made.until(numbers, "mapped", "stopped", "DOCUMENT_GONE_FROM_LEDGER")
        yield made


@pytest.fixture
async def reports(voided: Reports) -> Reports:
    """The same when the bill is to be made again, which the ledger refuses."""
    voided.world.arm("closed_period", "xero", **PUT_INVOICES, times=None)
    await chosen(voided, "VOID_AND_RECREATE")
    await voided.until([LUNCH, TAXI], "mapped", "stopped", "PERIOD_LOCKED")
    await voided.world.quiet()
    return voided


async def chosen(reports: Reports, choice: str) -> None:
    async with reports.world.desk() as desk:
        await desk.choose(reports.world.account_id, f"EXP-{LUNCH}", choice, "clerk", "seen")


async def retried(reports: Reports, number: int) -> None:
    async with reports.world.desk() as desk:
        await desk.retry(reports.world.account_id, number=f"EXP-{number}")


async def test_one_that_a_person_tries_again_is_in_the_ledger_with_the_others(reports: Reports) -> None:
    await retried(reports, LUNCH)
    await reports.until([LUNCH], "mapped", "stopped", "PERIOD_LOCKED")
    reports.world.sandbox.world.faults.clear()
    await retried(reports, LUNCH)
    await reports.settled(LUNCH, TAXI)
    assert (reports.totals(), len(reports.batches())) == ({"EXPR-77": Decimal("53.85")}, 2)


async def test_one_that_joins_the_report_is_in_the_ledger_with_the_others(reports: Reports) -> None:
    reports.enter(HOTEL, "7.15")
    await reports.look(HOTEL)
    await reports.until([HOTEL], "mapped", "stopped", "PERIOD_LOCKED")
    reports.world.sandbox.world.faults.clear()
    await retried(reports, HOTEL)
    await reports.settled(LUNCH, TAXI, HOTEL)
    assert (reports.totals(), len(reports.batches())) == ({"EXPR-77": Decimal("61.00")}, 3)


async def test_one_that_joined_the_report_and_left_the_list_takes_none_of_the_others_with_it(reports: Reports) -> None:
    world = reports.world
    async with world.held_back("poster"):
        await retried(reports, LUNCH)
        await world.work_waits("poster", 2)
        reports.enter(HOTEL, "7.15")
        await reports.look(HOTEL)
        await world.work_waits("poster", 3)
        world.psa.expenses.set_status(HOTEL, "Rejected", COORDINATOR)
        world.sandbox.world.faults.clear()
    await reports.settled(LUNCH, TAXI)
    await world.quiet()
    assert (await reports.standing(HOTEL))[0] == "open"
    assert (reports.totals(), len(reports.batches())) == ({"EXPR-77": Decimal("53.85")}, 2)


async def test_one_whose_batch_is_deleted_meanwhile_and_that_is_taken_back_is_not_in_it(reports: Reports) -> None:
    world = reports.world
    await reports.delete_batch(LUNCH)
    await world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'watch'")
    await reports.batch_gone(LUNCH)
    world.psa.expenses.set_status(LUNCH, "Rejected", COORDINATOR)
    world.sandbox.world.faults.clear()
    await retried(reports, TAXI)
    await reports.settled(TAXI)
    await world.quiet()
    assert (await reports.standing(LUNCH))[0] == "open"
    assert reports.totals() == {"EXPR-77": Decimal("12.05")}


async def test_a_bill_of_which_a_person_accepts_that_it_is_gone_stays_gone_and_who_joins_gets_one_alone(
    voided: Reports,
) -> None:
    await chosen(voided, "ACCEPT")
    await voided.settled(LUNCH, TAXI)
    await voided.world.quiet()
    assert voided.totals() == {}
    voided.enter(HOTEL, "7.15")
    await voided.look(HOTEL)
    await voided.settled(HOTEL)
    await voided.settled(LUNCH, TAXI)
    assert list(voided.totals().values()) == [Decimal("7.15")]
    assert len(voided.batches()) == 3


async def test_one_without_a_batch_does_not_bring_back_those_whose_bill_a_person_accepts_to_be_gone(
    settings: Settings, tmp_path: Path
) -> None:
    async with open_reports(settings, tmp_path, PER_REPORT) as reports:
        numbers = [reports.enter(LUNCH, "41.80"), reports.enter(TAXI, "12.05")]
        await reports.look(*numbers)
        await reports.settled(*numbers)
        reports.world.arm(
            "500_before", "connectwise", method="POST", path_regex=r"/finance/accounting/batches$", times=None
        )
        await reports.look(reports.enter(HOTEL, "7.15"))
        await reports.batch_begun(HOTEL)
        reports.void("EXPR-77")
        await reports.world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'drift'")
        await reports.until(numbers, "mapped", "stopped", "DOCUMENT_GONE_FROM_LEDGER")
        await chosen(reports, "ACCEPT")
        await reports.settled(*numbers)
        reports.world.sandbox.world.faults.clear()
        await reports.due_at_once(HOTEL)
        await reports.settled(*numbers, HOTEL)
        assert list(reports.totals().values()) == [Decimal("7.15")]


async def test_a_batch_that_is_deleted_after_its_bill_was_accepted_to_be_gone_is_told_and_a_retry_posts_again(
    voided: Reports,
) -> None:
    await chosen(voided, "ACCEPT")
    await voided.settled(LUNCH, TAXI)
    await voided.delete_batch(LUNCH)
    await voided.world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'watch'")
    await voided.until([LUNCH], "mapped", "stopped")
    assert (await told(voided, LUNCH)) == ["BATCH_DELETED_WITHOUT_DOCUMENT"]
    await retried(voided, LUNCH)
    await voided.settled(LUNCH, TAXI)
    await voided.world.quiet()
    assert (list(voided.totals().values()), len(voided.batches())) == ([Decimal("41.80")], 2)


async def told(reports: Reports, number: int) -> list[str]:
    """The codes of what poster told last."""
    query = (
        "SELECT f ->> 'code' AS code FROM mapper.record, jsonb_array_elements(settled_findings) f WHERE record_id = $1"
    )
    return [row["code"] for row in await reports.world.rows(query, reports.record(number))]
