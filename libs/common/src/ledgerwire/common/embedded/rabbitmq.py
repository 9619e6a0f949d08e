"""RabbitMQ from the machine's own package, as a private node: own port, own directory, own epmd, no plugins."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ledgerwire.common.embedded.process import (
    PATH,
    ServerStartError,
    alive,
    free_port,
    prepared,
    run_once,
    signal_group,
    spawn,
    tail,
    until,
)

_PACKAGED = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Debian's plain script; the one on the PATH insists on its own user and directories."""
_START_SECONDS = 90
_STOP_SECONDS = 30
_AMQP_HEADER = b"AMQP\x00\x00\x09\x01"


@dataclass(frozen=True, slots=True)
class RabbitServer:
    """A private broker node; user and password are RabbitMQ's loopback-only guest."""

    directory: Path
    port: int
    dist_port: int
    epmd_port: int
    pid: int

    def url(self, vhost: str = "/") -> str:
        """The address of one virtual host."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/{'%2F' if vhost == '/' else vhost}"

    def pause(self) -> None:
        """Freeze the node as a hung machine would: connections stay open and nothing answers."""
        signal_group(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused node go on."""
        signal_group(self.pid, signal.SIGCONT)


def rabbitmq_script() -> Path | None:
    """The server's start script on this machine, None if RabbitMQ is not installed."""
    if _PACKAGED.exists():
        return _PACKAGED
    found = shutil.which("rabbitmq-server", path=PATH)
    return Path(found) if found else None


async def start_rabbitmq(directory: Path, *, vhosts: Sequence[str] = (), port: int | None = None) -> RabbitServer:
    """Start (or start again, on the same ports) the node of `directory`, with these virtual hosts besides `/`.

    Raises:
        ServerStartError: RabbitMQ is not installed or the node did not come up.
    """
    script = rabbitmq_script()
    if script is None:
        raise ServerStartError("rabbitmq-server is not installed (Debian: apt-get install rabbitmq-server)")
    directory = prepared(directory)
    known = _noted(directory)
    if known is not None and alive(known.pid, "rabbitmq") and await _answers(known.port):
        return known
    ports = (known.port, known.dist_port, known.epmd_port) if known else (port or free_port(), free_port(), free_port())
    _configure(directory, ports[0], vhosts)
    log = directory / "server.log"
    process = spawn([script], log=log, environment=_environment(directory, *ports), directory=directory)
    server = RabbitServer(directory, *ports, process.pid)
    (directory / "server.json").write_text(json.dumps(asdict(server) | {"directory": str(directory)}))

    async def ready() -> bool:
        if process.poll() is not None:
            raise ServerStartError(f"RabbitMQ ended at once: {tail(log)}")
        return await _answers(server.port)

    if not await until(ready, seconds=_START_SECONDS):
        signal_group(server.pid, signal.SIGKILL)
        raise ServerStartError(f"RabbitMQ did not answer within {_START_SECONDS} s: {tail(log)}")
    return server


async def stop_rabbitmq(directory: Path, *, kill: bool = False) -> None:
    """Stop the node of `directory` in order, or (`kill`) as a crash would; its data stay."""
    server = _noted(prepared(directory, create=False))
    if server is None or not alive(server.pid, "rabbitmq"):  # the note outlives the node, and ids are used again
        return
    signal_group(server.pid, signal.SIGCONT)
    signal_group(server.pid, signal.SIGKILL if kill else signal.SIGTERM)

    async def gone() -> bool:
        return not alive(server.pid, "rabbitmq") and not await _answers(server.port)

    if not await until(gone, seconds=_STOP_SECONDS):
        signal_group(server.pid, signal.SIGKILL)
        await until(gone, seconds=_STOP_SECONDS)
    _stop_epmd(server)


def _stop_epmd(server: RabbitServer) -> None:
    try:
        run_once(
            ["epmd", "-port", str(server.epmd_port), "-kill"],
            environment={"HOME": str(server.directory), "ERL_EPMD_RELAXED_COMMAND_CHECK": "1"},
        )
    except (ServerStartError, FileNotFoundError):
        return  # it has ended by itself


def _noted(directory: Path) -> RabbitServer | None:
    note = directory / "server.json"
    if not note.exists():
        return None
    facts = json.loads(note.read_text())
    return RabbitServer(directory, facts["port"], facts["dist_port"], facts["epmd_port"], facts["pid"])


async def _answers(port: int) -> bool:
    """True when AMQP is spoken on the port (the listener opens only after recovery)."""
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(_AMQP_HEADER)
                return await reader.read(1) == b"\x01"
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


def _configure(directory: Path, port: int, vhosts: Sequence[str]) -> None:
    lines = [
        f"listeners.tcp.local = 127.0.0.1:{port}",
        "log.file.level = warning",
        "log.console = false",
        "disk_free_limit.absolute = 50MB",
        "vm_memory_high_watermark.absolute = 1GB",
        "heartbeat = 10",
    ]
    if vhosts:
        names = ["/", *vhosts]
        definitions = {
            "vhosts": [{"name": name} for name in names],
            "users": [{"name": "guest", "password": "guest", "tags": "administrator"}],
            "permissions": [
                {"user": "guest", "vhost": name, "configure": ".*", "write": ".*", "read": ".*"} for name in names
            ],
        }
        (directory / "definitions.json").write_text(json.dumps(definitions))
        lines.append(f"load_definitions = {directory / 'definitions.json'}")
    (directory / "rabbitmq.conf").write_text("\n".join(lines) + "\n")
    (directory / "enabled_plugins").write_text("[].\n")


def _environment(directory: Path, port: int, dist_port: int, epmd_port: int) -> dict[str, str]:
    return {
        "HOME": str(directory),
        "RABBITMQ_NODENAME": f"ledgerwire{port}@localhost",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_DIST_PORT": str(dist_port),
        "RABBITMQ_BASE": str(directory),
        "RABBITMQ_MNESIA_BASE": str(directory / "data"),
        "RABBITMQ_LOG_BASE": str(directory / "log"),
        "RABBITMQ_PID_FILE": str(directory / "node.pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "enabled_plugins"),
        "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(directory / "none.conf"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none",
        "ERL_EPMD_PORT": str(epmd_port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }
