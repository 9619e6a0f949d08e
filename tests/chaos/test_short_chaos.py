"""The short run that continuous integration carries out: every service killed, a link cut, broker and database broken, in 20 s."""

from __future__ import annotations

import json

import pytest
from tests.chaos.plan import SERVICES, make_plan
from tests.chaos.profiles import SHORT
from tests.chaos.proxy import CUTS
from tests.chaos.run import run_chaos

from ledgerwire.common.testing.run import TestRun

SEED = 705
"""Its schedule kills each service, cuts links and loses answers of both vendors; the tests below hold it to that."""
PLAN = make_plan(SEED, SHORT)


def test_the_schedule_kills_every_service_cuts_links_and_loses_answers() -> None:
    struck = {(one.category, one.kind, one.target.partition("-")[0]) for one in PLAN.faults}
    assert {("process", "kill", service) for service in SERVICES} <= struck
    assert {("link", kind) for kind in CUTS} & {(category, kind) for category, kind, _ in struck}
    assert {one.category for one in PLAN.faults} == set(SHORT.faults)
    assert {target for category, _, target in struck if category == "landed"} == {"ledger", "connectwise"}
    assert {("clock", "step", "poster"), ("clock", "expire", "ledger")} <= struck
    assert all(one.at < SHORT.load_seconds for one in PLAN.faults)


@pytest.mark.e2e
@pytest.mark.timeout(480)
@pytest.mark.requirement("R1", "R2")
async def test_nothing_is_lost_and_nothing_comes_twice_while_everything_breaks(test_run: TestRun) -> None:
    said: list[str] = []
    outcome = await run_chaos(PLAN, SHORT, test_run, said.append)
    told = "\n".join([*said, json.dumps(outcome.as_dict())])
    assert outcome.problems == [], told
    assert outcome.verdict.attempted == outcome.verdict.ok == SHORT.documents, told
    assert outcome.verdict.recovered > 0, told
    assert outcome.landed_unanswered > 0, told
    assert outcome.figures["outcomes_unknown"] > 0, told
    for service in SERVICES:
        killed = [one.target for one in PLAN.faults if one.kind == "kill" and one.target.startswith(service)]
        assert killed, told
        assert all(outcome.figures["starts"][name] > 1 for name in killed), told
    assert any(outcome.faults_by_kind.get(f"link.{kind}") for kind in CUTS), told
