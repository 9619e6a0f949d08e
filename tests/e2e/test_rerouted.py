"""Records that wait for one company when their location is moved to another: posted once, in the company they are for now."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from tests.e2e.expense_reports import PER_REPORT, Reports, account
from tests.e2e.outcomes import Outcomes
from tests.e2e.processes import eventually
from tests.e2e.world import open_world

from ledgerwire.common.ids import account_id, connection_id
from ledgerwire.common.settings import Settings

pytestmark = pytest.mark.e2e


@pytest.mark.requirement("A117", "M17")
async def test_a_report_that_is_moved_to_another_company_before_it_is_posted_is_one_bill_there(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_world(settings, tmp_path, services=("mapper",), account=account(PER_REPORT)) as world:
        here, elsewhere = sorted(world.psa.state.tables["locations"])[:2]
        reports = Reports(world, here)
        reports.set_up()
        branch = connection_id(account_id(world.account), "xero:Branch")
        numbers = [reports.enter(9301, "41.80"), reports.enter(9302, "12.05")]
        await reports.look(*numbers)
        await reports.until(numbers, "mapped", None)
        [first] = world.content["companies"]
        second = {**first, "name": "Branch", "locations": [here]}
        await world.apply({"companies": [{**first, "locations": [elsewhere]}, second]})
        await reports.look(*numbers, found_by="retry")

        async def decided_again() -> bool:
            return {row["revision"] for row in await world.rows("SELECT revision FROM mapper.record")} == {2}

        async def done_before() -> bool:
            waiting = await world.rows("SELECT 1 FROM mapper.outbox WHERE published_at IS NULL")
            rows = await world.rows("SELECT connection_id FROM poster.work WHERE kind = 'post' AND due_at < 'infinity'")
            return not waiting and {row["connection_id"] for row in rows} == {branch}

        await eventually(decided_again, "both are decided for the branch")
        await world.stop("mapper")
        monkeypatch.setattr(Outcomes, "ledger_connection", property(lambda _: branch))
        async with world.held_back("poster"):
            await world.serve("mapper", "poster")  # the messages for both companies have waited for it
            await eventually(done_before, "the work for the company of before is done first")
        await reports.settled(*numbers)
        await world.quiet()
        assert [(row["InvoiceNumber"], row["Total"]) for row in reports.bills()] == [("EXPR-77", Decimal("53.85"))]
        rows = await world.rows("SELECT connection_id FROM poster.submission WHERE kind = 'bill'")
        assert [row["connection_id"] for row in rows] == [branch]
