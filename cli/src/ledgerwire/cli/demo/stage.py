"""Everything the story plays on: a clean directory, PostgreSQL, the sandbox, the services, perhaps a broker."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ledgerwire.cli.hosting import (
    SANDBOX_MODULE,
    SERVICE_MODULES,
    as_processes,
    in_this_process,
    left_behind,
    sandbox_process,
)
from ledgerwire.cli.workplace import embedded_workplace, keys_of
from ledgerwire.common.embedded import remove_postgres, start_rabbitmq, stop_rabbitmq
from ledgerwire.common.embedded.process import alive, free_port, until
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.logging import configure_logging
from ledgerwire.common.settings import Settings, load_settings

LOGS = "logs"
MARK = "made-by-ledgerwire-demo"
"""Only a directory with this file is ever emptied: one of `ledgerwire up` is never taken for a demo's."""
REPORT_FILE = "report.json"


class Broker(StrEnum):
    """How the services hear of each other's work."""

    LOCAL = "local"
    RABBITMQ = "rabbitmq"


class Scenario(StrEnum):
    """What the sandbox is seeded with."""

    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs. `line` is what the sandbox says about itself."""

    settings: Settings
    line: Mapping[str, Any]
    directory: Path


@asynccontextmanager
async def stage(
    directory: Path, broker: Broker, *, seed: int, keep: bool, scenario: Scenario = Scenario.MONTH
) -> AsyncIterator[Stage]:
    """Set everything up in a clean `directory` (an absolute path), and end all of it with the block.

    With RabbitMQ the broker is the one that LEDGERWIRE_BROKER_URL names, else one started here.

    The database's data go too unless `keep`; report, account file and logs stay.

    Raises:
        ConfigurationError: the directory holds something that is not a demo's.
    """
    await clear(directory)
    founded(directory)
    async with AsyncExitStack() as stack:
        if not keep:
            stack.push_async_callback(remove_postgres, directory / "postgres")
        arguments = ["--tls", "--tls-dir", str(directory / "tls"), "--seed", str(seed)]
        arguments += ["--scenario", scenario.value]
        line = await stack.enter_async_context(sandbox_process(directory / LOGS, arguments))
        settings = await stack.enter_async_context(
            embedded_workplace(load_settings(), directory, owner=True, fast=True)
        )
        settings = _reachable(settings)
        if broker is Broker.LOCAL:
            await _in_one_process(stack, settings, directory)
        else:
            await _as_processes(stack, settings, directory)
        yield Stage(settings, await line(), directory)


def _reachable(settings: Settings) -> Settings:
    port = free_port()
    changes = {
        "http_host": "127.0.0.1",
        "http_port": port,
        "public_url": f"http://127.0.0.1:{port}",
    }
    return settings.model_copy(update=changes)


async def _in_one_process(stack: AsyncExitStack, settings: Settings, directory: Path) -> None:
    log = stack.enter_context((directory / LOGS / "ledgerwire.log").open("w", encoding="utf-8"))
    configure_logging(settings.log_level, "json", stream=log)
    await stack.enter_async_context(in_this_process(settings.model_copy(update={"broker_url": "local"})))


async def _as_processes(stack: AsyncExitStack, settings: Settings, directory: Path) -> None:
    if settings.broker_url == "local":
        broker = await start_rabbitmq(directory / "rabbitmq")
        stack.push_async_callback(stop_rabbitmq, directory / "rabbitmq")
        settings = settings.model_copy(update={"broker_url": broker.url()})
    await stack.enter_async_context(as_processes(settings, directory / LOGS))


def founded(directory: Path) -> None:
    """Mark an empty directory as a demo's, with its keys and a place for logs."""
    keys_of(directory)
    (directory / MARK).touch()
    (directory / LOGS).mkdir()


async def clear(directory: Path) -> None:
    """Empty a demo's directory, ending what an earlier run that was killed left running.

    Raises:
        ConfigurationError: it holds something, and it is not a demo's; nothing was touched.
    """
    if not _to_be_emptied(directory):
        return
    for module, pid in left_behind(directory / LOGS).items():
        await _end(module, pid)
    await stop_rabbitmq(directory / "rabbitmq", kill=True)
    await remove_postgres(directory / "postgres")
    _emptied(directory)


def _to_be_emptied(directory: Path) -> bool:
    if not directory.exists() or not any(directory.iterdir()):
        return False
    if not (directory / MARK).exists():
        raise ConfigurationError(f"{directory} is not empty and not made by the demo: name another one with --data")
    return True


def _emptied(directory: Path) -> None:
    """The mark goes last: cut off in between, the directory is still known as a demo's."""
    for path in sorted(directory.iterdir(), key=lambda item: item.name == MARK):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


async def _end(module: str, pid: int) -> None:
    if module not in {*SERVICE_MODULES, SANDBOX_MODULE}:
        return
    os.kill(pid, signal.SIGTERM)

    async def gone() -> bool:
        return not alive(pid, module)

    if not await until(gone, seconds=10):
        os.kill(pid, signal.SIGKILL)
        await until(gone, seconds=10)
