"""Runs one service whose wall clock the harness can step: `python -m tests.chaos.stepped poster FILE`.

The service is the product's own; only the clock that it asks for business time (`SystemClock`) adds the seconds that FILE holds.
Leases, due times, budgets and token expiry follow PostgreSQL's clock, which is not stepped, and deadlines the monotonic one.
"""

from __future__ import annotations

import importlib
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ledgerwire.common.clock import SystemClock
from ledgerwire.common.lifecycle import run_service
from ledgerwire.common.settings import load_settings


def step_clock(file: Path) -> None:
    """Let every `SystemClock` of this process run `file`'s seconds ahead."""

    def now(_: SystemClock) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(file.read_text() or 0))

    setattr(SystemClock, "now", now)  # noqa: B010 - the one place that replaces a method


if __name__ == "__main__":
    step_clock(Path(sys.argv[2]))
    run_service(importlib.import_module(f"ledgerwire.{sys.argv[1]}.bootstrap").build, load_settings())
