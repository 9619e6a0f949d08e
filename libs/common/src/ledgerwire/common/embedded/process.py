"""Starting and stopping server processes that outlive the one who started them."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import secrets
import signal
import socket
import subprocess
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/sbin:/opt/homebrew/bin"

_NEVER_GIVEN_OUT = range(20000, 32000)
_TRIES = 100

_started: list[subprocess.Popen[bytes]] = []
"""Servers outlive whoever started them; kept here so that nothing complains of a process still running."""


@atexit.register
def _disown() -> None:
    for process in _started:
        if process.poll() is None:
            process.returncode = 0  # it goes on without us


class ServerStartError(RuntimeError):
    """A server could not be started; the message says what is missing or ends with the server's own words."""


def free_port() -> int:
    """A TCP port on the loopback address that nobody listens on now, and that no outgoing connection is given meanwhile.

    Systems give those ports from 32768 on: a server that is to come back on its port would find it taken by one of them.

    Raises:
        ServerStartError: so many of them are taken that none was found.
    """
    for _ in range(_TRIES):
        port = secrets.choice(_NEVER_GIVEN_OUT)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise ServerStartError(f"no free port from {_NEVER_GIVEN_OUT.start} to {_NEVER_GIVEN_OUT.stop - 1} was found")


def prepared(directory: Path, *, create: bool = True) -> Path:
    """The absolute path of a server's directory, made if it is missing."""
    directory = directory.resolve()
    if create:
        directory.mkdir(parents=True, exist_ok=True)
    return directory


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str],
    user: str | None = None,
    directory: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own; its output goes to `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - commands are ours
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PATH": PATH, "LANG": "C.UTF-8", **environment},
            cwd=directory,
            user=user,
            group=user and _group_of(user),
            extra_groups=[] if user else None,
            start_new_session=True,
        )
    _started.append(process)
    return process


def run_once(command: Sequence[str | Path], *, environment: Mapping[str, str], user: str | None = None) -> None:
    """Run a command to its end; ServerStartError with its output if it fails."""
    result = subprocess.run(  # noqa: S603 - commands are ours
        [str(part) for part in command],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": PATH, "LANG": "C.UTF-8", **environment},
        cwd="/",
        user=user,
        group=user and _group_of(user),
        extra_groups=[] if user else None,
        timeout=120,
    )
    if result.returncode != 0:
        raise ServerStartError(
            f"{Path(str(command[0])).name} failed: {(result.stderr or result.stdout).strip()[-2000:]}"
        )


async def until(ready: Callable[[], Awaitable[bool]], *, seconds: float, every: float = 0.05) -> bool:
    """Ask until the answer is yes; False when the time is over."""
    deadline = monotonic() + seconds
    while not await ready():
        if monotonic() > deadline:
            return False
        await asyncio.sleep(every)
    return True


def alive(pid: int, program: str) -> bool:
    """True while `pid` is a running `program`: not a dead child nobody waited for, not a stranger under a reused id."""
    try:
        if os.waitpid(pid, os.WNOHANG) != (0, 0):
            return False
    except ChildProcessError:
        pass  # somebody else's child
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    command = Path(f"/proc/{pid}/cmdline")
    # a zombie's command line is empty
    return program.encode() in command.read_bytes() if command.exists() else not Path("/proc/self").exists()


def signal_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to the session a server was started in; nothing happens if it is gone."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return


def tail(log: Path, characters: int = 1500) -> str:
    """The end of a server's log, for error messages."""
    return log.read_text(errors="replace")[-characters:] if log.exists() else "(no output)"


def _group_of(user: str) -> int:
    import pwd  # noqa: PLC0415 - Unix only, and needed only where a user is switched

    return pwd.getpwnam(user).pw_gid
