"""What makes a run clean, and what the one line says of one that is not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.chaos.history import History, check
from tests.chaos.run import Outcome

ALL = tuple("ABCD")
CLEAN = Outcome(
    seed=7,
    profile="short",
    verdict=check(History(ALL, ("A", "B", "C"), ALL, ALL, (), ALL)),
    faults=20,
    faults_by_kind={"process.kill": 20},
    landed_unanswered=3,
    books_clean=True,
    findings=[],
    leftovers={"poster.work": 0},
    seconds_load=20.0,
    seconds_drain=5.0,
)


def test_a_clean_run_prints_its_seven_numbers() -> None:
    line: dict[str, Any] = json.loads(json.dumps(CLEAN.as_dict()))
    assert line["clean"] is True
    assert line["problems"] == []
    numbers = ("attempted", "acknowledged", "ok", "lost", "unexpected", "duplicated", "recovered")
    assert [line[name] for name in numbers] == [4, 3, 4, 0, 0, 0, 1]


@pytest.mark.parametrize(
    "planted",
    [
        {"verdict": check(History(ALL, ALL[:3], "BCD", ALL, (), ALL))},
        {"verdict": check(History(ALL, ALL[:3], "AABCD", ALL, (), ALL))},
        {"verdict": check(History(ALL, ALL[:3], "ABCDX", ALL, (), ALL))},
        {"verdict": check(History(ALL, ALL, ALL, ALL, (), ALL))},
        {"seconds_drain": None, "undrained": "nothing was settled for 180 s"},
        {"leftovers": {"poster.dead_letter": 1}},
        {"books_clean": False, "findings": ["TOTAL_DIFFERS INV-1"]},
        {"notes": ["poster-1 leaks tasks"]},
    ],
    ids=["lost", "duplicated", "unexpected", "none recovered", "not drained", "left over", "books", "leak"],
)
def test_anything_wrong_makes_it_unclean_and_is_told(planted: dict[str, Any]) -> None:
    outcome = replace(CLEAN, **planted)
    assert len(outcome.problems) == 1
    assert outcome.as_dict()["clean"] is False
