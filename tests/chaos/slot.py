"""One place in which a service process runs, dies and is started again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledgerwire.common.embedded.process import spawn, tail, until

START_SECONDS = 180.0
STOP_SECONDS = 60.0
ROOT = Path(__file__).parents[2]


class UnexpectedEndError(AssertionError):
    """A service ended although nobody ended it, or did not end when it should."""


@dataclass
class Slot:
    """`service` is what runs, `name` tells replicas apart, `environment` is asked for at every start."""

    name: str
    service: str
    environment: Callable[[], Mapping[str, str]]
    directory: Path
    clock_file: Path
    port: int = 0
    starts: int = 0
    unclean: list[str] = field(default_factory=list)
    _process: Any = None
    _log: Path | None = None

    @property
    def vitals_file(self) -> Path:
        """Where the process says how many tasks it has."""
        return self.directory / f"{self.name}.vitals"

    @property
    def temporary(self) -> Path:
        """The directory for temporary files of this place's processes."""
        return self.directory / f"{self.name}.tmp"

    @property
    def pid(self) -> int:
        return int(self._process.pid)

    @property
    def runs(self) -> bool:
        """Whether its process is there (perhaps stopped, perhaps still starting)."""
        return self._process is not None and self._process.poll() is None

    def check(self) -> None:
        """Raise UnexpectedEndError if the process has gone by itself."""
        if self._process is not None and self._process.poll() is not None:
            raise UnexpectedEndError(f"{self.name} ended with {self._process.poll()}: {tail(self._log or ROOT)}")

    def start(self) -> None:
        """Start the process; it has begun, it may not serve yet."""
        self.starts += 1
        self._log = self.directory / f"{self.name}-{self.starts}.log"
        self.temporary.mkdir(exist_ok=True)
        self.vitals_file.unlink(missing_ok=True)  # the word of the one before
        path = os.pathsep.join(one for one in sys.path if one)
        environment = {**self.environment(), "PYTHONPATH": path, "TMPDIR": str(self.temporary)}
        files = [str(self.clock_file), str(self.vitals_file)]
        command = [sys.executable, "-m", "tests.chaos.stepped", self.service, *files]
        self._process = spawn(command, log=self._log, environment=environment)

    async def serving(self) -> None:
        """Wait until the process says that it runs."""

        async def told() -> bool:
            self.check()
            return self._has_started()

        if not await until(told, seconds=START_SECONDS, every=0.1):
            raise UnexpectedEndError(f"{self.name} did not start: {tail(self._log or ROOT)}")

    def kill(self) -> None:
        """SIGKILL: no handler, no flush, no goodbye."""
        self._signal(signal.SIGKILL)
        self._process.wait(10)
        self._process = None

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    async def stop(self) -> float:
        """SIGTERM, and its end awaited; the seconds that took. UnexpectedEndError if it had to be killed.

        A process that served and does not end with 0 has not stopped in order: `unclean` tells. One that was still starting may
        end as it likes.
        """
        if self._process is None:
            return 0.0
        served = self._has_started()
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        loop = asyncio.get_running_loop()
        began = loop.time()

        async def gone() -> bool:
            return self._process.poll() is not None

        ended = await until(gone, seconds=STOP_SECONDS, every=0.05)
        if not ended:
            self.kill()
            raise UnexpectedEndError(
                f"{self.name} did not end within {STOP_SECONDS:g} s of SIGTERM: {tail(self._log or ROOT)}"
            )
        code = int(self._process.poll())
        if served and code != 0:
            self.unclean.append(f"{self.name} ended with {code} after SIGTERM: {tail(self._log or ROOT)}")
        self._process = None
        return loop.time() - began

    def _has_started(self) -> bool:
        return self._log is not None and "process.started" in self._log.read_text(errors="replace")

    def _signal(self, number: signal.Signals) -> None:
        if self.runs:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)
