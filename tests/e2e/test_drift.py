"""A bookkeeper changes a posted document: the clerk's list says what, from which to which, and the answer is carried out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.e2e.expense_reports import PER_EXPENSE, PER_REPORT, open_reports
from tests.e2e.test_alerts import shown
from tests.e2e.world import World, open_world

from ledgerwire.common import figures
from ledgerwire.common.settings import Settings

INVOICE = 39001
CODE = "DOCUMENT_CHANGED_IN_LEDGER"

pytestmark = pytest.mark.e2e


@pytest.fixture
async def counted(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The usual world, counted ten times a second."""
    monkeypatch.setattr(figures, "EVERY", timedelta(milliseconds=100))
    async with open_world(settings, tmp_path) as world:
        yield world


@pytest.mark.requirement("D11", "D3")
async def test_a_document_changed_in_the_ledger_is_told_counted_and_made_again_as_a_person_chooses(
    counted: World,
) -> None:
    await counted.close(INVOICE)
    await counted.settled(INVOICE)
    [before] = counted.documents(counted.number(INVOICE))
    counted.ledger.collections["invoices"].put({**before, "Total": before["Total"] + 5})
    await counted.quiet()
    await counted.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'drift'")
    await counted.told(INVOICE, "stopped", CODE)
    await shown(counted, f'ledgerwire_drifted_documents{{cause="{CODE}"}}', 1)
    async with counted.desk() as desk:
        [record] = await desk.rows(counted.account_id, ("stopped",))
        [problem] = record.problems
        assert f"total {before['Total']:.2f} -> {before['Total'] + 5:.2f}" in problem.what
        await desk.choose(counted.account_id, counted.number(INVOICE), "VOID_AND_RECREATE", "clerk", "not ours")
    await counted.settled(INVOICE)
    await shown(counted, f'ledgerwire_drifted_documents{{cause="{CODE}"}}', None)
    live = [row for row in counted.documents() if row["Status"] != "VOIDED"]
    assert [row["Total"] for row in live] == [before["Total"]]
    assert len(counted.batches()) == 1


@pytest.mark.requirement("D11", "M17")
@pytest.mark.parametrize("put_back", [True, False])
async def test_a_document_of_several_expenses_that_changed_is_told_of_each_and_answered_once_for_all(
    settings: Settings, tmp_path: Path, *, put_back: bool
) -> None:
    async with open_reports(settings, tmp_path, PER_REPORT) as reports:
        world = reports.world
        numbers = [reports.enter(9301, "41.80"), reports.enter(9302, "12.05")]
        await reports.look(*numbers)
        await reports.settled(*numbers)
        [before] = reports.bills()
        invoices = world.ledger.collections["invoices"]
        invoices.put({**before, "Total": before["Total"] + 5})
        await world.quiet()
        await world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'drift'")
        await reports.until(numbers, "mapped", "stopped", CODE)
        if put_back:
            invoices.put(before)
            await world.rows("UPDATE poster.ledger_look SET checked_at = now() - interval '1 day'")
            await world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'drift'")
        else:
            async with world.desk() as desk:
                await desk.choose(world.account_id, "EXP-9302", "VOID_AND_RECREATE", "clerk", "not ours")
        await reports.settled(*numbers)
        [after] = [row for row in reports.bills() if row["Status"] != "VOIDED"]
        assert after["Total"] == before["Total"]
        assert (after["InvoiceID"] == before["InvoiceID"]) is put_back
        assert len(reports.batches()) == 2


@pytest.mark.requirement("D11", "M17")
async def test_a_changed_bill_of_one_expense_is_made_again_though_the_expense_left_the_list_with_its_batch(
    settings: Settings, tmp_path: Path
) -> None:
    async with open_reports(settings, tmp_path, PER_EXPENSE) as reports:
        world = reports.world
        await reports.look(reports.enter(9301, "41.80"))
        await reports.settled(9301)
        [before] = reports.bills()
        world.ledger.collections["invoices"].put({**before, "Total": before["Total"] + 5})
        await world.quiet()
        await world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'drift'")
        await reports.until([9301], "mapped", "stopped", CODE)
        async with world.desk() as desk:
            await desk.choose(world.account_id, "EXP-9301", "VOID_AND_RECREATE", "clerk", "not ours")
        await reports.settled(9301)
        [after] = [row for row in reports.bills() if row["Status"] != "VOIDED"]
        assert (after["Total"], len(reports.batches())) == (before["Total"], 1)


@pytest.mark.requirement("D11", "M17")
async def test_who_was_told_of_a_change_is_told_that_it_is_past_once_another_expense_joins_the_document(
    settings: Settings, tmp_path: Path
) -> None:
    async with open_reports(settings, tmp_path, PER_REPORT) as reports:
        world = reports.world
        numbers = [reports.enter(9301, "41.80"), reports.enter(9302, "12.05")]
        await reports.look(*numbers)
        await reports.settled(*numbers)
        [before] = reports.bills()
        world.ledger.collections["invoices"].put({**before, "Total": before["Total"] + 5})
        await world.quiet()
        await world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'drift'")
        await reports.until(numbers, "mapped", "stopped", CODE)
        reports.enter(9303, "7.15")
        await reports.look(9303)
        await reports.settled(9303)
        await world.rows("UPDATE poster.ledger_look SET checked_at = now() - interval '1 day'")
        await world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'drift'")
        await reports.settled(*numbers, 9303)
        [after] = reports.bills()
        assert (after["InvoiceID"], after["Total"]) == (before["InvoiceID"], before["Total"] + Decimal("7.15"))
