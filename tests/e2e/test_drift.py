"""A bookkeeper changes a posted document: the clerk's list says what, from which to which, and the answer is carried out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
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
