"""With the role of the document and nothing more: plan, apply, crash, resume, check; invoices are out of reach and said so."""

from __future__ import annotations

import base64
from datetime import date

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from ledgerwire.billing_sync.bootstrap import open_seats
from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import account_named
from ledgerwire.cli.seats.market import market
from ledgerwire.cli.seats.office import Office
from ledgerwire.cli.seats.story import FIRST_PLAN, SOURCE, _HalfYear
from ledgerwire.common.clock import FixedClock
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.settings import Settings
from ledgerwire.sandbox.server import Sandbox, SandboxOptions


@pytest.mark.requirement("A167", "A168", "A169", "A170", "A175", "A187", "B33", "D10", "M20")
async def test_the_role_of_the_document_is_enough_and_a_crash_writes_nothing_twice(settings: Settings, tmp_path):
    key = f"k1:{base64.b64encode(bytes(32)).decode()}"
    settings = settings.model_copy(update={"encryption_keys": SecretStr(key)})
    async with Sandbox.start(SandboxOptions(tls=True, tls_dir=tmp_path / "tls")) as sandbox:
        line = sandbox.describe()
        line["connectwise"] |= line["connectwise"]["seats"]
        additions = sandbox.world.connectwise.state.tables["additions"]
        async with Office(line) as office:
            story = _HalfYear(Output(json_wanted=True), office, settings, tmp_path, market(2, 8, 8))
            await story.found(line)
            account_id, _ = await account_named(settings, None)
            clock = FixedClock(story._clock.at)
            async with open_seats(settings, clock) as desk:
                await desk.push(account_id, SOURCE, market(2, 8, 8).as_of(FIRST_PLAN))
                before = await desk.plan(account_id)
                assert len(additions) == 0

                first = await desk.apply(account_id)
                made = len(additions)
                assert (first.written, first.refused, made) == (len(before.steps), 0, len(before.steps))

                await _forget_one(settings, account_id)
                resumed = await desk.apply(account_id, before.plan_id)
                assert (resumed.written, len(additions)) == (1, made)
                assert (await desk.plan(account_id)).steps == ()

                checked = {item.name: item for item in (await desk.check(account_id)).items}
                report = await desk.reconcile(account_id, date(2026, 1, 1), date(2026, 1, 31))
    assert checked["security role"].ok
    assert checked["agreements"].ok
    assert [each.code for each in checked["miscellaneous products"].findings] == ["BS_MISC_PRODUCT_MISSING"]
    assert "PERMISSION" in report.two_way
    assert all(row.invoiced is None for row in report.rows)


async def _forget_one(settings: Settings, account_id) -> None:
    """As a crash leaves it: ConnectWise has the addition, nothing of it is committed."""
    database = open_database(settings, "billing")
    async with database.account(account_id) as unit:
        row = (await unit.execute(text("SELECT addition_id, step_key FROM billing.written_addition LIMIT 1"))).one()
        await unit.execute(
            text("DELETE FROM billing.written_addition WHERE addition_id = :id"), {"id": row.addition_id}
        )
        await unit.execute(
            text("UPDATE billing.plan_step SET state = 'sent', addition_id = NULL WHERE step_key = :key"),
            {"key": row.step_key},
        )
    await database.close()
