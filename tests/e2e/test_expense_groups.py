"""Expenses of one member and report: one document and one batch each, or one document of all (M17); in every turn they take."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from tests.e2e.expense_reports import PER_EXPENSE, PER_REPORT, Reports, account, open_reports
from tests.e2e.outcomes import Outcomes
from tests.e2e.vendors import COORDINATOR
from tests.e2e.world import open_world

from ledgerwire.cli.month.account_file import Package, account_content
from ledgerwire.common.ids import account_id, connection_id
from ledgerwire.common.settings import Settings
from ledgerwire.poster.reconciliation.domain.model import Bucket
from ledgerwire.sandbox.connectwise.batches import batch_records
from ledgerwire.sandbox.connectwise.interface_records import RecordKey

pytestmark = [pytest.mark.e2e, pytest.mark.requirement("M17")]


@pytest.fixture
async def reports(settings: Settings, tmp_path: Path) -> AsyncIterator[Reports]:
    """An account that makes one document of a report."""
    async with open_reports(settings, tmp_path, PER_REPORT) as made:
        yield made


@pytest.mark.requirement("A121")
async def test_with_one_document_an_expense_each_has_a_document_and_a_batch_of_its_own(
    settings: Settings, tmp_path: Path
) -> None:
    async with open_reports(settings, tmp_path, PER_EXPENSE) as reports:
        numbers = [reports.enter(9301, "41.80"), reports.enter(9302, "12.05")]
        await reports.look(*numbers)
        await reports.settled(*numbers)
        assert [(row["InvoiceNumber"], row["Total"]) for row in reports.bills()] == [
            ("EXP-9301", Decimal("41.80")),
            ("EXP-9302", Decimal("12.05")),
        ]
        assert len(reports.batches()) == 2


@pytest.mark.requirement("M8", "D3")
async def test_one_that_is_batched_by_hand_after_it_was_posted_ends_as_a_person_answers(
    settings: Settings, tmp_path: Path
) -> None:
    async with open_reports(settings, tmp_path, PER_EXPENSE) as reports:
        world = reports.world
        world.arm("500_before", "connectwise", method="POST", path_regex=r"/finance/accounting/batches$", times=None)
        await reports.look(reports.enter(9301, "41.80"))
        await reports.batch_begun(9301)
        batch_records(world.psa.state, [RecordKey("expense", 9301)], "BY-HAND", COORDINATOR)
        world.sandbox.world.faults.clear()
        await world.a_while_passes()
        await reports.until([9301], "mapped", "stopped", "RECORD_OFF_THE_LIST")
        async with world.desk() as desk:
            await desk.choose(world.account_id, "EXP-9301", "ACCEPT", "clerk", "I batched it")
        await reports.settled(9301)
        await reports.look(9301)
        await world.quiet()
        assert await reports.standing(9301) == ("mapped", "batched", [])
        assert [row["Total"] for row in reports.bills()] == [Decimal("41.80")]
        assert world.batches() == ["BY-HAND"]


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
    found = await reports.reconciled()
    expenses = [row for row in found.rows if row.record.record_type == "expense"]
    assert [row.bucket for row in expenses] == [Bucket.POSTED_ONCE] * 3
    assert sum(row.ledger_total for row in expenses) == sum(row.record.total for row in expenses) == Decimal("61.00")


@pytest.mark.requirement("M1")
async def test_one_that_is_taken_back_before_the_document_is_sent_is_not_in_it(reports: Reports) -> None:
    world = reports.world
    numbers = [reports.enter(9301, "41.80"), reports.enter(9302, "12.05")]
    async with world.held_back("poster"):
        await reports.look(*numbers)
        await world.work_waits("poster", 2)
        world.psa.expenses.set_status(9301, "Rejected", COORDINATOR)
    await reports.settled(9302)
    assert [row["Total"] for row in reports.bills()] == [Decimal("12.05")]
    assert (await reports.standing(9301))[0] == "open"
    world.psa.expenses.set_status(9301, "ApprovedByTierTwo", COORDINATOR)
    await reports.look(9301)
    await reports.settled(*numbers)
    assert [row["Total"] for row in reports.bills()] == [Decimal("53.85")]


async def test_in_quickbooks_too_a_report_is_one_bill_and_each_expense_is_batched(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {
        "tax": {"untaxed_type": "GST Free Income"},
        "rounding": {"account": "200", "item": "MANAGED", "tax_type": "BAS Excluded"},
        "expenses": PER_REPORT | {"untaxed_type": "GST Free Expenses"},
    }
    async with open_world(settings, tmp_path, services=(), live=False) as world:
        content = account_content(world.sandbox.describe(), {"name": "x", "mapping": {}}, Package.QUICKBOOKS)
        [company] = content["companies"][:1]
        mapping = account(PER_REPORT)["mapping"] | names
        location = min(world.psa.state.tables["locations"])
        await world.apply({"companies": [{**company, "locations": [location]}], "mapping": mapping})
        await world.go_live()
        own = connection_id(account_id(world.account), f"quickbooks:{company['name']}")
        monkeypatch.setattr(Outcomes, "ledger_connection", property(lambda _: own))
        reports = Reports(world, location)
        reports.set_up()
        numbers = [reports.enter(9301, "41.80"), reports.enter(9302, "12.05")]
        await world.serve("mapper", "poster")
        await reports.look(9301)
        await reports.settled(*numbers)
        [bill] = world.sandbox.world.quickbooks.all("Bill")
        assert (bill["DocNumber"], bill["TotalAmt"], len(bill["Line"])) == ("EXPR-77", Decimal("53.85"), 2)
        reports.enter(9303, "7.15")
        await reports.look(9303)
        await reports.settled(*numbers, 9303)
        [after] = world.sandbox.world.quickbooks.all("Bill")
        assert (after["Id"], after["TotalAmt"]) == (bill["Id"], Decimal("61.00"))
        assert len(reports.batches()) == 3
        rows = [row for row in (await reports.reconciled()).rows if row.record.record_type == "expense"]
        assert [row.bucket for row in rows] == [Bucket.POSTED_ONCE] * 3


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("fault", ["500_after", "timeout_after_commit"])
async def test_a_bill_whose_answer_was_lost_is_looked_up_and_never_made_a_second_time(
    reports: Reports, fault: str
) -> None:
    world = reports.world
    world.arm(fault, method="PUT", path_regex=r"/Invoices$", body_regex='"EXPR-77"')
    numbers = [reports.enter(9301, "41.80"), reports.enter(9302, "12.05")]
    await reports.look(*numbers)
    await reports.settled(*numbers)
    await world.quiet()
    assert [(row["InvoiceNumber"], row["Total"]) for row in reports.bills()] == [("EXPR-77", Decimal("53.85"))]
    [sent] = world.journal("xero", "PUT", "/Invoices")
    asked = world.journal("xero", "GET", "/Invoices", since=sent.seq)
    assert any("EXPR-77" in call.query for call in asked)
    assert len(reports.batches()) == 2


async def test_a_crash_of_mapper_with_a_report_in_hand_leaves_one_document_and_one_batch_each(
    settings: Settings, tmp_path: Path, broker_url: str
) -> None:
    async with open_world(
        settings, tmp_path, services=("poster",), broker=broker_url, account=account(PER_REPORT)
    ) as world:
        reports = Reports(world)
        reports.set_up()
        numbers = [reports.enter(9301, "41.80"), reports.enter(9302, "12.05"), reports.enter(9303, "7.15")]
        victim = world.spawn("mapper", crash_at="mapper.written")
        await world.running(victim)
        await reports.look(*numbers)
        await victim.dies()
        world.spawn("mapper")
        await reports.settled(*numbers)
        await world.quiet()
        await world.nothing_is_left()
        assert [(row["InvoiceNumber"], row["Total"]) for row in reports.bills()] == [("EXPR-77", Decimal("61.00"))]
        assert len(reports.batches()) == 3


@pytest.mark.requirement("M8", "A121")
async def test_who_joins_later_is_added_to_the_same_document_and_batched_by_itself(reports: Reports) -> None:
    first = [reports.enter(9301, "41.80"), reports.enter(9302, "12.05")]
    await reports.look(9301)
    await reports.settled(*first)
    [before] = reports.bills()
    reports.enter(9303, "7.15")
    await reports.look(9303)
    await reports.settled(*first, 9303)
    [after] = reports.bills()
    assert (after["InvoiceID"], after["Total"]) == (before["InvoiceID"], Decimal("61.00"))
    assert len(reports.batches()) == 3
    rows = await reports.world.rows(
        "SELECT count(*) AS n FROM poster.document_record d JOIN poster.posting p USING (account_id, posting_id)"
        " WHERE p.number = 'EXPR-77'"
    )
    assert rows[0]["n"] == 3


@pytest.mark.requirement("M8")
async def test_an_expense_that_is_taken_back_and_skipped_is_taken_out_of_the_document(reports: Reports) -> None:
    world = reports.world
    numbers = [reports.enter(9301, "41.80"), reports.enter(9302, "12.05")]
    await reports.look(*numbers)
    await reports.settled(*numbers)
    [before] = reports.bills()
    await reports.delete_batch(9301)
    await world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'watch'")
    await reports.until([9301], "mapped", "stopped")
    world.psa.expenses.set_status(9301, "Rejected", COORDINATOR)
    assert [row["Total"] for row in reports.bills()] == [Decimal("53.85")], "the ledger is untouched"
    async with world.desk() as desk:
        await desk.skip(world.account_id, "EXP-9301", "private")
    await reports.document_stands_for(9302)
    await reports.settled(9302)
    [after] = reports.bills()
    assert (after["InvoiceID"], after["Total"]) == (before["InvoiceID"], Decimal("12.05"))


@pytest.mark.requirement("M8", "D3")
async def test_a_paid_document_stops_who_joins_until_a_person_decides(reports: Reports) -> None:
    first = [reports.enter(9301, "41.80"), reports.enter(9302, "12.05")]
    await reports.look(9301)
    await reports.settled(*first)
    reports.pay("EXPR-77")
    later = [reports.enter(9303, "7.15"), reports.enter(9304, "1.00")]
    await reports.look(9303)
    await reports.until(later, "mapped", "stopped", "DOCUMENT_PAID")
    await reports.settled(*first)
    assert [row["Total"] for row in reports.bills()] == [Decimal("53.85")]
    async with reports.world.desk() as desk:
        await desk.choose(reports.world.account_id, "EXP-9303", "ACCEPT", "clerk", "paid by hand")
    await reports.settled(*first, *later)
    assert len(reports.batches()) == 4


@pytest.mark.requirement("F1")
async def test_a_document_that_the_ledger_refuses_stops_all_its_expenses_and_goes_once_it_is_cleared(
    reports: Reports,
) -> None:
    world = reports.world
    accounts = world.ledger.collections["accounts"]
    row = next(one for one in accounts if one["Code"] == "310")
    numbers = [reports.enter(9301, "41.80"), reports.enter(9302, "12.05")]
    async with world.held_back("poster"):
        await reports.look(*numbers)
        await world.work_waits("poster", 2)
        accounts.put({**row, "Status": "ARCHIVED"})
    await reports.until(numbers, "mapped", "stopped", "ACCOUNT_ARCHIVED")
    assert not reports.bills()
    accounts.put(row)
    async with world.desk() as desk:
        await desk.retry(world.account_id, number="EXP-9302")
    await reports.settled(*numbers)
    assert [row["Total"] for row in reports.bills()] == [Decimal("53.85")]


async def test_a_report_whose_expenses_cancel_each_other_is_batched_without_a_document(reports: Reports) -> None:
    """Spent and taken back: nothing is owed, and neither waits for the other."""
    numbers = [reports.enter(9301, "77.00"), reports.enter(9302, "-77.00")]
    await reports.look(*numbers)
    await reports.settled(*numbers)
    assert not reports.bills()
    assert len(reports.batches()) == 2


@pytest.mark.requirement("M8")
async def test_one_of_expenses_that_cancelled_each_other_is_corrected_and_the_bill_has_them_both(
    reports: Reports,
) -> None:
    numbers = [reports.enter(9301, "77.00"), reports.enter(9302, "-77.00")]
    await reports.look(*numbers)
    await reports.settled(*numbers)
    await reports.delete_batch(9302)
    desk = reports.world.psa.expenses
    desk.set_status(9302, "Rejected", COORDINATOR)
    desk.change(replace(desk.expense(9302), amount=Decimal("-70.00")), COORDINATOR)
    desk.set_status(9302, "ApprovedByTierTwo", COORDINATOR)
    desk.reload(9302)
    await reports.look(9302)
    await reports.settled(*numbers)
    await reports.world.quiet()
    assert reports.totals() == {"EXPR-77": Decimal("7.00")}
    assert len(reports.batches()) == 2
