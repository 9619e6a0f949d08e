"""`python -m ledgerwire.sandbox`: print one JSON line that says how to connect, then serve until told to stop."""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from ledgerwire.sandbox.seed.month import DEFAULT_MONTH_START
from ledgerwire.sandbox.server import Sandbox, SandboxOptions


def parse_options(arguments: Sequence[str] | None = None) -> SandboxOptions:
    """Options from the command line."""
    parser = argparse.ArgumentParser(prog="ledgerwire sandbox", description=__doc__)
    parser.add_argument("--tls", action="store_true", help="serve HTTPS under a generated CA (its path is printed)")
    parser.add_argument("--tls-dir", type=Path, help="where the CA and the certificate are written")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same month (default 1)")
    parser.add_argument("--scenario", choices=["month", "quarter"], default="month", help="what is seeded")
    parser.add_argument(
        "--month-start", type=date.fromisoformat, default=DEFAULT_MONTH_START, help="first day of the seeded month"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port-connectwise", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--port-xero", type=int, default=0)
    parser.add_argument("--port-quickbooks", type=int, default=0)
    parser.add_argument("--port-partnercenter", type=int, default=0)
    parser.add_argument("--port-control", type=int, default=0)
    parser.add_argument("--receiver-ca", type=Path, help="CA that callback receivers are checked against")
    given = parser.parse_args(arguments)
    return SandboxOptions(**vars(given))


async def run(options: SandboxOptions) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with Sandbox.start(options) as sandbox:
        sys.stdout.write(json.dumps(sandbox.describe()) + "\n")
        sys.stdout.flush()
        await stop.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the process's exit status."""
    options = parse_options(arguments)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(run(options))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
