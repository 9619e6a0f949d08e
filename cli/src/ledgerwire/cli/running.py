"""Runs a command's coroutine and turns its end into an exit code."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from ledgerwire.cli.failures import Exit, failure_of
from ledgerwire.cli.output import Output
from ledgerwire.common import event_loop
from ledgerwire.common.logging import configure_logging
from ledgerwire.common.settings import Settings, load_settings

JsonFlag = Annotated[bool, typer.Option("--json", help="Print exactly one JSON value on stdout.")]
DataOption = Annotated[
    Path,
    typer.Option(
        "--data", help="Directory of the embedded PostgreSQL; not used where LEDGERWIRE_DATABASE_URL names a server."
    ),
]
DEFAULT_DATA = Path("ledgerwire-data")

Action = Callable[[Output], Awaitable[Exit | None]]


def run(action: Action, *, json_wanted: bool = False) -> None:
    """Run `action` in an event loop of its own; leaves by typer.Exit with its exit code, also when it failed."""
    output = Output(json_wanted=json_wanted)
    raise typer.Exit(int(run_to_exit(action, output)))


def run_to_exit(action: Action, output: Output) -> Exit:
    """Run `action`; what it raises is said in the catalogue's way instead of a stack trace.

    Commands are quiet: warnings only, and none of calls that are tried again, unless a level was asked for. `up` logs like the
    services it runs.
    """
    settings: Settings | None = None
    try:
        settings = load_settings()
        asked = "log_level" in settings.model_fields_set
        configure_logging(settings.log_level if asked else "WARNING", "console", retries=asked)
        return event_loop.run(_awaited(action, output)) or Exit.DONE
    except (KeyboardInterrupt, asyncio.CancelledError, Exception) as error:  # noqa: BLE001 - the edge: whatever it is becomes a code and a sentence
        failure = failure_of(error, settings)
        output.failed(failure)
        return failure.exit_code


async def _awaited(action: Action, output: Output) -> Exit | None:
    """SIGTERM ends a command as Ctrl-C does: what it started is stopped first. `up` and `sandbox` put their own in place."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await action(output)
