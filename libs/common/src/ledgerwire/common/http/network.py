"""The network under httpcore: the event loop's own transports, TLS included.

httpcore's own backend puts three layers of streams above a socket, which take more time than the call itself.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from typing import Any, cast

import httpcore

_ENOUGH = 256 * 1024
"""Bytes that may wait to be read before the other side is told to pause."""
_REASONS = {"ssl_object": "ssl_object", "client_addr": "sockname", "server_addr": "peername", "socket": "socket"}


class _Arrivals(asyncio.Protocol):
    """What has arrived and was not read yet, and how the connection ended."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.ended = False
        self.error: Exception | None = None
        self.transport: asyncio.Transport | None = None
        self._paused = False
        self._reader: asyncio.Future[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if len(self.buffer) > _ENOUGH and not self._paused and self.transport is not None:
            self._paused = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self.ended = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended, self.error = True, exc
        self._writable.set()
        self._wake()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    async def arrived(self) -> None:
        """Wait until there is something to read, or never will be."""
        while not self.buffer and not self.ended:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None

    def take(self, most: int) -> bytes:
        """The first bytes that wait."""
        data = bytes(self.buffer[:most])
        del self.buffer[:most]
        if self._paused and len(self.buffer) < _ENOUGH and self.transport is not None:
            self._paused = False
            self.transport.resume_reading()
        return data

    async def drained(self) -> None:
        """Wait until more may be written."""
        await self._writable.wait()


class LoopStream(httpcore.AsyncNetworkStream):
    """One connection."""

    def __init__(self, transport: asyncio.Transport, arrivals: _Arrivals) -> None:
        self._transport = transport
        self._arrivals = arrivals
        arrivals.transport = transport

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        """Some bytes; none once the other side has closed."""
        if not self._arrivals.buffer and not self._arrivals.ended:
            try:
                async with asyncio.timeout(timeout):
                    await self._arrivals.arrived()
            except TimeoutError as error:
                raise httpcore.ReadTimeout from error
        if not self._arrivals.buffer and self._arrivals.error is not None:
            raise httpcore.ReadError(str(self._arrivals.error)) from self._arrivals.error
        return self._arrivals.take(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        """Hand bytes to the network, waiting while it takes no more."""
        if self._arrivals.ended or self._transport.is_closing():
            raise httpcore.WriteError("the connection is closed")
        if buffer:
            self._transport.write(buffer)
        try:
            async with asyncio.timeout(timeout):
                await self._arrivals.drained()
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        if self._arrivals.error is not None:
            raise httpcore.WriteError(str(self._arrivals.error)) from self._arrivals.error

    async def aclose(self) -> None:
        """Close without waiting for the other side: an encrypted connection would stay until that has said goodbye too."""
        self._transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        """The same connection, encrypted and its certificate checked."""
        loop = asyncio.get_running_loop()
        inside = _Arrivals()
        try:
            async with asyncio.timeout(timeout):
                transport = await loop.start_tls(
                    self._transport, inside, ssl_context, server_hostname=server_hostname, ssl_handshake_timeout=timeout
                )
        except TimeoutError as error:
            self._transport.abort()
            raise httpcore.ConnectTimeout from error
        except (OSError, ssl.CertificateError) as error:
            self._transport.abort()
            raise httpcore.ConnectError(str(error)) from error
        except BaseException:
            self._transport.abort()
            raise
        return LoopStream(cast("asyncio.Transport", transport), inside)

    def get_extra_info(self, info: str) -> Any:
        """As httpcore asks; `is_readable` of an idle connection means that the other side closed it, or breaks the rules."""
        if info == "is_readable":
            return self._arrivals.ended or bool(self._arrivals.buffer)
        return self._transport.get_extra_info(_REASONS[info]) if info in _REASONS else None


class LoopBackend(httpcore.AsyncNetworkBackend):
    """Dials over the event loop."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """One attempt at one address."""
        local = (local_address, 0) if local_address is not None else None
        try:
            async with asyncio.timeout(timeout):
                loop = asyncio.get_running_loop()
                transport, arrivals = await loop.create_connection(_Arrivals, host, port, local_addr=local)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        for option in socket_options or ():
            transport.get_extra_info("socket").setsockopt(*option)
        return LoopStream(transport, arrivals)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
