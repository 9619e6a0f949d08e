"""One directory per test run, in which servers are started once whatever the number of workers."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from ledgerwire.common.embedded import remove_postgres, stop_rabbitmq
from ledgerwire.common.embedded.process import alive

T = TypeVar("T")

_PREFIX = "ledgerwire-tests-"


def await_now(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end from a synchronous fixture, on a loop of its own in a thread of its own."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


class TestRun:
    """The servers of one pytest invocation."""

    __test__ = False

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @classmethod
    def begin(cls) -> TestRun:
        """A fresh directory; servers that an earlier, killed run left behind are stopped first."""
        base = Path(tempfile.gettempdir())
        for stale in base.glob(f"{_PREFIX}*"):
            pid = stale.name.removeprefix(_PREFIX).partition("-")[0]
            if pid.isdigit() and not alive(int(pid), "py"):
                cls(stale).end()
        directory = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=base))
        directory.chmod(0o711)  # PostgreSQL's own user must reach its data below
        return cls(directory)

    def once(self, name: str, start: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        """The facts `start` returned, started by whichever worker asks first; a failure is told to every later one."""
        facts = self.directory / f"{name}.json"
        with self._alone(name):
            if not facts.exists():
                facts.write_text(json.dumps(_outcome(start)))
        told: dict[str, Any] = json.loads(facts.read_text())
        if "failure" in told:
            raise RuntimeError(told["failure"])
        return told

    def end(self) -> None:
        """Stop what this run started and remove its directory."""
        for node in self.directory.glob("rabbitmq*/server.json"):
            await_now(stop_rabbitmq(node.parent, kill=True))
        if (self.directory / "postgres").exists():
            await_now(remove_postgres(self.directory / "postgres"))
        shutil.rmtree(self.directory, ignore_errors=True)

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        with (self.directory / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _outcome(start: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    async def run() -> dict[str, Any]:
        return await start()

    try:
        return await_now(run())
    except Exception as error:  # noqa: BLE001 - every worker must learn it
        return {"failure": f"{type(error).__name__}: {error}"}
