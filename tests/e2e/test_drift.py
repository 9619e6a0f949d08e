"""A bookkeeper changes a posted document: the clerk's list says what, from which to which, and the answer is carried out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.e2e.expense_reports import PER_REPORT, open_reports
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
