"""Runs one service whose wall clock the harness can step, and says how it is: `python -m tests.chaos.stepped poster CLOCK VITALS`.

The service is the product's own. The wall clock of its whole process runs as many seconds ahead as CLOCK holds (behind, where they
are negative), whoever asks and by whatever name: the product's `Clock`, a library, a direct call. Leases, due times and budgets follow
PostgreSQL's clock and deadlines the monotonic one; neither is stepped, and neither is what OpenSSL judges certificates by.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import importlib
import json
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # at run time they come after the clock has been stepped, so that no module has taken `time.time` for its own before
    from ledgerwire.common.lifecycle import Build, Runtime, Service

FRESH_SECONDS = 0.05
"""A step is noticed so late at most."""


def step_clock(file: Path) -> None:
    """Let the wall clock of this process run `file`'s seconds ahead; call it before anything asks for the time."""
    real, ahead = time.time_ns, _seconds_in(file)

    def time_ns() -> int:
        return real() + int(ahead() * 1_000_000_000)

    def now(kind: type[datetime], tz: tzinfo | None = None) -> datetime:
        return kind.fromtimestamp(time_ns() / 1e9, tz)

    def utcnow(kind: type[datetime]) -> datetime:
        return now(kind, UTC).replace(tzinfo=None)

    def today(kind: type[date]) -> date:
        return kind.fromtimestamp(time_ns() / 1e9)

    setattr(time, "time_ns", time_ns)  # noqa: B010 - a function of a module is no variable to the type checker
    setattr(time, "time", lambda: time_ns() / 1e9)  # noqa: B010
    _replace(datetime, now=now, utcnow=utcnow)
    _replace(date, today=today)


def _seconds_in(file: Path) -> Callable[[], float]:
    """What a file holds, read again when that is older than `FRESH_SECONDS`."""
    looked, held = 0.0, 0.0

    def seconds() -> float:
        nonlocal looked, held
        if (moment := time.monotonic()) - looked > FRESH_SECONDS:
            looked, held = moment, float(file.read_text() or 0)
        return held

    return seconds


def _replace(kind: type, **methods: Callable[..., Any]) -> None:
    """Replace class methods of a built-in type in its own dictionary.

    A subclass in its place would be no `datetime` to those who decode, store and compare moments.
    """
    [attributes] = gc.get_referents(kind.__dict__)
    attributes.update({name: classmethod(method) for name, method in methods.items()})
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))


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
        task.add_done_callback(_say_why)
        return build(runtime)

    return build_and_tell


def _say_why(task: asyncio.Task[None]) -> None:
    """The log says why nothing is told any more; the harness sees that nothing is."""
    if not task.cancelled() and (error := task.exception()) is not None:
        traceback.print_exception(error)


_telling: set[asyncio.Task[None]] = set()


def main(service: str, clock: Path, vitals: Path) -> None:
    """Run the service as this process."""
    step_clock(clock)
    lifecycle, settings, bootstrap = (
        importlib.import_module(f"ledgerwire.{name}")
        for name in ("common.lifecycle", "common.settings", f"{service}.bootstrap")
    )
    lifecycle.run_service(telling(bootstrap.build, vitals), settings.load_settings())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
