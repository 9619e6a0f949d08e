"""The services: in this process, or each as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from ledgerwire.billing_sync.bootstrap import build as build_billing_sync
from ledgerwire.common.embedded import ServerStartError
from ledgerwire.common.embedded.process import alive, free_port, spawn, tail, until
from ledgerwire.common.lifecycle import Build, serve
from ledgerwire.common.settings import Settings, environment_of
from ledgerwire.ingest.bootstrap import build as build_ingest
from ledgerwire.mapper.bootstrap import build as build_mapper
from ledgerwire.poster.bootstrap import build as build_poster

SERVICES: tuple[Build, ...] = (build_ingest, build_mapper, build_poster, build_billing_sync)
SERVICE_MODULES = ("ledgerwire.ingest", "ledgerwire.mapper", "ledgerwire.poster", "ledgerwire.billing_sync")
SANDBOX_MODULE = "ledgerwire.sandbox"
START_SECONDS = 60
STOP_SECONDS = 40
PROCESSES_FILE = "processes.json"

Line = Callable[[], Awaitable[dict[str, Any]]]


def local_url(settings: Settings) -> str:
    """Where this machine reaches the HTTP listener of a process with these settings."""
    return f"http://127.0.0.1:{settings.http_port}"


@asynccontextmanager
async def in_this_process(settings: Settings, stop: asyncio.Event | None = None) -> AsyncIterator[asyncio.Task[None]]:
    """All services as tasks until the block ends (or `stop` is set); yields their task once HTTP answers.

    A service that fails ends the task; the error is raised when the block is left.
    """
    stop = stop or asyncio.Event()
    serving = asyncio.create_task(serve(SERVICES, settings, stop), name="services")
    try:
        await _answering(local_url(settings), serving.done)
        if not serving.done():
            yield serving
    finally:
        stop.set()
        await serving


@asynccontextmanager
async def as_processes(settings: Settings, directory: Path) -> AsyncIterator[None]:
    """Each service as `python -m ledgerwire.<service>`, ended in order when the block ends; logs go to `directory`.

    Raises:
        ServerStartError: a service did not get ready; the message ends with its own words.
    """
    started = Processes(directory)
    try:
        urls = []
        for module in SERVICE_MODULES:
            port = settings.http_port if module == SERVICE_MODULES[0] else free_port()
            own = settings.model_copy(update={"http_port": port})
            process = started.start(module, [], environment_of(own))
            urls.append((local_url(own), process, started.log(module)))
        for url, process, log in urls:
            if not await _answering(url, lambda process=process: process.poll() is not None, path="/ready"):
                raise ServerStartError(f"a service did not get ready: {tail(log)}")
        yield
    finally:
        await started.stop()


@asynccontextmanager
async def sandbox_process(directory: Path, arguments: Sequence[str]) -> AsyncIterator[Line]:
    """`python -m ledgerwire.sandbox` until the block ends; yields what awaits the line it prints.

    It starts up while the caller goes on; awaiting the line raises ServerStartError if it did not.
    """
    started = Processes(directory)
    try:
        log = started.log(SANDBOX_MODULE)
        process = started.start(SANDBOX_MODULE, arguments, {})

        async def line() -> dict[str, Any]:
            return await _printed_line(process, log)

        yield line
    finally:
        await started.stop()


async def _printed_line(process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}

    async def printed() -> bool:
        if process.poll() is not None:
            raise ServerStartError(f"the sandbox ended at once: {tail(log)}")
        found.update(_line_in(log))
        return bool(found)

    if not await until(printed, seconds=START_SECONDS):
        raise ServerStartError(f"the sandbox did not start: {tail(log)}")
    return found


def _line_in(log: Path) -> dict[str, Any]:
    """The sandbox's line, empty while it is not there or only half written."""
    rows = [row for row in log.read_text().splitlines() if row.startswith("{")]
    with contextlib.suppress(ValueError):
        return dict(json.loads(rows[0])) if rows else {}
    return {}


class Processes:
    """Processes of ours under one directory. Their ids are noted, so that a next start can end what a killed one left."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        directory.mkdir(parents=True, exist_ok=True)

    def log(self, module: str) -> Path:
        """Where a module's output goes."""
        return self._directory / f"{module.rpartition('.')[2]}.log"

    def start(self, module: str, arguments: Sequence[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start `python -m module`."""
        command = [sys.executable, "-m", module, *arguments]
        process = spawn(command, log=self.log(module), environment=environment)
        self._running[module] = process
        note(self._directory, module, process.pid)
        return process

    async def stop(self) -> None:
        """SIGTERM to all, SIGKILL to those that have not ended in time."""
        for process in self._running.values():
            process.terminate()

        async def ended() -> bool:
            return all(process.poll() is not None for process in self._running.values())

        if not await until(ended, seconds=STOP_SECONDS):
            for process in self._running.values():
                process.kill()
            await until(ended, seconds=STOP_SECONDS)
        for module in self._running:
            note(self._directory, module, None)


def note(directory: Path, module: str, pid: int | None) -> None:
    """Remember (or forget) the process of a module."""
    path = directory / PROCESSES_FILE
    noted: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    noted.pop(module, None)
    if pid is not None:
        noted[module] = pid
    path.write_text(json.dumps(noted))


def left_behind(directory: Path) -> dict[str, int]:
    """Processes noted in `directory` that still run, by module."""
    path = directory / PROCESSES_FILE
    noted: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    return {module: pid for module, pid in noted.items() if alive(pid, module)}


async def _answering(url: str, ended: Any, path: str = "/live") -> bool:
    async with httpx.AsyncClient(trust_env=False, timeout=2) as client:

        async def answers() -> bool:
            if ended():
                return True
            with contextlib.suppress(httpx.HTTPError):
                return (await client.get(url + path)).is_success
            return False

        in_time = await until(answers, seconds=START_SECONDS, every=0.02)
    return in_time and not ended()
