"""Before go-live nothing is written anywhere; then what is dated since flows, and what is older is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.world import open_world

from ledgerwire.common.settings import Settings

EARLY, LATE = 39001, 39050
"""Dated on the 1st and late in the month."""

pytestmark = pytest.mark.e2e


@pytest.mark.requirement("A110")
async def test_nothing_is_written_before_go_live_and_earlier_records_are_skipped_after_it(
    settings: Settings, tmp_path: Path
) -> None:
    async with open_world(settings, tmp_path, live=False, sync={"sweep_interval_seconds": 1}) as world:
        await world.close(EARLY, LATE)
        await world.in_state(EARLY, "held")
        await world.in_state(LATE, "held")
        await world.swept()
        assert not world.writes()
        assert (await world.rows("SELECT count(*) AS n FROM poster.work WHERE kind = 'post'"))[0]["n"] == 0
        assert world.expected(EARLY).date < world.expected(LATE).date
        await world.go_live(world.expected(LATE).date)
        async with world.desk() as desk:
            await desk.wake_held(world.account_id)
        await world.settled(LATE)
        await world.in_state(EARLY, "skipped")
        assert [row["code"] for row in (await world.records(EARLY))[0]["findings"]] == ["BEFORE_GO_LIVE"]
        assert not world.documents(world.number(EARLY))
        assert world.batch_name(EARLY) is None
        assert len(world.documents()) == len(world.batches()) == 1
