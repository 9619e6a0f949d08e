"""The wall clock of a service's process can be stepped: whoever asks sees it, and what measures time does not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MINUTE, DAY = 60.0, 86_400.0
ASKS = """
import asyncio, json, sys, time
from pathlib import Path
from tests.chaos.stepped import FRESH_SECONDS, step_clock
file = Path(sys.argv[1])
step_clock(file)
from datetime import UTC, date, datetime
from uuid import uuid4
import msgspec
from ledgerwire.common.clock import SystemClock

async def ask():
    moments = {
        "time": time.time(), "time_ns": time.time_ns() / 1e9, "now": datetime.now(UTC).timestamp(),
        "local": datetime.now().timestamp(), "today": datetime.today().timestamp(), "clock": SystemClock().now().timestamp(),
    }
    measured = time.monotonic(), asyncio.get_running_loop().time()
    days = str(date.today()), str(SystemClock().today())
    return {"moments": moments, "measured": measured, "days": days, "same": {
        "type": type(datetime.now(UTC)) is datetime, "instance": isinstance(datetime.now(UTC), datetime),
        "decoded": type(msgspec.json.decode(b'"2026-01-01T00:00:00Z"', type=datetime)) is datetime,
    }}

before = asyncio.run(ask())
file.write_text(sys.argv[2])
time.sleep(2 * FRESH_SECONDS)
print(json.dumps([before, asyncio.run(ask())]))
"""


def asked(tmp_path: Path, step: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a process of its own sees before and after a step of so many seconds."""
    file = tmp_path / "poster.clock"
    file.write_text("0")
    command = [sys.executable, "-W", "error", "-c", ASKS, str(file), str(step)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    before, after = json.loads(done.stdout)
    return before, after


@pytest.mark.parametrize("step", [45 * MINUTE, -45 * MINUTE, 70 * DAY, -70 * DAY])
def test_every_way_to_ask_for_the_time_sees_the_step(tmp_path: Path, step: float) -> None:
    before, after = asked(tmp_path, step)
    for way, moment in after["moments"].items():
        assert moment - before["moments"][way] == pytest.approx(step, abs=10.0), way
    if abs(step) >= DAY:
        assert all(one != other for one, other in zip(before["days"], after["days"], strict=True))


def test_what_measures_time_and_what_a_moment_is_stay_as_they_are(tmp_path: Path) -> None:
    before, after = asked(tmp_path, 70 * DAY)
    for one, other in zip(before["measured"], after["measured"], strict=True):
        assert 0.0 < other - one < 10.0
    assert before["same"] == after["same"] == {"type": True, "instance": True, "decoded": True}
