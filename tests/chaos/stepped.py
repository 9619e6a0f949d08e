"""Runs one service whose wall clock the harness can step, and says how it is: `python -m tests.chaos.stepped poster CLOCK VITALS`.

The service is the product's own; only the clock that it asks for business time (`SystemClock`) adds the seconds that CLOCK holds.
Leases, due times, budgets and token expiry follow PostgreSQL's clock, which is not stepped, and deadlines the monotonic one.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ledgerwire.common.clock import SystemClock
from ledgerwire.common.lifecycle import Build, Runtime, Service, run_service
from ledgerwire.common.settings import load_settings


def step_clock(file: Path) -> None:
    """Let every `SystemClock` of this process run `file`'s seconds ahead."""

    def now(_: SystemClock) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(file.read_text() or 0))

    setattr(SystemClock, "now", now)  # noqa: B010 - the one place that replaces a method


async def tell_vitals(file: Path) -> None:
    """Write the number of tasks into `file` every second, for as long as the process lives."""
    while True:
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps({"tasks": len(asyncio.all_tasks())}))
        fresh.replace(file)
        await asyncio.sleep(1.0)


def telling(build: Build, file: Path) -> Build:
    """`build`, with the vitals told beside the service that it makes."""

    def build_and_tell(runtime: Runtime) -> Service:
        task = asyncio.get_running_loop().create_task(tell_vitals(file), name="vitals")
        _telling.add(task)
        return build(runtime)

    return build_and_tell


_telling: set[asyncio.Task[None]] = set()

if __name__ == "__main__":
    service, clock, vitals = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    step_clock(clock)
    made: Build = importlib.import_module(f"ledgerwire.{service}.bootstrap").build
    run_service(telling(made, vitals), load_settings())
