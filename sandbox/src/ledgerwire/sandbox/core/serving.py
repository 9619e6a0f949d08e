"""ASGI apps on loopback ports inside the running event loop, started and stopped at once."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ledgerwire.sandbox.core.middleware import CUT_EXTENSION, AsgiApp
from ledgerwire.sandbox.core.tls import TlsFiles


@dataclass(frozen=True, slots=True)
class Served:
    """Where an app listens."""

    host: str
    port: int
    scheme: str

    @property
    def base_url(self) -> str:
        """Scheme, host and port, without a trailing slash."""
        return f"{self.scheme}://{self.host}:{self.port}"


class _CuttableProtocol(HttpToolsProtocol):
    """Lets an app end the connection without an answer, as a broken network would."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions: dict[str, Any] = {CUT_EXTENSION: self.transport.abort}
        self.scope["extensions"] = extensions


def _listen(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio sets NODELAY by protocol
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    sock.setblocking(False)
    return sock


async def _stop(server: Server, sock: socket.socket) -> None:
    for listener in server.servers:
        listener.close()
    sock.close()
    for connection in list(server.server_state.connections):
        connection.shutdown()
    tasks = list(server.server_state.tasks)
    if tasks:
        _, pending = await asyncio.wait(tasks, timeout=0.2)
        for task in pending:
            task.cancel()
        if pending:
            await asyncio.wait(pending, timeout=0.2)
    for connection in list(server.server_state.connections):
        transport = getattr(connection, "transport", None)
        if transport is not None:
            transport.abort()
    await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def serve(
    app: AsgiApp,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: TlsFiles | None = None,
) -> AsyncIterator[Served]:
    """Serve `app` until the block ends; port 0 takes a free one. Raises OSError when the port is taken."""
    sock = _listen(host, port)
    config = Config(
        app,
        http=_CuttableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=75,
        ssl_certfile=str(tls.cert_file) if tls else None,
        ssl_keyfile=str(tls.key_file) if tls else None,
    )
    config.load()
    server = Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[sock])
    try:
        yield Served(host, sock.getsockname()[1], "https" if tls else "http")
    finally:
        await _stop(server, sock)
