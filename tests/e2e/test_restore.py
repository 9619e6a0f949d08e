"""Yesterday's database is restored: what was posted since is found again, and nothing is posted twice."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.e2e.commands import run_all
from tests.e2e.expense_reports import PER_EXPENSE, open_reports
from tests.e2e.world import ALL, World, open_world

from ledgerwire.cli.failures import Exit
from ledgerwire.common.settings import Settings
from ledgerwire.common.testing.postgres import create_database, drop_database
from ledgerwire.poster.reconciliation.bootstrap import open_reconciliation
from ledgerwire.poster.reconciliation.domain.model import Bucket, Report

YESTERDAY, TODAY, UNBATCHED, UNHEARD = 39001, 39002, 39003, 39004
YEAR = (date(2026, 1, 1), date(2026, 12, 31))
TAKEN = "SELECT consumer, message_id, account_id FROM poster.inbox"
BATCHES = {"system": "connectwise", "method": "POST", "path_regex": r"/finance/accounting/batches$"}

pytestmark = pytest.mark.e2e


class Backup:
    """A copy of the whole database, as a snapshot of the platform keeps it. No session may be open on either side."""

    def __init__(self, settings: Settings) -> None:
        self._admin = settings.database_admin_url
        self._current = urlsplit(settings.database_url).path.lstrip("/")
        self._kept = f"{self._current}_yesterday"

    async def take(self) -> None:
        await create_database(self._admin, self._kept, template=self._current)

    async def restore(self) -> None:
        await drop_database(self._admin, self._current)
        await create_database(self._admin, self._current, template=self._kept)
        await drop_database(self._admin, self._kept)


async def reconciled(world: World) -> Report:
    desk = open_reconciliation(world.settings)
    try:
        return await desk.reconcile(world.account_id, *YEAR)
    finally:
        await desk.close()


async def left_in_the_queues(world: World, messages: list[Any]) -> None:
    """The queues were not emptied: poster takes what was left in them, and finds no revision to any of it."""
    for row in messages:
        await world.rows("INSERT INTO poster.inbox VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", *row)


async def run(world: World, *lines: list[str]) -> str:
    """Command lines that all work; what they said."""
    codes, said = await run_all(world, list(lines))
    assert codes == [Exit.DONE] * len(lines), said
    return said


async def is_linked(world: World, invoice_id: int) -> None:
    """Our rows name the invoice's one document in the ledger."""
    number = world.number(invoice_id)
    [posting] = await world.rows("SELECT ledger_id FROM poster.posting WHERE number = $1", number)
    assert [posting["ledger_id"]] == [row["InvoiceID"] for row in world.documents(number)]


def to_link(report: Report) -> list[int]:
    return [int(row.record.source_id) for row in report.rows if row.to_link]


@pytest.mark.requirement("R22")
async def test_nothing_is_posted_twice_after_a_restore(settings: Settings, tmp_path: Path) -> None:
    async with open_world(settings, tmp_path, sync={"sweep_interval_seconds": 1}) as world:
        backup = Backup(world.settings)
        await world.close(YESTERDAY)
        await world.settled(YESTERDAY)
        await world.quiet()
        await world.stop(*ALL)
        await world.tenants.close()
        await backup.take()

        await world.serve(*ALL)
        await world.close(TODAY)
        await world.settled(TODAY)
        world.arm("500_before", **BATCHES, times=None)
        await world.close(UNBATCHED)
        await world.told_to_wait("poster", UNBATCHED)
        await world.stop(*ALL)
        world.sandbox.world.faults.clear()
        world.arm("lost_callback", "connectwise", times=None)
        await world.close(UNHEARD)
        assert len(world.documents()) == 3
        taken = await world.rows(TAKEN)

        world.sandbox.world.clock.advance(timedelta(days=2))  # Xero has forgotten our idempotency keys
        await world.tenants.close()
        await backup.restore()
        await left_in_the_queues(world, taken)
        world.ledger.identity.revoke_all()  # the tokens of yesterday have been exchanged since
        await world.consent_again()
        await world.serve(*ALL)
        await world.settled(UNHEARD, UNBATCHED)
        assert to_link(await reconciled(world)) == [TODAY]
        written = len(world.documents()), len(world.batches())
        span = ["--from", f"{YEAR[0]}", "--to", f"{YEAR[1]}"]
        assert "1 invoices would be linked again" in await run(world, ["relink", *span, "--dry-run"], ["relink", *span])
        await world.settled(TODAY)
        report = await reconciled(world)
        assert {row.bucket for row in report.rows} == {Bucket.POSTED_ONCE}
        assert not to_link(report)
        assert (len(world.documents()), len(world.batches())) == written == (4, 4)
        world.books_are_clean()
        await is_linked(world, TODAY)


@pytest.mark.requirement("R22")
async def test_an_expense_posted_since_the_backup_is_not_posted_again_and_is_skipped_by_hand(
    settings: Settings, tmp_path: Path
) -> None:
    services = ("mapper", "poster")
    async with open_reports(settings, tmp_path, PER_EXPENSE) as reports:
        world, backup = reports.world, Backup(reports.world.settings)
        async with world.held_back("poster"):
            await reports.look(reports.enter(9301, "41.80"))
            await reports.until([9301], "mapped", None)
            await world.stop(*services)
        await world.tenants.close()
        await backup.take()
        await world.serve(*services)
        await reports.settled(9301)
        await reports.look(reports.enter(9302, "12.05"))
        await reports.settled(9302)
        await world.stop(*services)
        written = reports.bills(), reports.batches()

        await world.tenants.close()
        await backup.restore()
        await world.serve(*services)
        await reports.until([9301], "open", "remap")
        skip = ["record", "skip", "EXP-9301", "--reason", "in the ledger and batched before the restore"]
        await run(world, skip)
        await reports.until([9301], "skipped", "remap")
        assert await reports.standing(9302) == ("unknown", None, [])
        assert (reports.bills(), reports.batches()) == written
