"""Services as operating-system processes of a test, and waiting for what must come true."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledgerwire.common.embedded.process import tail, until

IN_TIME = 45.0
"""A deadline, not a pause: long enough for a busy machine, shorter than the time a test may take."""


@dataclass(slots=True)
class ServiceProcess:
    """One `python -m ledgerwire.<service>` that this test started."""

    name: str
    process: Any
    log: Path

    @property
    def killed(self) -> bool:
        """Whether it ended by SIGKILL."""
        return bool(self.process.poll() == -signal.SIGKILL)

    def kill(self) -> None:
        """As a power cut."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    async def stop(self) -> None:
        """As an operator: SIGTERM, and its end awaited."""
        if self.process.poll() is None:
            self.process.terminate()
        await eventually(lambda: self.process.poll() is not None, f"{self.name} ends", seconds=40)

    async def dies(self) -> None:
        """Wait until it killed itself at the point it was told."""
        await eventually(lambda: self.process.poll() is not None, f"{self.name} dies; it said: {tail(self.log)}")
        assert self.killed, f"{self.name} ended otherwise: {tail(self.log)}"


async def eventually(condition: Callable[[], Any], what: str, *, seconds: float = IN_TIME) -> None:
    """Await a condition (a function, or one that returns an awaitable) with a deadline."""

    async def holds() -> bool:
        value = condition()
        return bool(await value if asyncio.iscoroutine(value) else value)

    assert await until(holds, seconds=seconds, every=0.03), f"not within {seconds:g} s: {what}"
