"""An expense that somebody else takes off the unposted list stays in the report: nothing else would tell of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.expense_reports import PER_EXPENSE, Reports, open_reports

from ledgerwire.common.settings import Settings

STOPPED, POSTED = 9301, 9302


async def batch_by_hand(reports: Reports, number: int) -> None:
    """A clerk makes a batch of an expense, whatever became of it here."""
    query = "SELECT processed_record_ids FROM mapper.revision WHERE record_id = $1 ORDER BY revision DESC LIMIT 1"
    [row] = await reports.world.rows(query, reports.record(number))
    content = {"batchIdentifier": f"BY-HAND-{number}", "processedRecordIds": list(row["processed_record_ids"])}
    await reports.world.as_person("POST", "/finance/accounting/batches", content)


async def told_of(reports: Reports) -> dict[int, tuple[str, int]]:
    """The bucket of each expense and how many documents stand for it, an hour after anybody touched it."""
    await reports.world.rows("UPDATE mapper.record SET updated_at = now() - interval '1 hour'")
    found = await reports.reconciled()
    assert not found.strays
    return {int(row.record.source_id): (row.bucket.value, len(row.documents)) for row in found.rows}


@pytest.mark.requirement("D1", "M1")
async def test_what_a_person_batched_of_what_was_stopped_or_posted_is_told_and_not_lost(
    settings: Settings, tmp_path: Path
) -> None:
    async with open_reports(settings, tmp_path, PER_EXPENSE) as reports:
        world = reports.world
        reports.enter(POSTED, "12.05")
        await reports.look(POSTED)
        await reports.settled(POSTED)
        await reports.delete_batch(POSTED)
        await world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'watch'")
        await reports.until([POSTED], "mapped", "stopped")

        accounts = world.ledger.collections["accounts"]
        row = next(one for one in accounts if one["Code"] == "310")
        reports.enter(STOPPED, "41.80")
        async with world.held_back("poster"):
            await reports.look(STOPPED)
            await world.work_waits("poster", 1)
            accounts.put({**row, "Status": "ARCHIVED"})
        await reports.until([STOPPED], "mapped", "stopped", "ACCOUNT_ARCHIVED")
        assert await told_of(reports) == {STOPPED: ("stopped", 0), POSTED: ("posted_not_batched", 1)}

        await batch_by_hand(reports, STOPPED)
        await batch_by_hand(reports, POSTED)
        assert await told_of(reports) == {STOPPED: ("left_the_list", 0), POSTED: ("left_the_list", 1)}
