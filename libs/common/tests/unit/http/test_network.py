"""Connections over the event loop: what arrives is read in order, and how one ends is told in httpcore's words."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ledgerwire.common import event_loop
from ledgerwire.common.http.network import LoopBackend

Served = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
DEADLINE = 20.0


@asynccontextmanager
async def connected(served: Served) -> AsyncIterator[httpcore.AsyncNetworkStream]:
    """A stream to a server that does as told with its one connection."""
    server = await asyncio.start_server(served, "127.0.0.1", 0)
    stream = await LoopBackend().connect_tcp("127.0.0.1", server.sockets[0].getsockname()[1], timeout=DEADLINE)
    try:
        yield stream
    finally:
        await stream.aclose()
        server.close()


async def all_of(stream: httpcore.AsyncNetworkStream) -> bytes:
    """Everything until the other side closes."""
    parts = []
    while part := await stream.read(65536, timeout=DEADLINE):
        parts.append(part)
    return b"".join(parts)


async def test_everything_arrives_in_order_however_much_it_is_and_however_it_is_read() -> None:
    data = bytes(range(256)) * 16_384

    async def served(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        writer.close()

    async with connected(served) as stream:
        assert await all_of(stream) == data


async def test_everything_is_sent_to_a_side_that_reads_slowly() -> None:
    data, heard = bytes(range(256)) * 16_384, asyncio.get_running_loop().create_future()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        parts: list[bytes] = []
        while sum(len(part) for part in parts) < len(data):
            parts.append(await reader.read(10_000))
        heard.set_result(b"".join(parts))
        writer.close()

    async with connected(served) as stream:
        await stream.write(data, timeout=DEADLINE)
        assert await asyncio.wait_for(heard, DEADLINE) == data


async def test_a_connection_that_the_other_side_closed_counts_as_readable_and_takes_nothing_more() -> None:
    async def served(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with connected(served) as stream:
        assert await all_of(stream) == b""
        assert stream.get_extra_info("is_readable")
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"late", timeout=DEADLINE)


async def test_an_idle_connection_is_not_readable() -> None:
    over = asyncio.Event()

    async def served(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    async with connected(served) as stream:
        assert not stream.get_extra_info("is_readable")
        over.set()


async def test_a_reset_is_an_error_not_an_end() -> None:
    async def served(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.get_extra_info("socket").setsockopt(1, 13, b"\x01\0\0\0\0\0\0\0")  # SO_LINGER, no waiting
        writer.transport.abort()

    async with connected(served) as stream:
        with pytest.raises(httpcore.ReadError):
            await all_of(stream)


async def test_an_answer_that_does_not_come_in_time_is_a_timeout() -> None:
    over = asyncio.Event()

    async def served(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    async with connected(served) as stream:
        with pytest.raises(httpcore.ReadTimeout):
            await stream.read(10, timeout=0.01)
        over.set()


async def test_a_side_that_speaks_no_tls_is_not_connected_to() -> None:
    async def served(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 no\r\n\r\n")
        await writer.drain()
        writer.close()

    async with connected(served) as stream:
        with pytest.raises(httpcore.ConnectError) as caught:
            await stream.start_tls(ssl.create_default_context(), "localhost", timeout=DEADLINE)
        assert isinstance(caught.value.__cause__, ssl.SSLError)


async def test_nobody_listening_is_a_connect_error() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    with pytest.raises(httpcore.ConnectError):
        await LoopBackend().connect_tcp("127.0.0.1", port, timeout=DEADLINE)


def _server_context(folder: Path) -> ssl.SSLContext:
    """Of a server that signed its own certificate."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_an_encrypted_connection_does_not_outlive_its_loop_though_the_other_side_does_not_say_goodbye(
    tmp_path: Path,
) -> None:
    """Else a command that is done ends with an error: the loop cannot be closed, or warns of what it had to close."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE

    async def command(port: int) -> None:
        plain = await LoopBackend().connect_tcp("127.0.0.1", port, timeout=DEADLINE)
        stream = await plain.start_tls(trusting, "127.0.0.1", timeout=DEADLINE)
        await stream.aclose()

    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as elsewhere:
        over = threading.Event()
        served = elsewhere.submit(_silent, listening, _server_context(tmp_path), over)
        try:
            event_loop.run(command(listening.getsockname()[1]))
            gc.collect()
        finally:
            over.set()
            served.result(DEADLINE)


def _silent(listening: socket.socket, context: ssl.SSLContext, over: threading.Event) -> None:
    """A server that greets one client and then neither reads nor says anything."""
    accepted, _ = listening.accept()
    with (
        accepted,
        suppress(OSError),
        context.wrap_socket(accepted, server_side=True),
    ):  # it may be gone before it is greeted
        over.wait(DEADLINE)
