"""The short run that continuous integration carries out: every service, broker and database mistreated for twenty seconds."""

from __future__ import annotations

import json

import pytest
from tests.chaos.plan import make_plan
from tests.chaos.profiles import SHORT
from tests.chaos.run import run_chaos

from ledgerwire.common.testing.run import TestRun

SEED = 4
pytestmark = pytest.mark.e2e


@pytest.mark.timeout(480)
@pytest.mark.requirement("R1", "R2")
async def test_nothing_is_lost_and_nothing_comes_twice_while_everything_breaks(test_run: TestRun) -> None:
    said: list[str] = []
    outcome = await run_chaos(make_plan(SEED, SHORT), SHORT, test_run, said.append)
    told = "\n".join([*said, json.dumps(outcome.as_dict())])
    assert outcome.problems == [], told
    assert outcome.verdict.attempted == outcome.verdict.ok == SHORT.documents, told
    assert outcome.verdict.recovered > 0, told
    assert outcome.landed_unanswered > 0, told
